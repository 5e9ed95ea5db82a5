"""Exit codes of ai-code itself, and how a program that we started ended."""

from __future__ import annotations

from enum import IntEnum, StrEnum
from typing import NamedTuple


class ExitCode(IntEnum):
    """What ai-code returns to the shell. A signal ``n`` that ended us is 128 + n."""

    OK = 0
    FAILED = 1
    USAGE = 2
    TRY_LATER = 75
    CONFIG = 78
    DEADLINE = 124
    BUG = 125
    CANNOT_START = 126
    NOT_INSTALLED = 127


class EndedBy(StrEnum):
    """Why *we* ended an engine."""

    PATIENCE = "patience"
    PERMANENT = "permanent"
    STALL = "stall"
    DEADLINE = "deadline"
    PERSON = "person"
    PAID = "paid"
    UNFENCED = "unfenced"
    """It works without the write fence that it was started with."""


class Exit(NamedTuple):
    """How an engine ended.

    ``code`` is the exit status, or None when a signal ended it (then ``signal`` is its number)
    or when it could not be started (then ``start_error`` says why, ``code`` is 126 or 127).
    ``ended_by`` is set when we ended it. Tails are the last bytes of each stream, bounded.
    """

    code: int | None
    signal: int | None = None
    ended_by: EndedBy | None = None
    wall_s: float = 0.0
    stdout_tail: str = ""
    stderr_tail: str = ""
    start_error: str | None = None
    person_signal: int | None = None
    """With ``EndedBy.PERSON``: the signal that asked us to stop (2 for Ctrl-C)."""
