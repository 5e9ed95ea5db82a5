"""Lists of things to do in a text, and which of them are done. Pure, by form alone."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

from ai_code.core.story import Step

_BOX = re.compile(r"^\s*(?:[-*+]|\d{1,2}[.)])\s+\[(?P<mark>[ xX✓✔])\]\s+(?P<text>\S.*)$")
_NUMBER = re.compile(
    r"^(?P<indent>\s*)(?:(?P<number>\d{1,2})[.)、]|[((](?P<other>\d{1,2})[))])\s*(?P<text>\S.*)$"
)
_STRUCK = re.compile(r"^~~(?P<text>.+)~~$|^(?P<done>.+?)\s*[✅✓✔]$|^[✅✓✔]\s*(?P<before>.+)$")
_FEWEST, _MOST = 2, 30
_FILE = re.compile(
    r"[\w./-]*\w\.[A-Za-z0-9]{1,8}(?![A-Za-z0-9])|\b(?:Makefile|Dockerfile|LICENSE)\b"
)


def steps_in(text: str) -> tuple[Step, ...]:
    """The last list of the text: boxes with their marks, else items that are numbered from 1 on.
    Nothing where there are fewer than two items."""
    boxes = [
        Step(_plain(found["text"]), "open" if found["mark"] == " " else "done")
        for line in text.splitlines()
        if (found := _BOX.match(line))
    ]
    if _FEWEST <= len(boxes) <= _MOST:
        return tuple(boxes)
    lists: list[list[Step]] = []
    indent = ""
    for line in text.splitlines():
        found = _NUMBER.match(line)
        if not found:
            continue
        number = int(found["number"] or found["other"])
        if number == 1:
            lists.append([])
            indent = found["indent"]
        if not lists or found["indent"] != indent or number != len(lists[-1]) + 1:
            continue
        lists[-1].append(_item(found["text"]))
    good = [each for each in lists if _FEWEST <= len(each) <= _MOST]
    return tuple(good[-1]) if good else ()


def with_states(steps: Sequence[Step], edited: Collection[str]) -> tuple[Step, ...]:
    """Those that name files, all of which were edited, are done; but only up to the first that is
    not: who works along a list has not done what comes after."""
    made: list[Step] = []
    for step in steps:
        going_on = all(each.state == "done" for each in made)
        files = files_named(step.text)
        all_edited = bool(files) and all(_among(name, edited) for name in files)
        done = step.state == "done" or (going_on and all_edited)
        made.append(step._replace(state="done" if done else "open"))
    return tuple(made)


def files_named(text: str) -> tuple[str, ...]:
    """Words that look like the name of a file."""
    return tuple(dict.fromkeys(found.group().lstrip("./") for found in _FILE.finditer(text)))


def _among(name: str, edited: Collection[str]) -> bool:
    return any(path == name or path.endswith(f"/{name}") for path in edited)


def _item(text: str) -> Step:
    if found := _STRUCK.match(text.strip()):
        return Step(_plain(next(filter(None, found.groups()))), "done")
    return Step(_plain(text))


def _plain(text: str) -> str:
    """Without the marks of bold and code at its ends."""
    return re.sub(r"\*\*|__", "", text).strip()
