"""Waiting for a limit to reset: visibly, and ended by Ctrl-C at any moment."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ai_code.core.errors import Stopped
from ai_code.core.resets import believable, describe_reset
from ai_code.flows.report import tell_later

if TYPE_CHECKING:
    from ai_code.core.verdict import LimitReached
    from ai_code.flows.world import World

_SLACK_S = 5
"""The server's clock is not ours, and Claude cuts the seconds of a reset."""
_UNKNOWN_S = 900
_LINE_EVERY_S = 600.0


def wait_for_reset(
    world: World,
    limit: LimitReached,
    *,
    session_id: str = "",
    again: bool = False,
    resume: str = "ai-code --resume {} …",
) -> None:
    """Sleeps until the limit should be over; by the wall clock, so that a laptop that was
    asleep itself goes on at the right moment. Without a reset that can be believed: a quarter
    of an hour; one that is past already: at once, but not ``again`` and again. Ctrl-C says how
    to go on with ``session_id`` later, by the command ``resume``."""
    clock, console = world.clock, world.console
    start = int(clock.now())
    resets_at = limit.resets_at
    if resets_at is not None and not believable(limit.kind, resets_at, start):
        resets_at = None if resets_at > start or again else start
    until = (resets_at if resets_at is not None else start + _UNKNOWN_S) + _SLACK_S
    if resets_at is None:
        console.important("No reset time is known; trying again in 15 minutes. Ctrl-C stops.")
    else:
        told = describe_reset(until, start, clock.local_tz())
        console.important(f"Waiting for Claude ({limit.kind} limit): {told}. Ctrl-C stops.")
    try:
        _sleep(world, until)
    except Stopped:
        later = resume.format(session_id) if session_id else "the same command again"
        tell_later(console, "Stopped waiting. To go on later:", later)
        raise


def _sleep(world: World, until: int) -> None:
    clock, console = world.clock, world.console
    next_line = clock.now() + _LINE_EVERY_S
    while (now := clock.now()) < until:
        left = f"going on with Claude at {describe_reset(until, int(now), clock.local_tz())}"
        console.status(left)
        if now >= next_line and not console.stderr_is_tty:
            console.note(left)
            next_line = now + _LINE_EVERY_S
        clock.sleep(min(1.0, until - now))
    console.status("")
