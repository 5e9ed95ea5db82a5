"""A local engine's turn: checked first, worked in a private worktree, looked at, landed."""

from __future__ import annotations

import posixpath
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ai_code.core.command import Request
from ai_code.core.errors import AiCodeError, CannotStartError, TryLaterError
from ai_code.core.naming import candidate_words
from ai_code.core.patches import patch
from ai_code.core.patience import Patience
from ai_code.core.task import FENCE_LOG, Program, Task
from ai_code.core.text import one_line, shown_path
from ai_code.core.verdict import (
    Done,
    Evidence,
    Failed,
    FailReason,
    Unavailable,
    UnavailableReason,
    Verdict,
)
from ai_code.flows.attempt import Attempt, Sign, Watch
from ai_code.flows.briefing import Briefing
from ai_code.flows.endings import INSTALL_AIDER
from ai_code.flows.landing import OnSuspect, decide, in_words, land
from ai_code.flows.model_seen import prove
from ai_code.flows.readiness import Ready
from ai_code.flows.turns import RunOptions, Turn
from ai_code.flows.warm_up import WarmUp

if TYPE_CHECKING:
    from ai_code.core.brief import Brief
    from ai_code.core.changes import Change, Changes, Landed, LandingPlan
    from ai_code.core.command import Command
    from ai_code.core.exits import Exit
    from ai_code.core.ports_tree import TreeFacts, Workspace
    from ai_code.core.suspicions import Suspicion
    from ai_code.engines.registry import LocalEngine
    from ai_code.flows.output import Output
    from ai_code.flows.recorder import Recorder
    from ai_code.flows.world import World
    from ai_code.settings import Settings

_LOCK_WAIT_S = 30.0
_FENCE_LOG_BYTES = 65536


