"""The list of ``ai-code undo --list`` as it is printed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import tzinfo

from ai_code.cli.screen import WIDTH, coloured
from ai_code.core.pasting import shown_command
from ai_code.core.record_words import files_words, moment
from ai_code.core.text import fitting, one_line, shown_path, visible, wrapped
from ai_code.flows.undo_list import Undoable, kept_until

_WORDS = {"partly": "partly undone"}
_WIDEST = 13
_INDENT = "    "


def lines(
    rows: Sequence[Undoable], keep_days: int, now: float, tz: tzinfo, shown_as: str = ""
) -> Iterator[str]:
    """All that is to be said of these runs."""
    for row in rows:
        yield from _row(row, now, tz, shown_as)
    until = kept_until(rows[-1].record, keep_days)
    if until is None:
        yield "kept for ever (journal.keep-days: 0)"
    else:
        day = moment(until, now, tz).strip()
        yield f"kept for {keep_days} days (journal.keep-days), the last of these until {day}"


def _row(row: Undoable, now: float, tz: tzinfo, shown_as: str) -> Iterator[str]:
    record = row.record
    word = _WORDS.get(row.state, row.state)
    state = coloured(word, word) + " " * (_WIDEST - len(word))
    files = files_words(len(row.files))
    yield f"{moment(record.started, now, tz)}  {record.id}  {state}  {files}"
    for text in _below(row):
        yield fitting(_INDENT + text, WIDTH)
    for text in _not_undone(row):
        # Whole, over several lines: which file it is must not be cut away.
        for line in wrapped(text, WIDTH - len(_INDENT), indent="  ", breaking=True):
            yield _INDENT + line
    if row.state == "undone" and row.undo:
        yield _INDENT + shown_command(f"take the undo back: ai-code undo {row.undo}", shown_as)


def _below(row: Undoable) -> Iterator[str]:
    last = row.record.attempts[-1] if row.record.attempts else None
    if last:
        model = f" ({one_line(last.model, 40)})" if last.model else ""
        yield f"{one_line(last.engine, 20)}{model}"
    if row.record.prompt_line:
        yield visible(row.record.prompt_line)
    yield ", ".join(shown_path(each.path) for each in row.files)


def _not_undone(row: Undoable) -> Iterator[str]:
    for left in row.would_leave:
        yield f"would stay as it is: {shown_path(left.path)} ({visible(left.reason)})"
    if row.error:
        yield f"cannot be told: {visible(row.error)}"
