"""Reading what an engine left in a workspace. Nothing that it wrote there is believed."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import cast

from ai_code.core.changes import GITLINK, MAX_BYTES, Change, Changes, Kind, LeftOut, is_private
from ai_code.core.errors import AiCodeError
from ai_code.core.line_ends import kept
from ai_code.core.ports_tree import Where
from ai_code.system import other_repositories
from ai_code.system.git import Git, GitError
from ai_code.system.private_git import PrivateGit, remove
from ai_code.system.repository import discover
from ai_code.system.snapshot import Sieve, Snapshot, through_link

_DROPPED_FOLDERS = frozenset({"__pycache__", ".git"})
_MOST_NAMED = 50
_GITLINK = "160000"
IN_PLACE = "in-place"
"""A file of the run's folder: the snapshot beside it is of a tree that is worked in itself. It is
made before an engine starts there."""
INDEX_OF_TREE = "index.tree"
"""Name of the index that knows the times of the tree's own files."""


@dataclass(frozen=True, slots=True)
class PreparedWorkspace:
    """See the port ``Workspace``. ``snapshot`` is the commit that the engine started from."""

    root: Path
    path: Path
    cwd: Path
    run_dir: Path
    where: Where
    in_git: bool
    partial: bool
    snapshot: str
    plan: PrivateGit
    named: tuple[str, ...] = ()
    """What the request names, relative to the root: looked at even when it is ignored."""
    gitlinks: tuple[str, ...] = ()
    left_out: tuple[LeftOut, ...] = ()
    bounded: bool = False
    """The root is the home folder or /: new files are not looked for in the tree."""
    unstaged: frozenset[str] = frozenset()
    """What differed in the tree and was not taken in."""
    stored: frozenset[str] = frozenset()
    """Of these the worktree has only what git stores through a filter, such as a pointer of LFS."""
    head: str | None = None
    env: Mapping[str, str] | None = None

    def current(self) -> bool:
        """See the port. Only git can tell it in less time than a new copy takes."""
        index = self.run_dir / INDEX_OF_TREE
        repository = discover(self.root, self.env) if index.is_file() else None
        if repository is None or (repository.head, repository.branch) != (
            self.head,
            self.plan.branch,
        ):
            return False
        git = Git(self.plan.git_dir, self.root, self.env, index=index)
        try:
            differing = Snapshot(git, self.root).differing(untracked=not self.bounded)
        except GitError:
            return False
        return self.unstaged.issuperset(differing)

    def changes(self) -> Changes:
        """What differs now from what the engine started with."""
        try:
            return changes_of(self)
        except OSError as error:
            raise AiCodeError(
                "what the engine changed could not be read; nothing was landed",
                why=f"{error.filename or self.run_dir}: {error.strerror}",
            ) from error


def changes_of(workspace: PreparedWorkspace) -> Changes:
    """The differences to the snapshot, by an index made from our own copy of it."""
    git_dir = workspace.plan.git_dir
    workspace.plan.write(workspace.snapshot)
    index = git_dir / "index"
    shutil.copy2(workspace.run_dir / "index.pristine", index)
    git = Git(git_dir, workspace.path, workspace.env, index=index)
    snapshot = Snapshot(git, workspace.path)
    unskipped, unfit = _stage(workspace, snapshot)
    rows = [row for row in _rows(git, workspace.snapshot) if not _is_dropping(row)]
    befores = _Befores(workspace)
    try:
        wanted = [path for path, kind, old, _ in rows if kind != "A" and old != GITLINK]
        befores.check_out(wanted, sparse=unskipped)
        items = tuple(
            change for row in rows if (change := _change(workspace, befores, *row)) is not None
        )
    finally:
        befores.clear()
    refused = _refused(workspace, items)
    unfit += [
        LeftOut(each.path, refused[each.path], each) for each in items if each.path in refused
    ]
    items = tuple(each for each in items if each.path not in refused)
    ignored = snapshot.ignored() if workspace.where == "worktree" else []
    return Changes(
        items,
        escaped=_escaped(workspace),
        ignored=_named_few([path for path in ignored if not _dropped_name(path)]),
        unfit=tuple(sorted(unfit, key=lambda each: each.path)[:_MOST_NAMED]),
    )


def _refused(workspace: PreparedWorkspace, changes: Iterable[Change]) -> dict[str, str]:
    """What must not land although it differs, and why."""
    if workspace.where == "tree":
        return {}
    reason = "git stores it through a filter (LFS), and only what it stores was there"
    new = [each.path for each in changes if each.kind == "A"]
    found = dict.fromkeys(workspace.stored, reason)
    if not workspace.in_git:
        return found
    return found | other_repositories.foreign(workspace.root, new, workspace.named)


