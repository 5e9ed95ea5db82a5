"""Writing changes into the person's tree: three-way, all or nothing per file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from ai_code.core.changes import Change, LandedFile, LeftOut, reverse
from ai_code.core.errors import AiCodeError
from ai_code.core.patches import line_counts
from ai_code.core.ports_tree import Written
from ai_code.system import before_store, tree_files, tree_modes
from ai_code.system.before_store import Step
from ai_code.system.landing_plan import Resolved, resolve
from ai_code.system.three_way import with_perms
from ai_code.system.tree_files import FileState


def write_changes(
    root: Path,
    run_dir: Path,
    changes: Sequence[Change],
    remove_dirs: Sequence[str] = (),
    make_dirs: Sequence[tuple[str, int]] = (),
    *,
    env: Mapping[str, str] | None = None,
) -> Written:
    """Lands ``changes`` below ``root``. What was there is kept in ``run_dir/before`` first.

    A file that is already as wanted is passed over; one that was changed meanwhile is merged
    where that is clean. ``remove_dirs`` are removed afterwards where they are empty, and
    ``make_dirs`` made where there is room, with their permission bits."""
    root = _existing(root)
    resolved = resolve(root, changes, env)
    dirs = (_made_dirs(root, resolved.steps), _cleared_dirs(root, resolved.steps))
    missing = [each for each in make_dirs if not (root / each[0]).is_dir()]
    if resolved.steps:
        before_store.store(run_dir, root, resolved.steps, *dirs)
    done, failed = _apply(root, resolved)
    steps = [done.get(number, step) for number, step in enumerate(resolved.steps)]
    if failed or steps != [*resolved.steps]:
        before_store.settle(run_dir, root, steps, sorted(done), *dirs)
    for folder in sorted(remove_dirs, key=len, reverse=True):
        tree_files.remove_empty_folder(root, folder)
    for folder, perms in sorted(missing):
        tree_files.make_folder(root, folder, perms)
    files = tuple(_landed(steps[number]) for number in sorted(done))
    return Written(files, resolved.skipped + tuple(failed), resolved.conflicts)


def would_leave(
    root: Path, changes: Sequence[Change], env: Mapping[str, str] | None = None
) -> tuple[LeftOut, ...]:
    """What a landing of ``changes`` would leave alone now. Nothing is written."""
    resolved = resolve(_existing(root), changes, env)
    return resolved.conflicts + resolved.skipped


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
    before = tree_modes.noted(run_dir)
    steps = [_adopted(root, change, before.files.get(change.path)) for change in changes]
    if steps:
        made = [each for each in _above(steps) if before.folders and each not in before.folders]
        gone = [each for each in before.folders.items() if not _is_folder(root / each[0])]
        before_store.store(run_dir, root, steps, made, gone)
    back = resolve(root, [reverse(change) for change in take_back], env)
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
    return reverse(step.change(), step.old.perms, step.new.perms)


def _existing(root: Path) -> Path:
    if not root.is_dir():
        raise AiCodeError(f"the folder {root} is not there any more")
    return root.resolve()


def _made_dirs(root: Path, steps: Sequence[Step]) -> list[str]:
    made: dict[str, None] = {}
    for step in steps:
        if not step.new.absent:
            made |= dict.fromkeys(tree_files.missing_folders(root, step.path))
    return list(made)


def _cleared_dirs(root: Path, steps: Sequence[Step]) -> list[tuple[str, int]]:
    """Folders, empty by then, that have to go for a file."""
    found = []
    for step in steps:
        top = root / step.path
        if step.old.absent and top.is_dir() and not top.is_symlink():
            folders = [top, *(each for each in top.rglob("*") if _is_folder(each))]
            found += [(_below(root, each), each.stat().st_mode & 0o7777) for each in folders]
    return found


def _is_folder(path: Path) -> bool:
    return path.is_dir() and not path.is_symlink()


def _below(root: Path, path: Path) -> str:
    return path.relative_to(root).as_posix()


def _apply(root: Path, resolved: Resolved) -> tuple[dict[int, Step], list[LeftOut]]:
    """The steps that were done, by their number and with the permissions that the files got."""
    done: dict[int, Step] = {}
    failed: list[LeftOut] = []
    lost: set[str] = set()
    for number, (step, change) in enumerate(zip(resolved.steps, resolved.changes, strict=True)):
        try:
            if resolved.moves.get(step.path) in lost:
                raise OSError(0, "its new name could not be written")
            if step.old.absent:
                _clear_folder(root, step.path)
            perms = tree_files.put(root, step.path, step.new, step.old)
        except OSError as error:
            lost.add(step.path)
            failed.append(LeftOut(step.path, error.strerror or str(error), change))
        else:
            done[number] = replace(step, new=replace(step.new, perms=perms))
    return done, failed


def _clear_folder(root: Path, path: str) -> None:
    """Where a file takes the place of a folder whose files are gone by now."""
    folder = root / path
    if _is_folder(folder):
        for each in sorted(folder.rglob("*"), key=lambda each: len(each.parts), reverse=True):
            tree_files.remove_empty_folder(root, _below(root, each))
        tree_files.remove_empty_folder(root, path)


def _above(steps: Sequence[Step]) -> list[str]:
    """The folders that new files are in."""
    new = [step.path for step in steps if step.old.absent]
    return sorted({str(folder) for path in new for folder in Path(path).parents} - {"."})


def _adopted(root: Path, change: Change, perms: int | None) -> Step:
    """A step that is done already; ``perms`` were noted before it. Where nobody did, they are
    today's, but for the bit that the change set or took."""
    new = FileState(change.new_mode, change.after)
    try:
        found = tree_files.read(root, change.path)
        if found.same(new):
            new = found
    except OSError:
        found = FileState()
    old = FileState(change.old_mode, change.before)
    known = perms is not None and not (old.absent or old.link)
    back = replace(old, perms=perms) if known else with_perms(reverse(change), found, old)
    return Step(change.path, back, new)


def _landed(step: Step) -> LandedFile:
    plus, minus = line_counts(step.change())
    return LandedFile(step.path, step.kind, plus, minus)
