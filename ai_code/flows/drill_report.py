"""A drill's report for a person, in 80 columns."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ai_code.core.text import one_line, wrapped

if TYPE_CHECKING:
    from ai_code.core.drill import Part
    from ai_code.flows.drill import Played, Report

_WIDTH = 80
_ROW = "  {name:<16} {by:<9} {state:<11} {seconds:>5}  "
_NOTE_AT = len(_ROW.format(name="", by="", state="", seconds=""))
_NOTE = 300
"""Characters of a note in the table."""
_FAULT = 900
_PLAYERS = ("claude", "Ollama", "model")
"""Parts that a stand-in may play; the limit itself always comes from one."""


def lines_of(report: Report) -> Iterator[str]:
    """One scenario with its table and diff; several as a list, with a table for each that
    failed. Then what is worth a line, and the commands that mend what is missing."""
    several = len(report.played) > 1
    for each in report.played:
        if not several or not each.ok:
            yield from _table(each, titled=several)
            yield from _diff(each)
    if several:
        yield from _list(report)
    yield ""
    for note in report.notes:
        yield from wrapped(note, _WIDTH)
    if report.mend:
        yield "to mend:"
        for mend in report.mend:
            yield from _command(mend.command)
            yield from _cell("    ", mend.about) if mend.about else ()
    yield _result(report)


def _command(command: str) -> Iterator[str]:
    """Alone on its line: it is there to be copied. A long one is cut where a shell goes on."""
    if len(command) > _WIDTH - 2:
        command = command.replace(" && ", " &&\n")
    yield from (f"  {line}" for line in command.splitlines())


def _result(report: Report) -> str:
    failed = [each.scenario.name for each in report.played if not each.ok]
    if failed:
        return "\n".join(wrapped(f"FAILED: {', '.join(failed)}", _WIDTH, indent="  "))
    rows = [part for each in report.played for part in each.parts if part.name in _PLAYERS]
    if any(part.by in ("stand-in", "recording") for part in rows):
        return "passed, in part with stand-ins"
    if not any(part.name == "model" and part.by == "real" for part in rows):
        return "passed, with the real Claude Code; the local side had no part in it"
    return "passed, with nothing but the real parts and a stand-in of Claude's API"


def _list(report: Report) -> Iterator[str]:
    yield ""
    for each in report.played:
        state = "passed" if each.ok else "FAILED"
        row = f"  {each.scenario.name:<18}  {state}  {each.seconds:>5.1f} s  "
        yield from _cell(row, each.scenario.told)


def _cell(row: str, text: str) -> Iterator[str]:
    """A row whose last column is as long as it is: what does not fit goes on below it."""
    first, *more = wrapped(text, _WIDTH - len(row), breaking=True) or [""]
    yield (row + first).rstrip()
    yield from (" " * len(row) + line for line in more)


def _table(played: Played, *, titled: bool) -> Iterator[str]:
    yield ""
    if titled:
        yield f"{played.scenario.name}: {played.scenario.told}"
    if played.parts:
        yield _ROW.format(name="part", by="by", state="result", seconds="s").rstrip()
    for part in played.parts:
        state = "FAILED" if part.state == "failed" else part.state
        row = _ROW.format(name=part.name, by=part.by, state=state, seconds=_seconds(part))
        yield from _cell(row, "" if part.state == "failed" else one_line(part.note, _NOTE))
    reasons = [f"{part.name}: {part.note}" for part in played.parts if part.state == "failed"]
    for reason in [*reasons, *filter(None, [played.fault])]:
        yield from wrapped(one_line(f"FAILED {reason}", _FAULT), _WIDTH, indent="  ")


def _seconds(part: Part) -> str:
    """In five characters."""
    if part.seconds is None:
        return ""
    return f"{part.seconds:.2f}" if part.seconds < 99.995 else f"{part.seconds:.1f}"


def _diff(played: Played) -> Iterator[str]:
    if not played.diff:
        return
    undo = next((part.state for part in played.parts if part.name == "undo"), "")
    match undo:
        case "passed":
            title = "the diff that was made, and taken back:"
        case "failed":
            title = "the diff that was made:"
        case _:
            title = "the edit that did not land, and why:"
    yield from ("", title)
    yield from (f"  {line}".rstrip() for line in played.diff.strip("\n").splitlines())
