"""The journal of a systemd unit: how it is read, and which of its lines says why it ended. Pure."""

from __future__ import annotations

from ai_code.core.text import one_line

LINES = 20
"""At the end of a journal: enough for the last words of a unit, and what systemd adds to them."""
_TELLING = ("Error", "Failed at step", "ai-code: ")
"""In lines that say why it ended: Ollama's, systemd's, ours."""
_HINT = "hint: "


def reading(unit: str, lines: int = LINES, *, user: bool = True) -> tuple[str, ...]:
    """The command that prints it without decoration."""
    scope = ("--user",) if user else ()
    return ("journalctl", *scope, "--unit", unit, "-n", str(lines), "-o", "cat", "--no-pager")


def telling(log: str) -> str:
    """The last line that says why it ended; empty where there is none."""
    lines = log.splitlines()
    return one_line(lines[at], 200) if (at := _last(lines)) is not None else ""


def hint_in(log: str) -> str:
    """The command that we ourselves named with our last words; empty where we named none."""
    lines = log.splitlines()
    at = _last(lines)
    after = lines[at + 1 :] if at is not None else []
    return next((line.removeprefix(_HINT).strip() for line in after if line.startswith(_HINT)), "")


def _last(lines: list[str]) -> int | None:
    found = [at for at, line in enumerate(lines) if any(words in line for words in _TELLING)]
    return found[-1] if found else None
