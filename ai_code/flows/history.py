"""``ai-code history``: the runs that were, and one of them in full."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple

from ai_code.core.record import to_json
from ai_code.core.record_words import (
    ended_at,
    files_words,
    moment,
    outcome,
    span,
    verdict_words,
)
from ai_code.core.resets import describe_reset
from ai_code.core.text import one_line, shown_path, visible

if TYPE_CHECKING:
    from datetime import tzinfo

    from ai_code.core.record import Attempt, RunRecord
    from ai_code.flows.world import World

VERSION = 1
"""Of the ``--json`` objects. They only grow."""
COMMANDS = {"resume": "go on in Claude", "diff": "see", "undo": "take back"}
"""The commands to go on with: their names in JSON, and for a person."""


class Row(NamedTuple):
    """One line of a run in full: ``name`` in the left column, empty where it goes on."""

    name: str
    text: str


def recent(world: World, count: int, *, everywhere: bool) -> Sequence[RunRecord]:
    """The last ``count`` runs, the newest first: of the tree we stand in, or of all."""
    records = world.journal.newest()
    if not everywhere:
        root = str(world.trees.root_of(world.cwd))
        records = (record for record in records if record.root == root)
    return tuple(islice(records, count))


def as_json(record: RunRecord, shown_as: str = "") -> dict[str, Any]:
    """A run for ``--json``: the record, its outcome in a word and the commands that follow."""
    following = commands(record, shown_as)
    return {**to_json(record), "outcome": outcome(record), "commands": following}


def commands(record: RunRecord, shown_as: str = "") -> dict[str, str]:
    """``resume``, ``diff`` and ``undo``, as far as this run has them, called as the person calls
    this program (``World.shown_as``)."""
    found: dict[str, str] = {}
    session = next((a.session_id for a in reversed(record.attempts) if a.session_id), "")
    if session:
        resume = shlex.join(["claude", "--resume", session])
        found["resume"] = f"cd {shlex.quote(record.cwd)} && {resume}"
    if record.landed or record.left_out:
        found["diff"] = f"{shown_as or 'ai-code'} diff {record.id}"
    if record.landed and record.state != "undone":
        found["undo"] = f"{shown_as or 'ai-code'} undo {record.id}"
    return found


def in_full(record: RunRecord, now: float, tz: tzinfo, shown_as: str = "") -> Iterator[Row]:
    """All that is known of a run, for a person."""
    yield Row("run", record.id)
    if record.prompt_line:
        name = "chat" if record.interactive else "prompt"
        yield Row(name, visible(record.prompt_line))
    if record.undo_of:
        yield Row("takes back", visible(record.undo_of))
    yield Row("began", moment(record.started, now, tz, seconds=True).strip())
    code = "" if record.exit_code is None else f" (exit {record.exit_code})"
    took = "" if record.ended is None else f" after {span(record.ended - record.started)}"
    yield Row("ended", f"{outcome(record)}{code}{took}")
    yield Row("folder", shown_path(record.cwd))
    for position, attempt in enumerate(record.attempts):
        yield from _attempt(record, position, attempt, now, tz)
    for number, file in enumerate(record.landed):
        word = {"A": "new ", "D": "deleted "}.get(file.kind, "")
        counts = f"+{file.plus} −{file.minus}"
        yield Row("" if number else "landed", f"{word}{shown_path(file.path)} ({counts})")
    for number, left in enumerate(record.left_out):
        yield Row("" if number else "left out", f"{shown_path(left.path)}: {visible(left.reason)}")
    for name, command in commands(record, shown_as).items():
        yield Row(COMMANDS[name], visible(command))


def _attempt(
    record: RunRecord, position: int, attempt: Attempt, now: float, tz: tzinfo
) -> Iterator[Row]:
    version = f" {attempt.version}" if attempt.version else ""
    model = f" ({attempt.model})" if attempt.model else ""
    yield Row(f"{position + 1}. engine", one_line(f"{attempt.engine}{version}{model}"))
    yield Row("   verdict", f"{verdict_words(attempt)} after {span(attempt.wall_s)}")
    if attempt.resets_at is not None:
        seen = ended_at(record, position)
        at = moment(attempt.resets_at, now, tz).strip()
        ahead = attempt.resets_at > now
        told = describe_reset(attempt.resets_at, now, tz) if ahead else f"{at} (over)"
        waited = attempt.resets_at - seen
        yield Row("   resets", told + (f", {span(waited)} after it was seen" if waited > 0 else ""))
    if attempt.rule:
        excerpt = f": {one_line(attempt.excerpt, 300)}" if attempt.excerpt else ""
        yield Row("   evidence", one_line(attempt.rule) + excerpt)
    if attempt.tokens_received:
        told = f"{attempt.tokens_sent} sent, {attempt.tokens_received} received"
        yield Row("   tokens", told)
    if attempt.session_id:
        yield Row("   session", one_line(attempt.session_id))


def landed_words(record: RunRecord) -> str:
    """``2 files``, ``1 file, 1 left out``, or nothing."""
    parts = [files_words(len(record.landed))] if record.landed else []
    parts += [f"{len(record.left_out)} left out"] if record.left_out else []
    return ", ".join(parts)
