"""A story in words, within a budget: the most important first, the same words each time. Pure."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from ai_code.core.brief import estimate_tokens, fit

if TYPE_CHECKING:
    from ai_code.core.story import CommandRun, FileEdit, Step, Story

_LEAST_TOKENS = 24
"""A part of fewer says nothing."""
_LEAST_BEFORE = 120
_CUT = "(cut here: the rest does not fit)\n"
_WHERE = {
    "list": "its own list",
    "plan": "its plan; what is done is judged by the files that a step names",
    "prompt": "the steps of the task; what is done is judged by the files that a step names",
}
_LINES_OF_OUTPUT = 6


_NOTHING = "Nothing yet for this prompt.\n"
_BEFORE = """\
Before, in the same conversation, it had done this (others may have gone on since:
what the files say counts). It was asked then: """


def story_text(story: Story, tokens: int) -> str:
    """What the engine before did, as notes for the one that goes on. ``tokens`` bounds it. What
    it did for an earlier prompt comes last."""
    text = _NOTHING if story.empty and story.before else _text(story, tokens)
    left = tokens - estimate_tokens(text)
    if story.before is None or left < _LEAST_BEFORE:
        return text
    asked = fit(_BEFORE + story.before.task.strip(), left // 3)
    return f"{text}\n{asked}\n\n" + _text(story.before, left - estimate_tokens(asked) - 2)


def _text(story: Story, tokens: int) -> str:
    parts: list[str] = []
    left = tokens
    for share, write in _PARTS:
        text = write(story)
        room = min(left, int(tokens * share))
        if not text or room < _LEAST_TOKENS:
            continue
        kept = fit(text, room)
        if len(kept) < len(text):
            kept = fit(text, room - estimate_tokens(_CUT)) + _CUT
        left -= estimate_tokens(kept)
        parts.append(kept)
    return "\n".join(parts)


def step_lines(steps: Sequence[Step]) -> list[str]:
    """One line for each, with its mark."""
    marks = {"done": "[x]", "doing": "[ ] (begun)", "open": "[ ]"}
    return [f"- {marks[step.state]} {_line(step.text)}" for step in steps]


def edit_text(edit: FileEdit) -> str:
    """One edit as a difference; a file that was written anew as its text."""
    if edit.whole:
        count = len(edit.new.splitlines())
        lines = f"{count} line{'s' * (count != 1)}"
        return f"{edit.path} was written anew, {lines}:\n{edit.new.rstrip()}\n"
    told = difflib.unified_diff(edit.old.splitlines(), edit.new.splitlines(), lineterm="", n=1)
    return f"{edit.path}:\n" + "".join(f"{line}\n" for line in list(told)[3:])


# The parts -----------------------------------------------------------------------------------


def _steps(story: Story) -> str:
    if not story.steps:
        return ""
    title = f"Its steps ({_WHERE[story.steps_from]}):" if story.steps_from else "Its steps:"
    return _lines(title, step_lines(story.steps))


def _error(story: Story) -> str:
    return _lines("The last failure, which nothing has mended since:", [story.error.strip()])


def _said_last(story: Story) -> str:
    return _lines("The last thing it said:", story.said[-1:])


def _begun(story: Story) -> str:
    return _lines("It was about to edit:", [f"- {path}" for path in story.begun])


def _edits(story: Story) -> str:
    """The newest first: if something does not fit, it is what is longest ago."""
    return _lines("Its edits, the newest first:", [edit_text(e) for e in reversed(story.edits)])


def _commands(story: Story) -> str:
    told = [_command(each) for each in reversed(story.commands)]
    return _lines("Commands it ran, the newest first:", told)


def _read(story: Story) -> str:
    files = [path for path in story.read if path not in story.edited]
    return _lines("Other files it read:", [", ".join(files)] if files else [])


def _said_before(story: Story) -> str:
    return _lines("What it said before, the newest first:", story.said[-2::-1])


_PARTS: tuple[tuple[float, Callable[[Story], str]], ...] = (
    (0.3, _steps),
    (0.2, _error),
    (0.2, _said_last),
    (0.1, _begun),
    (0.4, _edits),
    (0.25, _commands),
    (0.1, _read),
    (0.3, _said_before),
)
"""Each with its share of the budget at most, in the order of importance."""


def _lines(title: str, lines: Sequence[str]) -> str:
    shown = [line for line in lines if line]
    return "\n".join([title, *shown, ""]) if shown else ""


def _command(run: CommandRun) -> str:
    """The command, how it ended and the end of what it printed."""
    told = [f"$ {_line(run.command)}", "(went well)" if run.ok else "(failed)"]
    told += run.output.splitlines()[-_LINES_OF_OUTPUT:]
    return "\n".join(told)


def _line(text: str) -> str:
    return " ".join(text.split())[:300]
