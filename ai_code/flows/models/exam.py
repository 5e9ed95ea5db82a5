"""``ai-code models test``: the exam, taken with the real engine in a scratch folder.

The person's tree is never touched: each task has a folder of its own, behind the fence.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from ai_code.core.brief import Brief, estimate_tokens
from ai_code.core.command import Request
from ai_code.core.errors import AiCodeError, NotInstalledError, Stopped
from ai_code.core.events import Text
from ai_code.core.exam import TASKS, ExamTask
from ai_code.core.exits import EndedBy
from ai_code.core.model_notes import ExamResult
from ai_code.core.task import FENCE_LOG, Program, Task
from ai_code.core.verdict import Done, Interrupted, Unavailable, UnavailableReason
from ai_code.engines.registry import local_engine
from ai_code.flows.endings import INSTALL_AIDER
from ai_code.flows.models.server import require_allowed, served, shown
from ai_code.flows.readiness import ask_local

if TYPE_CHECKING:
    from ai_code.core.ports import OutputChannel
    from ai_code.core.task import LocalModel
    from ai_code.core.verdict import Verdict
    from ai_code.engines.registry import LocalEngine, LocalRun
    from ai_code.flows.world import World
    from ai_code.settings import Settings

_MOST_S = 300.0
"""Of one task: who needs longer for ten lines is too slow for anything."""
_MOST_BYTES = 1 << 20
_LEAST_MEASURED_S = 0.2


class Answer(NamedTuple):
    """One task: whether it is right, and whether an edit came in the form that was asked for."""

    task: str
    passed: bool
    followed: bool
    seconds: float
    why: str = ""


class Examined(NamedTuple):
    """``not_remembered`` is empty, or why the result could not be kept."""

    result: ExamResult
    answers: tuple[Answer, ...]
    not_remembered: str = ""


class Exam:
    """One exam of one model; ``go`` takes it. Raises AiCodeError where it cannot be taken."""

    def __init__(
        self, world: World, settings: Settings, *, tasks: Sequence[ExamTask] = TASKS
    ) -> None:
        self._world = world
        self._settings = settings
        self._tasks = tasks
        self._tokens = 0
        self._writing_s = 0.0

    def go(self, name: str | None) -> Examined:
        """``name`` None is the model that a run would use. Ctrl-C ends it: nothing is kept."""
        settings = self._settings
        there = served(self._world, settings)
        if name is not None:
            require_allowed(self._world, settings, name)
            name = there.find(name).name
        ready = ask_local(self._world, settings, exactly=name or "")
        if isinstance(ready, Unavailable):
            raise AiCodeError(ready.message, hint=ready.hint)
        local = ready.local
        require_allowed(self._world, settings, local.name, shown(there.server, local.name))
        program = self._program()
        console, clock = self._world.console, self._world.clock
        console.note(f"{local.name}: {len(self._tasks)} tasks, {settings.aider_edit_format} edits")
        began = clock.monotonic()
        answers = []
        for number, task in enumerate(self._tasks, 1):
            with self._world.scratch() as folder:
                answer = self._take(task, number, local, program, folder)
            console.note(f"  {task.id:<12}{_in_words(answer)}")
            answers.append(answer)
        model = there.find(local.name)
        result = ExamResult(
            model.digest,
            local.name,
            settings.aider_edit_format,
            len(answers),
            sum(each.passed for each in answers),
            sum(each.followed for each in answers),
            round(clock.monotonic() - began, 1),
            round(self._rate(), 1),
            int(clock.now()),
        )
        return Examined(result, tuple(answers), self._remember(result))

    def _remember(self, result: ExamResult) -> str:
        try:
            self._world.model_notes.remember_exam(result)
        except OSError as error:
            return error.strerror or str(error)
        return ""

    def _rate(self) -> float:
        """Tokens a second while the model wrote; 0 where all came too quickly to tell."""
        return self._tokens / self._writing_s if self._writing_s > _LEAST_MEASURED_S else 0.0

    def _program(self) -> Program:
        program = self._world.processes.find(self._settings.aider_command)
        if program is None:
            raise NotInstalledError("the exam needs aider", hint=INSTALL_AIDER)
        return program

    def _take(
        self, task: ExamTask, number: int, local: LocalModel, program: Program, folder: Path
    ) -> Answer:
        world, engine = self._world, local_engine("aider")
        work, run_dir = folder / "work", folder / "run"
        for name, text in task.files.items():
            world.files.write(work / name, text)
        world.files.folder(run_dir / engine.name / "tmp")
        asked = Task(
            request=Request(prompt=task.prompt, cwd=work),
            program=program,
            workdir=work,
            run_dir=run_dir,
            environ=world.environ,
            extra_args=self._settings.aider_args,
            stall_timeout_s=self._settings.stall_timeout_s,
            deadline_s=self._settings.timeout_s or _MOST_S,
            brief=Brief(task=task.prompt, editable=tuple(task.files)),
            local=local,
            edit_format=self._settings.aider_edit_format,
            in_git=False,
            fence_dir=world.fence_dir,
        )
        for name, text in engine.files(asked).items():
            world.files.write(run_dir / engine.name / name, text)
        return self._run(task, asked, engine, f"task {number} of {len(self._tasks)}: {task.id}")

    def _run(self, task: ExamTask, asked: Task, engine: LocalEngine, title: str) -> Answer:
        world = self._world
        run = engine.open(asked)
        watch = _Watch(world, run, title, asked.run_dir / engine.name / FENCE_LOG)
        began = world.clock.monotonic()
        exit_ = world.processes.run(engine.command(asked), watch)
        watch.finish()
        seconds = world.clock.monotonic() - began
        self._tokens += watch.tokens
        self._writing_s += watch.writing_s
        found = {
            name: world.files.read(asked.workdir / name, asked.workdir, _MOST_BYTES) or ""
            for name in task.files
        }
        changed = found != dict(task.files)
        clock = world.clock
        verdict = run.judge(exit_, now=int(clock.now()), tz=clock.local_tz(), changed=changed)
        if isinstance(verdict, Interrupted):
            world.console.important("stopped: this exam does not count")
            raise Stopped(verdict.signal or 2)
        _require_that_it_worked(verdict)
        followed = isinstance(verdict, Done) and changed
        passed = followed and task.right(found)
        why = "" if passed else _why(verdict, changed)
        return Answer(task.id, passed, followed, round(seconds, 1), why)


class _Watch:
    """The listener of one task: what is shown meanwhile, and how fast the model writes."""

    def __init__(self, world: World, run: LocalRun, title: str, fence_log: Path) -> None:
        self._world = world
        self._run = run
        self._title = title
        self._fence_log = fence_log
        self._fenced = False
        self._text: list[str] = []
        self._first: float | None = None
        self._last = 0.0
        self.tokens = 0

    @property
    def writing_s(self) -> float:
        return self._last - self._first if self._first is not None else 0.0

    def started(self) -> None:
        self._world.console.status(f"{self._title}: aider starts…")

    def output(self, channel: OutputChannel, data: bytes) -> None:
        self._take(self._run.feed(channel, data))

    def finish(self) -> None:
        self._take(self._run.finish())
        self.tokens = estimate_tokens("".join(self._text)) if self._text else 0
        self._world.console.status("")

    def tick(self, elapsed_s: float, silence_s: float) -> EndedBy | None:
        if not self._fenced and self._run.begun:
            self._fenced = self._world.files.size(self._fence_log) is not None
            if not self._fenced:
                return EndedBy.UNFENCED
        self._world.console.status(f"{self._title}: {int(elapsed_s)} s…")
        return None

    def _take(self, events: Sequence[object]) -> None:
        for event in events:
            if isinstance(event, Text):
                now = self._world.clock.monotonic()
                self._first = now if self._first is None else self._first
                self._last = now
                self._text.append(event.text)


_BROKEN = frozenset(
    {
        UnavailableReason.SERVER,
        UnavailableReason.MEMORY,
        UnavailableReason.MISSING,
        UnavailableReason.NO_MODEL,
    }
)


def _require_that_it_worked(verdict: Verdict) -> None:
    """A server that fails is no failure of the model's: the exam does not count."""
    if isinstance(verdict, Unavailable) and verdict.reason in _BROKEN:
        raise AiCodeError(
            "the exam could not be taken", why=verdict.message, hint=verdict.hint or "ollama ps"
        )


def _why(verdict: Verdict, changed: bool) -> str:
    if not isinstance(verdict, Done):
        return getattr(verdict, "message", "") or "it failed"
    return "the edit is not right" if changed else "it changed nothing"


def _in_words(answer: Answer) -> str:
    if answer.passed:
        return f"passed, {answer.seconds:.0f} s"
    return f"FAILED, {answer.seconds:.0f} s: {answer.why}"
