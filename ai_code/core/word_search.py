"""Words in texts: what is the same word, how texts are cut into places, and what of a place is
shown. Japanese has no blanks, so a word is looked for anywhere. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from ai_code.core.text import columns, fitting

_HEADING = re.compile(r"^#{1,6} ", re.M)
_MOST_LINES = 40
"""Of one place in a file without headings."""
_LONGEST_LINE = 2000
_BEFORE = 24
"""Columns of a line that are shown before the word."""


def folded(text: str) -> str:
    """Without what makes no difference to who searches: capitals, and full or half width."""
    return unicodedata.normalize("NFKC", text).casefold()


def words_of(query: str) -> tuple[str, ...]:
    """The words of a question, each once."""
    return tuple(dict.fromkeys(folded(query).split()))


def sections(text: str) -> list[tuple[int, str]]:
    """A file in places: from heading to heading, and no longer than a screen or two; each with
    the number of its first line."""
    found: list[tuple[int, list[str]]] = []
    for number, line in enumerate(text.split("\n"), 1):
        if not found or _HEADING.match(line) or len(found[-1][1]) >= _MOST_LINES:
            found.append((number, []))
        found[-1][1].append(line)
    return [(number, "\n".join(lines)) for number, lines in found if any(map(str.strip, lines))]


def has_all(text: str, words: Sequence[str]) -> int:
    """How often the words stand in a folded text; 0 where one of them is missing."""
    counts = [text.count(word) for word in words]
    return sum(counts) if counts and all(counts) else 0


def snippet(text: str, words: Sequence[str], width: int) -> tuple[int, str]:
    """The line that has the most of the words, cut to ``width`` columns around the first of them,
    and its number in ``text`` from 0."""
    lines = text.split("\n")
    best = max(range(len(lines)), key=lambda at: sum(word in folded(lines[at]) for word in words))
    line = " ".join(lines[best].split())[:_LONGEST_LINE]
    at = min((found for word in words if (found := _position(line, word)) >= 0), default=0)
    begin = at
    while begin and columns(line[begin - 1 : at]) <= _BEFORE:
        begin -= 1
    if columns(line) <= width:
        begin = 0
    head = "…" if begin else ""
    return best, head + fitting(line[begin:], width - columns(head))


def _position(line: str, word: str) -> int:
    """Where a folded word begins in a line that is not folded; folding may change lengths."""
    if word not in folded(line):
        return -1
    low = 0
    for at in range(len(line)):
        if word in folded(line[at:]):
            low = at
        else:
            break
    return low
