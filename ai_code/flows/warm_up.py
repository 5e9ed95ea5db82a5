"""What is made ready for a local engine beside Claude: server, model, worktree, its own start."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, assert_never

from ai_code.core.command import Request
from ai_code.core.errors import AiCodeError, CannotStartError
from ai_code.core.ports import NoStandbyError
from ai_code.core.task import Program, Task
from ai_code.core.text import one_line
from ai_code.core.verdict import Unavailable, UnavailableReason
from ai_code.flows.briefing import Briefing
from ai_code.flows.engine_program import find_program
from ai_code.flows.model_seen import ca_of
from ai_code.flows.model_settings import settings_for
from ai_code.flows.readiness import Ready, ask_local

if TYPE_CHECKING:
    from pathlib import Path

    from ai_code.core.catalogue import Role
    from ai_code.core.ports import Standby
    from ai_code.core.ports_tree import TreeFacts, Workspace
    from ai_code.engines.registry import LocalEngine
    from ai_code.flows.attempt import Sign
    from ai_code.flows.recorder import Recorder
    from ai_code.flows.turns import RunOptions
    from ai_code.flows.wanted import Tried
    from ai_code.flows.world import World
    from ai_code.settings import Settings

_LASTING_S = 5.0
"""Trouble that has lasted so long may well stay: most 429 pass sooner, and a model takes up the
memory that somebody else may need."""


FRESH_S = 1.0
"""What was seen of server and tree before that is asked for again: it takes milliseconds."""

_NEVER = float("-inf")

_STANDBY_BYTES = 250 << 20
"""Memory that must be free for an engine on standby. aider 0.86.2 that has imported all it needs
holds 245 MiB (VmRSS)."""


def ask_for(
    world: World,
    settings: Settings,
    options: RunOptions,
    engine: str,
    failed: tuple[Tried, ...] = (),
) -> Ready | Unavailable:
    """The model of a run with this engine; ``failed`` are those that did not fit after all."""
    role: Role = "edit" if options.mode == "edit" else "ask"
    return ask_local(world, settings, role=role, failed=failed, engine=engine)


class WarmUp:
    """``sign`` may be called any number of times; all else also without it."""

    def __init__(
        self,
        world: World,
        settings: Settings,
        options: RunOptions,
        recorder: Recorder,
        engine: LocalEngine,
    ) -> None:
        self._world = world
        self._settings = settings
        self._options = options
        self._recorder = recorder
        self._engine = engine
        self._since: float | None = None
        self._near = ""
        """What is known of a limit that may come at any moment, in words."""
        self._wanted = ""
        """For what all was made ready last; empty where Claude has gone on by itself since."""
        self._early: Callable[[], Ready | Unavailable] | None = None
        self._asked_at = _NEVER
        self._checked: Ready | Unavailable | None = None
        self._preparing: Callable[[], Workspace | None] | None = None
        self._folder: Path | None = None
        """The engine's own in the run's folder, where it was made early."""
        self._standby: Standby | None = None
        self._loading = ""
        self.why_cold = ""
        """Why the engine is not on standby, in words; empty where nobody wanted that."""

    def sign(self, sign: Sign) -> None:
        """At the first trouble the model's server is asked, so that the answer is there; once
        the trouble lasts, or a limit is near or known, all is made ready."""
        match sign:
            case "trouble":
                self._trouble()
            case "limit-near" | "limit-known":
                if not self._near:
                    what = "is near" if sign == "limit-near" else "may still hold"
                    self._near = f"Claude's limit {what}"
                    self.ask()
                    self._make_ready(self._near)
            case "recovered":
                self._recovered()
            case _:
                assert_never(sign)

    def _trouble(self) -> None:
        now = self._world.clock.monotonic()
        if self._since is None:
            self._since = now
            self.ask()
        lasts = now - self._since >= _LASTING_S
        if lasts or self._settings.preload == "always":
            self._make_ready("Claude's trouble lasts")

    def _recovered(self) -> None:
        """Unless its limit is near, the engine does not wait any longer. The worktree stays to
        the end of the run: it takes no memory."""
        self._since = None
        self._wanted = self._near
        if not self._wanted:
            self._end_standby()

    def ask(self) -> None:
        """Begins to ask the model's server, where nobody has yet."""
        if self._early is None:
            self._asked_at = self._world.clock.monotonic()
            self._early = self._world.background(self._check)

    def check(self) -> Ready | Unavailable:
        """Server, model, memory; under a second."""
        if self._checked is None:
            early = self._early() if self._early else None
            # What was not ready a moment ago may be by now, and what was may be no more.
            if isinstance(early, Ready) and not self._is_old():
                self._checked = early
            else:
                self._checked = self._newer(early, self._check())
        return self._checked

    def load(self, ready: Ready) -> None:
        """Has the model loaded beside us, with the context that the engine will ask for. A
        failure shows where the model is needed: in the engine."""
        local = ready.local
        if ready.loaded or self._loading == local.name:
            return
        self._loading = local.name
        ca_file = ca_of(self._settings, local.ca_file)
        server = self._world.model_server(local.base_url, local.headers, ca_file)

        def carry_out() -> None:
            try:
                server.preload(local.name, local.num_ctx, local.keep_alive)
            finally:
                # Whether it is loaded is the server's to say: it may unload it again.
                self._loading, self._asked_at = "", _NEVER

        self._world.background(carry_out)

    def workspace(self, facts: TreeFacts, editable: tuple[str, ...]) -> Workspace:
        """Where the engine works: what was prepared early, if the tree is still the same and
        everything in ``editable`` is in it, else a new one."""
        early = self._prepared()
        if early is not None:
            size = self._world.files.size
            if all(size(early.path / name) is not None for name in editable) and early.current():
                return early
            self._world.trees.discard(self._recorder.run_dir)
        return self._make(facts, editable)

    @property
    def standby(self) -> Standby | None:
        """The engine as it waits, if it does."""
        return self._standby

    def dismiss(self) -> None:
        """Nobody needs it any more."""
        self._wanted = ""
        self._end_standby()
        if self._prepared() is not None:
            self._world.trees.discard(self._recorder.run_dir)
        if self._folder is not None:
            self._world.files.remove(self._folder)

    def _make_ready(self, why: str) -> None:
        """Once for each reason: what was made for an earlier one may be stale by now."""
        if self._wanted == why:
            return
        self._wanted = why
        model = "" if self._settings.preload == "never" else "the model, "
        self._world.console.detail(
            f"{why}: {model}a worktree and {self._engine.name} are made ready"
        )
        before = self._preparing
        self._preparing = self._world.background(lambda: self._prepare(before))

    def _newer(
        self, early: Ready | Unavailable | None, now: Ready | Unavailable
    ) -> Ready | Unavailable:
        """``now``, unless it only sees the memory that the model takes which we are loading."""
        if not isinstance(early, Ready) or self._loading != early.local.name:
            return now
        if isinstance(now, Ready):
            same = now.local.name == early.local.name
            return early if same and not now.loaded else now
        return early if now.reason is UnavailableReason.MEMORY else now

    def _prepared(self) -> Workspace | None:
        preparing, self._preparing = self._preparing, None
        return self._result_of(preparing)

    def _result_of(self, preparing: Callable[[], Workspace | None] | None) -> Workspace | None:
        try:
            return preparing() if preparing else None
        except AiCodeError:
            # It is tried again when it is needed, and told then.
            self._world.trees.discard(self._recorder.run_dir)
            return None

    def _is_old(self) -> bool:
        return self._world.clock.monotonic() - self._asked_at > FRESH_S

    def _check(self) -> Ready | Unavailable:
        return ask_for(self._world, self._settings, self._options, self._engine.name)

    # Beside Claude ------------------------------------------------------------------------

    def _prepare(self, before: Callable[[], Workspace | None] | None) -> Workspace | None:
        """Model, engine, worktree; ``before`` gives the worktree of an earlier time. None is made
        where a snapshot of the tree is kept for --expect-changes: a run has room for one."""
        early = self._result_of(before)
        ready = self._asked_again()
        if not isinstance(ready, Ready) or not self._has_folder():
            return early
        if self._loads_early(ready):
            self.load(ready)
        if self._settings.fallback_where != "worktree":
            return early
        self._stand_by(ready)
        if self._options.expect_changes or (early is not None and early.current()):
            return early
        if early is not None:
            self._world.trees.discard(self._recorder.run_dir)
        briefing = Briefing(self._world, self._settings, self._options, ready.local)
        facts = self._world.trees.facts(self._world.cwd)
        return self._make(facts, briefing.editable(facts).names)

    def _has_folder(self) -> bool:
        """Without a folder of the run's own no local engine can work: that is told when it is
        to, and is no matter while Claude works."""
        try:
            return bool(self._recorder.run_dir)
        except AiCodeError:
            return False

    def _asked_again(self) -> Ready | Unavailable | None:
        """The server's answer, a new one where what it said is old."""
        early = self._early() if self._early else None
        if self._is_old():
            now = self._newer(early, self._check())
            self._early, self._asked_at = (lambda: now), self._world.clock.monotonic()
            return now
        return early

    def _loads_early(self, ready: Ready) -> bool:
        how = self._settings.preload
        return how == "always" or (how == "auto" and ready.beside)

    def _stand_by(self, ready: Ready) -> None:
        """Has the engine start in the worktree that is, or will be, there."""
        if self._standby is not None:
            return
        try:
            self._standby = self._started(ready)
        except (NoStandbyError, CannotStartError, OSError) as error:
            self.why_cold = one_line(str(error))
        # Claude may have gone on in this very moment.
        if not self._wanted:
            self._end_standby()

    def _started(self, ready: Ready) -> Standby | None:
        program = find_program(self._world, self._settings, self._engine)
        if isinstance(program, Unavailable) or not self._engine.modules:
            return None
        if self._world.hardware.memory().ram_available < _STANDBY_BYTES:
            raise NoStandbyError("too little memory is free")
        self._folder = self._recorder.run_dir / self._engine.name
        self._world.files.folder(self._folder / "tmp")
        command = self._engine.command(self._early_task(program, ready))
        return self._world.processes.standby(command, self._engine.modules)

    def _early_task(self, program: Program, ready: Ready) -> Task:
        """As much of the task as the engine's environment and its fence depend on."""
        run_dir = self._recorder.run_dir
        place = self._world.trees.place(self._world.cwd, run_dir)
        how = settings_for(self._world, self._settings, ready)
        return Task(
            request=Request(prompt=self._options.prompt, cwd=place),
            program=program,
            workdir=place,
            run_dir=run_dir,
            environ=self._world.environ,
            extra_args=self._settings.args_of(self._engine.name),
            local=ready.local,
            edit_format=how.edit_format,
            temperature=how.temperature,
            fence_dir=self._world.fence_dir,
        )

    def _end_standby(self) -> None:
        standby, self._standby = self._standby, None
        if standby is not None:
            standby.end()

    def _make(self, facts: TreeFacts, editable: tuple[str, ...]) -> Workspace:
        return self._world.trees.prepare(
            self._world.cwd,
            self._recorder.run_dir,
            include=[facts.root / name for name in editable],
            where=self._settings.fallback_where,
        )
