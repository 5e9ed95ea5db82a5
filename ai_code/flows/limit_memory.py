"""What is known of Claude's limits from earlier runs, and what this one adds; with the setting
``notify``, what a person is told of it outside the terminal."""

from __future__ import annotations

from collections.abc import Collection
from functools import cached_property
from typing import TYPE_CHECKING

from ai_code.core.verdict import Done, LimitKind, LimitReached, Verdict

if TYPE_CHECKING:
    from ai_code.flows.notify import Notify
    from ai_code.flows.world import World
    from ai_code.settings import Settings

_REMEMBERED = frozenset(LimitKind) - {LimitKind.RATE, LimitKind.OVERLOADED}
_ANY: frozenset[str] = frozenset(LimitKind)


class LimitMemory:
    """Of one account (``scope``)."""

    def __init__(self, world: World, settings: Settings, scope: str) -> None:
        self._world = world
        self._settings = settings
        self._scope = scope
        self._reset_is_told = False

    @cached_property
    def _notify(self) -> Notify | None:
        """None where the person wants none: then it is not even imported."""
        if self._settings.notify == "off":
            return None
        from ai_code.flows.notify import Notify

        return Notify(self._world, self._settings)

    def to_skip(self) -> str:
        """With ``claude.when-limited: skip``: the limit that still holds, in words. Only where
        the fallback would answer to it at once."""
        settings = self._settings
        skips = settings.claude_when_limited == "skip" and settings.fallback_on_limit == "local"
        return self.limit(settings.fallback_on) if skips else ""

    def limit(self, kinds: Collection[str] = _ANY) -> str:
        """A limit seen earlier whose reset lies ahead, in words; or nothing."""
        now = int(self._world.clock.now())
        for known in self._world.limits.current(self._scope, now):
            # The limit of one model says nothing about the model that is asked for now.
            model = known.kind is LimitKind.MODEL and kinds is not _ANY
            if known.kind in kinds and not model and known.resets_at and known.resets_at > now:
                from ai_code.core.resets import describe_reset

                told = describe_reset(known.resets_at, now, self._world.clock.local_tz())
                return f"{known.kind} limit, resets {told}"
        return ""

    def remember(self, verdict: Verdict) -> None:
        """Only Claude's own word changes what is known."""
        now = int(self._world.clock.now())
        try:
            if isinstance(verdict, LimitReached) and verdict.kind in _REMEMBERED:
                self._world.limits.record(self._scope, verdict, now)
            elif isinstance(verdict, Done):
                self._world.limits.clear(self._scope)
        except OSError as error:
            self._world.console.detail(f"known limits could not be written: {error.strerror}")
        if self._notify:
            self._reset_is_told = self._notify.after_claude(self._scope, verdict)

    def over(self) -> str:
        """That a limit has ended since it was met, in words, until Claude has answered again; or
        nothing. Where no timer could tell it, this does."""
        now = int(self._world.clock.now())
        for known in self._world.limits.over(self._scope, now)[:1]:
            from ai_code.core.record_words import moment

            at = moment(float(known.resets_at or now), now, self._world.clock.local_tz())
            return f"the {known.kind} limit is over since {at.strip()}"
        return ""

    def waited(self, limit: LimitReached) -> None:
        """The wait for this limit's reset is over."""
        if self._notify and not self._reset_is_told:
            self._notify.reset_is_over(limit)

    def switched(self, line: str) -> None:
        """A local engine goes on after Claude; ``line`` says why and which model."""
        if self._notify:
            self._notify.switched(line)

    def end(self) -> None:
        """The run ends."""
        if self._notify:
            self._notify.end()
