"""The brief: what a local engine is told, so that it can go on where Claude stopped."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class ContextFile:
    """A file of the project's memory, read-only. ``shown`` is its name for people;
    ``tokens`` an estimate; ``cut`` is set when only its beginning fits the budget."""

    path: Path
    shown: str
    tokens: int
    cut: bool = False


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
    stopped_by: str = ""


_LISTED = 40


def render(brief: Brief) -> str:
    """The message for an engine that takes one text. It never begins with the person's own
    words: a message that begins with ``/`` or ``!`` would be a command to aider."""
    parts = ["The task, in the person's words:", "", brief.task.strip("\n"), ""]
    parts.append(
        "Make small, complete edits. Never replace code by a placeholder such as "
        '"rest unchanged". If the task is a question, answer it and edit nothing.'
    )
    return "\n".join(parts) + "\n"


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
        if brief.claude_said:
            facts.append("- the last thing it said: " + brief.claude_said)
    return "\n".join(["About this project and this task:", "", *facts, ""]) if facts else ""


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
