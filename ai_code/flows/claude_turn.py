"""Claude's turn: first always, watched while it retries, resumed while patience lasts."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from ai_code.core.command import Request
from ai_code.core.errors import CannotStartError
from ai_code.core.patience import Patience
from ai_code.core.task import Program, Session, Task
from ai_code.core.text import one_line
from ai_code.core.verdict import (
    PASSING_KINDS,
    Done,
    Evidence,
    LimitKind,
    LimitReached,
    Unavailable,
    UnavailableReason,
    Verdict,
)
from ai_code.engines.claude import GO_ON, ClaudeEngine, ClaudeRun, chooses_permission_mode
from ai_code.flows.attempt import Attempt, Sign, Watch
from ai_code.flows.claude_login import with_login
from ai_code.flows.endings import mend_claude
from ai_code.flows.turns import CLAUDE_STALL_S, RunOptions, Turn

if TYPE_CHECKING:
    from ai_code.core.note import Place
    from ai_code.core.ports import ClaudeFolder
    from ai_code.flows.note_to_claude import Note
    from ai_code.flows.notes_for_claude import NotesForClaude
    from ai_code.flows.output import Output
    from ai_code.flows.world import World
    from ai_code.settings import Settings

_MEMORY_FILES = ("CLAUDE.md", ".claude/CLAUDE.md")


class ClaudeTurn:
    """Claude Code on one request; ``run`` may be called again to go on after a wait."""

    def __init__(
        self,
        world: World,
        settings: Settings,
        options: RunOptions,
        output: Output,
        *,
        on_sign: Callable[[Sign], None],
        on_started: Callable[[], None],
        on_waiting: Callable[[], None] = lambda: None,
    ) -> None:
        self._world = world
        self._settings = settings
        self._options = options
        self._output = output
        self._on_sign = on_sign
        self._on_started = on_started
        self._on_waiting = on_waiting
        self._engine = ClaudeEngine()
        self._folder: ClaudeFolder | None = None
        self._edited: dict[str, None] = {}
        self._denied: dict[str, int] = {}
        self._run: ClaudeRun | None = None
        self._note_given = self._note_told = False
        self._answered = False

    @cached_property
    def _note(self) -> Note | None:
        return self.look_for_note()

    def look_for_note(self, place: Place = "prompt") -> Note | None:
        """What there is to tell Claude now; most runs have nothing, and import nothing for it."""
        root = self._world.trees.root_of(self._world.cwd)
        if self._settings.handover_to_claude == "none" or not self._world.untold.has(root):
            return None
        from ai_code.flows.note_to_claude import Note

        note = Note(self._world, root, place)
        return note if note.text else None

    @property
    def folder(self) -> ClaudeFolder:
        if self._folder is None:
            self._folder = self._world.claude_home.look(self._world.cwd)
        return self._folder

    @property
    def scope(self) -> str:
        """The account that a limit belongs to."""
        return self.folder.account

    @property
    def denied(self) -> tuple[str, ...]:
        """Tools that were refused, each once, with how often."""
        return tuple(
            tool if count == 1 else f"{tool} (×{count})" for tool, count in self._denied.items()
        )

    @property
    def knows_session(self) -> bool:
        """Whether Claude has begun the session of the last attempt, so that it can go on."""
        return self._run is not None and not self._run.session_unknown

    @property
    def printed(self) -> str:
        """The last words of the last attempt, as ``claude -p`` prints them."""
        return self._run.printed if self._run else ""

    def find(self) -> Program | Unavailable:
        """The installed Claude Code with its version."""
        try:
            program = self._world.processes.find(self._settings.claude_command)
        except CannotStartError as error:
            evidence = Evidence("claude.not-executable", "none", error.what)
            return Unavailable(UnavailableReason.MISSING, error.what, evidence, error.hint)
        if program is None:
            name = self._settings.claude_command[0]
            return Unavailable(
                UnavailableReason.MISSING,
                f"Claude Code is not installed: there is no program {name}",
                Evidence("claude.missing", "none", name),
                mend_claude(self._settings),
            )
        return self._world.processes.version(program)

    def run(self, program: Program, *, resume: str = "") -> Turn:
        """One turn: attempts on one session until a verdict stands. ``resume`` is the session
        to go on with after a wait."""
        task = self._with_notes(self._task(program, resume), write=True)
        patience = Patience(self._settings.patience_s)
        while True:
            turn = self._attempt(task, patience)
            if not self._may_pass(turn.verdict, patience):
                return turn
            self._pause(turn.verdict, patience)
            task = self._resumed(task, turn)

    def preview(self, program: Program) -> Task:
        """The task of the first attempt, for ``--dry-run``."""
        return self._with_notes(self._task(program, ""), write=False)

    def notes(self, program: Program) -> NotesForClaude | None:
        """What of ``ai-code remember`` Claude is told. Who has none imports nothing for it."""
        if not (self._settings.memory_to_claude and self._world.notes.any()):
            return None
        from ai_code.flows.notes_for_claude import notes_for_claude

        args = (*self._settings.claude_args, *self._options.engine_args)
        return notes_for_claude(self._world, self._settings, program, args)

    def _with_notes(self, task: Task, *, write: bool) -> Task:
        if (notes := self.notes(task.program)) is None:
            return task
        from ai_code.flows.notes_for_claude import with_notes

        return with_notes(self._world, task, notes, write=write)

    def _attempt(self, task: Task, patience: Patience) -> Turn:
        run = self._engine.open(task)
        self._run = run
        watch = Watch(
            patience=patience,
            patient_with=self._patient_with(),
            patient_with_network=self._patient_with_network(),
            end_on_paid=self._settings.claude_extra_usage == "limit",
            waiting_for="waiting for Claude",
            on_sign=self._on_sign,
            on_started=self._on_started,
            on_waiting=self._on_waiting,
        )
        attempt = Attempt(run, self._output, self._world.console, self._world.clock, watch)
        exit_ = self._world.processes.run(self._engine.command(task), attempt)
        attempt.finish()
        clock = self._world.clock
        verdict = run.judge(exit_, now=int(clock.now()), tz=clock.local_tz(), changed=False)
        verdict = with_login(verdict, self._world, task.program)
        for path in attempt.edited:
            self._edited[relative(path, self._world.trees.root_of(self._world.cwd))] = None
        self._answered = self._answered or run.answered
        caught_up = self._answered and (self._note is None or self._note_given)
        if caught_up and self._note is not None and not self._note_told:
            self._note.told()
            self._note_told = True
        for tool in run.denied:
            self._denied[tool] = self._denied.get(tool, 0) + 1
        return Turn(
            engine="claude",
            verdict=verdict,
            exit=exit_,
            version=task.program.version_text or run.version,
            model=run.model,
            session_id=run.session_id or (task.session.id if task.session else ""),
            edited=tuple(self._edited),
            said=one_line(attempt.said, 300),
            answer=run.answer,
            rows=() if isinstance(verdict, Done) else run.rows,
            caught_up=caught_up,
        )

    def _may_pass(self, verdict: Verdict, patience: Patience) -> bool:
        """A passing limit before patience is spent: Claude gave up too early."""
        if not isinstance(verdict, LimitReached) or verdict.kind not in self._patient_with():
            return False
        now = self._world.clock.monotonic()
        patience.failing(now)
        return patience.left_s(now) > 0

    def _patient_with(self) -> frozenset[LimitKind]:
        """Only what would hand the work over is watched; else Claude retries as it likes."""
        if not self._settings.fallback_enabled:
            return frozenset()
        return frozenset(kind for kind in PASSING_KINDS if kind.value in self._settings.fallback_on)

    def _patient_with_network(self) -> bool:
        """Claude's own retries without a network take three minutes."""
        settings = self._settings
        return settings.fallback_enabled and "network" in settings.fallback_on

    def _pause(self, verdict: Verdict, patience: Patience) -> None:
        self._on_sign("trouble")
        clock = self._world.clock
        pause = patience.pause_s(clock.monotonic())
        what = "is overloaded" if _kind(verdict) is LimitKind.OVERLOADED else "limits the rate"
        self._world.console.status(f"the API {what}; trying Claude again in {pause:.0f} s…")
        clock.sleep(pause)

    def _task(self, program: Program, resume: str) -> Task:
        folder = self.folder
        args = (*self._settings.claude_args, *self._options.engine_args)
        guarded = folder.has_folder_settings and not folder.trusted
        stall = self._options.claude_stall_s
        return Task(
            request=self._request(GO_ON if resume else self._first_prompt(guarded)),
            program=program,
            workdir=self._world.cwd,
            run_dir=self._world.cwd,
            environ=self._world.environ,
            extra_args=self._settings.claude_args,
            stall_timeout_s=CLAUDE_STALL_S if stall is None else stall,
            deadline_s=self._settings.timeout_s,
            session=self._session(resume),
            describe_reset=self._describe,
            guard_folder=guarded,
            mode=self._options.mode,
            choose_permissions=folder.permission_mode is None and not chooses_permission_mode(args),
        )

    def _describe(self, resets_at: int) -> str:
        clock = self._world.clock
        from ai_code.core.resets import describe_reset

        return describe_reset(resets_at, clock.now(), clock.local_tz())

    def _session(self, resume: str) -> Session:
        if resume:
            return Session("resume", resume)
        if self._options.resume:
            return Session("resume", self._options.resume)
        if self._options.resume == "":
            return self._cut_off or Session("continue")
        return Session("new", self._world.new_id())

    @cached_property
    def _cut_off(self) -> Session | None:
        """The session that a limit cut off here, where it was the last: with the model it had."""
        from ai_code.flows.note_to_claude import cut_off

        return cut_off(self._world)

    def _resumed(self, task: Task, turn: Turn) -> Task:
        """The next attempt: the same session where Claude has kept one, else a new one."""
        kept = self._run is not None and not self._run.session_unknown
        if turn.session_id and kept:
            return task._replace(
                session=Session("resume", turn.session_id),
                request=task.request._replace(prompt=GO_ON),
            )
        # A new session knows nothing of the task, which an earlier resumption left unsaid.
        request = task.request._replace(prompt=self._first_prompt(task.guard_folder))
        return task._replace(session=Session("new", self._world.new_id()), request=request)

    def _request(self, prompt: str) -> Request:
        return Request(
            prompt=prompt,
            cwd=self._world.cwd,
            files=self._options.files,
            reads=self._options.reads,
            engine_args=self._options.engine_args,
            claude_model=self._settings.claude_model or self._model_to_go_on_with(),
            output_format=self._options.output_format,
            deltas=self._output.streams,
        )

    def _first_prompt(self, guarded: bool) -> str:
        """With the note on what a local engine did meanwhile."""
        prompt, note = self._prompt(guarded), self._note
        self._note_given = note is not None and note.goes_before(prompt)
        return f"{note.text}\n\n{prompt}" if note and self._note_given else prompt

    def _model_to_go_on_with(self) -> str | None:
        """Without --model a resumed session would take the one that answered last in it."""
        goes_on = self._options.resume == "" and self._cut_off
        return goes_on.model or None if goes_on else None

    def _prompt(self, guarded: bool) -> str:
        """The person's prompt, and the files that --file and --read name.

        With ``--setting-sources user`` Claude leaves the project's CLAUDE.md out too (seen in
        2.0.77 and 2.1.329); a mention brings the text back, and only the text."""
        parts = [self._options.prompt]
        if self._options.files:
            parts.append("Files to edit: " + ", ".join(self._options.files))
        if self._options.reads:
            parts.append("Files to read first: " + ", ".join(self._options.reads))
        memory = self._memory() if guarded else ()
        if memory:
            parts.append("The project's memory: " + " ".join(f"@{name}" for name in memory))
        return "\n\n".join(parts)

    def _memory(self) -> tuple[str, ...]:
        """CLAUDE.md here and above, up to the project's root, as paths from here."""
        cwd = self._world.cwd
        root = self._world.trees.root_of(cwd)
        found: list[str] = []
        folder, up = cwd, ""
        while True:
            found += [
                up + name
                for name in _MEMORY_FILES
                if self._world.files.read(folder / name, root, 1) is not None
            ]
            if folder == root or root not in folder.parents:
                return tuple(found)
            folder, up = folder.parent, up + "../"


def relative(path: str, root: Path) -> str:
    """As it is called in the tree; what lies outside keeps its whole path."""
    full = Path(path)
    return str(full.relative_to(root)) if full.is_relative_to(root) else path


def _kind(verdict: Verdict) -> LimitKind | None:
    return verdict.kind if isinstance(verdict, LimitReached) else None
