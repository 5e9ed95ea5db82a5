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
    @property
    def begun(self) -> bool:
        """Whether the engine itself has spoken; a wrapper around it may do so before."""

    def feed(self, channel: OutputChannel, data: bytes) -> Sequence[Event]: ...
    def finish(self) -> Sequence[Event]:
        """What was still held back when the engine ended."""

    def judge(self, exit_: Exit, *, now: int, tz: tzinfo, changed: bool) -> Verdict:
        """``changed``: the workspace differs from what the engine was given."""


class LocalRun(EngineRun, Protocol):
    """One attempt of a local engine."""

    @property
    def answer(self) -> str:
        """The last reply of the model, whole."""

    @property
    def longest_prompt(self) -> int:
        """The longest prompt, in tokens, as the engine estimates it; 0 where it does not tell."""

    @property
    def refused(self) -> Sequence[str]:
        """Files that the model wanted to edit and the engine would not."""

    @property
    def tokens(self) -> tuple[int, int]:
        """Tokens sent and received; 0 where the engine does not tell them."""


class LocalEngine(Engine, Protocol):
    """An engine that works on a local model, in a private worktree, behind the fence."""

    def files(self, task: Task) -> Mapping[str, str]:
        """Name → text of the files it wants in its folder of the run's folder."""

    @property
    def modules(self) -> Sequence[str]:
        """What its program, being Python, imports for a turn: the first is its own, the others
        are left out where they are not there. Empty where it is not Python."""

    def refusals(self, log: str) -> Sequence[str]:
        """What the fence refused, one text each, from the fence's log."""

    def open(self, task: Task) -> LocalRun: ...


def _aider() -> LocalEngine:
    from ai_code.engines.aider import AiderEngine

    return AiderEngine()


def _claude() -> Engine:
    from ai_code.engines.claude import ClaudeEngine

    return ClaudeEngine()


_LOCAL: Mapping[str, Callable[[], LocalEngine]] = {
    "aider": _aider,
}
ENGINES: Mapping[str, Callable[[], Engine]] = {"claude": _claude, **_LOCAL}
"""Name → engine; imported only when it is used, since most runs need one."""

LOCAL = frozenset(_LOCAL)
"""Names of the engines that work on a local model."""


def local_engine(name: str) -> LocalEngine:
    """The local engine of that name. Raises KeyError."""
    return _LOCAL[name]()
