"""A local engine at work in its worktree: one message, or one for each open step."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit

from ai_code.core.command import Fence
from ai_code.core.patience import Patience
from ai_code.core.task import FENCE_LOG, Task
from ai_code.core.text import one_line
from ai_code.core.verdict import Done, Verdict
from ai_code.flows.attempt import Attempt, Watch

if TYPE_CHECKING:
    from ai_code.core.brief import Brief
    from ai_code.core.changes import Changes
    from ai_code.core.check import CheckFailure
    from ai_code.core.command import Command
    from ai_code.core.exits import Exit
    from ai_code.core.ports import Relay
    from ai_code.core.ports_tree import Workspace
    from ai_code.engines.registry import LocalEngine
    from ai_code.flows.output import Output
    from ai_code.flows.readiness import Ready
    from ai_code.flows.warm_up import WarmUp
    from ai_code.flows.world import World
    from ai_code.settings import Settings

_FENCE_LOG_BYTES = 65536
_SMALL = 10_000_000_000
"""Parameters below which a model gets its steps one by one."""
_SIZE = re.compile(r"(?<![\d.])(\d+(?:\.\d+)?)b(?![a-z0-9])", re.IGNORECASE)


class Worked(NamedTuple):
    """What all messages together came to. ``answer`` is the last reply (of several steps all of
    them); ``longest_prompt`` in tokens, as the engine estimates it."""

    exit: Exit
    verdict: Verdict
    changes: Changes
    answer: str
    tokens: tuple[int, int]
    replying_s: float
    longest_prompt: int
    checked: str = ""
    """The command that found it good."""
    failed: CheckFailure | None = None


class LocalWork:
    """One engine's work on one task, before anything lands. ``on_waiting`` is told once the engine
    waits for its model, ``on_made`` what it has made by then (None: it begins to work)."""

    def __init__(
        self,
        world: World,
        settings: Settings,
        output: Output,
        engine: LocalEngine,
        warm: WarmUp,
        workspace: Workspace,
        on_waiting: Callable[[], None] = lambda: None,
        on_made: Callable[[Changes | None], None] = lambda _: None,
    ) -> None:
        self.workspace = workspace
        self._on_waiting = on_waiting
        self._on_made = on_made
        self._world = world
        self._settings = settings
        self._output = output
        self._engine = engine
        self._warm = warm
        self._first = True

    def go(self, task: Task, ready: Ready) -> Worked:
        """Stops at the first message that does not end well."""
        console = self._world.console
        briefs = messages(self._world, self._settings, task.brief, ready.local.name)
        worked: Worked | None = None
        for number, brief in enumerate(briefs, 1):
            if brief is not None and brief.step is not None:
                step = one_line(brief.step.text, 60)
                console.note(f"step {number} of {len(briefs)}: {step}")
            each = self._message(task._replace(brief=brief), ready, worked)
            worked = _together(worked, each)
            if not isinstance(each.verdict, Done):
                break
        assert worked is not None
        return worked

    def again(self, task: Task, ready: Ready, before: Worked) -> Worked:
        """One message more in the same worktree."""
        return _together(before, self._message(task, ready, before))

    def _message(self, task: Task, ready: Ready, before: Worked | None) -> Worked:
        relay = relay_for(self._world, self._engine, task)
        try:
            return self._attempt(through(task, relay), ready, before, relay)
        finally:
            if relay is not None:
                relay.close()

    def _attempt(
        self, task: Task, ready: Ready, before: Worked | None, relay: Relay | None
    ) -> Worked:
        folder = task.run_dir / self._engine.name
        lay_out(self._world, self._engine, task, self._engine.files(task))
        run = self._engine.open(task)
        model = ready.local.shown
        thinking = ready.loaded or before is not None
        log = fence_log(self._engine, folder)
        watch = Watch(
            Patience(0.0),
            frozenset(),
            waiting_for=f"{model} is thinking" if thinking else f"loading {model}",
            # It makes its log when it is raised. A Python that ignores PYTHONPATH never does.
            is_fenced=lambda: not task.fenced or self._world.files.size(log) is not None,
            received=lambda: run.tokens[1],
            on_started=relay.start if relay else lambda: None,
            on_waiting=self._on_waiting,
            trouble=lambda: relay.trouble if relay else "",
        )
        attempt = Attempt(run, self._output, self._world.console, self._world.clock, watch)
        self._on_made(None)
        exit_ = self._start(fenced(self._engine.command(task), self._engine, task), attempt)
        attempt.finish()
        if relay and (failure := relay.last_failure):
            run.server_failed(failure)
        tell_refused(self._world, self._engine, folder, task.workdir, run.refused)
        changes = self.workspace.changes()
        self._on_made(changes)
        clock = self._world.clock
        changed = changes != before.changes if before else bool(changes)
        verdict = run.judge(exit_, now=int(clock.now()), tz=clock.local_tz(), changed=changed)
        if isinstance(verdict, Done) and verdict.evidence.channel == "stderr":
            # It did well and changed nothing: why, it may have said beside its answer.
            said = one_line(verdict.evidence.excerpt)
            self._world.console.important(f"{self._engine.name} said: {said}")
        return Worked(
            exit_, verdict, changes, run.answer, run.tokens, attempt.replying_s, run.longest_prompt
        )

    def _start(self, command: Command, attempt: Attempt) -> Exit:
        """Runs the engine: the one that waits where it will do, else from the beginning."""
        standby = self._warm.standby if self._first else None
        exit_ = self._world.processes.run(command, attempt, standby)
        why = standby.failed if standby else self._warm.why_cold
        if why and self._first:
            self._world.console.detail(f"{self._engine.name} was started anew: {why}")
        self._first = False
        return exit_


def lay_out(world: World, engine: LocalEngine, task: Task, files: Mapping[str, str]) -> None:
    """What the engine wants on disk before it starts, in its folder of the run's folder."""
    folder = task.run_dir / engine.name
    for name, text in files.items():
        world.files.write(folder / name, text)
    for name, target in engine.links(task).items():
        world.files.link(folder / name, target)
    world.files.folder(folder / "tmp")


