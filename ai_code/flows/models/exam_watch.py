"""The listener of one task of the exam."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ai_code.core.brief import estimate_tokens
from ai_code.core.events import Edited, Text
from ai_code.core.exits import EndedBy

if TYPE_CHECKING:
    from ai_code.core.ports import OutputChannel, Relay
    from ai_code.engines.registry import LocalRun
    from ai_code.flows.world import World


class ExamWatch:
    """What is shown meanwhile, and how fast the model writes.
    ``fence_log`` None: no fence of ours stands around this engine."""

    def __init__(
        self,
        world: World,
        run: LocalRun,
        name: str,
        title: str,
        fence_log: Path | None,
        relay: Relay | None,
    ) -> None:
        self._world = world
        self._run = run
        self._name = name
        self._title = title
        self._fence_log = fence_log
        self._relay = relay
        self._fenced = fence_log is None
        self._text: list[str] = []
        self._first: float | None = None
        self._last = 0.0
        self.tokens = 0
        self.edited: list[str] = []
        """Files that the engine says it wrote, as it named them."""

    @property
    def writing_s(self) -> float:
        return self._last - self._first if self._first is not None else 0.0

    def started(self) -> None:
        if self._relay is not None:
            self._relay.start()
        self._world.console.status(f"{self._title}: {self._name} starts…")

    def output(self, channel: OutputChannel, data: bytes) -> None:
        self._take(self._run.feed(channel, data))

    def finish(self) -> None:
        self._take(self._run.finish())
        self.tokens = estimate_tokens("".join(self._text)) if self._text else 0
        self._world.console.status("")

    def tick(self, elapsed_s: float, silence_s: float) -> EndedBy | None:
        if self._fence_log is not None and not self._fenced and self._run.begun:
            self._fenced = self._world.files.size(self._fence_log) is not None
            if not self._fenced:
                return EndedBy.UNFENCED
        if self._relay is not None and self._relay.trouble:
            return EndedBy.PERMANENT
        self._world.console.status(f"{self._title}: {int(elapsed_s)} s…")
        return None

    def _take(self, events: Sequence[object]) -> None:
        for event in events:
            if isinstance(event, Edited):
                self.edited.append(event.path)
            elif isinstance(event, Text):
                now = self._world.clock.monotonic()
                self._first = now if self._first is None else self._first
                self._last = now
                self._text.append(event.text)
