"""A bounded look into a folder that is no git repository."""

from __future__ import annotations

import os
from pathlib import Path

from ai_code.core.changes import is_private
from ai_code.core.errors import AiCodeError
from ai_code.system.snapshot import HUGE_BYTES

MOST_FILES = 20_000
MOST_BYTES = 200 * 1024 * 1024
SKIPPED = frozenset(
    {
        *(".git", ".hg", ".svn", ".jj", ".bzr"),
        *(".venv", "venv", ".tox", ".nox", ".direnv", "site-packages", "node_modules"),
        *("__pycache__", ".mypy_cache", ".ruff_cache", ".pytest_cache", ".cache", ".gradle"),
        *(".idea", ".terraform"),
    }
)
"""Folders of version control, environments and caches: never copied."""


class TooMuch(AiCodeError):
    """The folder holds more than can be copied in passing."""


def walk(root: Path) -> tuple[list[str], list[str]]:
    """Relative paths of the files below ``root``, and of those that are left out because they
    are huge or cannot be read. Links are entries, never followed. Folders of version control,
    environments and caches, and folders that are repositories, are passed over.

    Raises TooMuch beyond 20,000 files or 200 MB."""
    taken: list[str] = []
    left: list[str] = []
    size = 0
    stack = [""]
    while stack:
        folder = stack.pop()
        for entry in _listing(root / folder if folder else root, left, folder):
            path = f"{folder}{entry.name}"
            if is_private(path):
                continue
            if entry.is_dir(follow_symlinks=False):
                if entry.name not in SKIPPED and not os.path.lexists(f"{entry.path}/.git"):
                    stack.append(f"{path}/")
            elif entry.is_symlink():
                taken.append(path)
            elif entry.is_file(follow_symlinks=False):
                found = entry.stat(follow_symlinks=False).st_size
                if found > HUGE_BYTES or not os.access(entry.path, os.R_OK):
                    left.append(path)
                    continue
                taken.append(path)
                size += found
            if len(taken) > MOST_FILES or size > MOST_BYTES:
                raise TooMuch(f"{root} holds more than {MOST_FILES} files or {MOST_BYTES} bytes")
    return taken, left


def _listing(folder: Path, left: list[str], shown: str) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return sorted(entries, key=lambda entry: entry.name)
    except OSError:
        left.append(shown or ".")
        return []
