"""Repositories inside of a tree: submodules, and folders that are a repository by themselves.

A private worktree has nothing of them. What an engine puts in their place belongs to another
history, which no snapshot of ours knows: it is named and kept as a patch, and does not land."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path

from ai_code.core.changes import ABSENT, Change, LeftOut
from ai_code.system import tree_files

_MOST_KEPT = 50
_IN_SUBMODULE = "it lies in a submodule: start ai-code in that folder"
_IN_REPOSITORY = "it lies in another repository: start ai-code in that folder"
_OF_ITS_OWN = "it is a repository of its own"
_NOT_KEPT = "it was changed in another repository, which undo and diff do not know"


def planted(worktree: Path, submodules: Iterable[str]) -> list[LeftOut]:
    """Submodules are empty folders in a private worktree: what is in one was put there."""
    found = []
    for each in submodules:
        folder = worktree / each
        if folder.is_symlink() or folder.is_file():
            found.append(_kept(worktree, each, "a submodule stands there"))
        elif folder.is_dir():
            paths = islice(_files(worktree, each), _MOST_KEPT)
            found += [_kept(worktree, path, _IN_SUBMODULE) for path in paths]
    return found


def _kept(worktree: Path, path: str, reason: str) -> LeftOut:
    try:
        found = tree_files.read(worktree, path)
    except OSError:
        return LeftOut(path, reason)
    return LeftOut(path, reason, Change(path, "A", ABSENT, found.mode, None, found.data))


def _files(root: Path, folder: str) -> Iterator[str]:
    """The files of a repository, without git's own."""
    for here, inner, files in os.walk(root / folder):
        if ".git" in inner:
            inner.remove(".git")
        for name in files:
            if name != ".git":
                yield (Path(here) / name).relative_to(root).as_posix()


def made(untracked: Iterable[str]) -> list[LeftOut]:
    """Repositories that an engine made: git lists such a folder by its name alone."""
    folders = [path.rstrip("/") for path in untracked if path.endswith("/")]
    return [LeftOut(each, _OF_ITS_OWN) for each in folders]


def foreign(root: Path, new: Iterable[str], named: Iterable[str]) -> dict[str, str]:
    """Reasons by path: those of the new files whose folder in the person's tree belongs to another
    repository, unless the request names a file of that one."""
    taken = {owner for path in named if (owner := _owner(root, path))}
    found = {}
    for path in new:
        owner = _owner(root, path)
        if owner and owner not in taken:
            found[path] = _IN_REPOSITORY
    return found


def _owner(root: Path, path: str) -> str:
    """The folder below ``root`` that is the repository which ``path`` lies in, or nothing."""
    parts = path.split("/")[:-1]
    for count in range(len(parts), 0, -1):
        folder = "/".join(parts[:count])
        if os.path.lexists(root / folder / ".git"):
            return folder
    return ""


def touched(
    root: Path, folders: Iterable[str], since_ns: int, known: Iterable[str]
) -> Iterator[LeftOut]:
    """For an engine that works in the tree itself: files in these repositories that changed
    after ``since_ns``, by the time that no program can set."""
    named = frozenset(known)
    for each in folders:
        for path in _files(root, each):
            if path not in named and _changed(root / path, since_ns):
                yield LeftOut(path, _NOT_KEPT)


def _changed(path: Path, since_ns: int) -> bool:
    try:
        found = path.lstat()
    except OSError:
        return False
    return stat.S_ISREG(found.st_mode) and found.st_ctime_ns > since_ns
