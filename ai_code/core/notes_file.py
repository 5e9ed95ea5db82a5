"""Notes that a person told us to remember: one Markdown file, which people may edit. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable, Sequence
from typing import NamedTuple

MOST_CHARACTERS = 2000
"""Of one note. All of them go to every engine, so each is a sentence or a few."""

_HEADING = r"## (?P<id>[0-9a-f]{4,64}) [·-] (?P<date>\d{4}-\d{2}-\d{2})[ \t]*"
_BEGINS = re.compile(rf"^{_HEADING}$", re.M)
_LIKE_ONE = re.compile(rf"^(?P<slashes>\\*)(?={_HEADING}$)", re.M)
_HEAD = re.compile(r"\A\s*<!--.*?-->", re.S)
_TITLE = re.compile(r"\s*<!-- ai-code remember:(.*)")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_HEAD_TEXT = """\
<!-- ai-code remember: {title}
Every engine is given these notes. Edit them as you like: a note is a heading with its id and
its date, and the text below it. -->
"""


class Note(NamedTuple):
    """``date`` is YYYY-MM-DD, empty where somebody wrote the text into the file by hand."""

    id: str
    date: str
    text: str

    @property
    def title(self) -> str:
        """Its first line."""
        return self.text.split("\n", 1)[0]


def clean(text: str) -> str:
    """``text`` as a note holds it: no control characters, no blanks around it."""
    plain = text.replace("\r\n", "\n").replace("\r", "\n")
    return _CONTROL.sub("", plain.encode("utf-8", "replace").decode()).strip()


def parse_notes(text: str) -> tuple[Note, ...]:
    """The notes of a file, the oldest first. Never fails: text before the first heading is a
    note too, and so is one whose id was given twice."""
    text = text.replace("\r\n", "\n")
    head = _HEAD.match(text)
    text = text[head.end() :] if head else text
    headings = list(_BEGINS.finditer(text))
    ends = [*(each.start() for each in headings), len(text)]
    rows = [("", "", text[: ends[0]])]
    rows += [
        (each["id"], each["date"], text[each.end() : end])
        for each, end in zip(headings, ends[1:], strict=True)
    ]
    notes: list[Note] = []
    taken = {each["id"] for each in headings}
    seen: set[str] = set()
    for given, date, body in rows:
        words = clean(_LIKE_ONE.sub(_one_slash_less, body))
        if not words:
            continue
        name = given if given and given not in seen else note_id(words, taken | seen)
        seen.add(name)
        notes.append(Note(name, date, words))
    return tuple(notes)


def render_notes(title: str, notes: Iterable[Note], today: str) -> str:
    """A file of these notes. ``title`` says whose they are; a note without a date gets
    ``today``."""
    parts = [_HEAD_TEXT.format(title=title.replace("--", "- -"))]
    for note in notes:
        body = _LIKE_ONE.sub(lambda found: found["slashes"] + "\\", note.text)
        parts.append(f"## {note.id} · {note.date or today}\n\n{body}\n")
    return "\n".join(parts)


def title_of(text: str) -> str:
    """Whose notes a file says that it holds."""
    head = _TITLE.match(text)
    return head[1].strip().replace("- -", "--") if head else ""


def note_id(text: str, taken: Collection[str]) -> str:
    """A short id that none of ``taken`` is, and the same for the same text where it can be."""
    # Not at the top: it brings OpenSSL, 5 MB that a run without notes never needs.
    from hashlib import sha256

    number = 0
    while True:
        digest = sha256(f"{number or ''}{text}".encode("utf-8", "replace")).hexdigest()
        for length in range(4, len(digest) + 1):
            if digest[:length] not in taken:
                return digest[:length]
        number += 1


def same_note(text: str, notes: Iterable[Note]) -> Note | None:
    """The note that says the same already: blanks, capitals, widths of letters and the stop at
    the end do not count."""
    wanted = _folded(text)
    return next((each for each in notes if _folded(each.text) == wanted), None)


def found_notes(name: str, notes: Sequence[Note]) -> tuple[Note, ...]:
    """Those whose id is ``name``, else those whose id begins with it."""
    exact = tuple(each for each in notes if each.id == name)
    return exact or tuple(each for each in notes if name and each.id.startswith(name))


def as_list(notes: Sequence[Note]) -> str:
    """As an engine is given them, the newest first: what does not fit is the oldest."""
    items = ["- " + note.text.replace("\n", "\n  ") for note in reversed(notes)]
    return "\n".join(items) + "\n" if items else ""


def _folded(text: str) -> str:
    plain = unicodedata.normalize("NFKC", text).casefold()
    return " ".join(plain.split()).rstrip(" .。!！")


def _one_slash_less(found: re.Match[str]) -> str:
    return found["slashes"][1:]
