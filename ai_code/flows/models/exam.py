"""``ai-code models test``: the exam, taken with a real engine in a scratch folder.

The person's tree is never touched: each task has a folder of its own, behind the fence.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from ai_code.core.brief import Brief
from ai_code.core.columns import wrapped
from ai_code.core.command import Request
from ai_code.core.errors import AiCodeError, NotInstalledError, Stopped, UsageError
from ai_code.core.exam import TASKS, ExamTask
from ai_code.core.model_notes import BY_TOOLS, ExamResult
from ai_code.core.task import Program, Task
from ai_code.core.text import one_line
from ai_code.core.verdict import Done, Interrupted, Unavailable, UnavailableReason
from ai_code.flows.engine_fit import fit_for
from ai_code.flows.engine_program import find_program, is_fenced, stands_in
from ai_code.flows.engines import named_engine
from ai_code.flows.engines_set import first_engine
from ai_code.flows.local_work import fence_log, fenced, lay_out, relay_for, through
from ai_code.flows.model_settings import settings_for
from ai_code.flows.models.exam_watch import ExamWatch
from ai_code.flows.models.screens import WIDTH
from ai_code.flows.models.server import require_allowed, served, shown
from ai_code.flows.readiness import Ready, ask_local

if TYPE_CHECKING:
    from ai_code.core.model_settings import ModelSettings
    from ai_code.core.ports import Relay
    from ai_code.core.verdict import Verdict
    from ai_code.engines.registry import LocalEngine
    from ai_code.flows.world import World
    from ai_code.settings import Settings

_MOST_S = 300.0
"""Of one task: who needs longer for ten lines is too slow for anything."""
_MOST_BYTES = 1 << 20
_LEAST_MEASURED_S = 0.2
_BESIDE = 14
_MOST_WHY = 400


class Answer(NamedTuple):
    """One task: whether it is right, and whether an edit came (in the form that was asked for)."""

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


def exam_engine(settings: Settings, named: str | None, edit_format: str | None) -> str:
    """The engine of an exam: the one that is named, aider where a form of edits is, else the one
    that a run goes on with. Raises UsageError."""
    if edit_format and named not in (None, "aider"):
        raise UsageError(
            f"{named} edits by calling tools: it has no edit format",
            hint=f"ai-code models test --engine {named}",
        )
    return named or ("aider" if edit_format else first_engine(settings))


class Exam:
    """One exam of one model with one engine; ``go`` takes it. Raises AiCodeError where it cannot
    be taken, UsageError where there is no such engine."""

    def __init__(
        self,
        world: World,
        settings: Settings,
        engine: str = "aider",
        *,
        tasks: Sequence[ExamTask] = TASKS,
    ) -> None:
        self._world = world
        self._settings = settings
        self._engine = named_engine(engine)
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
        ready = self._ready(name or "")
        model = there.find(ready.local.name)
        require_allowed(self._world, settings, model.name, shown(there.server, model.name))
        program = self._program()
        how = settings_for(self._world, settings, ready)
        fit = fit_for(self._world, settings, self._engine, ready)
        if isinstance(fit, Unavailable):
            raise AiCodeError(fit.message, hint=fit.hint)
        console, clock = self._world.console, self._world.clock
        form = how.edit_format if self._by_aider else BY_TOOLS
        with_ = f"{form} edits" if self._by_aider else f"with {self._engine.name}"
        console.note(f"{model.name}: {len(self._tasks)} tasks, {with_}")
        began = clock.monotonic()
        answers = []
        for number, task in enumerate(self._tasks, 1):
            with self._world.scratch() as folder:
                answer = self._take(task, number, fit, how, program, folder)
            for line in _lines(task.id, _in_words(answer)):
                console.note(line)
            answers.append(answer)
        result = ExamResult(
            model.digest,
            model.name,
            form,
            len(answers),
            sum(each.passed for each in answers),
            sum(each.followed for each in answers),
            round(clock.monotonic() - began, 1),
            round(self._rate(), 1),
            int(clock.now()),
            self._engine.name,
        )
        return Examined(result, tuple(answers), self._remember(result))

    def _remember(self, result: ExamResult) -> str:
        try:
            self._world.model_notes.remember_exam(result)
        except OSError as error:
            return error.strerror or str(error)
        return ""

    @property
    def _by_aider(self) -> bool:
        return self._engine.name == "aider"

    def _rate(self) -> float:
        """Tokens a second while the model wrote; 0 where all came too quickly to tell. Of an
        engine whose model calls tools nobody sees it write."""
        if not self._by_aider or self._writing_s <= _LEAST_MEASURED_S:
            return 0.0
        return self._tokens / self._writing_s

    def _ready(self, name: str) -> Ready:
        ready = ask_local(self._world, self._settings, exactly=name, engine=self._engine.name)
        if isinstance(ready, Unavailable):
            raise AiCodeError(ready.message, hint=ready.hint)
        return ready

    def _program(self) -> Program:
        found = find_program(self._world, self._settings, self._engine)
        if isinstance(found, Unavailable):
            what = f"the exam needs {self._engine.name}"
            raise NotInstalledError(what, why=found.message, hint=found.hint)
        return found

    def _take(
        self,
        task: ExamTask,
        number: int,
        ready: Ready,
        how: ModelSettings,
        program: Program,
        folder: Path,
    ) -> Answer:
        world, engine = self._world, self._engine
        work, run_dir = folder / "work", folder / "run"
        for name, text in task.files.items():
            world.files.write(work / name, text)
        asked = Task(
            request=Request(prompt=task.prompt, cwd=work),
            program=program,
            workdir=work,
            run_dir=run_dir,
            environ=world.environ,
            extra_args=self._settings.args_of(engine.name),
            stall_timeout_s=self._settings.stall_timeout_s,
            deadline_s=self._settings.timeout_s or _MOST_S,
            brief=Brief(task=task.prompt, editable=tuple(task.files)),
            local=ready.local,
            edit_format=how.edit_format,
            temperature=how.temperature,
            lean=how.lean,
            in_git=False,
            fence_dir=world.fence_dir,
            fenced=is_fenced(world, self._settings, engine),
            stands_in=stands_in(world, self._settings, engine),
        )
        if why := engine.prepare(asked):
            raise AiCodeError("the exam could not be taken", why=why, hint="ai-code engines list")
        relay = relay_for(world, engine, asked)
        title = f"task {number} of {len(self._tasks)}: {task.id}"
        try:
            return self._run(task, through(asked, relay), relay, title)
        finally:
            if relay is not None:
                relay.close()

    def _run(self, task: ExamTask, asked: Task, relay: Relay | None, title: str) -> Answer:
        world, engine = self._world, self._engine
        lay_out(world, engine, asked, engine.files(asked))
        run = engine.open(asked)
        log = fence_log(engine, asked.run_dir / engine.name) if asked.fenced else None
        watch = ExamWatch(world, run, engine.name, title, log, relay)
        began = world.clock.monotonic()
        exit_ = world.processes.run(fenced(engine.command(asked), engine, asked), watch)
        watch.finish()
        if relay is not None and relay.last_failure:
            run.server_failed(relay.last_failure)
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
        _require_that_it_worked(verdict, engine)
        followed = isinstance(verdict, Done) and changed
        passed = followed and task.right(found)
        others = [] if changed else _others(watch.edited, task, asked.workdir)
        why = "" if passed else _why(verdict, changed, others)
        return Answer(task.id, passed, followed, round(seconds, 1), why)


_SERVER = UnavailableReason.SERVER
_BROKEN = frozenset(
    {
        _SERVER,
        UnavailableReason.MEMORY,
        UnavailableReason.MISSING,
        UnavailableReason.NO_MODEL,
    }
)


def _require_that_it_worked(verdict: Verdict, engine: LocalEngine) -> None:
    """A server or an engine that fails is no failure of the model's: the exam does not count."""
    if not isinstance(verdict, Unavailable):
        return
    broken, hint, rule = verdict.reason in _BROKEN, "ollama ps", verdict.evidence.rule
    if engine.name != "aider":
        # Behind the relay a failing server is seen as one: what else the engine says is the
        # model's doing, an answer that it could not read.
        broken = broken and not (rule.endswith(".error") and verdict.reason is _SERVER)
        if rule.endswith((".crash", ".start", ".unfenced")):
            broken, hint = True, f"ai-code engines test {engine.name}"
    if broken:
        what = "the exam could not be taken"
        raise AiCodeError(what, why=verdict.message, hint=verdict.hint or hint)


def _others(edited: Sequence[str], task: ExamTask, workdir: Path) -> list[str]:
    """Which of these files are not of the task, as they stand in its folder."""
    paths = [Path(workdir, each) for each in edited]
    names = [str(p.relative_to(workdir) if p.is_relative_to(workdir) else p) for p in paths]
    return [name for name in dict.fromkeys(names) if name not in task.files]


def _why(verdict: Verdict, changed: bool, others: Sequence[str]) -> str:
    if not isinstance(verdict, Done):
        return getattr(verdict, "message", "") or "it failed"
    if changed:
        return "the edit is not right"
    if others:
        return f"it wrote {', '.join(others)}, and none of the task's files"
    return "it changed nothing"


def _lines(task: str, text: str) -> list[str]:
    """For a screen of 80 columns: what follows the task's name stays beside it."""
    first, *more = wrapped(one_line(text, _MOST_WHY), WIDTH, " " * _BESIDE)
    return [f"  {task:<{_BESIDE - 2}}{first.lstrip()}", *more]


def _in_words(answer: Answer) -> str:
    if answer.passed:
        return f"passed, {answer.seconds:.0f} s"
    return f"FAILED, {answer.seconds:.0f} s: {answer.why}"
