"""What the setting ``notify`` is for: the switch to a local engine, and the reset of a limit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ai_code.core.text import one_line
from ai_code.core.verdict import PASSING_KINDS, Done, LimitReached

if TYPE_CHECKING:
    from ai_code.core.verdict import Verdict
    from ai_code.flows.world import World
    from ai_code.settings import Settings

SWITCH, RESET = "switch", "reset"
"""AI_CODE_EVENT of a command."""


def switched(world: World, settings: Settings, line: str) -> None:
    """Another engine goes on; ``line`` says why and which model."""
    title = "ai-code: the local model goes on"
    _detail(world, world.notices.tell(settings.notify, title, one_line(line), SWITCH))


def after_claude(world: World, settings: Settings, account: str, verdict: Verdict) -> bool:
    """Whether a limit's reset will be told when it comes: where it is known and the machine can.
    Claude's answer before that makes the news old."""
    if isinstance(verdict, Done):
        world.notices.forget(account)
    if not isinstance(verdict, LimitReached) or verdict.kind in PASSING_KINDS:
        return False
    from ai_code.core.resets import believable

    at = verdict.resets_at
    if at is None or not believable(verdict.kind, at, world.clock.now()):
        return False
    title, text = _reset_words(verdict)
    how = settings.notify
    problem = world.notices.tell_at(how, title, text, RESET, at=at, account=account)
    _detail(world, problem)
    return not problem


def reset_is_over(world: World, settings: Settings, limit: LimitReached) -> None:
    """The wait of ``--wait`` is over, and no timer has told it."""
    title, text = _reset_words(limit)
    _detail(world, world.notices.tell(settings.notify, title, text, RESET))


def _reset_words(limit: LimitReached) -> tuple[str, str]:
    return "ai-code: Claude is back", f"The {limit.kind} limit has been reset."


def _detail(world: World, problem: str) -> None:
    if problem:
        world.console.detail(f"not notified: {problem}")
