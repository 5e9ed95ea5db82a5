"""Which removal and which new file are one file that got another name. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from ai_code.core.changes import GITLINK, LINK, Change, is_binary

_LEAST_ALIKE = 0.5
"""Git's own measure for a rename (diff-options: -M50%)."""
_MOST_COMPARED = 400
"""Beyond so many pairs only files with the same contents are taken for renamed ones."""


def renames(changes: Sequence[Change]) -> dict[str, str]:
    """Old name → new name, the most alike pairs first; each file is in one pair at most."""
    gone = [each for each in changes if each.kind == "D" and _has_text(each.before, each.old_mode)]
    come = [each for each in changes if each.kind == "A" and _has_text(each.after, each.new_mode)]
    only_same = len(gone) * len(come) > _MOST_COMPARED
    rated = [
        (alike, old.path, new.path)
        for old in gone
        for new in come
        if not _one_in_the_other(old.path, new.path)
        if (alike := _alike(old.before or b"", new.after or b"", only_same)) >= _LEAST_ALIKE
    ]
    found: dict[str, str] = {}
    for _, old_path, new_path in sorted(rated, key=lambda each: (-each[0], each[1:])):
        if old_path not in found and new_path not in found.values():
            found[old_path] = new_path
    return found


def _has_text(data: bytes | None, mode: int) -> bool:
    """An empty file is like every other: it has no name to be known by."""
    return bool(data) and mode not in (LINK, GITLINK)


def _one_in_the_other(one: str, other: str) -> bool:
    """One name needs a folder where the other is a file: they cannot be there both at once."""
    return one.startswith(f"{other}/") or other.startswith(f"{one}/")


def _alike(old: bytes, new: bytes, only_same: bool) -> float:
    """The part of the longer one's lines that the other one has too."""
    if old == new:
        return 1.0
    if only_same or is_binary(old) or is_binary(new):
        return 0.0
    ours, theirs = Counter(old.splitlines()), Counter(new.splitlines())
    return (ours & theirs).total() / max(ours.total(), theirs.total())
