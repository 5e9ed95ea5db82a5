"""Any command of the person's own as an engine: judged by its exit status, by what changed, and by
whether it said anything."""

from __future__ import annotations

import codecs
from collections.abc import Mapping, Sequence
from datetime import tzinfo
from typing import TYPE_CHECKING

from ai_code.core.about import ABILITIES, NO, About, Can, Install
from ai_code.core.command import Command
from ai_code.core.events import Answer, Event, Text
from ai_code.core.placeholders import filled
from ai_code.core.text import one_line
from ai_code.core.verdict import Done, Evidence
from ai_code.engines.local import LocalBase, folder_of, isolated, model_of, whole_prompt
from ai_code.engines.local_judge import Told, judge

if TYPE_CHECKING:
    from ai_code.core.exits import Exit
    from ai_code.core.ports import OutputChannel
    from ai_code.core.task import Task
    from ai_code.core.verdict import Verdict

_PROMPT = "prompt.md"
_MOST_ANSWER = 200_000
"""Characters of what it prints that are kept as the answer: its end."""
_MOST_COMPLAINTS = 4000
"""Bytes of standard error that are kept, likewise."""
_LINES = 3
UNTOLD = Can("part", "yours to know")


class CustomEngine(LocalBase):
    """See ``registry.LocalEngine``. The command is ``custom.command``; what follows the program in
    it may hold placeholders."""

    name = "custom"
    title = "Ollama + your command"
    about = About(
        program="",
        version="",
        homepage="",
        licence="yours",
        install=Install("yours"),
        can={**dict.fromkeys(ABILITIES, UNTOLD), "plan": NO},
        wire="ollama",
        # What it is told is the person's command alone: nobody knows how it would not edit.
        modes=frozenset({"edit"}),
        needs_tools=False,
        least_context=2048,
    )

    def command(self, task: Task) -> Command:
        """The prompt in a file and on standard input."""
        program, *arguments = task.program.argv
        model, folder = model_of(task), folder_of(task, self.name)
        values = {
            "prompt_file": str(folder / _PROMPT),
            "model": model.name,
            "ollama_url": model.base_url,
            "context": str(model.num_ctx),
        }
        files = task.brief.editable if task.brief else ()
        return Command(
            argv=(program, *filled(arguments, values, files), *task.extra_args),
            cwd=task.workdir,
            env={
                **isolated(task, folder),
                "OLLAMA_HOST": model.base_url,
                "OLLAMA_API_BASE": model.base_url,
                "OPENAI_BASE_URL": f"{model.base_url}/v1",
                "OPENAI_API_KEY": "ollama",
                "AI_CODE_MODEL_NAME": model.name,
            },
            stdin=whole_prompt(task).encode("utf-8", "replace"),
            stall_timeout_s=task.stall_timeout_s,
            deadline_s=task.deadline_s,
        )

    def files(self, task: Task) -> Mapping[str, str]:
        """See ``registry.LocalEngine``."""
        return {_PROMPT: whole_prompt(task)}

    def open(self, task: Task) -> CustomRun:
        return CustomRun(self.name)


class CustomRun:
    """What it prints is its answer, and nothing is read of it."""

    session_id = ""
    longest_prompt = 0
    refused: Sequence[str] = ()
    tokens = (0, 0)

    def __init__(self, name: str) -> None:
        self._name = name
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._complaints = b""
        self.answer = ""
        self.begun = False
        self._server_error = ""

    def server_failed(self, words: str) -> None:
        """See ``registry.LocalRun``."""
        self._server_error = words

    def feed(self, channel: OutputChannel, data: bytes) -> Sequence[Event]:
        """Its output as it comes; what it says on standard error is kept for a failure."""
        self.begun = True
        if channel == "err":
            self._complaints = (self._complaints + data)[-_MOST_COMPLAINTS:]
            return ()
        text = self._decoder.decode(data)
        self.answer = (self.answer + text)[-_MOST_ANSWER:]
        return (Text(text),) if text else ()

    def finish(self) -> Sequence[Event]:
        return (Answer(self.answer),) if self.answer.strip() else ()

    def judge(self, exit_: Exit, *, now: int, tz: tzinfo, changed: bool) -> Verdict:
        """Exit status 0 is done where it changed something, or said something: with neither, the
        next engine may try."""
        complaint = self._complaint()
        told = Told(
            begun=True,
            answer=self.answer.strip(),
            server_error=self._server_error,
            complaint=complaint,
            empty="it changed nothing and printed nothing",
        )
        verdict = judge(self._name, told, exit_, changed=changed)
        if isinstance(verdict, Done) and verdict.changed_nothing and complaint:
            return verdict._replace(
                evidence=Evidence(f"{self._name}.answered", "stderr", complaint)
            )
        return verdict

    def _complaint(self) -> str:
        """The last lines of its standard error, on one."""
        lines = self._complaints.decode("utf-8", "replace").split("\n")
        last = [line.strip() for line in lines if line.strip()][-_LINES:]
        return one_line(" · ".join(last), 300)
