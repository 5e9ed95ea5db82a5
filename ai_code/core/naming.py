"""Which files a prompt names: paths, unique base names, and functions to look for."""

from __future__ import annotations

import re
from collections.abc import Iterable

_WORD = re.compile(r"[^\s\"'`,;:()\[\]{}<>、。「」『』（）,;:]+")
_CALL = re.compile(r"(?<![\w.])([A-Za-z_][A-Za-z0-9_]{2,})\(")
_CODE = re.compile(r"`([A-Za-z_][A-Za-z0-9_]{2,})(?:\(\))?`")
_MOST_FILES = 12


def named_files(prompt: str, known: Iterable[str]) -> tuple[str, ...]:
    """Paths of ``known`` (relative, with ``/``) that the prompt names, in the prompt's order.

    A word counts when it is a known path, or the base name of exactly one known path and looks
    like a file name (it has a dot). Japanese text may follow without a space, so a word is also
    tried up to its last ASCII character."""
    paths = set(known)
    by_name: dict[str, list[str]] = {}
    for path in paths:
        by_name.setdefault(path.rsplit("/", 1)[-1], []).append(path)
    found: dict[str, None] = {}
    for word in _candidates(prompt):
        if word in paths:
            found[word] = None
        elif "." in word and len(matches := by_name.get(word, [])) == 1:
            found[matches[0]] = None
        if len(found) >= _MOST_FILES:
            break
    return tuple(found)


def _candidates(prompt: str) -> Iterable[str]:
    for match in _WORD.finditer(prompt[:100_000]):
        word = match.group().rstrip(".!?").removeprefix("./").removeprefix("@")
        yield word
        ascii_part = re.match(r"[\x21-\x7e]+", word)
        if ascii_part and ascii_part.group() != word:
            yield ascii_part.group().rstrip(".")
        tail = re.search(r"[\x21-\x7e]+$", word)
        if tail and tail.group() != word:
            yield tail.group().rstrip(".")


def named_symbols(prompt: str) -> tuple[str, ...]:
    """Functions or classes the prompt names as ``name()`` or in backticks; at most five."""
    names = dict.fromkeys(_CALL.findall(prompt[:20_000]) + _CODE.findall(prompt[:20_000]))
    return tuple(names)[:5]
