"""Output that went through a terminal (a PTY, ``script``), made plain again."""

from __future__ import annotations

import re

_MOVES = re.compile(r"\x1b\[\d*[CG]")
"""Cursor jumps that Claude writes in the place of spaces."""
_SEQUENCES = re.compile(
    r"\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)"  # titles
    r"|\x1b[PX^_][^\x1b]*\x1b\\"
    r"|\x1b\[[0-?]*[ -/]*[@-~]"
    r"|\x1b[ -/]*[0-~]"
)


def plain_text(text: str) -> str:
    """``text`` without escape sequences, NUL bytes and a byte order mark, each line as it stood
    at the end: what a carriage return was written over is gone, and line ends are ``\\n``."""
    text = text.replace("\0", "").removeprefix("\ufeff")
    if "\x1b" in text:
        text = _SEQUENCES.sub("", _MOVES.sub(" ", text))
    if "\r" not in text:
        return text
    return "\n".join(_overwritten(line) for line in text.split("\n"))


def _overwritten(line: str) -> str:
    parts = [part for part in line.split("\r") if part.strip()]
    return parts[-1] if parts else ""
