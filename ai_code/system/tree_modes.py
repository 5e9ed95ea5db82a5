"""Folders and permissions of a tree, noted before an engine works in it itself: git would keep no
empty folder, and of the permissions only the executable bit."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from ai_code.system.folder_walk import SKIPPED

NAME = "tree-modes"
_MOST_FOLDERS = 50_000


class TreeModes(NamedTuple):
    """Path → permission bits."""

    files: dict[str, int]
    folders: dict[str, int]


def note(run_dir: Path, root: Path, files: Iterable[str], *, folders: bool) -> None:
    """Of these files; of all folders too, as far as anybody would look for them."""
    rows = [row for path in files if (row := _row(root / path, path))]
    if folders:
        rows += [row for path in _folders(root) if (row := _row(root / path, path))]
    descriptor = os.open(run_dir / NAME, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as out:
        out.write(b"".join(rows))


def noted(run_dir: Path) -> TreeModes:
    """What was noted; nothing where that cannot be read."""
    modes = TreeModes({}, {})
    try:
        rows = (run_dir / NAME).read_bytes().split(b"\0")
    except OSError:
        return modes
    for row in filter(None, rows):
        mode, _, path = row.partition(b" ")
        kept = modes.folders if stat.S_ISDIR(int(mode, 8)) else modes.files
        kept[os.fsdecode(path)] = stat.S_IMODE(int(mode, 8))
    return modes


def _row(full: Path, path: str) -> bytes:
    try:
        mode = full.lstat().st_mode
    except OSError:
        return b""
    if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
        return b""
    return b"%o %s\0" % (mode, os.fsencode(path))


def _folders(root: Path) -> list[str]:
    """Not those of version control, environments and caches; not beyond a bound."""
    found: list[str] = []
    for folder, names, _ in os.walk(root):
        names[:] = [name for name in names if name not in SKIPPED]
        for name in names:
            full = Path(folder, name)
            if not full.is_symlink():
                found.append(str(full.relative_to(root)))
        if len(found) > _MOST_FOLDERS:
            break
    return found
