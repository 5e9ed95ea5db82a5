"""Which files a prompt names: paths, unique base names, and functions to look for."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable

_WORD = re.compile(r"[^\s\"'`,;:()\[\]{}<>、。「」『』（）,;:]+")
_RUN = re.compile(r"\S+")
_QUOTED = re.compile(r"""["'`「『]([^"'`「」『』\n]{1,200})["'`」』]""")
_SUFFIXED = re.compile(r".*?\.[A-Za-z0-9]+(?![A-Za-z0-9.])")
_ASCII = re.compile(r"[\x21-\x7e]+")
_CALL = re.compile(r"(?<![\w.])([A-Za-z_][A-Za-z0-9_]{2,})\(")
_CODE = re.compile(r"`([A-Za-z_][A-Za-z0-9_]{2,})(?:\(\))?`")
_MOST_FILES = 12


def named_files(prompt: str, known: Iterable[str], folder: str = "") -> tuple[str, ...]:
    """Paths of ``known`` (relative to the root, with ``/``) that the prompt names, in the
    prompt's order.

    A word counts when it is a known path, seen from ``folder`` (where the person stands,
    relative to the root) or from the root, or the base name of exactly one known path and looks
    like a file name (it has a dot). Japanese text may stand around it without a space."""
    paths = set(known)
    by_name: dict[str, list[str]] = {}
    for path in paths:
        by_name.setdefault(path.rsplit("/", 1)[-1], []).append(path)
    found: dict[str, None] = {}
    for word in candidate_words(prompt):
        seen_from_here = posixpath.normpath(posixpath.join(folder, word)) if folder else word
        if seen_from_here in paths:
            found[seen_from_here] = None
        elif word in paths:
            found[word] = None
        elif "." in word and len(matches := by_name.get(word, [])) == 1:
            found[matches[0]] = None
        if len(found) >= _MOST_FILES:
            break
    return tuple(found)


def candidate_words(prompt: str) -> Iterable[str]:
    """Everything that may be a name: each run without spaces as it stands (``app/[id].tsx``),
    its words, and last what stands in quotes (``"my file.py"``)."""
    prompt = prompt[:100_000]
    for run in _RUN.finditer(prompt):
        yield run.group()
        for match in _WORD.finditer(run.group()):
            word = match.group().rstrip(".!?").removeprefix("./").removeprefix("@")
            yield word
            if not word.isascii():
                yield from _parts_of(word)
    yield from (match.group(1) for match in _QUOTED.finditer(prompt))


def _parts_of(word: str) -> Iterable[str]:
    """Names with Japanese around them: up to a suffix, and each run of ASCII."""
    if suffixed := _SUFFIXED.match(word):
        yield suffixed.group()
    for run in _ASCII.findall(word):
        yield run.rstrip(".")


def named_symbols(prompt: str) -> tuple[str, ...]:
    """Functions or classes the prompt names as ``name()`` or in backticks; at most five."""
    names = dict.fromkeys(_CALL.findall(prompt[:20_000]) + _CODE.findall(prompt[:20_000]))
    return tuple(names)[:5]
