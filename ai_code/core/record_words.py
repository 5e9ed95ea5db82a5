"""A run's record in words: who worked, how it ended, when. Pure."""

from __future__ import annotations

from datetime import datetime, tzinfo
from typing import TYPE_CHECKING

from ai_code.core.text import one_line, visible

if TYPE_CHECKING:
    from ai_code.core.record import Attempt, RunRecord

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_SIGNALLED = 128
_UNITS = ((86400, "days", 3600, "h"), (3600, "h", 60, "min"), (60, "min", 1, "s"))
"""Seconds and name of a unit, and of the smaller one beside it."""


def moment(epoch: float, now: float, tz: tzinfo, *, seconds: bool = False) -> str:
    """``26 Nov 13:14``, always 12 columns (15 with ``seconds``); of another year the year instead
    of the time. An epoch that no calendar has is ``?``."""
    width = 15 if seconds else 12
    try:
        at, today = datetime.fromtimestamp(epoch, tz), datetime.fromtimestamp(now, tz)
    except (OverflowError, OSError, ValueError):
        return "?".ljust(width)
    day = f"{at.day:>2} {_MONTHS[at.month - 1]} "
    if at.year != today.year:
        return f"{day}{at.year}".ljust(width)
    return day + (f"{at:%H:%M:%S}" if seconds else f"{at:%H:%M}")


def day_words(day: str) -> str:
    """``26 Nov`` of an ISO date."""
    _, month, number = day.split("-")
    return f"{int(number)} {_MONTHS[int(month) - 1]}"


def span(seconds: float) -> str:
    """``0.4 s``, ``12 s``, ``3 min 5 s``, ``2 h 10 min``, ``3 days 4 h``."""
    if seconds < 9.95:
        return f"{max(seconds, 0.0):.1f} s"
    whole = round(seconds)
    for size, name, part, small in _UNITS:
        if whole >= size:
            count, rest = whole // size, whole % size // part
            name = "day" if (name, count) == ("days", 1) else name
            return f"{count} {name}" + (f" {rest} {small}" if rest else "")
    return f"{whole} s"


def outcome(record: RunRecord) -> str:
    """How a run ended, in one word: ``done``, ``failed``, ``limit``, ``unavailable``, ``stopped``,
    ``undo``, ``undone``, ``killed`` or ``running``."""
    if record.undo_of:
        return "undo"
    if record.state != "done":
        return "killed" if record.state == "crashed" else record.state
    if record.exit_code == 0:
        return "done"
    if record.exit_code is None or record.exit_code >= _SIGNALLED:
        return "stopped"
    last = record.attempts[-1].verdict if record.attempts else ""
    return "failed" if last in ("", "done") else "stopped" if last == "interrupted" else last


def went_well(record: RunRecord) -> bool:
    """Whether nothing about a run needs a look. One that still works counts as well."""
    return outcome(record) in ("done", "undone", "running") or (
        bool(record.undo_of) and record.exit_code in (0, None)
    )


def verdict_words(attempt: Attempt) -> str:
    """``done``, ``session limit``, ``failed (stall)``, ``unavailable (no-model)``."""
    if attempt.verdict == "limit":
        return f"{one_line(attempt.kind, 20)} limit"
    told = why(attempt)
    return one_line(attempt.verdict, 20) + (f" ({told})" if told else "")


def why(attempt: Attempt) -> str:
    """The kind of a limit, or the reason of a failure. A local engine that was ended before it
    had changed anything is ``no-change`` by its reason: that a clock of ours ended it, ``stall``
    or ``deadline``, only its rule says."""
    by_clock = attempt.rule.rpartition(".")[2]
    reason = by_clock if by_clock in ("stall", "deadline") else attempt.reason
    return one_line(attempt.kind or reason, 20)


def subject(record: RunRecord) -> str:
    """What a run was about, in one line: its prompt, or the run that it took back."""
    if record.undo_of:
        return f"takes back {one_line(record.undo_of, 30)}"
    text = visible(record.prompt_line)
    return f"chat: {text}".removesuffix(": ") if record.interactive else text


def engines_words(record: RunRecord) -> str:
    """``claude: session limit → aider: done``."""
    if record.undo_of:
        return subject(record)
    told = (f"{one_line(each.engine, 20)}: {verdict_words(each)}" for each in record.attempts)
    return " → ".join(told)


def files_words(count: int) -> str:
    """``1 file``, ``2 files``."""
    return "1 file" if count == 1 else f"{count} files"


def ended_at(record: RunRecord, position: int) -> float:
    """When the attempt at ``position`` ended (epoch); for records of before that was kept,
    reckoned back from the end of the run."""
    told = record.attempts[position].ended
    if told:
        return told
    end = record.ended if record.ended is not None else record.started
    return max(record.started, end - sum(a.wall_s for a in record.attempts[position + 1 :]))
