"""``@path`` in a memory file: another file that belongs to it. As Claude Code 2.1.329 reads them
(seen): not in code, not in a comment, after a blank or at a line's beginning. Pure."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable
from itertools import islice

DEEPEST = 5
"""Files in a row that import each other, the first one counted."""

_FENCE = re.compile(r" {0,3}(?:[-*+>] +)*(?P<marks>`{3,}|~{3,})(?P<info>.*)")
_LIST = re.compile(r" *(?:[-*+]|\d{1,9}[.)])\s")
_SPAN = re.compile(r"(?<!`)(?P<marks>`+)(?!`).+?(?<!`)(?P=marks)(?!`)", re.S)
_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.S)
_BLOCK_COMMENT = re.compile(r"^ {0,3}<!--.*?-->[ \t]*\n?", re.S | re.M)
_IMPORT = re.compile(r"(?:(?<!\S)|(?<=\*\*)|(?<=__))@(?P<path>(?:[^\s\\]|\\ )+)")
_MENTION = re.compile(
    r"@(?:(?P<mark>[\"'])(?P<quoted>[^\"'\n]+)(?P=mark)|(?P<path>(?:\\ |[^\s\"'`<>])+))"
)
_MAY_END_A_PATH = re.compile(r"[^\w/-]|$")
_MOST_ENDS = 20
_ONLY = re.compile(r"\s*(?:[-*+]\s+)?@(?:[^\s\\]|\\ )+\s*")
_NO_PATH = ("@", "#", "%", "^", "&", "*", "(", ")", '"', "'", "`", "<", ">")


def imports_of(text: str) -> tuple[str, ...]:
    """Paths that ``text`` names so, each once, as they are written there."""
    found: dict[str, None] = {}
    prose = "\n\n".join(_SPAN.sub("`", each) for each in _paragraphs(text))
    for each in _IMPORT.finditer(_COMMENT.sub(" ", prose)):
        path = each["path"].replace("\\ ", " ").partition("#")[0]
        path = path.removesuffix("**").removesuffix("__")
        if path and not path.startswith(_NO_PATH):
            found.setdefault(path)
    return tuple(found)


def without_marks(text: str, is_file: Callable[[str], bool]) -> str:
    """``text`` without the ``@`` before names of files, in code too. What these import is given
    beside it, as far as it fits; an engine that takes ``@path`` in its prompt for a file to send
    would send it once more, and whole."""

    def plain(found: re.Match[str]) -> str:
        written = (found["quoted"] or found["path"]).replace("\\ ", " ")
        ends = islice(_MAY_END_A_PATH.finditer(written, 1), _MOST_ENDS)
        known = any(is_file(written[: end.start()]) for end in ends)
        return found[0][1:] if known else found[0]

    return _MENTION.sub(plain, text) if "@" in text else text


def without_comments(text: str) -> str:
    """What of a memory file an engine is given: no comment that stands in lines of its own, and
    nothing at all of a file that only imports others."""
    text = _BLOCK_COMMENT.sub("", text)
    rest = [line for line in text.splitlines() if line.strip() and not _ONLY.fullmatch(line)]
    return text if rest else ""


def place(path: str, folder: str, home: str) -> str:
    """Where an import leads to: from the folder of the file that it stands in."""
    if path.startswith("~/"):
        return posixpath.normpath(posixpath.join(home, path[2:]))
    return posixpath.normpath(posixpath.join(folder, path))


def _paragraphs(text: str) -> list[str]:
    """Runs of lines without blank ones between them and without blocks of code."""
    found: list[list[str]] = [[]]
    fence = ""
    for line in text.replace("\r\n", "\n").split("\n"):
        marks = _FENCE.match(line)
        if fence:
            ends = marks and marks["marks"].startswith(fence) and not marks["info"].strip()
            fence = "" if ends else fence
            continue
        if marks and not (marks["marks"][0] == "`" and "`" in marks["info"]):
            fence = marks["marks"]
            found.append([])
        elif not line.strip():
            found.append([])
        elif not found[-1] and line.startswith(("    ", "\t")) and not _LIST.match(line):
            # Indented, and no paragraph that it would go on with: code.
            continue
        else:
            found[-1].append(line)
    return ["\n".join(lines) for lines in found if lines]
