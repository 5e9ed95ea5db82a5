"""A drill's report for a person, in 80 columns."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ai_code.core.pasting import pasted, shown_command
from ai_code.core.text import columns, one_line, wrapped

if TYPE_CHECKING:
    from ai_code.core.drill import Part
    from ai_code.flows.drill import Played, Report

_WIDTH = 80
_ROW = "  {name:<16} {by:<9} {state:<11} {seconds:>5}  "
_BELOW = "      "
_NOTE = 300
"""Characters of a note in the table."""
_FAULT = 900
_PLAYERS = ("claude", "Ollama", "model")
"""Parts that a stand-in may play; the limit itself always comes from one."""


def lines_of(report: Report, shown_as: str = "") -> Iterator[str]:
    """One scenario with its table and diff; several as a list, with a table for each that
    failed. Then what is worth a line, and the commands that mend what is missing, called as the
    person calls this program."""
    several = len(report.played) > 1
    shown = [each for each in report.played if not several or not each.ok]
    for number, each in enumerate(shown):
        yield from [""] if number else []
        yield from _table(each)
        yield from _diff(each)
    if several:
        yield from [""] if shown else []
        yield from _list(report)
    yield ""
    for note in report.notes:
        yield from wrapped(note, _WIDTH)
    if report.mend:
        yield "to mend:"
        for mend in report.mend:
            # Alone on its line: it is there to be copied.
            yield from (
                f"  {line}" for line in pasted(shown_command(mend.command, shown_as), _WIDTH - 2)
            )
            yield from _cell("    ", mend.about) if mend.about else ()
    yield _result(report)


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
    for each in report.played:
        state = "passed" if each.ok else "FAILED"
        row = f"  {each.scenario.name:<18}  {state}  {each.seconds:>5.1f} s  "
        yield from _cell(row, each.scenario.told)
    for by in ("real", "stand-in", "recording"):
        parts = (part for each in report.played for part in each.parts)
        names = dict.fromkeys(part.name for part in parts if part.by == by)
        if names:
            yield from _cell(f"  {by:<9}  ", ", ".join(names))


def _cell(row: str, text: str) -> Iterator[str]:
    """A row whose last column is as long as it is: what does not fit goes on below it. No word
    is broken: with one that is longer than the column, all of it stands below the row."""
    lines = wrapped(text, _WIDTH - len(row)) or [""]
    if max(map(columns, lines)) > _WIDTH - len(row):
        yield row.rstrip()
        yield from (_BELOW + line for line in wrapped(text, _WIDTH - len(_BELOW)))
        return
    yield (row + lines[0]).rstrip()
    yield from (" " * len(row) + line for line in lines[1:])


def _table(played: Played) -> Iterator[str]:
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
        # Nobody came to it, or there was nothing to time.
        return "-" if part.state in ("passed", "failed") else ""
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
        case _ if "left out of " in played.diff:
            title = "the edit that did not land, and why:"
        case _:
            title = "the diff that was made:"
    yield from ("", title)
    about = False
    for line in played.diff.strip("\n").splitlines():
        about = line.startswith("left out of ") or (about and not line.startswith("diff "))
        if about:
            # Words about a diff; the diff itself stays as it is.
            inside = line[: len(line) - len(line.lstrip())] + "  "
            yield from (inside + part for part in wrapped(line, _WIDTH - len(inside), indent="  "))
        else:
            yield f"  {line}".rstrip()
