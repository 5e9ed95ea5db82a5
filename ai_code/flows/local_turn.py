"""A local engine's turn: checked first, worked in a private worktree, looked at, landed."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from ai_code.core.command import Request
from ai_code.core.errors import AiCodeError, Stopped
from ai_code.core.naming import candidate_words
from ai_code.core.task import Task
from ai_code.core.text import shown_path
from ai_code.core.verdict import (
    Evidence,
    Interrupted,
    Unavailable,
    UnavailableReason,
    Verdict,
)
from ai_code.flows.attempt import Sign
from ai_code.flows.briefing import Briefing
from ai_code.flows.checking import Checking
from ai_code.flows.engine_fit import fit_for
from ai_code.flows.engine_modes import can_only, with_aider
from ai_code.flows.engine_program import find_by_path, find_program, is_fenced, stands_in
from ai_code.flows.local_landing import LandingError, LocalLanding, tell_kept
from ai_code.flows.local_work import LocalWork
from ai_code.flows.model_seen import prove
from ai_code.flows.model_settings import settings_for
from ai_code.flows.readiness import Ready
from ai_code.flows.resuming import as_claudes_kind
from ai_code.flows.turns import RunOptions, Turn
from ai_code.flows.warm_up import FRESH_S, WarmUp, ask_for

if TYPE_CHECKING:
    from collections.abc import Callable

    from ai_code.core.changes import Landed
    from ai_code.core.context_parts import Budgeted
    from ai_code.core.exits import Exit
    from ai_code.core.ports_tree import TreeFacts, Workspace
    from ai_code.core.task import Program
    from ai_code.engines.registry import LocalEngine
    from ai_code.flows.output import Output
    from ai_code.flows.recorder import Recorder
    from ai_code.flows.wanted import Tried
    from ai_code.flows.world import World
    from ai_code.settings import Settings


def _unfit(name: str, why: str, hint: str = "") -> Unavailable:
    return Unavailable(UnavailableReason.NO_CHANGE, why, Evidence(f"{name}.unfit", "none"), hint)


class LocalTurn:
    """A local engine on Ollama for one run. ``check`` may be called early, while Claude still
    tries."""

    def __init__(
        self,
        world: World,
        settings: Settings,
        options: RunOptions,
        output: Output,
        recorder: Recorder,
        engine: LocalEngine,
    ) -> None:
        self._world = world
        self._settings = settings
        self._options = options
        self._output = output
        self._recorder = recorder
        self._engine = engine
        self.dirty: frozenset[str] = frozenset()
        """Files that differed from the last commit before the model worked."""
        self._landing = self._new_landing()
        self._found: Program | Unavailable | None = None
        self._ready: Ready | None = None
        self._version: Callable[[], Program] | None = None
        self._warm = WarmUp(world, settings, options, recorder, engine)
        self._looked: tuple[float, TreeFacts] | None = None
        """The tree, and when it was so."""

    @property
    def name(self) -> str:
        return self._engine.name

    @property
    def title(self) -> str:
        return self._engine.title

    def sign(self, sign: Sign) -> None:
        """Of Claude, beside which all can be made ready; may be given any number of times."""
        self._warm.sign(sign)

    def dismiss(self) -> None:
        """The end of the run: what was made ready and nobody needed goes away."""
        self._warm.dismiss()

    def check(self) -> Ready | Unavailable:
        """Server, model, memory, and whether the engine can work on it; about a second."""
        if self._ready is None:
            found = self._warm.check()
            fit = found if isinstance(found, Unavailable) else self.fit(found)
            if isinstance(fit, Unavailable):
                return fit
            self._ready = fit
        return self._ready

    def fit(self, ready: Ready) -> Ready | Unavailable:
        """A model that is ready, as this engine gets it."""
        make = not self._options.dry_run
        return fit_for(self._world, self._settings, self._engine, ready, make=make)

    def after(self, failed: tuple[Tried, ...]) -> Ready | Unavailable:
        """What is tried where these did not fit into memory."""
        return ask_for(self._world, self._settings, self._options, self.name, failed)

    def memory(self, ready: Ready) -> Budgeted:
        """What this model would be given of the project's memory now. Nothing is written."""
        briefing = self._brief(ready)
        editable = briefing.editable(self._world.trees.facts(self._world.cwd))
        return briefing.memory(editable.names)

    def _brief(self, ready: Ready, claude: Turn | None = None) -> Briefing:
        secrets, own = self._recorder.secrets, self._engine.about.memory_files
        local = ready.local
        return Briefing(self._world, self._settings, self._options, local, claude, secrets, own)

    @property
    def left_out(self) -> str:
        """Why it is none for a task of this kind, in words; empty where it is one."""
        if self._options.mode in self._engine.about.modes:
            return ""
        return can_only(self.name, self._engine.about)

    @property
    def is_there(self) -> bool:
        """Whether its program is, as far as files tell it: nothing is started."""
        if self.left_out:
            return False
        found = find_by_path(self._world, self._settings, self._engine)
        return not isinstance(found, Unavailable)

    def find(self) -> Program | Unavailable:
        """The engine's program. One that is there and cannot be run is as good as none, and so is
        one that is none for this task."""
        if why := self.left_out:
            return _unfit(self.name, why, with_aider(self._options.mode))
        if self._found is None:
            self._found = find_program(self._world, self._settings, self._engine)
        return self._found

    def look(self) -> None:
        """Reads the tree while the model's server is asked. What fails is told when it is
        needed."""
        self._warm.ask()
        with suppress(AiCodeError, OSError):
            facts = self._world.trees.facts(self._world.cwd)
            self._looked = (self._world.clock.monotonic(), facts)

    def _facts(self) -> TreeFacts:
        """Of the tree as it is now: the person may edit on while a model is loaded."""
        looked, self._looked = self._looked, None
        if looked is not None and self._world.clock.monotonic() - looked[0] < FRESH_S:
            return looked[1]
        return self._world.trees.facts(self._world.cwd)

    def run(self, program: Program, ready: Ready, claude: Turn | None) -> Turn:
        """The whole turn, landing included. The private worktree is gone afterwards."""
        self._landing = self._new_landing()
        facts = self._facts()
        run_dir = self._recorder.run_dir
        self._briefing = self._brief(ready, claude)
        if too_long := self._briefing.too_long():
            return self._turn(too_long, ready)
        self.dirty = frozenset(facts.changed)
        editable, left_away = self._briefing.editable(facts)
        for note in (*left_away, *ready.notes):
            self._world.console.note(note)
        for detail in ready.details:
            self._world.console.detail(detail)
        # The model loads while the worktree is made and the engine starts.
        self._warm.load(ready)
        self._world.console.status("preparing a private worktree…")
        # A snapshot of a tree that is worked in itself is the only copy until all is done.
        keep = self._settings.fallback_where == "tree"
        try:
            workspace = self._warm.workspace(facts, editable)
            self._tell_left_out(workspace)
            task = self._task(program, ready, facts, workspace, run_dir, editable)
            task = as_claudes_kind(
                self._world, self._settings, self._engine, claude, task, ready, workspace
            )
            if why := self._engine.prepare(task):
                return self._turn(_unfit(self.name, why), ready)
            turn = self._worked(task, ready, workspace, run_dir)
            keep = False
            return turn
        except LandingError as error:
            raise AiCodeError(error.what, why=error.why, hint=error.hint) from error
        except Stopped:
            if self._landing.failed:
                tell_kept(self._world.console, self._landing.failed)
            raise
        finally:
            # Undisturbed: nobody else would take away a copy of the project.
            with self._world.undisturbed():
                if not keep and self._landing.failed is None:
                    self._world.trees.discard(run_dir)
                self._world.files.remove(run_dir / self._engine.name)

    def _worked(self, task: Task, ready: Ready, workspace: Workspace, run_dir: Path) -> Turn:
        """The work, and its landing. Whatever ends it early, what the model made is not lost."""
        try:
            return self._work(task, ready, workspace, run_dir)
        except LandingError:
            raise
        except BaseException as error:
            signum = error.signum if isinstance(error, Stopped) else 0
            stopped = Interrupted(signum, Evidence(f"{self.name}.person", "exit"))
            landed = None
            with self._world.undisturbed():
                try:
                    landed = self._landing.cut_short(stopped, workspace, run_dir)
                except (AiCodeError, LandingError) as failed:
                    if not signum:
                        raise
                    tell_kept(self._world.console, failed)
            if not signum:
                raise
            return self._turn(stopped, ready, landed=landed)

    def _new_landing(self) -> LocalLanding:
        world, settings, options = self._world, self._settings, self._options
        return LocalLanding(world, settings, options, self._recorder, self._engine.name)

    def _work(self, task: Task, ready: Ready, workspace: Workspace, run_dir: Path) -> Turn:
        work = LocalWork(
            self._world,
            self._settings,
            self._output,
            self._engine,
            self._warm,
            workspace,
            on_waiting=lambda: self._ask_version(task.program),
            on_made=self._landing.now_made,
        )
        checking = Checking(self._world, self._settings, self._recorder.secrets)
        done = work.go(task, ready)
        if not isinstance(done.verdict, Interrupted) and done.exit.start_error is None:
            # A model that answers at once left no time for it.
            self._ask_version(task.program)
        if self._options.mode == "edit":
            done = checking.check(work, done, task, ready)
            self._landing.now_made(done.changes)
        folder = run_dir / self._engine.name
        mode = self._options.mode
        proof = prove(self._world, self._settings, ready, done.longest_prompt, folder, mode)
        landed = self._landing.land(done, workspace, run_dir)
        if done.checked and landed and not (landed.left_out or landed.conflicts):
            self._recorder.checked = done.checked
        turn = self._turn(done.verdict, ready, done.exit, done.answer, landed)
        return turn._replace(
            context=proof.context,
            prompt_tokens=proof.taken,
            tokens=done.tokens,
            replying_s=done.replying_s,
            unchecked=done.failed.why if done.failed else "",
        )

    def not_loaded(self, why: Unavailable, ready: Ready) -> Turn:
        """The turn of a model that was not even begun with."""
        return self._turn(why, ready)

    def _turn(
        self,
        verdict: Verdict,
        ready: Ready,
        exit_: Exit | None = None,
        answer: str = "",
        landed: Landed | None = None,
    ) -> Turn:
        name, model = self._engine.name, ready.local.shown
        # Who pressed Ctrl-C waits for nothing.
        asked = None if isinstance(verdict, Interrupted) else self._version
        version = asked().version_text if asked else ""
        most = ready.local.most_ctx
        return Turn(
            name, verdict, exit_, version, model, answer=answer, landed=landed, most_context=most
        )

    def _ask_version(self, program: Program) -> None:
        """For the record: the first time it takes a start of the program, so the engine's own has
        to be over. What a command of the person's would make of ``--version`` nobody knows."""
        if self._version is None and self._engine.about.version:
            processes = self._world.processes
            self._version = self._world.background(
                lambda: processes.version(program, away=True, brief=True)
            )

    def _task(
        self,
        program: Program,
        ready: Ready,
        facts: TreeFacts,
        workspace: Workspace,
        run_dir: Path,
        editable: tuple[str, ...],
    ) -> Task:
        brief = self._landing.brief = self._briefing.write(
            facts, editable, workspace.path, run_dir / self._engine.name / "context"
        )
        how = settings_for(self._world, self._settings, ready)
        self._landing.whole_files = self._engine.name == "aider" and how.edit_format == "whole"
        return Task(
            request=Request(prompt=self._options.prompt, cwd=workspace.cwd),
            program=program,
            workdir=workspace.path,
            run_dir=run_dir,
            environ=self._world.environ,
            extra_args=self._settings.args_of(self._engine.name),
            stall_timeout_s=self._settings.stall_timeout_s,
            deadline_s=self._settings.timeout_s,
            brief=brief,
            local=ready.local,
            edit_format=how.edit_format,
            temperature=how.temperature,
            lean=how.lean,
            in_git=workspace.in_git or workspace.where == "worktree",
            fence_dir=self._world.fence_dir,
            mode=self._options.mode,
            commands=self._settings.fallback_commands == "allow",
            fenced=is_fenced(self._world, self._settings, self._engine),
            stands_in=stands_in(self._world, self._settings, self._engine),
        )

    def _tell_left_out(self, workspace: Workspace) -> None:
        named = {*self._options.files, *self._options.reads}
        named |= set(candidate_words(self._options.prompt))
        for left in workspace.left_out:
            if left.path in named:
                line = f"the model does not get {shown_path(left.path)}: {left.reason}"
                self._world.console.important(line)
        for left in workspace.left_out[:5]:
            self._world.console.detail(f"not in the worktree: {left.path}: {left.reason}")
