"""Text made safe to show, whatever a model or a file name puts into it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

# Texts: ``re`` compiles and keeps them when they are first used, which for most runs is never.
_SGR = r"\x1b\[[0-9;:]{0,61}m"
_UNFINISHED = r"\x1b(\[[0-9;:]*)?\Z"
_UNSAFE = "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]|\r(?!\n)"
_WIDE = "\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe4f\uff01-\uff60\uffe0-\uffe6"
_OPENS, _CLOSES = (
    "「『(【〔〈《［｛",
    "、。，．」』)】〕〉》］｝？！：；ーぁぃぅぇぉっゃゅょァィゥェォッャュョ々\u3099\u309a",
)
_UNIT = f"[{_OPENS}]*(?:[^{_WIDE}]+|[{_WIDE}])[{_CLOSES}]*|[{_OPENS}]+"
"""What stays together in a text without blanks: a character of Japanese or Chinese with the marks
that may not begin or end a line, or a run of narrow ones (a name, a number)."""
_PATH = ("/", "~/", '"/', "'/", "(/")
_LONGEST_SEQUENCE = 64
"""A colour of more characters than these is none, however it is cut into pieces."""


def visible(text: str) -> str:
    """``text`` with control and direction characters written out; newline and tab stay.

    For names, messages and everything that must not bring colours along."""
    if text.isprintable():
        # So most lines are; their regular expression is then not even compiled.
        return text
    return re.sub(_UNSAFE, _written_out, text.replace("\r\n", "\n"))


def one_line(text: str, width: int = 200) -> str:
    """The first ``width`` characters of ``text`` on one line, safe to show."""
    flat = " ".join(text.split())
    return visible(flat if len(flat) <= width else flat[: width - 1] + "…")


def shown_path(path: str) -> str:
    """A path as a person can read and tell it apart: in quotes where blanks or control
    characters would be lost or fool the eye."""
    plain = visible(path.replace("\n", "\\n").replace("\t", "\\t"))
    if plain == path and path == path.strip() and "  " not in path:
        return path
    return f'"{plain}"'


def in_folder(path: str, folder: str) -> str:
    """A path as it is called in ``folder``; whatever does not lie there as it is."""
    if not folder:
        return path
    return "." if path.rstrip("/") == folder else path.removeprefix(f"{folder}/")


def from_home(path: Path, home: Path) -> str:
    """A path as a person writes it: with ``~`` where it lies below their home."""
    inside = home.name and path.is_relative_to(home)
    return f"~/{path.relative_to(home)}" if inside else str(path)


def fitting(text: str, columns: int) -> str:
    """The beginning of one line that takes at most ``columns`` of a screen, ``…`` at its end
    where it was cut. Wide characters (Japanese) take two, accents that combine none."""
    import unicodedata

    if text.isascii() and len(text) <= columns:
        return text
    taken, end = 0, 0
    for position, char in enumerate(text):
        wide = unicodedata.east_asian_width(char) in "WF"
        taken += 0 if unicodedata.combining(char) else 2 if wide else 1
        if taken > columns:
            return text[:end] + "…"
        if taken < columns:
            end = position + 1
    return text


def columns(text: str) -> int:
    """How many columns of a screen one line of ``text`` takes, as ``fitting`` counts them."""
    if text.isascii():
        return len(text)
    import unicodedata

    return sum(
        0 if unicodedata.combining(char) else 2 if unicodedata.east_asian_width(char) in "WF" else 1
        for char in text
    )


def cell(text: str, width: int) -> str:
    """One cell of a table: ``text`` cut or filled with blanks to ``width`` columns."""
    kept = fitting(text, width)
    return kept + " " * (width - columns(kept))


def wrapped(text: str, columns: int, *, indent: str = "", breaking: bool = False) -> list[str]:
    """``text`` in lines of at most ``columns`` of a screen, cut between words; all but the first
    begin with ``indent``. A word that is too long is cut where Japanese may be, and else stays
    whole (a path has to be copied), unless ``breaking`` says that nothing may stand out."""
    lines, line = [], ""
    for gap, word in _units(text, columns - len(indent)):
        longer = f"{line}{gap}{word}" if line.strip() else line + word
        if fitting(longer, columns) == longer or not line.strip():
            line = longer
        else:
            lines.append(line)
            line = indent + word
        while breaking and (part := fitting(line, columns)) != line:
            # ``fitting`` puts its mark where the last character would be; one at least is taken,
            # or there would be no end.
            end = max(len(part) - 1, len(line) - len(line.lstrip()) + 1)
            lines.append(line[:end])
            line = indent + line[end:]
    return [*lines, line] if line.strip() else lines


def _units(text: str, room: int) -> Iterator[tuple[str, str]]:
    """What is not cut, each with what stands before it on the same line."""
    for word in text.split():
        if word.isascii() or word.startswith(_PATH) or columns(word) <= room:
            yield " ", word
            continue
        for number, unit in enumerate(re.findall(_UNIT, word)):
            yield "" if number else " ", unit


class SafeText:
    """Makes a stream of text safe: newline, tab and colours (SGR) stay, the rest is written
    out. Pieces may be cut anywhere, in the middle of a colour sequence too."""

    def __init__(self, colour: bool = True) -> None:
        self._colour = colour
        self._kept = ""
        self.coloured = False

    def feed(self, text: str) -> str:
        text = self._kept + text
        self._kept = ""
        cut = re.search(_UNFINISHED, text)
        if cut and len(cut.group()) < _LONGEST_SEQUENCE:
            text, self._kept = text[: cut.start()], cut.group()
        elif text.endswith("\r"):
            text, self._kept = text[:-1], "\r"
        return self._safe(text)

    def end(self) -> str:
        """What was held back, written out, and the colours reset if any were set."""
        rest = visible(self._kept.removesuffix("\r"))
        self._kept = ""
        if self.coloured:
            self.coloured = False
            rest += "\x1b[0m"
        return rest

    def _safe(self, text: str) -> str:
        if "\x1b" not in text:
            return visible(text)
        pieces: list[str] = []
        start = 0
        for match in re.finditer(_SGR, text):
            pieces.append(visible(text[start : match.start()]))
            if self._colour:
                pieces.append(match.group())
                self.coloured = True
            start = match.end()
        pieces.append(visible(text[start:]))
        return "".join(pieces)


def _written_out(match: re.Match[str]) -> str:
    code = ord(match.group())
    if code < 0x20:
        return "^" + chr(code + 0x40)
    return "^?" if code == 0x7F else f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"
