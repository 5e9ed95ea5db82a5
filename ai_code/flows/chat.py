"""``ai-code chat --local``: the local engine's own chat, in a private worktree; it lands at the
end, as a run does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ai_code.core.context_proof import counts_of
from ai_code.core.errors import AiCodeError, ConfigError
from ai_code.core.exits import EndedBy, Exit, ExitCode
from ai_code.core.plan import Because
from ai_code.core.task import COUNTS_LOG
from ai_code.core.verdict import (
    Done,
    Evidence,
    Failed,
    FailReason,
    Interrupted,
    LimitReached,
    Unavailable,
    UnavailableReason,
    Verdict,
)
from ai_code.flows.checking import Checking
from ai_code.flows.endings import local_ended, not_ready
from ai_code.flows.engine_program import mend_engine
from ai_code.flows.engines_set import local_names
from ai_code.flows.local_side import LocalSide
from ai_code.flows.local_turn import LocalTurn
from ai_code.flows.local_work import (
    Worked,
    fence_log,
    fenced,
    lay_out,
    relay_for,
    tell_refused,
    through,
)
from ai_code.flows.model_seen import prove
from ai_code.flows.output import Output
from ai_code.flows.recorder import Recorder
from ai_code.flows.report import SMALL_TASKS
from ai_code.flows.turns import RunOptions, Turn

if TYPE_CHECKING:
    from pathlib import Path

    from ai_code.core.ports import Relay
    from ai_code.core.ports_tree import Workspace
    from ai_code.core.task import Task
    from ai_code.engines.registry import LocalEngine
    from ai_code.flows.readiness import Ready
    from ai_code.flows.world import World
    from ai_code.settings import Settings

HOW_TO_END = "/exit or Ctrl-D ends the chat; then what it made is looked at and lands."
_FENCED_WITHIN_S = 5.0
"""The fence is raised before Python imports anything, and aider needs seconds to import itself."""
_MOST_BYTES = 1 << 20
_SIGINT = 2
_TITLE = "Edits from a chat with the local model"


class _UnfencedError(Exception):
    """The engine works without the fence that it was started with."""


class ChatTurn(LocalTurn):
    """A local engine's turn in which a person sits before its own screen."""

    def _work(self, task: Task, ready: Ready, workspace: Workspace, run_dir: Path) -> Turn:
        world, name = self._world, self._engine.name
        folder = run_dir / name
        relay = relay_for(world, self._engine, task)
        task = through(task, relay)
        lay_out(world, self._engine, task, self._engine.chat_files(task))
        world.console.status("")
        self._landing.now_made(None)
        try:
            exit_ = self._lend(task, folder, relay)
        except _UnfencedError:
            return self._turn(_unfenced(self._engine, self._settings), ready)
        finally:
            if relay is not None:
                relay.close()
        # Not before it: its screen may clear what stands there.
        if self._engine.about.chat_note:
            world.console.note(self._engine.about.chat_note)
        tell_refused(world, self._engine, folder, task.workdir, ())
        proof = prove(world, self._settings, ready, 0, folder)
        counts = counts_of(world.files.read(folder / COUNTS_LOG, folder, _MOST_BYTES) or "")
        tokens = (sum(each.prompt for each in counts), sum(each.answer for each in counts))
        seconds = sum(each.seconds for each in counts)
        changes = workspace.changes()
        self._landing.now_made(changes)
        verdict = _verdict(exit_, self._engine, self._settings, bool(changes))
        done = Worked(exit_, verdict, changes, "", tokens, seconds, 0)
        done = Checking(world, self._settings, self._recorder.secrets).once(done, workspace)
        landed = self._landing.land(done, workspace, run_dir)
        if done.checked and landed and not (landed.left_out or landed.conflicts):
            self._recorder.checked = done.checked
        return self._turn(done.verdict, ready, exit_, landed=landed)._replace(
            context=proof.context,
            prompt_tokens=proof.taken,
            tokens=tokens,
            replying_s=seconds,
            unchecked=done.failed.why if done.failed else "",
        )

    def _lend(self, task: Task, folder: Path, relay: Relay | None) -> Exit:
        clock, files = self._world.clock, self._world.files
        log = fence_log(self._engine, folder)
        command = fenced(self._engine.chat_command(task), self._engine, task)
        until = clock.monotonic() + _FENCED_WITHIN_S

        def beside(_: int) -> None:
            if relay is not None:
                relay.start()
            late = clock.monotonic() > until
            if late and task.fenced and files.size(log) is None:
                raise _UnfencedError

        return self._world.terminal.lend(command, beside)


