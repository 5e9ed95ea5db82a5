"""What a landing does with each file, decided before anything is touched."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from ai_code.core.changes import Change, LeftOut
from ai_code.core.renames import renames
from ai_code.system import tree_files
from ai_code.system.before_store import Step
from ai_code.system.sparse import kept_out
from ai_code.system.three_way import Conflict, wanted
from ai_code.system.tree_files import FileState, InTheWay


@dataclass(frozen=True, slots=True)
class Resolved:
    """``steps`` in the order in which they are done, ``changes`` what each came from. ``moves``:
    a name that goes, only after what others wrote there was brought to its new name."""

    steps: tuple[Step, ...]
    changes: tuple[Change, ...]
    skipped: tuple[LeftOut, ...]
    conflicts: tuple[LeftOut, ...]
    moves: Mapping[str, str] = field(default_factory=dict)


def resolve(root: Path, changes: Sequence[Change], env: Mapping[str, str] | None) -> Resolved:
    """All or nothing for each file. Removals first: a folder may take the place of a file, or a
    file that of a folder."""
    plan = _Plan(root, env, kept_out(root, (change.path for change in changes), env))
    for old, new in plan.moved(changes):
        plan.move(old, new)
    for change in sorted(changes, key=lambda change: change.kind != "D"):
        if change.path not in plan.moving:
            plan.take(change)
    return plan.resolved()


class _Plan:
    def __init__(self, root: Path, env: Mapping[str, str] | None, kept_out: frozenset[str]) -> None:
        self._root, self._env, self._kept_out = root, env, kept_out
        self.moving: set[str] = set()
        self._steps: list[tuple[Step, Change]] = []
        self._last: list[tuple[Step, Change]] = []
        self._moves: dict[str, str] = {}
        self._skipped: list[LeftOut] = []
        self._conflicts: list[LeftOut] = []
        self._going: set[str] = set()

    def moved(self, changes: Sequence[Change]) -> list[tuple[Change, Change]]:
        """Files that the landing renames and that were edited meanwhile under the old name: the
        edits shall go along, or nothing."""
        by_path = {change.path: change for change in changes}
        edited = {
            change.path for change in changes if change.kind == "D" and self._is_edited(change)
        }
        if not edited:
            return []
        return [
            (by_path[old], by_path[new])
            for old, new in renames(changes).items()
            if old in edited and self._is_free(new)
        ]

    def _is_edited(self, change: Change) -> bool:
        try:
            now = tree_files.read(self._root, change.path)
        except OSError:
            return False
        return not now.absent and not now.same(FileState(change.old_mode, change.before))

    def _is_free(self, path: str) -> bool:
        if path in self._kept_out:
            return False
        try:
            return tree_files.read(self._root, path).absent
        except OSError:
            return False

    def move(self, old: Change, new: Change) -> None:
        self.moving |= {old.path, new.path}
        edit = replace(old, kind="M", new_mode=new.new_mode, after=new.after, perms=new.perms)
        try:
            now = tree_files.read(self._root, old.path)
            there = wanted(edit, now, self._env)
            _check_writable(now, FileState())
        except Conflict as error:
            reason = f"{error} (it goes together with {{}})"
            self._conflicts.append(LeftOut(old.path, reason.format(new.path), old))
            self._conflicts.append(LeftOut(new.path, reason.format(old.path), new))
        except OSError as error:
            self._refuse(old, error)
            self._refuse(new, error)
        else:
            self._steps.append((Step(new.path, FileState(), there), new))
            self._last.append((Step(old.path, now, FileState()), old))
            self._moves[old.path] = new.path

    def take(self, change: Change) -> None:
        try:
            old = self._now(change)
            if old.absent and change.after is not None and change.path in self._kept_out:
                raise Conflict("it lies outside of the sparse checkout")
            new = wanted(change, old, self._env)
            _check_writable(old, new)
        except Conflict as error:
            self._conflicts.append(LeftOut(change.path, str(error), change))
        except OSError as error:
            self._refuse(change, error)
        else:
            if change.kind == "D":
                self._going.add(change.path)
            if not (old.same(new) and _same_perms(old, new)):
                self._steps.append((Step(change.path, old, new), change))

    def _refuse(self, change: Change, error: OSError) -> None:
        found = self._conflicts if isinstance(error, InTheWay) else self._skipped
        found.append(LeftOut(change.path, error.strerror or str(error), change))

    def _now(self, change: Change) -> FileState:
        """What stands there; nothing, where the files in the way are removed in the same
        landing."""
        try:
            return tree_files.read(self._root, change.path)
        except InTheWay:
            if change.kind == "A" and self._going and self._clears_away(change.path):
                return FileState()
            raise

    def _clears_away(self, path: str) -> bool:
        parts = path.split("/")
        if any("/".join(parts[:count]) in self._going for count in range(1, len(parts))):
            return True
        folder = self._root / path
        if folder.is_symlink() or not folder.is_dir():
            return False
        inside = [each for each in folder.rglob("*") if each.is_symlink() or not each.is_dir()]
        return all(each.relative_to(self._root).as_posix() in self._going for each in inside)

    def resolved(self) -> Resolved:
        rows = [*self._steps, *self._last]
        return Resolved(
            tuple(step for step, _ in rows),
            tuple(change for _, change in rows),
            tuple(self._skipped),
            tuple(self._conflicts),
            self._moves,
        )


def _same_perms(old: FileState, new: FileState) -> bool:
    return new.perms is None or old.perms == new.perms


def _check_writable(old: FileState, new: FileState) -> None:
    """A file without any write permission was protected by somebody, on purpose."""
    if old.perms is not None and not old.perms & 0o222 and not old.same(new):
        raise PermissionError(13, "the file is read-only")
