"""``ai-code`` without a prompt: Claude's own screen; after a limit the person chooses.

Only when Claude has ended, for its screen may go on by itself at the reset
(``autoContinueAtUsageLimit``): two agents never work in one tree."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from ai_code.core.command import Request
from ai_code.core.errors import AiCodeError, Stopped
from ai_code.core.exits import EndedBy, Exit, ExitCode
from ai_code.core.plan import banner, goes_on
from ai_code.core.secret_values import masked_verdict, secret_values
from ai_code.core.task import IN_A_RUN, Program, Session, Task
from ai_code.core.verdict import (
    Done,
    Evidence,
    Failed,
    FailReason,
    Interrupted,
    LimitKind,
    LimitReached,
    Unavailable,
    UnavailableReason,
    Verdict,
)
from ai_code.engines.claude.chat import chat_command
from ai_code.flows.claude_turn import ClaudeTurn, relative
from ai_code.flows.endings import claude_ended
from ai_code.flows.limit_memory import LimitMemory
from ai_code.flows.output import Output
from ai_code.flows.recorder import Recorder
from ai_code.flows.report import limit_line, reason_line, tell_later
from ai_code.flows.session_watch import SessionWatch
from ai_code.flows.turns import RunOptions, Turn

if TYPE_CHECKING:
    from ai_code.core.command import Command
    from ai_code.flows.attempt import Sign
    from ai_code.flows.note_on_screen import NoteOnScreen
    from ai_code.flows.note_to_claude import Note
    from ai_code.flows.world import World
    from ai_code.settings import Settings

RESUME = "ai-code chat --resume {}"


class _Sitting(NamedTuple):
    """One time at Claude's screen. ``prompt`` is what the person typed last."""

    turn: Turn
    prompt: str


