"""``ai-code undo --list``: which runs here can be taken back, and whether wholly."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from ai_code.core.errors import AiCodeError

if TYPE_CHECKING:
    from ai_code.core.changes import LandedFile, LeftOut
    from ai_code.core.ports_tree import Journal, Trees, UndoWork
    from ai_code.core.record import RunRecord

VERSION = 1
"""Of the ``--json`` object. It only grows."""

State = Literal["landed", "partly", "undone", "killed", "running"]
_DAY_S = 86_400.0


class Undoable(NamedTuple):
    """A run that landed something. ``undo`` is the id to give to ``ai-code undo``: the run's own,
    or for one that is undone that of its undo, which takes that back. ``would_leave``: what would
    stay as it is now; ``error``: why that cannot be told."""

    record: RunRecord
    state: State
    files: tuple[LandedFile, ...]
    undo: str
    would_leave: tuple[LeftOut, ...] = ()
    error: str = ""

    @property
    def wholly(self) -> bool:
        return not self.would_leave and not self.error


def undoables(journal: Journal, trees: Trees, cwd: Path, count: int) -> tuple[Undoable, ...]:
    """The last ``count`` of them in the tree of ``cwd``, the newest first."""
    return tuple(islice(_undoables(journal, trees, trees.root_of(cwd)), count))


def _undoables(journal: Journal, trees: Trees, root: Path) -> Iterator[Undoable]:
    undone_by: dict[str, str] = {}
    for record in journal.newest():
        if record.root != str(root):
            continue
        if not record.undo_of:
            found = _row(journal, trees, root, record, undone_by.get(record.id, ""))
            if found is not None:
                yield found
        elif record.state == "done" and record.landed:
            # The newest comes first, and is the one to take back first.
            undone_by.setdefault(record.undo_of, record.id)


def _row(
    journal: Journal, trees: Trees, root: Path, record: RunRecord, undone_by: str
) -> Undoable | None:
    state = _state(record, undone_by)
    undo = undone_by if state == "undone" else record.id
    try:
        work = trees.undo_work(journal.run_dir(record.id))
        if not work.changes:
            return None
        files = record.landed or _files(work)
        if not undo:
            return Undoable(record, state, files, "", error="its undo is not kept any more")
        if undo != record.id:
            work = trees.undo_work(journal.run_dir(undo))
        return Undoable(record, state, files, undo, trees.would_leave(root, work.changes))
    except AiCodeError as error:
        return Undoable(record, state, record.landed, undo, error=error.what)


def _state(record: RunRecord, undone_by: str) -> State:
    match record.state:
        case "undone":
            return "undone"
        case "crashed":
            return "killed"
        case "running":
            return "running"
        case "done":
            return "partly" if undone_by else "landed"


def _files(work: UndoWork) -> tuple[LandedFile, ...]:
    """Of a run that was killed before it could note them."""
    from ai_code.core.changes import LandedFile, reverse
    from ai_code.core.patches import line_counts

    made = map(reverse, work.changes)
    return tuple(LandedFile(each.path, each.kind, *line_counts(each)) for each in made)


def kept_until(record: RunRecord, keep_days: int) -> float | None:
    """Until when (epoch) what an undo needs is kept at least; None: for ever."""
    return record.started + keep_days * _DAY_S if keep_days else None


def as_json(row: Undoable, keep_days: int) -> dict[str, Any]:
    """A run for ``--json``."""
    record = row.record
    last = record.attempts[-1] if record.attempts else None
    return {
        "id": record.id,
        "started": record.started,
        "engine": last.engine if last else "",
        "model": last.model if last else "",
        "prompt_line": record.prompt_line,
        "state": row.state,
        "files": [each._asdict() for each in row.files],
        "wholly_undoable": row.wholly,
        "would_leave": [{"path": each.path, "reason": each.reason} for each in row.would_leave],
        "error": row.error,
        "kept_until": kept_until(record, keep_days),
        "command": f"ai-code undo {row.undo}" if row.undo else "",
    }
