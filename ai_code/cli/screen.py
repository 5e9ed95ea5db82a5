"""What listings print: columns, colours where they are wanted, signs that the pipe can show."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from typing import Any

import click

WIDTH = 80
_PLAIN = str.maketrans({"→": "->", "·": "-", "…": "...", "−": "-", "≥": ">=", "█": "#"})
COLOURS = {
    "done": "green",
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
        self._colour = colours(environ)
        self._encoding = sys.stdout.encoding or "utf-8"

    def line(self, text: str = "") -> None:
        click.echo(self._shown(text), color=self._colour)

    def json(self, value: Mapping[str, Any]) -> None:
        """One object on one line; ASCII, so that every pipe takes it."""
        click.echo(json.dumps(value))

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
    return click.style(text, fg=COLOURS[word]) if word in COLOURS else text


def dim(text: str) -> str:
    """``text`` in grey: what is there for who looks for it."""
    return click.style(text, dim=True)