class Interactive:
    """Claude's screen, the choice after a limit, the local chat, and back. ``go`` returns the
    exit code; what cannot be done raises."""

    def __init__(self, world: World, settings: Settings, options: RunOptions) -> None:
        self._world = world
        self._settings = settings
        self._options = options
        self._secrets = secret_values(world.environ, settings.ollama_headers)
        world.console.hide(self._secrets)
        self._claude = ClaudeTurn(
            world,
            settings,
            options,
            Output(world.console, "text"),
            on_sign=_no_sign,
            on_started=_nothing,
        )
        self._known = LimitMemory(world, settings, self._claude.scope)

    def go(self) -> int:
        """Sits down at the engine that was asked for."""
        Recorder(self._world, self._settings, "").sweep()
        if self._options.local_only or self._settings.engine not in ("auto", "claude"):
            return self._local(self._options, None, "")
        sitting = self._sit(self._session(), again=False)
        return self._after(sitting)

    # Claude -------------------------------------------------------------------------------

    def _sit(self, session: Session, *, again: bool) -> _Sitting:
        recorder = Recorder(self._world, self._settings, "", self._secrets, interactive=True)
        recorder.begin()
        turns: list[Turn] = []
        code: int | None = None
        try:
            program = self._program(turns)
            self._announce(program, again=again)
            watch = SessionWatch(self._world, session)
            note = self._claude.look_for_note("screen")
            shown = self._on_screen(note, session, program)
            told = shown.arguments(recorder) if shown else ()
            lost = note is not None and not (shown and shown.tells)
            turn = self._lend(program, session, watch, told, untold=lost)
            if note is not None and shown is not None:
                # A session that has answered without it is told another time.
                turn = turn._replace(caught_up=turn.caught_up and shown.given())
                if turn.caught_up:
                    note.told()
            turns.append(turn)
            recorder.about(watch.rows.first_prompt)
            self._check(turn)
            code = _code(turn)
            return _Sitting(turn, watch.rows.prompt)
        except AiCodeError as error:
            code = int(error.exit_code)
            raise
        finally:
            recorder.finish(turns, code)

    def _program(self, turns: list[Turn]) -> Program:
        program = self._claude.find()
        if isinstance(program, Unavailable):
            turns.append(Turn("claude", program, ended=self._world.clock.now()))
            words = "Claude Code is needed for its own screen. Without it: ai-code chat --local"
            error = claude_ended(turns[-1], words, self._settings)
            error.why = words
            raise error
        return program

    def _check(self, turn: Turn) -> None:
        """What Claude cannot have said itself is said here."""
        verdict = turn.verdict
        if isinstance(verdict, Unavailable):
            raise claude_ended(turn, verdict.message, self._settings)
        if isinstance(verdict, Failed) and verdict.reason is FailReason.CRASH:
            hint = RESUME.format(turn.session_id)
            raise AiCodeError(f"Claude Code ended by {verdict.message}", hint=hint)

    def _announce(self, program: Program, *, again: bool) -> None:
        known = "" if again else self._known.limit()
        version = f"version {program.version_text}" if program.version else ""
        line = f"{known}; trying all the same" if known else version
        self._world.console.banner(banner("Claude Code", "first"), line)

    def _lend(
        self,
        program: Program,
        session: Session,
        watch: SessionWatch,
        told: tuple[str, ...],
        *,
        untold: bool,
    ) -> Turn:
        """``told`` are the arguments that give Claude a note; ``untold`` one that has no way."""
        remembered: list[LimitReached] = []

        def beside(pid: int) -> None:
            watch.look(pid)
            limit = watch.rows.limit
            if limit is not None and limit not in remembered:
                # Somebody may ask `ai-code status` elsewhere while this screen stays.
                remembered[:] = [limit]
                self._known.remember(limit)

        command = self._command(program, session, told)
        if not untold:
            # Hooks of ours in Claude's settings would tell it a second time.
            command = command._replace(env={**command.env, IN_A_RUN: "1"})
        exit_ = self._world.terminal.lend(command, beside)
        watch.end()
        rows = watch.rows
        verdict = masked_verdict(_verdict(exit_, rows.limit, self._now()), self._secrets)
        limited = isinstance(verdict, LimitReached) and rows.limit not in remembered
        if limited or (isinstance(verdict, Done) and rows.answered):
            self._known.remember(verdict)
        root = self._world.trees.root_of(self._world.cwd)
        return Turn(
            engine="claude",
            verdict=verdict,
            exit=exit_,
            version=program.version_text or rows.version,
            model=rows.model,
            session_id=watch.id,
            edited=tuple(relative(path, root) for path in rows.edited),
            caught_up=rows.answered,
            said=rows.said,
            ended=self._world.clock.now(),
        )

    def _command(self, program: Program, session: Session, told: tuple[str, ...]) -> Command:
        world, options = self._world, self._options
        request = Request(
            prompt="",
            cwd=world.cwd,
            engine_args=options.engine_args,
            claude_model=self._settings.claude_model or session.model or None,
        )
        return chat_command(
            Task(
                request=request,
                program=program,
                workdir=world.cwd,
                run_dir=world.cwd,
                environ=world.environ,
                extra_args=(*self._settings.claude_args, *told),
                session=session,
            )
        )

    def _on_screen(
        self, note: Note | None, session: Session, program: Program
    ) -> NoteOnScreen | None:
        remembered = self._claude.notes(program)
        if note is None and remembered is None:
            return None
        from ai_code.flows.note_on_screen import NoteOnScreen

        taken = (*self._settings.claude_args, *self._options.engine_args)
        more = remembered.text if remembered else ""
        return NoteOnScreen(self._world, note, session, program, taken, more)

    def _session(self) -> Session:
        if self._options.resume:
            return Session("resume", self._options.resume)
        if self._options.resume == "":
            from ai_code.flows.note_to_claude import cut_off

            return cut_off(self._world) or Session("continue")
        return Session("new", self._world.new_id())

    # The choice ---------------------------------------------------------------------------

    def _after(self, sitting: _Sitting) -> int:
        """Until no limit stands in the way, or the person has had enough."""
        code = _code(sitting.turn)
        chatted = waited = False
        while self._asks(sitting.turn.verdict):
            turn = sitting.turn
            assert isinstance(turn.verdict, LimitReached)
            try:
                answer = self._ask(turn.verdict, chatted=chatted)
            except Stopped:
                self._tell_later(turn)
                raise
            if answer == "l":
                code, chatted = self._go_local(sitting), True
                continue
            if answer not in ("w", "c"):
                self._tell_later(turn)
                return code
            if answer == "w":
                from ai_code.flows.waiting import wait_for_reset

                wait_for_reset(
                    self._world,
                    turn.verdict,
                    session_id=turn.session_id,
                    again=waited,
                    resume=RESUME,
                )
                self._known.waited(turn.verdict)
                waited = True
            session = Session("resume", turn.session_id) if turn.session_id else self._session()
            sitting = self._sit(session, again=True)
            code, chatted = _code(sitting.turn), False
        return code

    def _asks(self, verdict: Verdict) -> bool:
        settings = self._settings
        if not (settings.fallback_enabled and settings.fallback_on_limit != "stop"):
            return False
        return isinstance(verdict, LimitReached) and goes_on(verdict, settings.fallback_on)

    def _ask(self, limit: LimitReached, *, chatted: bool) -> str | None:
        console, clock = self._world.console, self._world.clock
        is_over = limit.resets_at is not None and limit.resets_at <= clock.now()
        if is_over:
            console.important(f"The {limit.kind} limit is over.")
        else:
            console.important(limit_line(limit, self._now(), clock.local_tz()))
        choices: dict[str, str] = {}
        if chatted or is_over:
            choices["c"] = "back to Claude"
        if self._settings.engine == "auto" and self._settings.fallback_chain:
            choices["l"] = "local chat"
        if limit.kind is not LimitKind.CREDIT and not is_over:
            choices["w"] = "wait"
        self._world.terminal.forget_typed()
        return console.ask("How to go on?", {**choices, "q": "stop"})

    def _tell_later(self, turn: Turn) -> None:
        if turn.session_id:
            tell_later(self._world.console, "To go on later:", RESUME.format(turn.session_id))

    def _go_local(self, sitting: _Sitting) -> int:
        """What goes wrong there is told here: the other ways to go on are still open."""
        clock = self._world.clock
        reason = reason_line(sitting.turn.verdict, self._now(), clock.local_tz())
        options = self._options._replace(prompt=sitting.prompt)
        try:
            return self._local(options, sitting.turn, reason.removeprefix("Claude Code: "))
        except AiCodeError as error:
            self._world.console.error(error)
            return int(error.exit_code)

    def _local(self, options: RunOptions, claude: Turn | None, reason: str) -> int:
        # Most sessions end without it.
        from ai_code.flows.chat import LocalChat

        chat = LocalChat(self._world, self._settings, options, self._secrets)
        return chat.go(claude, reason)

    def _now(self) -> int:
        return int(self._world.clock.now())


