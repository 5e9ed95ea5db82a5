"""One row of the limit table, and the words its columns may have."""

from __future__ import annotations

from enum import StrEnum
from typing import Literal, NamedTuple

from ai_code.core.verdict import FailReason, LimitKind, UnavailableReason


class Notice(StrEnum):
    """Rows that end nothing: they are known so that nobody takes them for a limit."""

    WARNING = "warning"
    PAID = "paid"
    INTERRUPTED = "interrupted"


Meaning = LimitKind | UnavailableReason | FailReason | Notice
RuleChannel = Literal["event", "text", "exit"]
ResetForm = Literal["none", "event", "clock", "epoch", "utc-date"]


class LimitRule(NamedTuple):
    """One row. ``pattern`` is a regular expression for the whole canonical text or key, with a
    group ``reset`` where ``reset`` names a form. ``since`` is the first engine version it was
    seen in; ``sample`` is a text or key that this row, and no row above it, matches."""

    id: str
    engine: str
    channel: RuleChannel
    pattern: str
    kind: Meaning
    reset: ResetForm
    since: str
    sample: str
