"""What a local engine made, into the person's tree: looked at, asked about, landed or kept."""

from __future__ import annotations

import posixpath
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ai_code.core.errors import AiCodeError, Stopped, TryLaterError
from ai_code.core.patches import patch
from ai_code.core.text import one_line
from ai_code.core.verdict import Done, Failed, FailReason, Interrupted, Verdict
from ai_code.flows.checking import failure_lines
from ai_code.flows.landing import (
    ANSWER_WAS_CUT,
    NOT_AT_ITS_END,
    STOPPED,
    OnSuspect,
    decide,
    held_back,
    in_words,
    land,
)

if TYPE_CHECKING:
    from ai_code.core.brief import Brief
    from ai_code.core.changes import Change, Changes, Landed, LandingPlan
    from ai_code.core.check import CheckFailure
    from ai_code.core.ports import Console
    from ai_code.core.ports_tree import Workspace
    from ai_code.core.suspicions import Suspicion
    from ai_code.flows.local_work import Worked
    from ai_code.flows.recorder import Recorder
    from ai_code.flows.turns import RunOptions
    from ai_code.flows.world import World
    from ai_code.settings import Settings

_LOCK_WAIT_S = 30.0
_LOOK_S = 3.0


class LandingError(Exception):
    """A landing that could not be carried out (a full disk). ``kept`` is the worktree, which
    stays: it holds the model's work."""

    def __init__(self, error: AiCodeError, kept: Path) -> None:
        super().__init__(error.what)
        self.what = error.what
        self.why = error.why
        self.hint = f"what the model made is in {kept}"


