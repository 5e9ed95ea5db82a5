"""The lines a person reads about a run: why it switched, what changed, how to take it back."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ai_code.core.text import one_line, shown_path
from ai_code.core.verdict import (
    Failed,
    LimitKind,
    LimitReached,
    Unavailable,
    Verdict,
)

if TYPE_CHECKING:
    from datetime import tzinfo

    from ai_code.core.changes import Landed
    from ai_code.core.ports import Console

_LIMIT_WORDS = {
    LimitKind.SESSION: "session limit reached",
    LimitKind.WEEKLY: "weekly limit reached",
    LimitKind.MODEL: "limit of the model reached",
    LimitKind.USAGE: "usage limit reached",
    LimitKind.CREDIT: "out of credit",
    LimitKind.RATE: "rate limited, and it does not pass",
    LimitKind.OVERLOADED: "the API is overloaded, and it does not pass",
    LimitKind.EXTRA_USAGE: "paid extra usage begins",
}

SMALL_TASKS = "A local model does small, clearly described tasks best."


def limit_line(limit: LimitReached, now: int, tz: tzinfo) -> str:
    """``session limit reached, resets 23:10 (in 2 h 10 min)``"""
    words = _LIMIT_WORDS[limit.kind]
    if limit.resets_at is None:
        return words
    from ai_code.core.resets import describe_reset

    return f"{words}, resets {describe_reset(limit.resets_at, now, tz)}"


def reason_line(verdict: Verdict, now: int, tz: tzinfo) -> str:
    """Why the first engine is not the one that finishes."""
    match verdict:
        case LimitReached():
            return f"Claude Code: {limit_line(verdict, now, tz)}"
        case Unavailable() | Failed():
            return f"Claude Code: {one_line(verdict.message)}"
        case _:
            return ""


def landed_lines(landed: Landed, run_id: str) -> Iterator[str]:
    """What changed, and the commands that follow from it."""
    for file in landed.files:
        word = {"A": "new", "D": "deleted"}.get(file.kind, "changed")
        yield f"{word}: {shown_path(file.path)} (+{file.plus} −{file.minus})"
    for doubt in landed.doubts:
        yield f"look at {shown_path(doubt.path)}: {doubt.reason}"
    if landed.files:
        yield f"see: ai-code diff   take back: ai-code undo   (run {run_id})"


def left_lines(landed: Landed) -> Iterator[str]:
    """What did not reach the tree, why, and where it is kept."""
    for left in landed.left_out:
        yield f"left out: {shown_path(left.path)}: {left.reason}"
    for conflict in landed.conflicts:
        yield f"not merged: {shown_path(conflict.path)}: {conflict.reason}"
    if landed.patch_path:
        yield f"what did not land is kept: git apply {landed.patch_path}"


def denied_line(tool: str) -> str:
    """A tool that Claude was refused, and the flag that allows it."""
    name = tool.split("(", 1)[0].strip()
    return (
        f"Claude was not allowed to use {one_line(tool)}. "
        f"To allow it: ai-code … -- --allowedTools {name}"
    )


def tell_later(console: Console, what: str, command: str) -> None:
    """How to go on, on a line of its own: it is to be copied."""
    console.important(what)
    console.important(f"  {command}")
