"""What listings print: columns, colours where they are wanted, signs that the pipe can show.

Without click, whose import is a good part of what ``status`` may cost."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Mapping
from typing import Any

WIDTH = 80
_CODES = {"red": 31, "green": 32, "yellow": 33, "cyan": 36}
_OUR_COLOURS = r"\x1b\[\d+m"
_PLAIN = str.maketrans({"→": "->", "·": "-", "…": "...", "−": "-", "≥": ">=", "█": "#"})
COLOURS = {
    "done": "green",
    "landed": "green",
    "partly undone": "yellow",
    "undone": "yellow",
    "undo": "yellow",
    "running": "cyan",
    "limit": "yellow",
    "unavailable": "red",
    "failed": "red",
    "killed": "red",
    "stopped": "yellow",
    "interrupted": "yellow",
}
"""Word of an outcome or verdict → its colour; meaning never hangs on colour alone."""


def colours(environ: Mapping[str, str]) -> bool | None:
    """For ``click.echo``: False where the person wants none (https://no-color.org) or the
    terminal has none; None leaves it to click, which drops them where stdout is no terminal."""
    return False if environ.get("NO_COLOR") or environ.get("TERM") == "dumb" else None


class Screen:
    """Prints to stdout. Text must be safe already (``core.text``)."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self.terminal = bool(sys.stdout and sys.stdout.isatty())
        self._colour = colours(environ) is not False and self.terminal
        self._encoding = getattr(sys.stdout, "encoding", None) or "utf-8"

    def line(self, text: str = "") -> None:
        if not self._colour and "\x1b" in text:
            text = re.sub(_OUR_COLOURS, "", text)
        if sys.stdout:
            sys.stdout.write(self._shown(text) + "\n")
            sys.stdout.flush()

    def json(self, value: Mapping[str, Any]) -> None:
        """One object on one line; ASCII, so that every pipe takes it."""
        self.line(json.dumps(value))

    @property
    def unicode(self) -> bool:
        """Whether blocks and arrows can be shown."""
        try:
            "█▁→".encode(self._encoding)
        except (UnicodeEncodeError, LookupError):
            return False
        return True

    def _shown(self, text: str) -> str:
        try:
            text.encode(self._encoding)
        except (UnicodeEncodeError, LookupError):
            plain = text.translate(_PLAIN)
            return plain.encode("ascii", "backslashreplace").decode("ascii")
        return text


def coloured(text: str, word: str) -> str:
    """``text`` in the colour of the outcome ``word``."""
    return f"\x1b[{_CODES[COLOURS[word]]}m{text}\x1b[0m" if word in COLOURS else text
