"""Numbers over many runs' records. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta, tzinfo
from statistics import median
from typing import TYPE_CHECKING, NamedTuple

from ai_code.core.record_words import outcome, why

if TYPE_CHECKING:
    from ai_code.core.record import Attempt, RunRecord

_MOST_DAYS = 30
_LEAST_REPLY_S = 0.5
"""Replies that came at once (a server that does not stream) say nothing of a speed."""


class EngineStats(NamedTuple):
    """One engine. ``finished``: runs that it finished; ``turns``: how often it was at work;
    ``median_s`` of the turns that were done, None without one."""

    turns: int
    finished: int
    failed: int
    median_s: float | None


class ModelStats(NamedTuple):
    """One local model. ``tokens_per_s`` is the median over its turns of the tokens received by
    the whole time of the turn: a lower bound, for the engine's start, the reading of the prompt
    and the edits are in it. ``writing_per_s`` is all received tokens by the seconds of the replies
    from their first words on. None where the engine told no tokens, or not so."""

    turns: int
    tokens_sent: int
    tokens_received: int
    tokens_per_s: float | None
    writing_per_s: float | None = None


class RunStats(NamedTuple):
    """Over the runs from ``since`` to ``until`` (epochs). ``fallbacks``: kind of limit or reason →
    runs in which another engine went on. ``waiting_saved_s``: see ``waiting_saved``. ``days``:
    (ISO date, runs of Claude alone, runs with a local engine), the last ones without a gap."""

    since: float | None
    until: float
    runs: int
    outcomes: Mapping[str, int]
    engines: Mapping[str, EngineStats]
    fallbacks: Mapping[str, int]
    timeouts: int
    stalls: int
    models: Mapping[str, ModelStats]
    waiting_saved_s: float
    days: Sequence[tuple[str, int, int]]


def run_stats(
    records: Iterable[RunRecord], *, since: float | None, until: float, tz: tzinfo
) -> RunStats:
    """The numbers of ``records``; undos are none of them."""
    runs = [record for record in records if not record.undo_of]
    turns = [(run, attempt) for run in runs for attempt in run.attempts]
    reasons = Counter(why(attempt) for _, attempt in turns)
    fallbacks = Counter(kind for run in runs if (kind := _fallback(run)))
    names = sorted({attempt.engine for _, attempt in turns}, key=lambda n: (n != "claude", n))
    models = sorted({a.model for _, a in turns if a.model and a.engine != "claude"})
    return RunStats(
        since=since,
        until=until,
        runs=len(runs),
        outcomes=dict(Counter(map(outcome, runs)).most_common()),
        engines={name: _engine(name, turns) for name in names},
        fallbacks=dict(fallbacks.most_common()),
        timeouts=reasons["deadline"],
        stalls=reasons["stall"],
        models={name: _model([turn for turn in turns if turn[1].model == name]) for name in models},
        waiting_saved_s=waiting_saved(runs),
        days=_days(runs, until, tz),
    )


def waiting_saved(runs: Iterable[RunRecord]) -> float:
    """Seconds from the end of each run that a local engine finished after a limit, to the reset
    that Claude would have been waited for; what several runs have in common counts once. Runs
    whose limit named no reset count nothing."""
    spans = sorted(span for run in runs if (span := _waiting(run)))
    total, covered = 0.0, float("-inf")
    for start, end in spans:
        total += max(0.0, end - max(start, covered))
        covered = max(covered, end)
    return total


def _waiting(run: RunRecord) -> tuple[float, float] | None:
    if not _fallback(run) or run.attempts[-1].verdict != "done" or run.ended is None:
        return None
    resets = [a.resets_at for a in run.attempts if a.verdict == "limit" and a.resets_at]
    if run.after_resets_at:
        resets.append(run.after_resets_at)
    return (run.ended, float(resets[-1])) if resets and resets[-1] > run.ended else None


def _fallback(run: RunRecord) -> str:
    """Why another engine went on: the kind of limit, or the reason why Claude was unavailable.
    One that could not start (no server, no model) has not gone on. A chat has a record of its
    own, which names the limit of the screen before it."""
    if run.after and any(map(_worked, run.attempts)):
        return run.after
    for first, then in zip(run.attempts, run.attempts[1:], strict=False):
        other = first.engine != then.engine and first.verdict in ("limit", "unavailable")
        if other and _worked(then):
            return first.kind or first.reason
    return ""


def _worked(attempt: Attempt) -> bool:
    return attempt.wall_s > 0 or attempt.exit_code is not None or attempt.verdict == "done"


def _engine(name: str, turns: Sequence[tuple[RunRecord, Attempt]]) -> EngineStats:
    own = [(run, attempt) for run, attempt in turns if attempt.engine == name]
    # How long somebody sat before a screen says nothing of an engine.
    times = [a.wall_s for run, a in own if a.verdict == "done" and not run.interactive]
    return EngineStats(
        turns=len(own),
        finished=sum(a is run.attempts[-1] and a.verdict == "done" for run, a in own),
        failed=sum(attempt.verdict == "failed" for _, attempt in own),
        median_s=median(times) if times else None,
    )


def _model(turns: Sequence[tuple[RunRecord, Attempt]]) -> ModelStats:
    attempts = [attempt for _, attempt in turns]
    at_work = [attempt for run, attempt in turns if not run.interactive]
    told = [a for a in attempts if a.tokens_received and a.replying_s >= _LEAST_REPLY_S]
    writing_s = sum(a.replying_s for a in told)
    speeds = [a.tokens_received / a.wall_s for a in at_work if a.tokens_received and a.wall_s > 0]
    return ModelStats(
        turns=len(attempts),
        tokens_sent=sum(a.tokens_sent for a in attempts),
        tokens_received=sum(a.tokens_received for a in attempts),
        tokens_per_s=median(speeds) if speeds else None,
        writing_per_s=sum(a.tokens_received for a in told) / writing_s if told else None,
    )


def _days(runs: Sequence[RunRecord], until: float, tz: tzinfo) -> list[tuple[str, int, int]]:
    claude: Counter[str] = Counter()
    local: Counter[str] = Counter()
    for run in runs:
        by_local = any(attempt.engine != "claude" for attempt in run.attempts)
        (local if by_local else claude)[_day(run.started, tz)] += 1
    last = datetime.fromtimestamp(until, tz).date()
    all_days = [(last - timedelta(days=back)).isoformat() for back in range(_MOST_DAYS)]
    used = [number for number, day in enumerate(all_days) if claude[day] + local[day]]
    shown = all_days[: max(used) + 1] if used else []
    return [(day, claude[day], local[day]) for day in reversed(shown)]


def _day(epoch: float, tz: tzinfo) -> str:
    try:
        return datetime.fromtimestamp(epoch, tz).date().isoformat()
    except (OverflowError, OSError, ValueError):
        return ""
