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


class Notify:
    """Of one run. What goes wrong is one line, however often it does."""

    def __init__(self, world: World, settings: Settings) -> None:
        self._world = world
        self._how = settings.notify
        self._said: set[str] = set()

    def switched(self, line: str) -> None:
        """Another engine goes on; ``line`` says why and which model."""
        title = "ai-code: the local model goes on"
        self._say(self._world.notices.tell(self._how, title, one_line(line), SWITCH))

    def after_claude(self, account: str, verdict: Verdict) -> bool:
        """Whether a limit's reset will be told when it comes: where it is known and the machine
        can. Claude's answer before that makes the news old."""
        world = self._world
        if isinstance(verdict, Done):
            world.notices.forget(account)
        if not isinstance(verdict, LimitReached) or verdict.kind in PASSING_KINDS:
            return False
        from ai_code.core.resets import believable

        at = verdict.resets_at
        if at is None or not believable(verdict.kind, at, world.clock.now()):
            return False
        if not world.notices.has_timers:
            # Known of this machine (docs/en/watching.md#notify): no news at each limit.
            world.console.detail("no timer of systemd here: ai-code status tells of the reset")
            return False
        title, text = _reset_words(verdict)
        problem = world.notices.tell_at(self._how, title, text, RESET, at=at, account=account)
        self._say(problem)
        return not problem

    def reset_is_over(self, limit: LimitReached) -> None:
        """The wait of ``--wait`` is over, and no timer has told it."""
        title, text = _reset_words(limit)
        self._say(self._world.notices.tell(self._how, title, text, RESET))

    def end(self) -> None:
        """The run ends: what has failed meanwhile is said. Nobody waits for what still works."""
        for problem in self._world.notices.failures():
            self._say(problem)

    def _say(self, problem: str) -> None:
        if problem and problem not in self._said:
            self._said.add(problem)
            self._world.console.note(f"not notified: {problem}")


def _reset_words(limit: LimitReached) -> tuple[str, str]:
    return "ai-code: Claude is back", f"The {limit.kind} limit has been reset."
