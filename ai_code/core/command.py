"""What is asked for, and the command line that an engine makes of it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Literal, NamedTuple

OutputFormat = Literal["text", "json", "stream-json", "envelope"]
"""``envelope`` is ours (``--json``): nothing while engines work, one object at the end."""


class Request(NamedTuple):
    """What the person asked for, before any engine is chosen.

    ``files`` may be edited, ``reads`` are context only; both are as the person wrote them,
    relative to ``cwd``. ``engine_args`` go to the first engine as they are.
    """

    prompt: str
    cwd: Path
    files: tuple[str, ...] = ()
    reads: tuple[str, ...] = ()
    engine_args: tuple[str, ...] = ()
    claude_model: str | None = None
    resume: str | None = None
    """A session id to resume, or the empty string for the most recent one (--continue)."""
    output_format: OutputFormat = "text"
    deltas: bool = False
    """True when text should come piece by piece (a terminal)."""


class Fence(NamedTuple):
    """What the kernel lets a program do: write below ``write`` only, and reach these TCP
    ``ports`` only. ``told`` is made once it stands."""

    write: tuple[Path, ...]
    ports: tuple[int, ...]
    told: Path


class Command(NamedTuple):
    """One process to start.

    ``env`` holds changes to the inherited environment (None removes a variable). ``stdin`` None
    means /dev/null. Times in seconds; 0 means no such deadline.
    """

    argv: tuple[str, ...]
    cwd: Path
    env: Mapping[str, str | None] = MappingProxyType({})
    stdin: bytes | None = None
    stall_timeout_s: float = 0.0
    deadline_s: float = 0.0
    fresh: tuple[Path, ...] = ()
    """Files that only this very process may have made: removed before it starts."""
    fence: Fence | None = None
    whole_screen: bool = True
    """On a terminal that is lent to it: it may draw on the alternate screen."""