class LandingError(Exception):
    """A landing that could not be carried out (a full disk). ``kept`` is the worktree, which
    stays: it holds the model's work."""

    def __init__(self, error: AiCodeError, kept: Path) -> None:
        super().__init__(error.what)
        self.what = error.what
        self.why = error.why
        self.kept = kept


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
        self._brief: Brief | None = None
        self._warm = WarmUp(world, settings, options, recorder, engine)

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
        """Server, model, memory; under a second."""
        return self._warm.check()

    def find(self) -> Program | Unavailable:
        """The engine's program. One that is there and cannot be run is as good as none."""
        try:
            program = self._world.processes.find(self._settings.aider_command)
        except CannotStartError as error:
            evidence = Evidence("aider.not-executable", "none", error.what)
            return Unavailable(UnavailableReason.MISSING, error.what, evidence, error.hint)
        if program is not None:
            return program
        name = self._settings.aider_command[0]
        return Unavailable(
            UnavailableReason.MISSING,
            f"aider is not installed: there is no program {name}",
            Evidence("aider.missing", "none", name),
            INSTALL_AIDER,
        )

    def run(self, program: Program, ready: Ready, claude: Turn | None) -> Turn:
        """The whole turn, landing included. The private worktree is gone afterwards."""
        facts = self._world.trees.facts(self._world.cwd)
        run_dir = self._recorder.run_dir
        self._briefing = Briefing(self._world, self._settings, self._options, ready.local)
        if too_long := self._briefing.too_long():
            return self._turn(too_long, ready)
        self.dirty = frozenset(facts.changed)
        editable, left_away = self._briefing.editable(facts, claude)
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
            task = self._task(program, ready, facts, workspace, run_dir, editable, claude)
            turn = self._work(task, ready, workspace, run_dir)
            keep = False
            return turn
        except LandingError as error:
            keep = True
            raise AiCodeError(
                error.what, why=error.why, hint=f"what the model made is in {error.kept}"
            ) from error
        finally:
            if not keep:
                self._world.trees.discard(run_dir)
            self._world.files.remove(run_dir / self._engine.name)

    def _work(self, task: Task, ready: Ready, workspace: Workspace, run_dir: Path) -> Turn:
        for name, text in self._engine.files(task).items():
            self._world.files.write(run_dir / self._engine.name / name, text)
        self._world.files.folder(run_dir / self._engine.name / "tmp")
        run = self._engine.open(task)
        model = ready.local.name
        waiting = f"{model} is thinking" if ready.loaded else f"loading {model}"
        log = run_dir / self._engine.name / FENCE_LOG
        watch = Watch(
            Patience(0.0),
            frozenset(),
            waiting_for=waiting,
            # It makes its log when it is raised. A Python that ignores PYTHONPATH never does.
            is_fenced=lambda: self._world.files.size(log) is not None,
            received=lambda: run.tokens[1],
        )
        attempt = Attempt(run, self._output, self._world.console, self._world.clock, watch)
        exit_ = self._start(self._engine.command(task), attempt)
        attempt.finish()
        self._tell_refused(run_dir, task.workdir, run.refused)
        folder = run_dir / self._engine.name
        proof = prove(self._world, self._settings, ready, run.longest_prompt, folder)
        changes = workspace.changes()
        clock = self._world.clock
        verdict = run.judge(exit_, now=int(clock.now()), tz=clock.local_tz(), changed=bool(changes))
        landed = self._land(changes, verdict, workspace, run_dir)
        turn = self._turn(verdict, ready, exit_, run.answer, landed)
        return turn._replace(
            context=proof.context,
            prompt_tokens=proof.taken,
            tokens=run.tokens,
            replying_s=attempt.replying_s,
        )

    def not_loaded(self, why: Unavailable, ready: Ready) -> Turn:
        """The turn of a model that was not even begun with."""
        return self._turn(why, ready)

    def _start(self, command: Command, attempt: Attempt) -> Exit:
        """Runs the engine: the one that waits where it will do, else from the beginning."""
        standby = self._warm.standby
        exit_ = self._world.processes.run(command, attempt, standby)
        if why := standby.failed if standby else self._warm.why_cold:
            self._world.console.detail(f"{self._engine.name} was started anew: {why}")
        return exit_

    def _turn(
        self,
        verdict: Verdict,
        ready: Ready,
        exit_: Exit | None = None,
        answer: str = "",
        landed: Landed | None = None,
    ) -> Turn:
        name, model = self._engine.name, ready.local.name
        return Turn(name, verdict, exit_, model=model, answer=answer, landed=landed)

    def _land(
        self, changes: Changes, verdict: Verdict, workspace: Workspace, run_dir: Path
    ) -> Landed | None:
        if not (changes or changes.escaped or changes.ignored):
            return None
        finished = isinstance(verdict, Done)
        cut = isinstance(verdict, Failed) and verdict.reason is FailReason.CUT
        on_suspect = self._settings.fallback_on_suspect
        # In the tree itself the person may have edited meanwhile: nothing is taken back unasked.
        unfinished: OnSuspect = "keep" if workspace.where == "tree" else "drop"
        plan = decide(
            changes,
            allow_protected=self._options.allow_protected,
            # What was interrupted, stalled or crashed is kept as a patch, never landed.
            on_suspect=on_suspect if finished or cut else unfinished,
            ask=self._ask if self._world.console.stdin_is_tty else None,
            answer_was_cut=not finished,
            whole_files=self._settings.aider_edit_format == "whole",
            to_read=self._to_read(),
        )
        return self._locked_landing(plan, changes, workspace, run_dir)

    def _to_read(self) -> frozenset[str]:
        """The project's memory, as far as nobody named it: what Claude will obey in every later
        run is not a weak model's to rewrite unasked."""
        if self._brief is None:
            return frozenset()
        prompt = self._options.prompt.lower()
        memory = {each.shown for each in self._brief.context} - set(self._brief.editable)
        return frozenset(
            path
            for path in memory
            if posixpath.splitext(posixpath.basename(path))[0].lower() not in prompt
        )

    def _locked_landing(
        self, plan: LandingPlan, changes: Changes, workspace: Workspace, run_dir: Path
    ) -> Landed:
        """The landing, which no signal interrupts. Where another run keeps the tree for too
        long, the model's work is kept as a patch."""
        trees = self._world.trees
        try:
            lock = trees.lock(workspace.root, run_id=self._recorder.run_id, wait_s=_LOCK_WAIT_S)
            with lock, self._world.undisturbed():
                in_place = workspace.where == "tree"
                landed = land(plan, trees, root=workspace.root, run_dir=run_dir, in_place=in_place)
                # Here, for a signal that came meanwhile goes on at the end of this block.
                self._recorder.landed(landed)
                return landed
        except TryLaterError as error:
            kept = trees.keep_patch(run_dir, patch(changes.items))
            why = f"{error.what} {error.why}".strip()
            raise TryLaterError(
                "what the model made could not land", why=why, hint=f"git apply {kept}"
            ) from error
        except AiCodeError as error:
            raise LandingError(error, workspace.path) from error

    def _ask(self, change: Change, found: Sequence[Suspicion]) -> bool:
        reasons = "; ".join(map(in_words, found))
        answer = self._world.console.ask(
            f"{change.path} looks wrong ({one_line(reasons)}). Land it all the same?",
            {"n": "leave out", "y": "land"},
        )
        return answer == "y"

    def _task(
        self,
        program: Program,
        ready: Ready,
        facts: TreeFacts,
        workspace: Workspace,
        run_dir: Path,
        editable: tuple[str, ...],
        claude: Turn | None,
    ) -> Task:
        self._brief = brief = self._briefing.write(
            facts, claude, editable, workspace.path, run_dir / self._engine.name / "context"
        )
        return Task(
            request=Request(prompt=self._options.prompt, cwd=workspace.cwd),
            program=program,
            workdir=workspace.path,
            run_dir=run_dir,
            environ=self._world.environ,
            extra_args=self._settings.aider_args,
            stall_timeout_s=self._settings.stall_timeout_s,
            deadline_s=self._settings.timeout_s,
            brief=brief,
            local=ready.local,
            edit_format=self._settings.aider_edit_format,
            in_git=workspace.in_git or workspace.where == "worktree",
            fence_dir=self._world.fence_dir,
        )

    def _tell_refused(self, run_dir: Path, workdir: Path, names: Sequence[str]) -> None:
        """Edits that the engine itself refused, and what the fence kept it from doing, each
        thing once."""
        folder = run_dir / self._engine.name
        log = self._world.files.read(folder / FENCE_LOG, folder, _FENCE_LOG_BYTES) or ""
        for name in names:
            self._world.console.important(f"refused: the model's edit of {one_line(name)}")
        told = [posixpath.normpath(workdir / name) for name in names]
        for refused in dict.fromkeys(self._engine.refusals(log)):
            if not any(path in refused for path in told):
                self._world.console.important(f"refused: {one_line(refused)}")

    def _tell_left_out(self, workspace: Workspace) -> None:
        named = {*self._options.files, *self._options.reads}
        named |= set(candidate_words(self._options.prompt))
        for left in workspace.left_out:
            if left.path in named:
                line = f"the model does not get {shown_path(left.path)}: {left.reason}"
                self._world.console.important(line)
        for left in workspace.left_out[:5]:
            self._world.console.detail(f"not in the worktree: {left.path}: {left.reason}")