def relay_for(world: World, engine: LocalEngine, task: Task) -> Relay | None:
    """For an engine that is not ours to fence from inside. aider tells of every failure at once,
    and its own fence lets it reach the server alone."""
    if engine.fence == "python" or task.local is None:
        return None
    return world.relay(task.local, task.temperature)


def through(task: Task, relay: Relay | None) -> Task:
    """The task as an engine behind the relay gets it: a plain address, and no key."""
    if relay is None or task.local is None:
        return task
    return task._replace(local=task.local._replace(base_url=relay.url, headers={}, ca_file=""))


def fenced(command: Command, engine: LocalEngine, task: Task) -> Command:
    """The command behind the kernel's fence, where that is its kind or stands in: it writes in
    its worktree and its folder of the run's folder, and reaches the model's server."""
    kernels = task.fenced if engine.fence == "kernel" else task.stands_in
    if not kernels or task.local is None:
        return command
    folder = task.run_dir / engine.name
    writable = (task.workdir, folder, *engine.writes(task))
    told = folder.with_name(f"{engine.name}.{FENCE_LOG}")
    fence = Fence(writable, (port_of(task.local.base_url),), told)
    return command._replace(fence=fence, fresh=(*command.fresh, told))


def fence_log(engine: LocalEngine, folder: Path) -> Path:
    """The file that is there once the fence stands. The kernel's lies where the engine cannot
    write: nobody else can have made it."""
    if engine.fence != "python":
        return folder.with_name(f"{engine.name}.{FENCE_LOG}")
    return folder / FENCE_LOG


def port_of(url: str) -> int:
    """The TCP port of an http address."""
    parts = urlsplit(url)
    return parts.port or (443 if parts.scheme == "https" else 80)


def messages(
    world: World, settings: Settings, brief: Brief | None, model: str
) -> Sequence[Brief | None]:
    """The brief itself, or one for each of its open steps."""
    how = settings.brief_steps
    if brief is None or not brief.done or len(brief.open) < 2:
        return (brief,)
    if how == "all" or (how == "auto" and not _is_small(world, model)):
        return (brief,)
    return [replace(brief, step=step) for step in brief.open]


def _is_small(world: World, model: str) -> bool:
    entry = world.catalogue.entry(model)
    if entry is not None:
        return entry.parameters < _SMALL
    found = _SIZE.search(model)
    return found is not None and float(found[1]) * 1e9 < _SMALL


def tell_refused(
    world: World, engine: LocalEngine, folder: Path, workdir: Path, names: Sequence[str]
) -> None:
    """Edits that the engine itself refused (``names``), and what the fence kept it from doing,
    each thing once. ``folder`` is the engine's."""
    log = world.files.read(folder / FENCE_LOG, folder, _FENCE_LOG_BYTES) or ""
    for name in names:
        world.console.important(f"refused: the model's edit of {one_line(name)}")
    told = [posixpath.normpath(workdir / name) for name in names]
    for refused in dict.fromkeys(engine.refusals(log)):
        if not any(path in refused for path in told):
            world.console.important(f"refused: {one_line(refused)}")


def _together(before: Worked | None, now: Worked) -> Worked:
    if before is None:
        return now
    return now._replace(
        answer="\n\n".join(filter(None, (before.answer, now.answer))),
        tokens=(before.tokens[0] + now.tokens[0], before.tokens[1] + now.tokens[1]),
        replying_s=before.replying_s + now.replying_s,
        longest_prompt=max(before.longest_prompt, now.longest_prompt),
    )
