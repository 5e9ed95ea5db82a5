"""What Claude is told of a local engine's work: found in the journal, told once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from ai_code.core.note import Absence, Place, note_text
from ai_code.core.ports_sessions import Given, Notes
from ai_code.core.task import Session
from ai_code.core.text import one_line
from ai_code.engines.claude.hook import answered_since

if TYPE_CHECKING:
    from ai_code.core.record import Attempt, RunRecord
    from ai_code.flows.world import World

_LOOKED_AT = 300
_TOLD_AT_MOST = 8
"""Runs in one note: of more only the newest."""


class Note:
    """The note of one run, or of a session that a hook was called for. ``text`` is empty where
    there is nothing to tell after all."""

    def __init__(self, world: World, root: Path, place: Place = "prompt") -> None:
        self._world = world
        self._root = root
        self._notes = settled(world, root)
        self._absences = absences(world, root, frozenset(self._notes.told))
        self.text = note_text(self._absences, place)
        if not self.text:
            # Told by a hook meanwhile, or undone: the next start need not look.
            world.untold.clear(root)

    def goes_before(self, prompt: str) -> bool:
        """Not before a prompt that begins with a command of Claude's own: it has to come first.
        The next run tells it then."""
        return not prompt.lstrip().startswith("/")

    def told(self) -> None:
        """A real answer came: Claude has read it. The person hears so in one short line, not
        before: a Claude that meets its limit reads nothing."""
        self._world.untold.clear(self._root)
        runs, console = [each.run_id for each in self._absences], self._world.console
        many = "1 run" if len(runs) == 1 else f"{len(runs)} runs"
        console.note(f"Claude was told what the local model did meanwhile ({many}).")
        for run in runs:
            console.detail(f"told of: ai-code history show {run}")

    def given(self, transcript: Path, now: float) -> None:
        """A hook gives it to a session. It counts as told once Claude has answered there, which
        whoever looks next finds in the transcript; until then it may be told again."""
        runs = tuple(each.run_id for each in self._absences)
        offset = self._world.files.size(transcript) or 0
        others = tuple(each for each in self._notes.given if each.transcript != transcript)
        notes = self._notes._replace(given=(*others, Given(transcript, offset, now, runs)))
        self._world.untold.keep(self._root, notes)


def cut_off(world: World) -> Session | None:
    """Claude's last session in this folder, where a limit ended it and Claude still has it."""
    for record in islice(world.journal.newest(), _LOOKED_AT):
        if record.cwd != str(world.cwd):
            continue
        of_claude = [each for each in record.attempts if each.engine == "claude"]
        if not of_claude:
            continue
        last = of_claude[-1]
        if not (last.kind and last.session_id):
            return None
        newest = world.transcripts.latest(world.cwd, since=last.ended + 1)
        # Another one since, of plain Claude: it is the last session now.
        other = newest is not None and newest.stem != last.session_id
        kept = world.transcripts.find(world.cwd, last.session_id)
        return None if other or not kept else Session("resume", last.session_id, last.model)
    return None


def settled(world: World, root: Path) -> Notes:
    """What hooks gave, with the fate of each note looked up as far as it is known."""
    notes = world.untold.notes(root)
    read = [
        each
        for each in notes.given
        if answered_since(world.transcripts.after(each.transcript, each.offset).lines, each.at)
    ]
    if not read:
        return notes
    told = dict.fromkeys([*notes.told, *(run for each in read for run in each.runs)])
    now = Notes(tuple(each for each in notes.given if each not in read), tuple(told))
    with suppress(OSError):
        world.untold.keep(root, now)
    return now


def absences(world: World, root: Path, told: frozenset[str] = frozenset()) -> tuple[Absence, ...]:
    """What local engines did in this tree since Claude had last caught up, the oldest first;
    what was undone since, or ``told`` by a hook, is not among it."""
    found: list[Absence] = []
    for record in islice(world.journal.newest(), _LOOKED_AT):
        if record.root != str(root) or record.undo_of:
            continue
        more, caught_up = _of_run(record)
        found += [] if record.id in told else more
        if caught_up or len(found) >= _TOLD_AT_MOST:
            break
    return tuple(reversed(found[:_TOLD_AT_MOST]))


def _of_run(record: RunRecord) -> tuple[list[Absence], bool]:
    """What was done in this run after Claude had caught up, and whether it had."""
    after: list[Attempt] = []
    caught_up = False
    for attempt in reversed(record.attempts):
        if attempt.engine == "claude":
            if attempt.caught_up:
                caught_up = True
                break
            continue
        after.append(attempt)
    did = record.landed or record.left_out
    if not after or not did or record.state == "undone":
        return [], caught_up
    return [_absence(record, after[0])], caught_up


def _absence(record: RunRecord, attempt: Attempt) -> Absence:
    return Absence(
        run_id=record.id,
        at=int(record.started),
        engine=attempt.engine,
        model=attempt.model,
        task=record.prompt_line,
        why=next(_why(record), ""),
        files=tuple(file.path for file in record.landed),
        left_out=tuple(each.path for each in record.left_out),
        commit=record.commit,
        checked=record.checked,
    )


def _why(record: RunRecord) -> Iterator[str]:
    if record.after:
        yield _limit_reached(record.after)
    for attempt in record.attempts:
        if attempt.engine == "claude" and attempt.kind:
            yield _limit_reached(attempt.kind)
        elif attempt.engine == "claude" and attempt.verdict == "unavailable":
            yield "you could not be reached"


def _limit_reached(kind: str) -> str:
    return f"your {one_line(kind, 20)} limit was reached"