def _verdict(exit_: Exit, limit: LimitReached | None, now: int) -> Verdict:
    """How a session ended. At a limit that is over by now nobody stands any more."""
    if exit_.start_error is not None:
        evidence = Evidence("claude.not-started", "exit", exit_.start_error)
        return Unavailable(UnavailableReason.MISSING, exit_.start_error, evidence)
    if exit_.ended_by is EndedBy.PERSON:
        return Interrupted(exit_.person_signal or 0, Evidence("claude.person", "exit"))
    if limit is not None and (limit.resets_at is None or limit.resets_at > now):
        return limit
    if exit_.code == 0:
        return Done(Evidence("claude.session", "exit", "exit status 0"))
    if exit_.signal is not None:
        words = f"signal {exit_.signal}"
        return Failed(FailReason.CRASH, words, Evidence("claude.crash", "exit", words))
    words = f"exit status {exit_.code}"
    return Failed(FailReason.OTHER, words, Evidence("claude.session", "exit", words))


def _code(turn: Turn) -> int:
    """ai-code's exit code, if nothing else follows."""
    match turn.verdict:
        case Done():
            return ExitCode.OK
        case LimitReached():
            return ExitCode.TRY_LATER
        case Interrupted(signal=signum):
            return 128 + (signum or 2)
        case Failed() | Unavailable():
            return ExitCode.FAILED


def _nothing() -> None:
    """Beside Claude's screen nothing is made ready."""


def _no_sign(_: Sign) -> None:
    """Nor is anything said of it."""
