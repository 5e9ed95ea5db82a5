"""``ai-code "PROMPT"``: Claude first; at a limit a local engine; the record; the exit code."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from ai_code.core.errors import AiCodeError
from ai_code.core.exits import ExitCode
from ai_code.core.plan import Because, Plan, banner, goes_on, make_plan, no_local_engine, takes_over
from ai_code.core.same_command import hints_for, same_command
from ai_code.core.secret_values import masked_verdict, secret_values
from ai_code.core.verdict import (
    Done,
    Failed,
    Interrupted,
    LimitKind,
    LimitReached,
    Unavailable,
    Verdict,
)
from ai_code.flows.claude_turn import ClaudeTurn
from ai_code.flows.endings import local_ended, never_ran, not_ready
from ai_code.flows.engines_set import local_names
from ai_code.flows.limit_memory import LimitMemory
from ai_code.flows.output import Output
from ai_code.flows.recorder import Recorder
from ai_code.flows.report import denied_line, reason_line, tell_later
from ai_code.flows.turns import RunOptions, Turn, facts_of

if TYPE_CHECKING:
    from ai_code.core.task import Program
    from ai_code.flows.attempt import Sign
    from ai_code.flows.local_side import LocalSide
    from ai_code.flows.world import World
    from ai_code.settings import Settings


class Run:
    """One run of ai-code. ``go`` returns the exit code; what cannot be done raises."""

    def __init__(self, world: World, settings: Settings, options: RunOptions) -> None:
        self._world = world
        self._settings = settings
        self._options = options
        self._output = Output(world.console, options.output_format, str(world.cwd))
        self._turns: list[Turn] = []
        self._told: Turn | None = None
        """The local turn that the run's end tells of; a later one may not even have begun."""
        self._engine = settings.engine_for(options.mode)
        self._changed = self._limited = False
        self._secrets = secret_values(world.environ, settings.ollama_headers)
        world.console.hide(self._secrets)
        self._recorder = Recorder(world, settings, options.prompt, self._secrets)
        self._claude = ClaudeTurn(
            world,
            settings,
            options,
            self._output,
            on_sign=self._sign,
            on_started=self._started,
            on_waiting=self._waiting,
        )

    @cached_property
    def _known(self) -> LimitMemory:
        return LimitMemory(self._world, self._settings, self._claude.scope)

    @cached_property
    def _local(self) -> LocalSide:
        """Made when Claude is in trouble: most runs never need it."""
        from ai_code.flows.local_side import LocalSide

        return LocalSide(
            self._world, self._settings, self._options, self._output, self._recorder, self._names
        )

    @property
    def _names(self) -> tuple[str, ...]:
        return local_names(self._settings, self._engine)

    def go(self) -> int:
        """Runs the plan's engines until one verdict stands; with ``--json`` the envelope last."""
        error: AiCodeError | None = None
        try:
            code = self._go()
        except AiCodeError as raised:
            hints_for(self._options.mode, raised)
            error, code = raised, int(raised.exit_code)
        if self._options.output_format == "envelope":
            from ai_code.flows.envelope import envelope

            record, called = self._recorder.record, self._world.shown_as
            told = envelope(record, self._turns, code, error, called, self._told)
            self._world.console.raw(told.encode("utf-8", "replace") + b"\n")
        if error is not None:
            error.in_envelope = True
            raise error
        return code

    def _go(self) -> int:
        self._recorder.sweep()
        plan = self._plan()
        code: int | None = None
        try:
            code = self._first(plan)
        except AiCodeError as error:
            code = int(error.exit_code)
            raise
        finally:
            try:
                self._known.end()
                if "_local" in self.__dict__:
                    self._local.dismiss()
            finally:
                self._recorder.finish(self._turns, code)
        return code

    def _plan(self) -> Plan:
        settings = self._settings
        return make_plan(
            engine=self._engine,
            local_only=self._options.local_only,
            fallback=settings.fallback_enabled,
            engines=settings.fallback_chain,
            skip="" if self._options.local_only or self._options.wait else self._known.to_skip(),
        )

    def _first(self, plan: Plan) -> int:
        if not plan.steps:
            raise no_local_engine()
        step = plan.steps[0]
        if step.engine == "claude":
            return self._run_claude(plan)
        skipped = plan.skips[0].reason if step.because == "limit" else ""
        return self._run_local(step.because, skipped, None)

    # Claude's turn ------------------------------------------------------------------------

    def _run_claude(self, plan: Plan) -> int:
        program = self._claude.find()
        if isinstance(program, Unavailable):
            return self._after_claude(plan, self._keep(Turn("claude", program)))
        self._begin_claude(program)
        before = self._snapshot()
        turn = self._keep(self._claude.run(program))
        waited = False
        while self._waits(turn.verdict):
            assert isinstance(turn.verdict, LimitReached)
            self._known.remember(turn.verdict)
            from ai_code.flows.waiting import wait_for_reset

            resume = turn.session_id if self._claude.knows_session else ""
            later = same_command("ai-code --resume {} …", self._options.mode)
            wait_for_reset(self._world, turn.verdict, session_id=resume, again=waited, resume=later)
            waited = True
            self._known.waited(turn.verdict)
            self._world.console.banner(banner("Claude Code", "first"), "")
            self._output.begin("claude")
            turn = self._keep(self._claude.run(program, resume=resume))
        self._changed = self._compared(before)
        return self._after_claude(plan, turn)

    def _begin_claude(self, program: Program) -> None:
        console, folder = self._world.console, self._claude.folder
        self._output.begin("claude")
        known = self._known.limit()
        self._limited = bool(known)
        version = f"version {program.version_text}" if program.version else ""
        version = ", ".join(filter(None, (version, self._known.over())))
        line = f"{known}; trying all the same" if known else version
        console.banner(banner("Claude Code", "first"), line)
        if folder.has_folder_settings and not folder.trusted:
            console.note(
                "This folder has Claude settings that nobody trusted yet: they are not used "
                "(start claude here once to trust them)."
            )
        if folder.subscription and self._world.environ.get("ANTHROPIC_API_KEY"):
            console.note(
                "ANTHROPIC_API_KEY is set beside a Claude subscription: the API key is billed."
            )

    def _after_claude(self, plan: Plan, turn: Turn) -> int:
        verdict = turn.verdict
        self._known.remember(verdict)
        for tool in self._claude.denied:
            self._world.console.important(same_command(denied_line(tool), self._options.mode))
        if isinstance(verdict, Done):
            self._output.finish_claude()
            return self._done(self._changed)
        if isinstance(verdict, Interrupted):
            return self._claude_stopped(verdict, turn)
        later = [step for step in plan.steps if step.engine != "claude"]
        if later and goes_on(verdict, self._settings.fallback_on) and self._goes_local(verdict):
            because: Because = "limit" if isinstance(verdict, LimitReached) else "unavailable"
            reason = self._reason(verdict).removeprefix("Claude Code: ")
            return self._run_local(because, reason, turn)
        return self._stop_with(verdict, turn)

    def _claude_stopped(self, verdict: Interrupted, turn: Turn) -> int:
        """By the person, by a signal from outside, or by itself without an answer (2.0.77)."""
        if turn.exit is not None and turn.exit.person_signal is not None:
            if self._world.transcripts.find(self._world.cwd, turn.session_id):
                what = "Stopped. What Claude has changed stays. To go on later:"
                again = f"ai-code --resume {turn.session_id} …"
                tell_later(self._world.console, what, same_command(again, self._options.mode))
            return 128 + (verdict.signal or 2)
        words = "Claude Code was stopped before it had answered"
        if verdict.signal:
            self._world.console.important(f"{words}.")
            self._output.finish_refused(words, facts_of(turn, self._turns))
            return 128 + verdict.signal
        self._output.finish_claude(self._claude.printed, facts_of(turn, self._turns))
        raise AiCodeError("Claude Code ended without an answer", hint="the same once more")

    def _goes_local(self, verdict: Verdict) -> bool:
        """By ``fallback.on-limit``; ``ask`` without anybody to ask stops."""
        how = takes_over(self._settings.fallback_on_limit)
        if how != "when asked":
            return how == "by itself"
        self._world.console.important(self._reason(verdict))
        answer = self._world.console.ask(
            "Go on with the local model?", {"l": "local model", "q": "stop"}
        )
        return answer == "l"

    def _waits(self, verdict: Verdict) -> bool:
        asked = self._options.wait or self._settings.fallback_on_limit == "wait"
        return asked and isinstance(verdict, LimitReached) and verdict.kind is not LimitKind.CREDIT

    def _stop_with(self, verdict: Verdict, turn: Turn) -> int:
        """What does not fall back ends with Claude's own words and a hint."""
        if isinstance(verdict, Failed | Unavailable) and not never_ran(turn):
            self._output.finish_claude(self._claude.printed, facts_of(turn, self._turns))
        else:
            self._output.finish_refused(self._reason(verdict), facts_of(turn, self._turns))
        from ai_code.flows.stopping import stopped

        world, settings, reason = self._world, self._settings, self._reason(verdict)
        mode, first = self._options.mode, lambda: self._local.first
        raise stopped(world, settings, self._names, mode, first, turn, reason)

    def _started(self) -> None:
        """Beside Claude's own start, so that nobody waits for it."""
        self._recorder.begin()
        if self._limited:
            self._sign("limit-known")

    def _waiting(self) -> None:
        """Claude waits for its server: nobody notices what is loaded now, 0.15 s of imports that
        would come after the limit otherwise."""
        if self._may_go_local():
            self._world.background(self._load_local_side)

    def _load_local_side(self) -> None:
        from ai_code.core import known_limits  # noqa: F401
        from ai_code.engines.registry import local_engine
        from ai_code.flows import local_side, model_chain  # noqa: F401

        local_engine(self._names[0])
        self._world.local_soon()

    def _sign(self, sign: Sign) -> None:
        """The local side warms up beside a Claude that may not go on."""
        if self._may_go_local():
            self._local.sign(sign)

    def _may_go_local(self) -> bool:
        settings = self._settings
        waits = self._options.wait or settings.fallback_on_limit not in ("local", "ask")
        return bool(settings.fallback_enabled and settings.fallback_chain and not waits)

    def _snapshot(self) -> Any:
        """With --expect-changes: the tree before, to compare with."""
        if not self._options.expect_changes:
            return None
        return self._world.trees.prepare(self._world.cwd, self._recorder.run_dir, where="tree")

    def _compared(self, before: Any) -> bool:
        """Whether the tree differs from ``before``; the snapshot is gone afterwards."""
        if before is None:
            return False
        changed = bool(before.changes())
        self._world.trees.discard(self._recorder.run_dir)
        return changed

    def _done(self, changed: bool) -> int:
        if changed or not self._options.expect_changes:
            return ExitCode.OK
        self._world.console.important("nothing was changed (--expect-changes)")
        return ExitCode.FAILED

    # The local turn -----------------------------------------------------------------------

    def _run_local(self, because: Because, reason: str, claude: Turn | None) -> int:
        """``reason`` is why it is not Claude, in words, or empty where it was chosen."""
        self._recorder.begin()

        def switched(line: str) -> None:
            if claude is not None:
                self._recorder.switched(self._turns)
                self._known.switched(line)

        before = len(self._turns)
        ended = self._local.go(because, reason, claude, self._keep, switched)
        if isinstance(ended, Unavailable):
            turn = self._told = self._turns[before]
            self._output.finish_refused(turn.verdict_text, facts_of(turn, self._turns))
            raise not_ready(ended, self._reason(claude.verdict) if claude else reason)
        self._told = ended.turn
        return self._after_local(ended.turn, claude, ended.dirty)

    def _after_local(self, turn: Turn, claude: Turn | None, dirty: frozenset[str]) -> int:
        console, verdict = self._world.console, turn.verdict
        if isinstance(verdict, Interrupted):
            if not (turn.landed and turn.landed.files):
                console.important("Stopped. Nothing landed.")
            return 128 + (verdict.signal or 2)
        if isinstance(verdict, Done):
            if self._settings.fallback_auto_commit and turn.landed:
                from ai_code.flows.auto_commit import commit_landed

                commit_landed(self._world, turn, self._recorder, self._options.prompt, dirty)
            changed = bool(turn.landed and turn.landed.files)
            silent = self._options.expect_changes or self._options.mode != "edit"
            if not changed and turn.landed is None and not silent:
                console.note("Nothing was changed.")
            self._output.finish_local(turn.answer, facts_of(turn, self._turns))
            if turn.landed and not changed:
                run_id = self._recorder.run_id
                console.important(f"Nothing landed. See: ai-code diff {run_id}")
                return ExitCode.FAILED
            return ExitCode.FAILED if turn.unchecked else self._done(changed or self._changed)
        self._output.finish_refused(turn.verdict_text, facts_of(turn, self._turns))
        raise local_ended(turn, claude is not None, self._reason(claude.verdict) if claude else "")

    # The record ---------------------------------------------------------------------------

    def _reason(self, verdict: Verdict) -> str:
        clock = self._world.clock
        return reason_line(verdict, int(clock.now()), clock.local_tz())

    def _keep(self, turn: Turn) -> Turn:
        verdict = masked_verdict(turn.verdict, self._secrets)
        kept = turn._replace(verdict=verdict, ended=self._world.clock.now())
        self._turns.append(kept)
        return kept
