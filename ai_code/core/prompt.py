"""The prompt as it came, made fit for every engine without changing what it says."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ai_code.core.errors import UsageError

if TYPE_CHECKING:
    from ai_code.core.about import Mode

MOST_CHARS = 8_000_000


def compose(words: str, piped: bytes | None, mode: Mode = "edit") -> tuple[str, tuple[str, ...]]:
    """The prompt of the command line and of a pipe, and a line for each thing that had to be
    changed. Joined as ``claude -p`` does: the words, a newline, the piped text. ``mode`` is what it
    is for.

    Raises UsageError when nothing is left, or far too much."""
    notes: list[str] = []
    text = piped.decode("utf-8", "replace") if piped else ""
    if "�" in text and piped and "�".encode() not in piped:
        notes.append("The piped text is not UTF-8 throughout: what is not was replaced by �.")
    prompt = "\n".join(part for part in (words, text) if part.strip())
    clean = prompt.encode("utf-8", "replace").decode()
    if clean != prompt:
        notes.append("The prompt has bytes that are not UTF-8: they were replaced by ?.")
    if "\0" in clean:
        clean = clean.replace("\0", "")
        notes.append("NUL characters in the prompt were left out.")
    if not clean.strip():
        from ai_code.core.same_command import EXAMPLES

        raise UsageError("the prompt is empty", hint=EXAMPLES[mode])
    if len(clean) > MOST_CHARS:
        raise UsageError(
            f"the prompt is {len(clean)} characters long; {MOST_CHARS} is the most",
            hint="name the files instead: ai-code --file NAME …",
        )
    return clean, tuple(notes)
