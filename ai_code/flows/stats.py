"""``ai-code stats``: numbers over the journal's runs."""

from __future__ import annotations

from itertools import takewhile
from typing import TYPE_CHECKING, Any

from ai_code.core.errors import UsageError
from ai_code.core.run_stats import RunStats, run_stats
from ai_code.core.text import one_line

if TYPE_CHECKING:
    from datetime import tzinfo

    from ai_code.flows.world import World

VERSION = 1
_UNITS = {"m": 60, "h": 3600, "d": 86_400, "w": 7 * 86_400}
_HINT = "ai-code stats --since 7d   (or: --since 2026-11-01)"


def stats(world: World, since: str | None) -> RunStats:
    """Of the runs since then, or of all that are recorded. Raises UsageError."""
    now, tz = world.clock.now(), world.clock.local_tz()
    start = None if since is None else started(since, now, tz)
    records = world.journal.newest()
    if start is not None:
        # Ids sort by time to the second.
        records = takewhile(lambda record: record.started >= start - 2, records)
    chosen = (record for record in records if start is None or record.started >= start)
    return run_stats(chosen, since=start, until=now, tz=tz)


def started(text: str, now: float, tz: tzinfo) -> float:
    """The epoch that ``7d``, ``12h``, ``2w``, ``30m`` or a day (its beginning in ``tz``) names.
    Raises UsageError."""
    from datetime import datetime

    word = text.strip()
    if word[:-1].isascii() and word[:-1].isdigit() and word[-1:] in _UNITS and len(word) < 7:
        return now - int(word[:-1]) * _UNITS[word[-1]]
    try:
        at = datetime.strptime(word, "%Y-%m-%d").replace(tzinfo=tz).timestamp()
    except (ValueError, OverflowError) as error:
        raise UsageError(
            f"--since does not take {one_line(word, 40)!r}",
            why="expected a time back (30m, 12h, 7d, 2w) or a day (2026-11-01)",
            hint=_HINT,
        ) from error
    if at > now:
        raise UsageError(f"--since {word} lies ahead", hint=_HINT)
    return at


def as_json(told: RunStats) -> dict[str, Any]:
    """The numbers as plain values; times in seconds."""
    return {
        "version": VERSION,
        **told._asdict(),
        "engines": {name: each._asdict() for name, each in told.engines.items()},
        "models": {name: each._asdict() for name, each in told.models.items()},
        "days": [{"day": day, "claude": one, "local": two} for day, one, two in told.days],
    }