class LocalChat:
    """One chat with its record. ``go`` returns the exit code; what cannot be done raises."""

    def __init__(
        self, world: World, settings: Settings, options: RunOptions, secrets: tuple[str, ...]
    ) -> None:
        self._world = world
        self._settings = settings
        self._options = options
        self._turns: list[Turn] = []
        self._recorder = Recorder(world, settings, options.prompt, secrets, interactive=True)
        output, names = Output(world.console, "text"), chat_names(settings)
        self._local = LocalSide(
            world, settings, options, output, self._recorder, names, ChatTurn,
            (SMALL_TASKS, HOW_TO_END),
        )  # fmt: skip

    def go(self, claude: Turn | None, reason: str) -> int:
        """``claude`` is the session that it goes on after; ``reason`` says why, in words."""
        code: int | None = None
        self._recorder.begin()
        if claude is not None and isinstance(claude.verdict, LimitReached):
            self._recorder.goes_on_after(claude.verdict)
        try:
            code = self._go(claude, reason)
        except AiCodeError as error:
            code = int(error.exit_code)
            raise
        finally:
            try:
                self._local.dismiss()
            finally:
                self._recorder.finish(self._turns, code)
        return code

    def _go(self, claude: Turn | None, reason: str) -> int:
        because: Because = "limit" if claude is not None else "chosen"
        ended = self._local.go(because, reason, claude, self._keep, lambda _: None)
        if isinstance(ended, Unavailable):
            raise not_ready(ended, reason)
        return self._ended(ended.turn, ended.dirty)

    def _ended(self, turn: Turn, dirty: frozenset[str]) -> int:
        console, verdict = self._world.console, turn.verdict
        landed = turn.landed.files if turn.landed else ()
        if isinstance(verdict, Interrupted):
            if not landed:
                console.important("Stopped. Nothing landed.")
            return 128 + (verdict.signal or 2)
        if not isinstance(verdict, Done):
            raise local_ended(turn, False, "")
        if landed and self._settings.fallback_auto_commit:
            from ai_code.flows.auto_commit import commit_landed

            title = self._options.prompt or _TITLE
            commit_landed(self._world, turn, self._recorder, title, dirty)
        if turn.landed is None:
            console.note("Nothing was changed.")
        elif not landed:
            console.important(f"Nothing landed. See: ai-code diff {self._recorder.run_id}")
            return ExitCode.FAILED
        return ExitCode.FAILED if turn.unchecked else ExitCode.OK

    def _keep(self, turn: Turn) -> Turn:
        kept = turn._replace(ended=self._world.clock.now())
        self._turns.append(kept)
        return kept


def chat_names(settings: Settings) -> tuple[str, ...]:
    """Of the local engines those that have a screen of their own to lend the terminal to."""
    from ai_code.engines.registry import local_engine

    names = local_names(settings, settings.engine)
    chats = tuple(name for name in names if local_engine(name).about.chats)
    if names and not chats:
        listed = ", ".join(names)
        raise ConfigError(
            f"{listed} has no chat that ai-code can lend the terminal to",
            why="fallback.chain, or engine, names no other one",
            hint="AI_CODE_ENGINE=aider ai-code chat --local",
        )
    return chats


def _verdict(exit_: Exit, engine: LocalEngine, settings: Settings, changed: bool) -> Verdict:
    """Nothing is read of a chat: it ended well, or in the middle of something. What it had made
    by then is looked at file by file."""
    name = engine.name
    if exit_.start_error is not None:
        evidence = Evidence(f"{name}.not-started", "exit", exit_.start_error)
        return Unavailable(
            UnavailableReason.MISSING, exit_.start_error, evidence, mend_engine(settings, name)
        )
    if exit_.ended_by is EndedBy.PERSON:
        return Interrupted(exit_.person_signal or 0, Evidence(f"{name}.person", "exit"))
    if exit_.signal == _SIGINT and not changed:
        # Ctrl-C while it started; later it only asks for another one.
        return Interrupted(_SIGINT, Evidence(f"{name}.person", "exit"))
    if exit_.code == 0:
        return Done(Evidence(f"{name}.chat", "exit", "exit status 0"))
    how = f"signal {exit_.signal}" if exit_.signal else f"exit status {exit_.code}"
    evidence = Evidence(f"{name}.chat-crash", "exit", how)
    return Failed(FailReason.CUT, f"its chat ended with {how}", evidence)


def _unfenced(engine: LocalEngine, settings: Settings) -> Unavailable:
    why = " (does its Python ignore PYTHONPATH?)" if engine.fence == "python" else ""
    words = f"{engine.name} worked without its fence and was ended{why}"
    evidence = Evidence(f"{engine.name}.unfenced", "none")
    return Unavailable(
        UnavailableReason.NO_CHANGE, words, evidence, mend_engine(settings, engine.name)
    )
