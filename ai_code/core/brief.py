"""The brief: what a local engine is told, so that it can go on where Claude stopped."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ai_code.core.about import Mode
    from ai_code.core.context_parts import Part, PartKind
    from ai_code.core.story import Step


@dataclass(frozen=True, slots=True)
class ContextFile:
    """A part of the project's memory as a file, read-only. ``shown`` is its name for people,
    ``origin`` says in words whose it is; ``tokens`` an estimate; ``cut`` is set when only its
    beginning fits the budget; ``also`` are other files with the same text."""

    path: Path
    shown: str
    tokens: int
    cut: bool = False
    text: str = ""
    """What is in it, for an engine that takes one text."""
    origin: str = ""
    kind: PartKind = "project"
    also: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Brief:
    """``task`` is the prompt as the person wrote it. Paths are relative to the work tree."""

    task: str
    folder: str = ""
    """Where the person stands, which names in the task are relative to; empty at the root."""
    branch: str | None = None
    commits: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    claude_edited: tuple[str, ...] = ()
    claude_said: str = ""
    editable: tuple[str, ...] = ()
    context: tuple[ContextFile, ...] = ()
    left_out: tuple[Part, ...] = ()
    """Of the project's memory: it found no room."""
    stopped_by: str = ""
    story: str = ""
    """What the engine before did, in words that fit (core/handover.py)."""
    done: tuple[Step, ...] = ()
    open: tuple[Step, ...] = ()
    """Steps of the task, where it is known which are done."""
    step: Step | None = None
    """The one that this message is for, where they are given one by one."""
    failed: str = ""
    """What a check said of the work that this engine has just finished."""
    mode: Mode = "edit"


_LISTED = 40
_NO_EDITS: Mapping[Mode, str] = {
    "ask": "Answer the question from the code. Edit nothing and run nothing.",
    "plan": "Make a plan for it and edit nothing: numbered steps in the order in which they are to "
    "be done, each with the files it touches and how to see that it worked.",
    "edit": "",
}


def render(brief: Brief) -> str:
    """The message for an engine that takes one text. It never begins with the person's own
    words: a message that begins with ``/`` or ``!`` would be a command to aider."""
    parts = ["The task, in the person's words:", "", brief.task.strip("\n"), ""]
    parts += _steps(brief)
    if brief.mode != "edit":
        return "\n".join([*parts, _NO_EDITS[brief.mode]]) + "\n"
    parts.append(
        "Make small, complete edits. Never replace code by a placeholder such as "
        '"rest unchanged". If the task is a question, answer it and edit nothing.'
    )
    return "\n".join(parts) + "\n"


def _steps(brief: Brief) -> list[str]:
    """What is done and what is left, in the message itself: it is what counts most."""
    if brief.failed:
        mend = "Find what is wrong in your work and mend it; do not weaken the check."
        return ["It is done already, in the files. " + brief.failed, "", mend, ""]
    if not brief.done:
        return []
    told = ["Another assistant has begun. Done already, in the files; do not do it again:"]
    told += [f"- {step.text}" for step in brief.done]
    if brief.step is not None:
        return [*told, "", f"Do only this one step now: {brief.step.text}", ""]
    if not brief.open:
        # Stopped after its last step: what is left is a look at the whole.
        last = "That was all of its list. Do only what the task still misses; if nothing is missing"
        return [*told, "", f"{last}, say so and edit nothing.", ""]
    told += ["", "Still open; do this, and nothing else:"]
    told += [f"{number}. {step.text}" for number, step in enumerate(brief.open, 1)]
    return [*told, ""]


def render_facts(brief: Brief) -> str:
    """What is known of the project, as a text of its own; empty where nothing is.

    Not a part of the message: aider opens every file for editing that a message names, also
    those that merely differ from the last commit."""
    facts: list[str] = []
    if brief.folder:
        facts.append(f"- the person stands in the folder {brief.folder}/: names in the task are")
        facts[-1] += " meant from there"
    if brief.branch:
        facts.append(f"- git branch: {brief.branch}")
    if brief.commits:
        facts.append("- last commits:")
        facts += [f"  - {subject}" for subject in brief.commits]
    if brief.changed:
        facts.append("- files that differ from the last commit: " + _listing(brief.changed))
    if brief.claude_edited:
        facts.append(
            "- another assistant (Claude) worked on this task first and was stopped"
            + (f" ({brief.stopped_by})" if brief.stopped_by else "")
            + ". Its edits are in the files already; keep them and finish what is missing. "
            "It edited: " + _listing(brief.claude_edited)
        )
        if brief.claude_said and not brief.story:
            facts.append("- the last thing it said: " + brief.claude_said)
    head = ["About this project and this task:", "", *facts, ""] if facts else []
    story = ["What the other assistant did:", "", brief.story] if brief.story else []
    return "\n".join([*head, *story])


def _listing(paths: tuple[str, ...]) -> str:
    shown = ", ".join(paths[:_LISTED])
    return shown + (f" and {len(paths) - _LISTED} more" if len(paths) > _LISTED else "")


def estimate_tokens(text: str) -> int:
    """A cautious estimate: four ASCII characters, or one other character, to a token.

    Japanese needs about one token a character with the tokenizers of these models."""
    ascii_chars = sum(1 for char in text if char < "\x80") if not text.isascii() else len(text)
    return ascii_chars // 4 + (len(text) - ascii_chars) + 1


def fit(text: str, tokens: int) -> str:
    """The beginning of ``text`` that fits ``tokens``, cut at a line's end where one is near."""
    if estimate_tokens(text) <= tokens:
        return text
    low, high = 0, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        if estimate_tokens(text[:middle]) <= tokens:
            low = middle
        else:
            high = middle - 1
    cut = text[:low]
    newline = cut.rfind("\n")
    return cut[: newline + 1] if newline > low // 2 else cut
