"""Text in columns of a screen: wide characters (Japanese) take two, accents that combine none."""

from __future__ import annotations

from collections.abc import Sequence

from ai_code.core.text import columns as width
from ai_code.core.text import fitting
from ai_code.core.text import wrapped as lines_of

Style = str
"""What a piece is, for whoever colours it: ``name``, ``good``, ``bad``, ``dim`` or nothing."""
Piece = tuple[str, Style]
Line = tuple[Piece, ...]
"""One line of a screen."""

GAP = "  "
_LEAST_END = 28
"""A maker's name and country."""


def padded(text: str, columns: int) -> str:
    """The text with blanks up to that width; as it is where it is wider."""
    return text + " " * max(0, columns - width(text))


def aligned(rows: Sequence[Sequence[str]], gap: str = GAP) -> list[str]:
    """The rows with their cells below each other; the last cell is not padded."""
    widths: dict[int, int] = {}
    for row in rows:
        for index, cell in enumerate(row):
            widths[index] = max(widths.get(index, 0), width(cell))
    return [
        gap.join(
            [padded(cell, widths[i]) for i, cell in enumerate(row[:-1])] + [*row[-1:]]
        ).rstrip()
        for row in rows
    ]


def ends(left: str, right: str, columns: int) -> tuple[str, str]:
    """Two texts for the ends of one line of so many columns: the right one padded on its left,
    and cut where both do not fit. The left one is whole (a name that is to be typed); the right
    one is empty where there is no room worth speaking of."""
    room = columns - width(left) - len(GAP)
    right = fitting(right, room) if room >= _LEAST_END else ""
    return left, " " * (columns - width(left) - width(right)) + right if right else ""


def wrapped(text: str, columns: int, indent: str) -> list[str]:
    """The text in lines of so many columns, each with the indent; broken at blanks."""
    return [indent + line for line in lines_of(text, columns - width(indent))]


def plain(line: Line) -> str:
    """A line without its styles."""
    return "".join(text for text, _ in line)
