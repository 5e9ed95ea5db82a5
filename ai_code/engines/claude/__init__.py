"""Claude Code: always first."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from ai_code.engines.claude.command import (
    GO_ON,
    check_engine_args,
    chooses_permission_mode,
    claude_command,
)

if TYPE_CHECKING:
    from datetime import tzinfo

    from ai_code.core.command import Command
    from ai_code.core.events import Event
    from ai_code.core.exits import Exit
    from ai_code.core.ports import OutputChannel
    from ai_code.core.task import Task
    from ai_code.core.verdict import Verdict
    from ai_code.engines.claude.reader import ClaudeReader

__all__ = ["GO_ON", "ClaudeEngine", "ClaudeRun", "check_engine_args", "chooses_permission_mode"]


_RECENT_BYTES = 2 << 20
"""Of the stream of events: some dozen turns."""


class ClaudeEngine:
    """See ``registry.Engine``."""

    name = "claude"
    title = "Claude Code"
    local = False

    def command(self, task: Task) -> Command:
        return claude_command(task)

    def open(self, task: Task) -> ClaudeRun:
        return ClaudeRun(task.describe_reset)


class ClaudeRun:
    """Reader and judge of one attempt."""

    begun = True
    """Claude works in the person's own tree: no fence is waited for."""

    def __init__(self, describe_reset: Callable[[int], str] | None = None) -> None:
        self._describe_reset = describe_reset
        self._answer = ""
        self._recent: deque[bytes] = deque()
        self._recent_bytes = 0

    @cached_property
    def _reader(self) -> ClaudeReader:
        """Made when the first bytes are there: reader and judge are imported while Claude
        works, so nobody waits for it."""
        from ai_code.engines.claude import judge  # noqa: F401  for the end of the run
        from ai_code.engines.claude.reader import ClaudeReader

        return ClaudeReader(self._describe_reset)

    @property
    def answer(self) -> str:
        return self._answer

    @property
    def session_id(self) -> str:
        return self._reader.observed.session_id or ""

    @property
    def version(self) -> str:
        return self._reader.observed.version or ""

    @property
    def model(self) -> str:
        return self._reader.observed.model or ""

    @property
    def denied(self) -> Sequence[str]:
        """Each refused call: ``Bash(npm test)``; repeated where it was refused again."""
        counted = Counter(
            f"{denial.tool}({denial.detail})" if denial.detail else denial.tool
            for denial in self._reader.observed.denials
        )
        return list(counted.elements())

    @property
    def printed(self) -> str:
        """What ``claude -p`` would have printed at the end: for its result, or what it said
        without any event."""
        seen = self._reader.observed
        if seen.result and "No conversation found" in seen.stderr_tail:
            # It says so on stderr, and on stdout nothing (2.1.329).
            return ""
        return seen.result.printed if seen.result else "" if seen.events else seen.plain

    @property
    def session_unknown(self) -> bool:
        """Claude never began the session that it was asked for: there is none to resume."""
        seen = self._reader.observed
        text = seen.plain + seen.stderr_tail
        return seen.events == 0 or "No conversation found" in text

    @property
    def answered(self) -> bool:
        """Whether the model itself said anything: not a row that Claude wrote in its place."""
        return self._reader.observed.answered

    @property
    def rows(self) -> tuple[bytes, ...]:
        """The last rows of its events, for whoever goes on where it keeps no transcript."""
        return tuple(b"".join(self._recent).split(b"\n"))

    def _remember(self, data: bytes) -> None:
        self._recent.append(data)
        self._recent_bytes += len(data)
        while self._recent_bytes > _RECENT_BYTES:
            self._recent_bytes -= len(self._recent.popleft())

    def feed(self, channel: OutputChannel, data: bytes) -> Sequence[Event]:
        if channel == "out":
            self._remember(data)
        return self._noted(self._reader.feed(channel, data))

    def finish(self) -> Sequence[Event]:
        return self._noted(self._reader.finish())

    def judge(self, exit_: Exit, *, now: int, tz: tzinfo, changed: bool) -> Verdict:
        from ai_code.engines.claude.judge import judge

        return judge(self._reader.observed, exit_, now=now, tz=tz)

    def _noted(self, events: Sequence[Event]) -> Sequence[Event]:
        from ai_code.core.events import Answer

        for event in events:
            if isinstance(event, Answer):
                self._answer = event.text
        return events
