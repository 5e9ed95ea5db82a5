"""The ports of everything about the tree: private worktree, landing, undo, run records."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Protocol

if TYPE_CHECKING:
    from ai_code.core.changes import Change, Changes, LandedFile, LeftOut
    from ai_code.core.record import RunRecord

Where = Literal["worktree", "tree"]


@dataclass(frozen=True, slots=True)
class TreeFacts:
    """What a brief says about a tree. ``changed`` differ from the last commit; ``operation``
    is a rebase, merge … in progress; ``branch`` None when detached or outside git.
    ``tracked`` are the files that git knows. All paths are relative to the root."""

    root: Path
    in_git: bool
    branch: str | None = None
    head: str | None = None
    operation: str = ""
    commits: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    tracked: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Written:
    """What a landing did: ``skipped`` files are as they were, each with its reason;
    ``conflicts`` are those that somebody else changed at the same place."""

    files: tuple[LandedFile, ...] = ()
    skipped: tuple[LeftOut, ...] = ()
    conflicts: tuple[LeftOut, ...] = ()


@dataclass(frozen=True, slots=True)
class UndoWork:
    """What an undo has to do: ``changes`` take the landing back, ``made_dirs`` are folders
    that the landing made (removed when they are empty afterwards), ``cleared_dirs`` those in
    whose place it put a file, with their permission bits."""

    changes: tuple[Change, ...]
    made_dirs: tuple[str, ...] = ()
    cleared_dirs: tuple[tuple[str, int], ...] = ()


class Workspace(Protocol):
    """Where a local engine works. ``path`` is the project's folder there, ``cwd`` the folder
    in it that corresponds to where the person stands; ``root`` is the person's tree.

    ``partial``: only named files are there. ``left_out``: what was not put there, and why."""

    @property
    def root(self) -> Path: ...
    @property
    def path(self) -> Path: ...
    @property
    def cwd(self) -> Path: ...
    @property
    def where(self) -> Where: ...
    @property
    def in_git(self) -> bool: ...
    @property
    def partial(self) -> bool: ...
    @property
    def left_out(self) -> tuple[LeftOut, ...]: ...

    def changes(self) -> Changes: ...

    def current(self) -> bool:
        """Whether the person's tree is still what this was made from. False where that
        cannot be told."""


class Trees(Protocol):
    """The person's tree, private copies of it, and landings."""

    def root_of(self, cwd: Path) -> Path:
        """The top of the git work tree that ``cwd`` is in, else ``cwd`` itself; resolved."""

    def facts(self, cwd: Path, commits: int = 10) -> TreeFacts: ...

    def grep_definitions(self, cwd: Path, identifier: str) -> tuple[str, ...]:
        """Tracked files that seem to define ``identifier``; empty outside git."""

    def prepare(
        self, cwd: Path, run_dir: Path, *, include: Sequence[str | Path] = (), where: Where
    ) -> Workspace:
        """``include``: paths that the request names, absolute or relative to ``cwd``."""

    def place(self, cwd: Path, run_dir: Path) -> Path:
        """Where ``prepare`` puts the private worktree of the project that ``cwd`` is in."""

    def lock(self, root: Path, *, run_id: str, wait_s: float) -> AbstractContextManager[None]:
        """Raises TryLaterError when another run holds the tree for longer than ``wait_s``."""

    def write(
        self,
        root: Path,
        run_dir: Path,
        changes: Sequence[Change],
        remove_dirs: Sequence[str] = (),
        make_dirs: Sequence[tuple[str, int]] = (),
    ) -> Written:
        """Three-way onto the tree as it is now; what was there is kept in ``run_dir`` first.
        Afterwards empty folders go, and others come (with their permission bits)."""

    def would_leave(self, root: Path, changes: Sequence[Change]) -> tuple[LeftOut, ...]:
        """What ``write`` would leave alone now, each with its reason. Nothing is written."""

    def adopt(
        self, root: Path, run_dir: Path, changes: Sequence[Change], take_back: Sequence[Change]
    ) -> Written:
        """For ``where: tree``: the changes are there already; keeps what undo needs and takes
        ``take_back`` out of the tree again."""

    def commit(self, root: Path, paths: Sequence[str], message: str) -> str:
        """Commits these paths alone; the commit's short id. Raises AiCodeError."""

    def keep_patch(self, run_dir: Path, patch: bytes) -> Path: ...

    def kept_patch(self, run_dir: Path) -> bytes: ...

    def landed_changes(self, run_dir: Path) -> tuple[Change, ...]:
        """What a run wrote into the tree, as it was before and after."""

    def undo_work(self, run_dir: Path) -> UndoWork: ...

    def in_place(self, run_dir: Path) -> bool:
        """Whether the run's snapshot is of a tree that was worked in itself: then it is the
        only copy of what was there."""

    def discard(self, run_dir: Path) -> None:
        """Removes the private worktree; what undo and diff need stays."""


class Journal(Protocol):
    """The records of runs, each in a folder of its own."""

    def new_run(self) -> str:
        """A new id; its folder exists afterwards, readable by nobody else."""

    def run_dir(self, run_id: str) -> Path: ...

    def save(self, record: RunRecord) -> None: ...

    def load(self, run_id: str) -> RunRecord:
        """By id or its beginning. Raises UsageError when there is none or more than one."""

    def latest(self, root: Path, *, landed: bool = True) -> RunRecord | None:
        """The newest run of a tree; with ``landed`` the newest whose files are in the tree now
        (not undone, no undo itself)."""

    def list(self, limit: int = 20) -> Sequence[RunRecord]: ...
    def newest(self) -> Iterator[RunRecord]:
        """All records, the newest first; each is read when it is asked for."""

    def tidy(self, keep_days: float, keep_runs: int = 0) -> int:
        """Once a day: removes runs begun more than ``keep_days`` ago, and all but the newest
        ``keep_runs`` (0 each: no limit), that no undo of a younger run needs; and reports of bugs
        of that age."""
