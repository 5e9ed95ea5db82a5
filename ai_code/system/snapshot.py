"""An index of our own over a work tree: what differs, staged, written as a commit."""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from ai_code.core.changes import LeftOut
from ai_code.core.errors import AiCodeError
from ai_code.system.git import Git

HUGE_BYTES = 10 * 1024 * 1024
MOST_UNTRACKED_FILES = 20_000
MOST_UNTRACKED_BYTES = 200 * 1024 * 1024
_GITLINK = "160000"


@dataclass(frozen=True, slots=True)
class Entry:
    """A row of the index. ``tag`` as ``ls-files -v``: lower case is assume-unchanged, S is
    skip-worktree, M unmerged."""

    tag: str
    mode: str
    path: str


class Snapshot:
    """Works on the index that ``git`` was given. Paths are relative to ``work_tree``."""

    def __init__(self, git: Git, work_tree: Path) -> None:
        self._git = git
        self._work_tree = work_tree

    def entries(self) -> list[Entry]:
        """All rows; an unmerged path comes once per stage."""
        rows = []
        for row in _split(self._git("ls-files", "-z", "-v", "-s")):
            head, _, path = row.partition("\t")
            tag, mode, _ = head.split(" ", 2)
            rows.append(Entry(tag, mode, path))
        return rows

    def differing(self, *, untracked: bool) -> list[str]:
        """Paths that the work tree has otherwise than the index, new ones too with
        ``untracked`` (those that the ignore rules leave)."""
        args = ["ls-files", "-z", "-m", "-d"]
        if untracked:
            args += ["-o", "--exclude-standard"]
        return list(dict.fromkeys(_split(self._git(*args))))

    def ignored(self) -> list[str]:
        """Paths that the ignore rules keep out; whole folders with a slash at the end."""
        args = ("ls-files", "-z", "-o", "-i", "--exclude-standard", "--directory")
        return list(_split(self._git(*args)))

    def check_flags(self, entries: Iterable[Entry]) -> None:
        """Takes assume-unchanged marks away: behind one, an engine's edit would not be seen."""
        marked = [entry.path for entry in entries if entry.tag.islower()]
        if marked:
            self._update("--no-assume-unchanged", paths=marked)

    def unskip(self, paths: Iterable[str]) -> None:
        """Takes skip-worktree marks away: staging such a path would remove it."""
        self._update("--no-skip-worktree", paths=paths)

    def stage(self, paths: Iterable[str]) -> None:
        """Takes the state of these paths into the index: new, changed or gone. Removals come
        first: git refuses a path whose place a folder with staged files has taken."""
        gone: list[str] = []
        there: list[str] = []
        for path in paths:
            (there if _is_file(self._work_tree / path) else gone).append(path)
        self.drop(gone)
        self._update("--add", "--remove", "--replace", paths=there)

    def drop(self, paths: Iterable[str]) -> None:
        """Takes paths out of the index, whatever the work tree has."""
        self._update("--force-remove", paths=paths)

    def commit(self, parent: str | None) -> str:
        """The index as a commit; ``parent`` its only parent. The commit's id."""
        tree = self._git("write-tree", "--missing-ok").decode().strip()
        parents = ("-p", parent) if parent else ()
        message = b"ai-code: state of the tree\n"
        answer = self._git("commit-tree", tree, *parents, stdin=message, env=_identity())
        return answer.decode().strip()

    def check_out(self) -> list[str]:
        """Writes all files of the index; the paths that could not be written (a partial clone
        has not all contents). Raises AiCodeError when the disk is full."""
        answer = self._git.run("checkout-index", "-a", "-f", "-q", "-u")
        if "No space left on device" in answer.err or "Disk quota exceeded" in answer.err:
            raise AiCodeError(
                "there is no room for the private worktree",
                why=answer.err.strip().splitlines()[-1],
                hint=f"df -h {self._work_tree}",
            )
        return list(_split(self._git("ls-files", "-z", "-d"))) if answer.code else []

    def _update(self, *flags: str, paths: Iterable[str]) -> None:
        names = b"".join(os.fsencode(path) + b"\0" for path in paths)
        if names:
            self._git("update-index", *flags, "-z", "--stdin", stdin=names)


class Sieve:
    """Sorts paths into those that can be staged and those that are named as left out."""

    def __init__(self, root: Path, tracked: Mapping[str, str]) -> None:
        """``tracked``: path → mode."""
        self._root = root
        self._tracked = tracked
        self._files = self._bytes = 0
        self.left_out: list[LeftOut] = []
        self.links: list[str] = []

    def take(self, paths: Iterable[str]) -> list[str]:
        return [path for path in paths if self._takes(path)]

    def named(self, paths: Iterable[str]) -> list[str]:
        """For paths that the person named: no limit of size or number."""
        return [path for path in paths if self._readable(path, named=True) is not None]

    def _takes(self, path: str) -> bool:
        if path.endswith("/") or self._tracked.get(path) == _GITLINK:
            return False
        if path in self._tracked:
            return self._readable(path, named=False) is not None
        found = self._readable(path, named=True)
        return found is not None and self._fits(path, found)

    def _fits(self, path: str, found: os.stat_result) -> bool:
        if found.st_size > HUGE_BYTES:
            size = f"{found.st_size / 1e6:.0f} MB"
            self.left_out.append(LeftOut(path, f"it is untracked and has {size}"))
            return False
        self._files += 1
        self._bytes += found.st_size
        if self._files > MOST_UNTRACKED_FILES or self._bytes > MOST_UNTRACKED_BYTES:
            self.left_out.append(LeftOut(path, "there are too many untracked files"))
            return False
        return True

    def _readable(self, path: str, *, named: bool) -> os.stat_result | None:
        """Its state, or None when it cannot be staged. A tracked file that is gone can be."""
        full = self._root / path
        try:
            found = full.lstat()
        except (FileNotFoundError, NotADirectoryError):
            return None if named else os.stat_result((0,) * 10)
        except OSError as error:
            self.left_out.append(LeftOut(path, f"it cannot be read: {error.strerror}"))
            return None
        if stat.S_ISLNK(found.st_mode):
            self.links.append(path)
            return found
        if stat.S_ISDIR(found.st_mode) and not named:
            return found
        if not stat.S_ISREG(found.st_mode):
            return None
        if not os.access(full, os.R_OK):
            self.left_out.append(LeftOut(path, "it cannot be read: no permission"))
            return None
        return found


def _is_file(path: Path) -> bool:
    try:
        return not stat.S_ISDIR(path.lstat().st_mode)
    except OSError:
        return False


def through_link(root: Path, path: str) -> bool:
    """True when a folder on the way from ``root`` to ``path`` is a link."""
    here = root
    for part in path.split("/")[:-1]:
        here = here / part
        if here.is_symlink():
            return True
    return False


def _split(listing: bytes) -> Iterator[str]:
    return (os.fsdecode(row) for row in listing.split(b"\0") if row)


def _identity() -> dict[str, str]:
    """Git wants somebody who commits, also where no identity is set up."""
    date = f"{int(time.time())} +0000"
    person = {"NAME": "ai-code", "EMAIL": "ai-code@localhost", "DATE": date}
    return {f"GIT_{role}_{k}": v for role in ("AUTHOR", "COMMITTER") for k, v in person.items()}
