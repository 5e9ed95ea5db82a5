"""``fallback.verify``: a command of the person's checks a local engine's work before it lands.
Its failure goes back to the engine once; then ``fallback.on-suspect`` decides."""

from __future__ import annotations

import shlex
from dataclasses import replace
from typing import TYPE_CHECKING

from ai_code.core.check import CheckFailure, as_they_are, ending, plain, without_droppings
from ai_code.core.command import Command
from ai_code.core.exits import EndedBy
from ai_code.core.secret_values import masked
from ai_code.core.text import one_line
from ai_code.core.verdict import Done, Evidence, Interrupted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ai_code.core.exits import Exit
    from ai_code.core.ports import Console, OutputChannel
    from ai_code.core.ports_tree import Workspace
    from ai_code.core.task import Task
    from ai_code.flows.local_work import LocalWork, Worked
    from ai_code.flows.readiness import Ready
    from ai_code.flows.world import World
    from ai_code.settings import Settings

_KEPT_BYTES = 64_000
_SHOWN_LINES = 12
_TOLD_CHARACTERS = 4000
_TOLD_SHARE = 0.15
"""Of the model's context: what the end of the output may take in its message."""
_LINE_EVERY_S = 60.0


class Checking:
    """Of one turn. Without ``fallback.verify`` it does nothing."""

    def __init__(self, world: World, settings: Settings, secrets: Sequence[str]) -> None:
        self._world = world
        self._argv = settings.fallback_verify or ()
        self._timeout_s = settings.fallback_verify_timeout_s
        self._secrets = secrets

    @property
    def command(self) -> str:
        """As a person types it."""
        return shlex.join(self._argv)

    def check(self, work: LocalWork, done: Worked, task: Task, ready: Ready) -> Worked:
        """Work that is finished, checked: ``checked`` by which command, or ``failed``."""
        workspace = work.workspace
        first = self.once(done, workspace)
        if first.failed is None or not first.failed.mendable:
            return first
        self._world.console.note(f"{first.failed.why}: the model is told, once")
        after = workspace.changes()
        told, files = self._told(first.failed, ready), _editable(task, done)
        brief = task.brief and replace(task.brief, step=None, failed=told, editable=files)
        second = work.again(task._replace(brief=brief), ready, done)
        if isinstance(second.verdict, Interrupted):
            return second
        if workspace.where == "worktree":
            mended = without_droppings(second.changes, done.changes, after)
            second = second._replace(changes=mended)
        if not isinstance(second.verdict, Done) or second.changes == done.changes:
            # What it did not finish is no better than what failed.
            return first._replace(tokens=second.tokens, replying_s=second.replying_s)
        return self._run(second, workspace)

    def once(self, done: Worked, workspace: Workspace) -> Worked:
        """The same where nobody is told of a failure but the person."""
        if not self._argv or not isinstance(done.verdict, Done) or not done.changes:
            return done
        where = "a private worktree" if workspace.where == "worktree" else "your tree"
        self._world.console.note(
            f"checking: {self.command} runs the new code now, in {where}, with your rights"
        )
        return self._run(done, workspace)

    def _run(self, done: Worked, workspace: Workspace) -> Worked:
        console = self._world.console
        listener = _Listener(console, self.command)
        command = Command(self._argv, workspace.path, deadline_s=self._timeout_s)
        try:
            ended = self._world.processes.run(command, listener)
        finally:
            console.status("")
        if workspace.where == "tree":
            done = done._replace(changes=as_they_are(done.changes, workspace.changes()))
        if ended.person_signal is not None:
            evidence = Evidence("check.person", "exit")
            return done._replace(verdict=Interrupted(ended.person_signal, evidence))
        if ended.code == 0 and ended.ended_by is None:
            console.note(f"the check went well: {self.command} ({ended.wall_s:.0f} s)")
            return done._replace(checked=self.command)
        output = masked(plain(listener.said), self._secrets)
        mendable = ended.start_error is None
        return done._replace(failed=CheckFailure(self.command, self._why(ended), output, mendable))

    def _why(self, ended: Exit) -> str:
        if ended.start_error is not None:
            return f"the check cannot be started: {self._argv[0]}: {ended.start_error}"
        if ended.ended_by is EndedBy.DEADLINE:
            return f"the check did not end within {self._timeout_s:.0f} s (fallback.verify-timeout)"
        if ended.signal is not None:
            return f"the check was ended by signal {ended.signal}"
        return f"the check failed with exit status {ended.code}"

    def _told(self, failed: CheckFailure, ready: Ready) -> str:
        """For the model, in its next message."""
        room = min(_TOLD_CHARACTERS, int(ready.local.num_ctx * _TOLD_SHARE) * 4)
        output = ending(failed.output, room)
        head = f"The command `{failed.command}` checked it: {failed.why}."
        return f"{head} The end of its output:\n\n{output}" if output else head


def failure_lines(failed: CheckFailure) -> list[str]:
    """For the person: what the check said last."""
    lines = [line for line in failed.output.splitlines() if line.strip()]
    return [f"  {one_line(line)}" for line in lines[-_SHOWN_LINES:]]


def _editable(task: Task, done: Worked) -> tuple[str, ...]:
    """What it was given, and what it made of that: aider begins anew with each message."""
    given = task.brief.editable if task.brief else ()
    made = [each.path for each in done.changes.items if each.kind != "D" and not each.big]
    return tuple(dict.fromkeys([*given, *made]))


class _Listener:
    """Shows that the check goes on, and its last line."""

    def __init__(self, console: Console, command: str) -> None:
        self._console = console
        self._what = f"checking: {one_line(command, 60)}"
        self._told_at = 0.0
        self.said = b""

    def started(self) -> None:
        """See ``core.ports.Listener``."""

    def output(self, _channel: OutputChannel, data: bytes) -> None:
        self.said = (self.said + data)[-_KEPT_BYTES:]

    def tick(self, elapsed_s: float, silence_s: float) -> EndedBy | None:
        text = f"{self._what}… {elapsed_s:.0f} s"
        if lines := [line for line in plain(self.said[-400:]).splitlines() if line.strip()]:
            text += f", {one_line(lines[-1], 60)}"
        self._console.status(text)
        if not self._console.stderr_is_tty and elapsed_s - self._told_at >= _LINE_EVERY_S:
            self._told_at = elapsed_s
            self._console.note(text)
        return None
