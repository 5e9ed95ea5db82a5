"""``ai-code log``: the journal as events, one line each, and new ones as they come."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from ai_code.core.record_words import ended_at, files_words, outcome, span, subject, went_well, why
from ai_code.core.text import one_line

if TYPE_CHECKING:
    from ai_code.core.record import RunRecord
    from ai_code.flows.world import World

VERSION = 1
_LOOK_EVERY_S = 1.0
_LONGEST_RUN_S = 86_400.0
"""A run that has said nothing for a day is not waited for: it was killed."""


class LogEvent(NamedTuple):
    """One line of the log. ``at`` is an epoch; ``event`` is ``began``, ``ended`` or the verdict of
    an attempt; ``bad`` where it did not end well. ``position`` numbers a run's events."""

    at: float
    run: str
    event: str
    engine: str
    text: str
    bad: bool
    position: int
    resets_at: int | None = None
    outcome: str = ""
    root: str = ""

    def as_json(self) -> dict[str, Any]:
        return {"version": VERSION, **self._asdict()}


def events_of(record: RunRecord) -> Iterator[LogEvent]:
    """What is known to have happened in a run, in its order."""
    run, root = record.id, record.root
    began = one_line(subject(record))
    yield LogEvent(record.started, run, "began", "", began, False, 0, root=root)
    for number, attempt in enumerate(record.attempts):
        bad = attempt.verdict not in ("done", "limit")
        told = [why(attempt), attempt.model, span(attempt.wall_s)]
        if bad and attempt.excerpt:
            told.append(attempt.excerpt)
        text = one_line(" · ".join(part for part in told if part))
        yield LogEvent(
            ended_at(record, number), run, one_line(attempt.verdict, 20),
            one_line(attempt.engine, 20), text, bad, number + 1, attempt.resets_at, root=root,
        )  # fmt: skip
    if record.state != "running":
        yield _end(record)


def _end(record: RunRecord) -> LogEvent:
    told = [outcome(record)]
    told += [f"exit {record.exit_code}"] if record.exit_code else []
    told += [f"{files_words(len(record.landed))} landed"] if record.landed else []
    told += [f"{len(record.left_out)} left out"] if record.left_out else []
    at = record.ended if record.ended is not None else record.started
    return LogEvent(
        at, record.id, "ended", "", " · ".join(told), not went_well(record),
        len(record.attempts) + 1, outcome=outcome(record), root=record.root,
    )  # fmt: skip


def past(world: World, count: int, wanted: Wanted) -> Sequence[LogEvent]:
    """The last ``count`` wanted events of the journal, the oldest first."""
    found: list[LogEvent] = []
    for record in world.journal.newest():
        found += reversed([event for event in events_of(record) if wanted(event)])
        # Runs overlap: one that began earlier may have ended later, but not by more than that.
        if len(found) >= count and record.started < found[count - 1].at - _LONGEST_RUN_S:
            break
    return sorted(found, key=_order)[-count:] if count else ()


def follow(world: World, wanted: Wanted) -> Iterator[LogEvent]:
    """New events as they are recorded, for ever; ended by a signal (``Stopped``). Looks once a
    second, and then only at runs that are new or had not ended."""
    clock = world.clock
    seen: deque[tuple[str, int]] = deque(maxlen=10_000)
    open_since = clock.now()
    known = [e for r in _since(world, open_since - _LONGEST_RUN_S) for e in events_of(r)]
    seen.extend((event.run, event.position) for event in known)
    open_since = _open_since(world, open_since - _LONGEST_RUN_S, open_since)
    while True:
        clock.sleep(_LOOK_EVERY_S)
        now = clock.now()
        records = _since(world, open_since)
        fresh = [event for record in records for event in events_of(record)]
        for event in sorted(fresh, key=_order):
            if (event.run, event.position) not in seen:
                seen.append((event.run, event.position))
                if wanted(event):
                    yield event
        open_since = _open_since(world, open_since, now)


Wanted = Callable[[LogEvent], bool]


def _since(world: World, started: float) -> Sequence[RunRecord]:
    """Runs begun at ``started`` or later. Ids sort by time, to the second."""
    found: list[RunRecord] = []
    for record in world.journal.newest():
        if record.started < started - 2:
            break
        found.append(record)
    return found


def _open_since(world: World, started: float, now: float) -> float:
    """When the oldest run that still works began, else now."""
    running = [
        record.started
        for record in _since(world, started)
        if record.state == "running" and record.started > now - _LONGEST_RUN_S
    ]
    return min([*running, now])


def _order(event: LogEvent) -> tuple[float, str, int]:
    return event.at, event.run, event.position
