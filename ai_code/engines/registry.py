"""What an engine is, and how one is made of its line in ``core/engine_table.py``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import tzinfo
from importlib import import_module
from typing import TYPE_CHECKING, Any, Literal, Protocol

from ai_code.core.engine_table import FIRST, LOCAL

if TYPE_CHECKING:
    from pathlib import Path

    from ai_code.core.about import About
    from ai_code.core.brief import Brief
    from ai_code.core.command import Command
    from ai_code.core.events import Event
    from ai_code.core.exits import Exit
    from ai_code.core.ports import OutputChannel
    from ai_code.core.task import Program, Task
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

    def server_failed(self, words: str) -> None:
        """The model's server failed for good, in its own words: seen beside the engine."""

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


FenceKind = Literal["python", "kernel", "own"]
"""What keeps an engine from writing elsewhere: our audit hook in its Python, the kernel by our
rules, or its own sandbox, which ours would break."""


class LocalEngine(Engine, Protocol):
    """An engine that works on a local model, in a private worktree, behind a fence.
    ``engines/local.py`` has what most of them share."""

    @property
    def about(self) -> About: ...
    @property
    def fence(self) -> FenceKind: ...
    def sandbox_check(self, program: Program, folder: Path) -> Command | None:
        """What ends with 0 where its own sandbox can be made; ``folder`` is empty and its own.
        None where it has none."""

    def writes(self, task: Task) -> Sequence[Path]:
        """Where it must write beside the worktree and its folder of the run's folder."""

    def prepare(self, task: Task) -> str:
        """Why it cannot work on this task, in words; empty where it can."""

    def files(self, task: Task) -> Mapping[str, str]:
        """Name → text of the files it wants in its folder of the run's folder."""

    def links(self, task: Task) -> Mapping[str, Path]:
        """Name → target of links that it wants there beside the files."""

    def told(self, brief: Brief) -> tuple[str, str]:
        """The message that it gets, and the notes that it may read beside it; of both the text."""

    def chat_command(self, task: Task) -> Command:
        """Its own chat with a person, on the terminal; behind the same fence."""

    def chat_files(self, task: Task) -> Mapping[str, str]:
        """As ``files``, for the chat."""

    @property
    def modules(self) -> Sequence[str]:
        """What its program, being Python, imports for a turn: the first is its own, the others
        are left out where they are not there. Empty where it is not Python."""

    def refusals(self, log: str) -> Sequence[str]:
        """What the fence refused, one text each, from the fence's log."""

    def open(self, task: Task) -> LocalRun: ...


def engine(name: str) -> Engine:
    """The engine of that name. Raises KeyError."""
    found: Engine = _made({**FIRST, **LOCAL}[name])
    return found


def local_engine(name: str) -> LocalEngine:
    """The local engine of that name. Raises KeyError."""
    found: LocalEngine = _made(LOCAL[name])
    return found


def _made(line: str) -> Any:
    """Imported only when it is used, since most runs need one."""
    module, _, name = line.partition(":")
    return getattr(import_module(module), name)()
