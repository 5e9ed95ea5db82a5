"""The port ``Trees`` on the real file system.

Most runs only ask for the root: what a worktree and a landing need is imported where it is used.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING

from ai_code.system.repository import find_root

if TYPE_CHECKING:
    from ai_code.core.changes import Change, LeftOut
    from ai_code.core.ports_tree import TreeFacts, UndoWork, Where, Written
    from ai_code.system.workspace_changes import PreparedWorkspace

_PATCH = "left-out.patch"


class RealTrees:
    """See ``ai_code.core.ports_tree.Trees``. ``env`` is the environment for git (None: ours)."""

    def __init__(self, state_dir: Path, env: Mapping[str, str] | None = None) -> None:
        self._state_dir = state_dir
        self._env = env

    def root_of(self, cwd: Path) -> Path:
        return find_root(cwd) or cwd.resolve()

    def facts(self, cwd: Path, commits: int = 10) -> TreeFacts:
        from ai_code.system import tree_facts

        return tree_facts.facts(cwd, commits, self._env)

    def grep_definitions(self, cwd: Path, identifier: str) -> tuple[str, ...]:
        from ai_code.system import tree_facts

        return tree_facts.grep_definitions(cwd, identifier, self._env)

    def prepare(
        self, cwd: Path, run_dir: Path, *, include: Sequence[str | Path] = (), where: Where
    ) -> PreparedWorkspace:
        from ai_code.system.workspace import prepare

        return prepare(cwd, run_dir, include=include, where=where, env=self._env)

    def place(self, cwd: Path, run_dir: Path) -> Path:
        from ai_code.system.workspace import worktree_path

        return worktree_path(self.root_of(cwd), run_dir)

    def lock(self, root: Path, *, run_id: str, wait_s: float) -> AbstractContextManager[None]:
        from ai_code.system.locks import tree_lock

        return tree_lock(self._state_dir, root, run_id=run_id, wait_s=wait_s)

    def write(
        self,
        root: Path,
        run_dir: Path,
        changes: Sequence[Change],
        remove_dirs: Sequence[str] = (),
        make_dirs: Sequence[tuple[str, int]] = (),
    ) -> Written:
        from ai_code.system import landing_files

        return landing_files.write_changes(
            root, run_dir, changes, remove_dirs, make_dirs, env=self._env
        )

    def would_leave(self, root: Path, changes: Sequence[Change]) -> tuple[LeftOut, ...]:
        from ai_code.system import landing_files

        return landing_files.would_leave(root, changes, self._env)

    def adopt(
        self, root: Path, run_dir: Path, changes: Sequence[Change], take_back: Sequence[Change]
    ) -> Written:
        from ai_code.system import landing_files

        return landing_files.adopt_changes(root, run_dir, changes, take_back, self._env)

    def commit(self, root: Path, paths: Sequence[str], message: str) -> str:
        from ai_code.system.commit import commit_paths

        return commit_paths(root, paths, message, self._env)

    def keep_patch(self, run_dir: Path, patch: bytes) -> Path:
        path = run_dir / _PATCH
        temporary = path.with_suffix(".tmp")
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(patch)
            file.flush()
            os.fsync(descriptor)
        temporary.replace(path)
        return path

    def kept_patch(self, run_dir: Path) -> bytes:
        path = run_dir / _PATCH
        return path.read_bytes() if path.is_file() else b""

    def landed_changes(self, run_dir: Path) -> tuple[Change, ...]:
        from ai_code.system import landing_files

        stored = landing_files.landed_steps(run_dir)
        return tuple(step.change() for step in stored.steps) if stored else ()

    def undo_work(self, run_dir: Path) -> UndoWork:
        from ai_code.core.ports_tree import UndoWork
        from ai_code.system import landing_files

        stored = landing_files.landed_steps(run_dir)
        if stored is None:
            return UndoWork(())
        changes = tuple(map(landing_files.undo_change, stored.steps))
        return UndoWork(changes, stored.made_dirs, stored.cleared_dirs)

    def in_place(self, run_dir: Path) -> bool:
        from ai_code.system.workspace_changes import IN_PLACE

        return (run_dir / IN_PLACE).exists()

    def discard(self, run_dir: Path) -> None:
        from ai_code.system.workspace import discard_workspace

        discard_workspace(run_dir)
