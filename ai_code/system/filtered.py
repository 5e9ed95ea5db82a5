"""Files that git stores through a filter: LFS, git-crypt, notebooks without their outputs.

Our own calls of git run no filter. So a pointer of LFS would stand in a private worktree where the
tree has a text, or the text, depending on nothing but times of files: what the tree has is taken.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from ai_code.core.changes import is_binary
from ai_code.system.git import Git
from ai_code.system.repository import small_text
from ai_code.system.snapshot import HUGE_BYTES, MOST_UNTRACKED_BYTES, Entry

_SECRET = ("crypt", "sops")
"""In the names of filters that encrypt: git-crypt, transcrypt (crypt), agecrypt, sops."""
_SKIPPED = "S"


class Filtered(NamedTuple):
    """``text``: taken as it stands in the tree. ``stored``: no text, or too large; only what git
    stores is there. ``secret``: encrypted on purpose, and not for a model."""

    text: tuple[str, ...] = ()
    stored: tuple[str, ...] = ()
    secret: tuple[str, ...] = ()


def filtered(
    git: Git, root: Path, entries: Sequence[Entry], named: Iterable[str], attributes: str
) -> Filtered:
    """``attributes``: those of the repository and the person beside the tracked files of them.
    ``named`` by the request: taken whatever they are."""
    if not _filters(root, entries, attributes):
        return Filtered()
    wanted = frozenset(named)
    text, stored, secret = [], [], []
    room = MOST_UNTRACKED_BYTES
    for path, name in _by_filter(git, entries):
        if any(word in name.lower() for word in _SECRET):
            secret.append(path)
            continue
        size = _size(root / path)
        if size < 0:
            continue
        if path in wanted or (size <= min(room, HUGE_BYTES) and _is_text(root / path)):
            room -= size
            text.append(path)
        else:
            stored.append(path)
    return Filtered(tuple(text), tuple(stored), tuple(secret))


def _filters(root: Path, entries: Sequence[Entry], attributes: str) -> bool:
    """Whether any file of attributes speaks of one: asking for each path takes its time."""
    if "filter" in attributes:
        return True
    files = (each.path for each in entries if each.path.rpartition("/")[2] == ".gitattributes")
    return any("filter" in small_text(root / each) for each in files)


def _by_filter(git: Git, entries: Sequence[Entry]) -> list[tuple[str, str]]:
    """Path and filter of each tracked file in the tree that has one."""
    paths = dict.fromkeys(each.path for each in entries if each.tag.upper() != _SKIPPED)
    listing = b"".join(os.fsencode(path) + b"\0" for path in paths)
    fields = git("check-attr", "-z", "--stdin", "filter", stdin=listing).split(b"\0")
    return [
        (os.fsdecode(path), os.fsdecode(value))
        for path, value in zip(fields[0::3], fields[2::3], strict=False)
        if value not in (b"unspecified", b"unset")
    ]


def _size(path: Path) -> int:
    """-1 for what is no file, or is not there."""
    if path.is_symlink() or not path.is_file():
        return -1
    return path.stat().st_size


def _is_text(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return not is_binary(file.read(8000))
    except OSError:
        return False
