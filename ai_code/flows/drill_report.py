"""A drill's report for a person, in 80 columns."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from typing import TYPE_CHECKING

from ai_code.core.text import fitting, one_line

if TYPE_CHECKING:
    from ai_code.flows.drill import Played, Report

_WIDTH = 80
_ROW = "  {name:<16} {by:<9} {state:<10} {seconds:>6}  "
_PLAYERS = ("claude", "Ollama", "model")
"""Parts that a stand-in may play; the limit itself always comes from one."""


def lines_of(report: Report) -> Iterator[str]:
    """One scenario with its table and diff; several as a list, with a table for each that
    failed. Then what is worth a line, and the commands that mend what is missing."""
    several = len(report.played) > 1
    for each in report.played:
        if not several or not each.ok:
            yield from _table(each, titled=several)
    if several:
        yield from _list(report)
    elif report.played[0].diff:
        yield from ("", "the diff that was made, and taken back:")
        yield from (f"  {line}".rstrip() for line in report.played[0].diff.splitlines())
    yield ""
    for note in report.notes:
        yield from textwrap.wrap(note, _WIDTH, break_long_words=False, break_on_hyphens=False)
    if report.mend:
        yield "to mend:"
        yield from (f"  {command}" for command in report.mend)
    yield _result(report)


def _result(report: Report) -> str:
    failed = [each.scenario.name for each in report.played if not each.ok]
    if failed:
        return f"FAILED: {', '.join(failed)}"
    rows = [part for each in report.played for part in each.parts if part.name in _PLAYERS]
    if any(part.by in ("stand-in", "recording") for part in rows):
        return "passed, in part with stand-ins"
    return "passed, with nothing but the real parts and a stand-in of Claude's API"


def _list(report: Report) -> Iterator[str]:
    yield ""
    for each in report.played:
        state = "passed" if each.ok else "FAILED"
        row = f"  {each.scenario.name:<18}  {state}  {each.seconds:>5.1f} s  {each.scenario.told}"
        yield fitting(row, _WIDTH)


def _table(played: Played, *, titled: bool) -> Iterator[str]:
    yield ""
    if titled:
        yield f"{played.scenario.name}: {played.scenario.told}"
    yield _ROW.format(name="part", by="by", state="result", seconds="s").rstrip()
    for part in played.parts:
        state = "FAILED" if part.state == "failed" else part.state
        seconds = "" if part.seconds is None else f"{part.seconds:.2f}"
        row = _ROW.format(name=part.name, by=part.by, state=state, seconds=seconds)
        note = "" if part.state == "failed" else one_line(part.note)
        yield fitting(row + note, _WIDTH).rstrip()
    reasons = [f"{part.name}: {part.note}" for part in played.parts if part.state == "failed"]
    for reason in [*reasons, *filter(None, [played.fault])]:
        text = one_line(f"FAILED {reason}", 600)
        yield from textwrap.wrap(text, _WIDTH, subsequent_indent="  ", break_on_hyphens=False)
