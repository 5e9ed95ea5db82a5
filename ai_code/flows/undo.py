"""Undo: a landing is taken back, as a landing of its own that can be taken back as well."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from ai_code.core.errors import UsageError
from ai_code.core.patches import patch
from ai_code.core.record import RecordedLeftOut, RunRecord, State

if TYPE_CHECKING:
    from ai_code.core.changes import LeftOut
    from ai_code.core.ports_tree import Journal, Trees, UndoWork, Written

_LOCK_WAIT_S = 10.0
_LOOKED_AT = 100
"""Runs that are looked through for an undo, to explain why there is nothing to undo."""


@dataclass(frozen=True, slots=True)
class Undone:
    """``run`` is the record of the undo itself; ``complete`` when nothing was left alone."""

    run: RunRecord
    written: Written
    patch_path: Path | None = None

    @property
    def left_alone(self) -> tuple[LeftOut, ...]:
        return self.written.conflicts + self.written.skipped

    @property
    def complete(self) -> bool:
        return not self.left_alone


def find_run(journal: Journal, trees: Trees, cwd: Path, run: str | None) -> RunRecord:
    """The run named by ``run`` (id or its beginning), else the last one that landed in the
    tree of ``cwd``. Raises UsageError."""
    if run:
        return journal.load(run)
    root = trees.root_of(cwd)
    record = journal.latest(root, landed=True)
    if record is None:
        recent = journal.list(_LOOKED_AT)
        last = next((each for each in recent if each.undo_of and each.root == str(root)), None)
        if last is not None:
            raise UsageError(
                f"run {last.undo_of} is undone already, and no other has landed anything here",
                hint=f"ai-code undo {last.id}   (takes that undo back)",
            )
        raise _nothing_here(journal, root, "undo", "taken back")
    return record


def find_run_to_show(journal: Journal, trees: Trees, cwd: Path, run: str | None) -> RunRecord:
    """The run named by ``run``, else the last one in the tree of ``cwd`` whose engine changed
    anything, be it that nothing of it landed. Raises UsageError."""
    if run:
        return journal.load(run)
    root = trees.root_of(cwd)
    for record in journal.list(_LOOKED_AT):
        made = record.landed or record.left_out
        if record.root == str(root) and made and not record.undo_of and record.state != "undone":
            return record
    raise _nothing_here(journal, root, "diff", "shown")


def _nothing_here(journal: Journal, root: Path, command: str, done: str) -> UsageError:
    """``done`` is what the command does with a run, which there may be elsewhere."""
    what, why = "no run has landed anything here", f"the journal has no landed run for {root}"
    if any(each.landed or each.left_out for each in journal.list(_LOOKED_AT)):
        hint = f"ai-code {command} RUN   (the id that the run printed)"
        return UsageError(what, why=why, hint=hint)
    return UsageError(
        what,
        why="no local model has changed anything yet, here or elsewhere; what Claude changes "
        "itself is git's to show and to take back",
        hint=f'ai-code "PROMPT"   (what a local model then changes can be {done})',
    )


def preview(journal: Journal, trees: Trees, record: RunRecord) -> UndoWork:
    """What an undo of ``record`` would do. Raises UsageError where there is nothing to do."""
    if record.state == "undone":
        raise UsageError(f"run {record.id} is undone already")
    if not Path(record.root).is_absolute():
        raise UsageError(f"run {record.id} names no folder")
    work = trees.undo_work(journal.run_dir(record.id))
    if not work.changes:
        raise UsageError(f"run {record.id} landed nothing: there is nothing to undo")
    return work


def undo(journal: Journal, trees: Trees, record: RunRecord, *, now: float, cwd: Path) -> Undone:
    """Takes the landing of ``record`` back under the tree's lock. ``now``: epoch seconds."""
    root = Path(record.root)
    run_id = journal.new_run()
    run_dir = journal.run_dir(run_id)
    with trees.lock(root, run_id=run_id, wait_s=_LOCK_WAIT_S):
        work = preview(journal, trees, record)
        entry = RunRecord(run_id, now, str(cwd), record.root, undo_of=record.id)
        journal.save(entry)
        dirs = (work.made_dirs, work.cleared_dirs)
        written = trees.write(root, run_dir, work.changes, *dirs)
    left = written.conflicts + written.skipped
    kept = [each.change for each in left if each.change is not None]
    patch_path = trees.keep_patch(run_dir, patch(kept)) if kept else None
    entry = _finished(entry, written, now)
    journal.save(entry)
    if not left:
        _mark(journal, record)
    return Undone(entry, written, patch_path)


def later_run(journal: Journal, record: RunRecord, paths: Collection[str]) -> RunRecord | None:
    """The newest run since ``record`` that landed one of ``paths`` in the same tree and is still in
    force: taken back first, it makes room."""
    for run in islice(journal.newest(), _LOOKED_AT):
        if run.id == record.id:
            return None
        in_force = run.state == "done" and not run.undo_of and run.root == record.root
        if in_force and any(file.path in paths for file in run.landed):
            return run
    return None


def _finished(entry: RunRecord, written: Written, now: float) -> RunRecord:
    left = written.conflicts + written.skipped
    return RunRecord(
        entry.id,
        entry.started,
        entry.cwd,
        entry.root,
        ended=now,
        landed=written.files,
        left_out=tuple(RecordedLeftOut(each.path, each.reason) for each in left),
        exit_code=1 if left else 0,
        state="done",
        undo_of=entry.undo_of,
    )


def _mark(journal: Journal, record: RunRecord) -> None:
    """The run that was taken back is undone. Was it an undo itself, then what that one took back
    is in force again, and so on down the chain."""
    state: State = "undone"
    while True:
        journal.save(record.with_state(state))
        if not record.undo_of:
            return
        # An undo that left files alone never took its run back as a whole.
        state = "undone" if state == "done" and not record.left_out else "done"
        try:
            record = journal.load(record.undo_of)
        except UsageError:
            # Rotated away, or removed by hand: the tree is right all the same.
            return
