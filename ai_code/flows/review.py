"""``ai-code review``: Claude looks at what a local engine did, and mends or accepts it."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from ai_code.core.errors import UsageError
from ai_code.core.patches import patch
from ai_code.flows.note_to_claude import absences

if TYPE_CHECKING:
    from ai_code.core.record import RunRecord
    from ai_code.flows.world import World

_MOST_CHARS = 60_000
"""Of the differences, in the prompt; the rest Claude reads itself."""
_LOOKED_AT = 300
_TASK = (
    "Review what a local model did in this repository while you could not work. It is a small "
    "model: expect wrong logic, missing parts, and text that was lost.\n\n"
    "For each run below: read the files as they are now, compare them with what was asked, and "
    "run the tests if there are any. Mend what is wrong or incomplete, in as few edits as it "
    "takes; leave what is right as it is. Do not commit.\n\n"
    "End with one line for each file: accepted, mended (and what), or to be undone (and why; the "
    "person takes a run back with `ai-code undo RUN`).\n"
)


class Review(NamedTuple):
    """``prompt`` is for Claude, ``runs`` are those that it is about."""

    prompt: str
    runs: tuple[str, ...]


def review(world: World, run: str | None) -> Review:
    """Of one run, else of all since Claude last answered here, else of the last one. Raises
    UsageError where no local engine has left anything in the tree."""
    records = _records(world, run)
    if not records:
        raise UsageError(
            "there is nothing to review",
            why="no local model has changed anything here that is still there",
            hint="ai-code history",
        )
    room = _MOST_CHARS // len(records)
    parts = [_TASK, *(_about(world, record, room) for record in records)]
    return Review("\n".join(parts), tuple(record.id for record in records))


def _records(world: World, run: str | None) -> list[RunRecord]:
    if run:
        record = world.journal.load(run)
        return [record] if record.landed and record.state != "undone" else []
    root = world.trees.root_of(world.cwd)
    untold = [each.run_id for each in absences(world, root) if each.files]
    if untold:
        return [world.journal.load(run_id) for run_id in untold]
    for record in islice(world.journal.newest(), _LOOKED_AT):
        local = any(each.engine != "claude" for each in record.attempts)
        here = record.root == str(root) and not record.undo_of and record.state != "undone"
        if here and local and record.landed:
            return [record]
    return []


def _about(world: World, record: RunRecord, room: int) -> str:
    who = [each for each in record.attempts if each.engine != "claude"][-1:]
    model = f" with {who[0].model}" if who and who[0].model else ""
    name = who[0].engine if who else "a local engine"
    changes = world.trees.landed_changes(world.journal.run_dir(record.id))
    text = patch(changes).decode("utf-8", "replace")
    if len(text) > room:
        text = text[:room].rpartition("\n")[0]
        text += f"\n(cut here: `ai-code diff {record.id}` shows all)\n"
    left = "".join(f"- {each.path}: {each.reason}\n" for each in record.left_out)
    did_not = f"\nIt also made these, which did not land:\n{left}" if left else ""
    return (
        f"## Run {record.id}: {name}{model}\n\nIt was asked: {record.prompt_line}\n\n"
        f"What it changed:\n\n```diff\n{text}```\n{did_not}"
    )