class LocalLanding:
    """Of one engine's work. ``brief`` is what it was told, as far as that is known;
    ``whole_files``: its model wrote files anew, from their first line to the last."""

    def __init__(
        self,
        world: World,
        settings: Settings,
        options: RunOptions,
        recorder: Recorder,
        name: str,
    ) -> None:
        self._world = world
        self._settings = settings
        self._options = options
        self._recorder = recorder
        self._name = name
        self.brief: Brief | None = None
        self.whole_files = False
        self.failed: LandingError | None = None
        """Why it could not be; the worktree stays."""
        self._begun = self._over = False
        self._made: Changes | None = None
        self._landed: Landed | None = None
        self._kept: Path | None = None

    def now_made(self, changes: Changes | None) -> None:
        """What the model has made, for the case that no landing comes: the check may leave files
        of its own. None while it works."""
        self._begun, self._made = True, changes

    def cut_short(self, stopped: Interrupted, workspace: Workspace, run_dir: Path) -> Landed | None:
        """After a signal, or an error, anywhere before the landing's end: what the model has made
        so far is kept as a patch; in the tree itself it stays, and can be undone. Where the
        landing is over, what came of it. Call it undisturbed: but where git hangs while it
        looks, a later signal is obeyed, and the worktree stays."""
        if self._over or not self._begun or self._options.mode != "edit":
            if self._kept:
                self._world.console.important(f"what did not land is kept: git apply {self._kept}")
            return self._landed
        self._world.console.status("keeping what the model made…")
        try:
            with self._world.undisturbed(_LOOK_S):
                known = None if workspace.where == "tree" else self._made
                changes = workspace.changes() if known is None else known
        except Stopped:
            self._failed(AiCodeError("the run was stopped twice"), workspace)
            raise
        except (AiCodeError, OSError) as error:
            raise self._failed(error, workspace) from error
        finally:
            self._world.console.status("")
        if not _anything(changes):
            return None
        plan = self._plan(changes, stopped, workspace)
        return self._locked_landing(plan, changes, workspace, run_dir, wait_s=0.0)

    def land(self, done: Worked, workspace: Workspace, run_dir: Path) -> Landed | None:
        changes, verdict = done.changes, done.verdict
        if not _anything(changes):
            return None
        if self._options.mode != "edit":
            self._world.console.important(
                f"{self._name} edited files, and only an answer was asked for: nothing lands."
            )
            return None
        if done.failed and not self._lands_all_the_same(done.failed):
            plan = held_back(changes, done.failed.why)
            return self._locked_landing(plan, changes, workspace, run_dir)
        plan = self._plan(changes, verdict, workspace)
        return self._locked_landing(plan, changes, workspace, run_dir)

    def _plan(self, changes: Changes, verdict: Verdict, workspace: Workspace) -> LandingPlan:
        finished = isinstance(verdict, Done)
        cut = isinstance(verdict, Failed) and verdict.reason is FailReason.CUT
        on_suspect = self._settings.fallback_on_suspect
        # In the tree itself the person may have edited meanwhile: nothing is taken back unasked.
        unfinished: OnSuspect = "keep" if workspace.where == "tree" else "drop"
        return decide(
            changes,
            allow_protected=self._options.allow_protected,
            # What was interrupted, stalled or crashed is kept as a patch, never landed.
            on_suspect=on_suspect if finished or cut else unfinished,
            ask=self._ask if self._world.console.stdin_is_tty else None,
            unfinished=_unfinished(verdict),
            whole_files=self.whole_files,
            to_read=self._to_read(),
        )

    def _lands_all_the_same(self, failed: CheckFailure) -> bool:
        """By ``fallback.on-suspect``, for the whole of it."""
        console, how = self._world.console, self._settings.fallback_on_suspect
        console.important(f"{failed.why} ({failed.command})")
        for line in failure_lines(failed):
            console.important(line)
        if how != "ask":
            return how == "keep"
        if not console.stdin_is_tty:
            return False
        answer = console.ask(
            "Land what the model made all the same?", {"y": "land", "n": "leave out"}
        )
        return answer == "y"

    def _to_read(self) -> frozenset[str]:
        """The project's memory, as far as nobody named it: what Claude will obey in every later
        run is not a weak model's to rewrite unasked."""
        if self.brief is None:
            return frozenset()
        prompt = self._options.prompt.lower()
        memory = {each.shown for each in self.brief.context} - set(self.brief.editable)
        return frozenset(
            path
            for path in memory
            if posixpath.splitext(posixpath.basename(path))[0].lower() not in prompt
        )

    def _locked_landing(
        self,
        plan: LandingPlan,
        changes: Changes,
        workspace: Workspace,
        run_dir: Path,
        wait_s: float = _LOCK_WAIT_S,
    ) -> Landed:
        """The landing, which no signal interrupts. Where another run keeps the tree for too
        long, the model's work is kept as a patch."""
        trees = self._world.trees
        try:
            lock = trees.lock(workspace.root, run_id=self._recorder.run_id, wait_s=wait_s)
            with lock, self._world.undisturbed():
                # Whatever comes of it, it is not done twice.
                self._over = True
                in_place = workspace.where == "tree"
                landed = land(plan, trees, root=workspace.root, run_dir=run_dir, in_place=in_place)
                self._landed = landed
                # Here, for a signal that came meanwhile goes on at the end of this block.
                self._recorder.landed(landed)
                return landed
        except TryLaterError as error:
            kept = self._keep(changes, workspace, run_dir)
            why = f"{error.what} {error.why}".strip()
            raise TryLaterError(
                "what the model made could not land", why=why, hint=f"git apply {kept}"
            ) from error
        except (AiCodeError, OSError) as error:
            raise self._failed(error, workspace) from error

    def _keep(self, changes: Changes, workspace: Workspace, run_dir: Path) -> Path:
        with self._world.undisturbed():
            try:
                self._kept = self._world.trees.keep_patch(run_dir, patch(changes.items))
            except OSError as error:
                raise self._failed(error, workspace) from error
            finally:
                self._over = True
        return self._kept

    def _failed(self, error: AiCodeError | OSError, workspace: Workspace) -> LandingError:
        told = error if isinstance(error, AiCodeError) else AiCodeError(str(error))
        self.failed = LandingError(told, workspace.path)
        return self.failed

    def _ask(self, change: Change, found: Sequence[Suspicion]) -> bool:
        reasons = "; ".join(map(in_words, found))
        answer = self._world.console.ask(
            f"{change.path} looks wrong ({one_line(reasons)}). Land it all the same?",
            {"y": "land", "n": "leave out"},
        )
        return answer == "y"


def tell_kept(console: Console, error: AiCodeError | LandingError) -> None:
    """Where what the model made is, where it is not told as an error: the person has stopped."""
    for line in (f"{error.what} {one_line(error.why)}".rstrip(), error.hint):
        console.important(line)


def _anything(changes: Changes) -> bool:
    return bool(changes or changes.escaped or changes.ignored or changes.unfit)


def _unfinished(verdict: Verdict) -> str:
    if isinstance(verdict, Done):
        return ""
    if isinstance(verdict, Interrupted):
        return STOPPED
    cut = isinstance(verdict, Failed) and verdict.reason is FailReason.CUT
    return ANSWER_WAS_CUT if cut else NOT_AT_ITS_END