def _stage(workspace: PreparedWorkspace, snapshot: Snapshot) -> tuple[bool, list[LeftOut]]:
    """Stages what differs: whether files outside of a sparse checkout are among it, and what is
    in other repositories."""
    entries = snapshot.entries()
    tracked = {entry.path: entry.mode for entry in entries}
    appeared = [
        each.path for each in entries if each.tag.upper() == "S" and _is_there(workspace, each.path)
    ]
    snapshot.unskip(appeared)
    in_copy = workspace.where == "worktree"
    differing = snapshot.differing(untracked=in_copy or not workspace.bounded)
    differing = [path for path in (*differing, *appeared) if not _dropped_name(path)]
    unfit = _in_other_repositories(workspace, tracked, differing)
    if not in_copy:
        # What the snapshot left out was in the tree all along: it is not new.
        known = {left.path for left in workspace.left_out}
        differing = [path for path in differing if path not in known and not is_private(path)]
    sieve = Sieve(workspace.path, tracked)
    taken = sieve.take(differing)
    taken += sieve.named(
        path
        for path in workspace.named
        if path not in tracked and not through_link(workspace.path, path)
    )
    snapshot.stage(dict.fromkeys(taken))
    return bool(appeared), unfit


def _in_other_repositories(
    workspace: PreparedWorkspace, tracked: Mapping[str, str], differing: list[str]
) -> list[LeftOut]:
    submodules = [path for path in workspace.gitlinks if tracked.get(path) == _GITLINK]
    if workspace.where == "worktree":
        planted = other_repositories.planted(workspace.path, submodules)
        found = [*planted, *other_repositories.made(differing)]
        return [each for each in found if not _dropped_name(each.path)]
    nested = [path.rstrip("/") for path in differing if path.endswith("/")]
    since_ns = (workspace.run_dir / IN_PLACE).stat().st_ctime_ns
    folders = (*submodules, *nested)
    touched = other_repositories.touched(workspace.root, folders, since_ns, workspace.named)
    return [*islice(touched, _MOST_NAMED)]


def _is_there(workspace: PreparedWorkspace, path: str) -> bool:
    return os.path.lexists(workspace.path / path)


Row = tuple[str, Kind, int, int]


def _rows(git: Git, snapshot: str) -> Iterator[Row]:
    """``diff-index --raw -z``: ``:oldmode newmode oldid newid KIND NUL path NUL``."""
    args = ("diff-index", "--cached", "--raw", "-z", "--no-renames", "--no-ext-diff", snapshot)
    fields = git(*args).split(b"\0")
    for head, path in zip(fields[0::2], fields[1::2], strict=False):
        old, new, _, _, kind = head.decode("ascii").split(" ")
        yield os.fsdecode(path), cast(Kind, kind[:1]), int(old[1:], 8), int(new, 8)


def _is_dropping(row: Row) -> bool:
    path, kind, _, _ = row
    return _dropped_name(path) or (kind == "A" and path.endswith(".orig"))


def _dropped_name(path: str) -> bool:
    """What engines leave behind beside their edits."""
    parts = path.rstrip("/").split("/")
    return any(part in _DROPPED_FOLDERS or part.startswith(".aider") for part in parts)


class _Befores:
    """The files as they were checked out, written once more from the pristine index: the same
    line ends, encodings and links, whatever .gitattributes the engine has written meanwhile."""

    def __init__(self, workspace: PreparedWorkspace) -> None:
        self._folder = workspace.plan.git_dir / "before"
        pristine = workspace.run_dir / "index.pristine"
        self._git = Git(workspace.plan.git_dir, workspace.path, workspace.env, index=pristine)

    def check_out(self, paths: list[str], *, sparse: bool) -> None:
        self._folder.mkdir()
        names = b"".join(os.fsencode(path) + b"\0" for path in paths)
        if names:
            args = ["checkout-index", "-f", "-q", "-z", "--stdin", f"--prefix={self._folder}/"]
            if sparse:
                args.append("--ignore-skip-worktree-bits")
            self._git(*args, stdin=names)

    def read(self, path: str) -> bytes | None:
        return _content(self._folder / path)

    def clear(self) -> None:
        remove(self._folder)


def _change(
    workspace: PreparedWorkspace, befores: _Befores, path: str, kind: Kind, old: int, new: int
) -> Change | None:
    if GITLINK in (old, new):
        return Change(path, kind, old, new, None, None, too_big=True)
    before = None if kind == "A" else befores.read(path)
    after = None if kind == "D" else _content(workspace.path / path)
    too_big = (before is None and kind != "A") or (after is None and kind != "D")
    if too_big:
        return Change(path, kind, old, new, before, after, too_big=True)
    if kind == "M" and workspace.where == "worktree":
        after = kept(before, after)
        if after == before and old == new:
            return None
    return Change(path, kind, old, new, before, after)


def _content(path: Path) -> bytes | None:
    """A file's bytes or a link's target; None when it is too big or gone."""
    try:
        found = path.lstat()
        if stat.S_ISLNK(found.st_mode):
            return os.fsencode(path.readlink())
        if not stat.S_ISREG(found.st_mode) or found.st_size > MAX_BYTES:
            return None
        return path.read_bytes()
    except OSError:
        return None


def _escaped(workspace: PreparedWorkspace) -> tuple[str, ...]:
    """Names beside the project's folder: an engine followed ``../``."""
    if workspace.where == "tree":
        return ()
    beside = workspace.path.parent
    return tuple(
        sorted(f"../{entry.name}" for entry in beside.iterdir() if entry != workspace.path)
    )


def _named_few(paths: list[str]) -> tuple[str, ...]:
    return tuple(sorted(paths)[:_MOST_NAMED])
