"""aider on a local Ollama model."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import tzinfo

from ai_code.core.brief import Brief
from ai_code.core.command import Command
from ai_code.core.events import Event
from ai_code.core.exits import Exit
from ai_code.core.ports import OutputChannel
from ai_code.core.task import Task
from ai_code.core.verdict import Verdict
from ai_code.engines.aider.about import ABOUT
from ai_code.engines.aider.command import MODULES, aider_command, files_of, refusals_of, told_of
from ai_code.engines.aider.judge import judge_aider
from ai_code.engines.aider.reader import AiderReader
from ai_code.engines.local import LocalBase
from ai_code.engines.registry import FenceKind


class AiderEngine(LocalBase):
    """See ``registry.LocalEngine``."""

    name = "aider"
    title = "Ollama + Aider"
    about = ABOUT
    fence: FenceKind = "python"
    modules: Sequence[str] = MODULES

    def command(self, task: Task) -> Command:
        return aider_command(task)

    def files(self, task: Task) -> dict[str, str]:
        return dict(files_of(task))

    def told(self, brief: Brief) -> tuple[str, str]:
        """See ``registry.LocalEngine``."""
        return told_of(brief)

    def chat_command(self, task: Task) -> Command:
        """See ``registry.LocalEngine``."""
        from ai_code.engines.aider.chat import chat_command

        return chat_command(task)

    def chat_files(self, task: Task) -> dict[str, str]:
        """What the chat wants on disk before it starts."""
        from ai_code.engines.aider.chat import chat_files

        return dict(chat_files(task))

    def refusals(self, log: str) -> Sequence[str]:
        """What the fence refused, from its log: ``writing /etc/x``."""
        return refusals_of(log)

    def open(self, task: Task) -> AiderRun:
        return AiderRun()


class AiderRun:
    """Reader and judge of one attempt."""

    session_id = ""

    @property
    def begun(self) -> bool:
        """See ``registry.EngineRun``."""
        return self._reader.begun

    def __init__(self) -> None:
        self._reader = AiderReader()

    @property
    def answer(self) -> str:
        return self._reader.answer

    @property
    def longest_prompt(self) -> int:
        """See ``registry.LocalRun``."""
        return self._reader.longest_prompt

    @property
    def refused(self) -> Sequence[str]:
        """Files that the model wanted to edit and aider would not, as the model named them."""
        return self._reader.refused

    @property
    def tokens(self) -> tuple[int, int]:
        """Sent and received, of all replies that arrived whole."""
        return self._reader.tokens_sent, self._reader.tokens_received

    def server_failed(self, words: str) -> None:
        """Nobody stands beside it: it tells of its server itself."""

    def feed(self, channel: OutputChannel, data: bytes) -> Sequence[Event]:
        return self._reader.feed(channel, data)

    def finish(self) -> Sequence[Event]:
        return self._reader.finish()

    def judge(self, exit_: Exit, *, now: int, tz: tzinfo, changed: bool) -> Verdict:
        return judge_aider(self._reader, exit_, changed=changed)
