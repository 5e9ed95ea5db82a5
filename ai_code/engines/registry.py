"""The engines that there are. A new one is one package, one line here, and its recordings."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import tzinfo
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from ai_code.core.command import Command
    from ai_code.core.events import Event
    from ai_code.core.exits import Exit
    from ai_code.core.ports import OutputChannel
    from ai_code.core.task import Task
    from ai_code.core.verdict import Verdict


class Engine(Protocol):
    """One coding agent. ``local`` engines work in a private worktree, on a local model."""

    @property
    def name(self) -> str: ...
    @property
    def title(self) -> str: ...
    @property
    def local(self) -> bool: ...
    def command(self, task: Task) -> Command: ...
    def open(self, task: Task) -> EngineRun: ...


class EngineRun(Protocol):
    """The reader and the judge of one attempt."""

    @property
    def session_id(self) -> str: ...
    def feed(self, channel: OutputChannel, data: bytes) -> Sequence[Event]: ...
    def finish(self) -> Sequence[Event]:
        """What was still held back when the engine ended."""

    def judge(self, exit_: Exit, *, now: int, tz: tzinfo, changed: bool) -> Verdict:
        """``changed``: the workspace differs from what the engine was given."""


def _claude() -> Engine:
    from ai_code.engines.claude import ClaudeEngine

    return ClaudeEngine()


def _aider() -> Engine:
    from ai_code.engines.aider import AiderEngine

    return AiderEngine()


ENGINES: Mapping[str, Callable[[], Engine]] = {
    "claude": _claude,
    "aider": _aider,
}
"""Name → engine; imported only when it is used, since most runs need one."""
