"""The note to Claude: who worked in its absence, on what, and what nobody checked. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal, NamedTuple

_BEGIN, _END = "<ai-code-note>", "</ai-code-note>"
_NOTE = re.compile(rf"\A{_BEGIN}.*?{_END}\s*", re.S)
_LISTED = 12


Place = Literal["prompt", "screen", "hook"]
"""Where Claude reads a note: before a prompt, on its own screen that ai-code opened, or in a
session that the person began."""


class Absence(NamedTuple):
    """What one run of a local engine did while Claude could not work. ``task`` is the prompt's
    first line, ``files`` what it landed, ``left_out`` what it made and what did not land,
    ``commit`` where it was committed, ``checked`` the command that checked it (empty: nobody),
    ``why`` it was not Claude's. ``at`` is an epoch."""

    run_id: str
    at: int
    engine: str
    model: str
    task: str
    why: str = ""
    files: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()
    commit: str = ""
    checked: str = ""


def note_text(absences: Sequence[Absence], place: Place = "prompt") -> str:
    """For Claude; nothing where nothing happened."""
    if not absences:
        return ""
    who = "a hook of ai-code's" if place == "hook" else "ai-code, which started you"
    lines = [
        _BEGIN,
        f"This note is from {who}. While you could not work, a local model "
        "worked in this repository:",
    ]
    for each in absences:
        lines += _told(each)
    request = "the request below" if place == "prompt" else "what you are asked"
    lines.append(
        "It is a small model: its work may be wrong or incomplete. Look at it before you build "
        f"on it (git diff; `ai-code diff RUN` shows one run alone). If {request} is about "
        "something else, just keep in mind that these files have changed."
    )
    lines.append(_END)
    return "\n".join(lines)


def without_note(prompt: str) -> str:
    """The person's own words."""
    return _NOTE.sub("", prompt)


def _told(absence: Absence) -> list[str]:
    who = f"{absence.engine} with {absence.model}" if absence.model else absence.engine
    why = f", because {absence.why}" if absence.why else ""
    lines = [f"- run {absence.run_id}: {who}{why}. It was asked: {absence.task}"]
    if absence.files:
        kept = f"committed as {absence.commit}" if absence.commit else "not committed by ai-code"
        lines.append(f"  It changed {_listed(absence.files)} ({kept}).")
    else:
        lines.append("  It changed nothing.")
    if absence.left_out:
        lines.append(f"  Left out, not in the tree: {_listed(absence.left_out)}.")
    checked = f"checked by: {absence.checked}" if absence.checked else "checked by nobody"
    if absence.files:
        lines.append(f"  This work was {checked}.")
    return lines


def _listed(paths: Sequence[str]) -> str:
    more = len(paths) - _LISTED
    return ", ".join(paths[:_LISTED]) + (f" and {more} more" if more > 0 else "")
