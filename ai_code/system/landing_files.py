"""Writing changes into the person's tree: three-way, all or nothing per file."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ai_code.core.changes import EXECUTABLE, LINK, Change, LandedFile, LeftOut, is_binary, reverse
from ai_code.core.errors import AiCodeError
from ai_code.core.line_ends import LF, same_but_ends, style, to_style
from ai_code.core.patches import line_counts
from ai_code.core.ports_tree import Written
from ai_code.system import before_store, tree_files
from ai_code.system.before_store import Step
from ai_code.system.git import Git
from ai_code.system.tree_files import FileState, InTheWay

_NEVER = "somebody else changed the same place meanwhile"


class Conflict(Exception):
    """The tree and the change do not go together; the text says how."""


@dataclass(frozen=True, slots=True)
class _Resolved:
    steps: tuple[Step, ...]
    changes: tuple[Change, ...]
    skipped: tuple[LeftOut, ...]
    conflicts: tuple[LeftOut, ...]


def write_changes(
    root: Path,
    run_dir: Path,
    changes: Sequence[Change],
    remove_dirs: Sequence[str] = (),
    env: Mapping[str, str] | None = None,
) -> Written:
    """Lands ``changes`` below ``root``. What was there is kept in ``run_dir/before`` first.

    A file that is already as wanted is passed over; one that was changed meanwhile is merged
    where that is clean. ``remove_dirs`` are removed afterwards where they are empty."""
    root = _existing(root)
    resolved = _resolve(root, _files_before_folders(changes), env)
    made = _made_dirs(root, resolved.steps)
    if resolved.steps:
        before_store.store(run_dir, root, resolved.steps, made)
    done, failed = _apply(root, resolved)
    if failed:
        before_store.settle(run_dir, root, resolved.steps, done, made)
    for folder in sorted(remove_dirs, key=len, reverse=True):
        tree_files.remove_empty_folder(root, folder)
    files = tuple(_landed(resolved.steps[number]) for number in done)
    return Written(files, resolved.skipped + tuple(failed), resolved.conflicts)


def adopt_changes(
    root: Path,
    run_dir: Path,
    changes: Sequence[Change],
    take_back: Sequence[Change],
    env: Mapping[str, str] | None = None,
) -> Written:
    """The engine worked in the tree: ``changes`` are there, and are written down for undo.
    ``take_back`` are reversed, where the tree still has what the engine left."""
    root = _existing(root)
    steps = [_adopted(root, change) for change in changes]
    if steps:
        before_store.store(run_dir, root, steps, ())
    back = _resolve(root, [reverse(change) for change in take_back], env)
    _, failed = _apply(root, back)
    skipped = back.skipped + back.conflicts + tuple(failed)
    stayed = tuple(
        LeftOut(each.path, f"it is still in the tree: {each.reason}") for each in skipped
    )
    return Written(tuple(_landed(step) for step in steps), stayed)


def landed_steps(run_dir: Path) -> before_store.Stored | None:
    """The steps that a run landed; None where it landed nothing."""
    return before_store.load(run_dir)


def undo_change(step: Step) -> Change:
    """The change that restores what stood there, with its exact permissions."""
    return reverse(step.change(), step.old.perms)


def _existing(root: Path) -> Path:
    if not root.is_dir():
        raise AiCodeError(f"the folder {root} is not there any more")
    return root.resolve()


def _files_before_folders(changes: Sequence[Change]) -> list[Change]:
    """Removals first: a folder may take the place of a file, or a file that of a folder."""
    return sorted(changes, key=lambda change: change.kind != "D")


def _made_dirs(root: Path, steps: Sequence[Step]) -> list[str]:
    made: dict[str, None] = {}
    for step in steps:
        if not step.new.absent:
            made |= dict.fromkeys(tree_files.missing_folders(root, step.path))
    return list(made)


# --- what to do with each file, decided before anything is touched ------------------------


def _resolve(root: Path, changes: Sequence[Change], env: Mapping[str, str] | None) -> _Resolved:
    steps: list[Step] = []
    kept: list[Change] = []
    skipped: list[LeftOut] = []
    conflicts: list[LeftOut] = []
    going: set[str] = set()
    for change in changes:
        try:
            old = _now(root, change, going)
            new = _wanted(change, old, env)
            _check_writable(old, new)
        except Conflict as error:
            conflicts.append(LeftOut(change.path, str(error), change))
        except OSError as error:
            found = conflicts if isinstance(error, InTheWay) else skipped
            found.append(LeftOut(change.path, error.strerror or str(error), change))
        else:
            if change.kind == "D":
                going.add(change.path)
            if not (old.same(new) and _same_perms(old, new)):
                steps.append(Step(change.path, old, new))
                kept.append(change)
    return _Resolved(tuple(steps), tuple(kept), tuple(skipped), tuple(conflicts))


def _now(root: Path, change: Change, going: set[str]) -> FileState:
    """What stands there; nothing, where the files in the way are removed in the same landing."""
    try:
        return tree_files.read(root, change.path)
    except InTheWay:
        if change.kind == "A" and going and _clears_away(root, change.path, going):
            return FileState()
        raise


def _clears_away(root: Path, path: str, going: set[str]) -> bool:
    parts = path.split("/")
    if any("/".join(parts[:count]) in going for count in range(1, len(parts))):
        return True
    folder = root / path
    if folder.is_symlink() or not folder.is_dir():
        return False
    inside = [each for each in folder.rglob("*") if each.is_symlink() or not each.is_dir()]
    return all(each.relative_to(root).as_posix() in going for each in inside)


def _same_perms(old: FileState, new: FileState) -> bool:
    return new.perms is None or old.perms == new.perms


def _check_writable(old: FileState, new: FileState) -> None:
    """A file without any write permission was protected by somebody, on purpose."""
    if old.perms is not None and not old.perms & 0o222 and not old.same(new):
        raise PermissionError(13, "the file is read-only")


def _wanted(change: Change, now: FileState, env: Mapping[str, str] | None) -> FileState:
    """What shall stand at the path. Raises Conflict."""
    before = FileState(change.old_mode, change.before)
    after = FileState(change.new_mode, change.after)
    if now.same(before) or now.same(after):
        return _with_perms(change, now, after)
    if before.absent:
        raise Conflict("a file of that name is there already")
    if now.absent:
        raise Conflict("it was removed meanwhile")
    if after.absent or now.link or before.link or after.link:
        raise Conflict("it was changed meanwhile")
    merged = _merge(before.data or b"", now.data or b"", after.data or b"", env)
    return _with_perms(change, now, FileState(after.mode, merged))


def _with_perms(change: Change, now: FileState, after: FileState) -> FileState:
    """Permissions stay as they are, but for an executable bit that the change sets or takes."""
    if after.absent or after.mode == LINK:
        return after
    if change.perms is not None:
        return FileState(after.mode, after.data, change.perms)
    if now.absent or now.link or now.perms is None:
        return after
    perms = now.perms
    was, becomes = change.old_mode == EXECUTABLE, change.new_mode == EXECUTABLE
    if becomes and not was:
        perms |= (perms & 0o444) >> 2
    elif was and not becomes:
        perms &= ~0o111
    return FileState(after.mode, after.data, perms)


def _merge(base: bytes, ours: bytes, theirs: bytes, env: Mapping[str, str] | None) -> bytes:
    """Both sides' changes of ``base``. Line ends are those of ``ours``: a tree whose files end
    otherwise than a checkout writes them differs in that alone."""
    if is_binary(base) or is_binary(ours) or is_binary(theirs):
        raise Conflict("it was changed meanwhile, and is not text")
    wanted = style(ours)
    if wanted is None or style(base) == wanted == style(theirs):
        return _merge_file(base, ours, theirs, env)
    if same_but_ends(base, ours):
        return to_style(theirs, wanted)
    base, ours, theirs = (to_style(data, LF) for data in (base, ours, theirs))
    return to_style(_merge_file(base, ours, theirs, env), wanted)


def _merge_file(base: bytes, ours: bytes, theirs: bytes, env: Mapping[str, str] | None) -> bytes:
    """``git merge-file``: 0 is clean, 1 to 127 the number of conflicts, else an error."""
    with tempfile.TemporaryDirectory(prefix="ai-code-merge-") as folder:
        names = [Path(folder, name) for name in ("ours", "base", "theirs")]
        for name, data in zip(names, (ours, base, theirs), strict=True):
            name.write_bytes(data)
        answer = Git(Path(folder, "none"), env=env).run("merge-file", "-p", "-q", *names)
    if answer.code == 0:
        return answer.out
    raise Conflict(_NEVER)


# --- doing it -----------------------------------------------------------------------------


def _apply(root: Path, resolved: _Resolved) -> tuple[list[int], list[LeftOut]]:
    done: list[int] = []
    failed: list[LeftOut] = []
    for number, (step, change) in enumerate(zip(resolved.steps, resolved.changes, strict=True)):
        try:
            if step.old.absent:
                _clear_folder(root, step.path)
            tree_files.put(root, step.path, step.new, step.old)
        except OSError as error:
            failed.append(LeftOut(step.path, error.strerror or str(error), change))
        else:
            done.append(number)
    return done, failed


def _clear_folder(root: Path, path: str) -> None:
    """Where a file takes the place of a folder whose files are gone by now."""
    folder = root / path
    if folder.is_dir() and not folder.is_symlink():
        for each in sorted(folder.rglob("*"), key=lambda each: len(each.parts), reverse=True):
            tree_files.remove_empty_folder(root, each.relative_to(root).as_posix())
        tree_files.remove_empty_folder(root, path)


def _adopted(root: Path, change: Change) -> Step:
    """A step that is done already; permissions before it are today's, but for the bit that
    the change set or took."""
    new = FileState(change.new_mode, change.after)
    try:
        found = tree_files.read(root, change.path)
        if found.same(new):
            new = found
    except OSError:
        found = FileState()
    back = _with_perms(reverse(change), found, FileState(change.old_mode, change.before))
    return Step(change.path, back, new)


def _landed(step: Step) -> LandedFile:
    plus, minus = line_counts(step.change())
    return LandedFile(step.path, step.kind, plus, minus)
