"""``ai-code drill``: the fallback is played for real in a scratch project, and each part of it
is proved or named with the command that mends it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, Protocol

from ai_code.core.drill import SCENARIOS, Mend, Observed, Part, Scenario, Setup
from ai_code.core.drill_parts import FIRST, parts_of, passed
from ai_code.core.errors import AiCodeError, CannotStartError, UsageError
from ai_code.core.text import wrapped
from ai_code.core.verdict import LimitKind
from ai_code.flows.drill_mends import INSTALL_CLAUDE, SETTINGS, for_part, from_hint
from ai_code.flows.endings import INSTALL_AIDER
from ai_code.flows.install_claude import offer_claude
from ai_code.flows.readiness import Ready, ask_local

if TYPE_CHECKING:
    from collections.abc import Callable

    from ai_code.core.task import Program
    from ai_code.flows.world import World
    from ai_code.settings import Settings

DEFAULT = "mid-task"
ALL = "all"


class Stage(Protocol):
    """Plays scenarios; ``kept`` are the scratch folders that were not removed."""

    @property
    def kept(self) -> Sequence[Path]: ...

    def play(self, scenario: Scenario, setup: Setup, tell: Callable[[str], None]) -> Observed: ...


class DrillOptions(NamedTuple):
    """``scenario`` is a name or ``all``; ``real`` refuses stand-ins of the local side and
    recordings; ``yes`` agrees to the installation of Claude Code, which is not even offered
    without ``offer``."""

    scenario: str = DEFAULT
    real: bool = False
    yes: bool = False
    offer: bool = True

    @property
    def command(self) -> str:
        """The command line that plays the same once more."""
        scenario = "" if self.scenario == DEFAULT else f" --scenario {self.scenario}"
        return f"ai-code drill{scenario}{' --real' if self.real else ''}"


class _Missing(NamedTuple):
    """What is not on this machine, why, and what mends it."""

    what: str
    why: str
    mend: Mend


class Played(NamedTuple):
    """One scenario and what it proved. ``fault`` is set where it could not be played."""

    scenario: Scenario
    parts: tuple[Part, ...] = ()
    diff: str = ""
    seconds: float = 0.0
    fault: str = ""

    @property
    def ok(self) -> bool:
        return bool(self.parts) and passed(self.parts) and not self.fault


class Report(NamedTuple):
    """All that was played. ``mend`` are commands, each with what it is for; ``notes`` are worth
    a line and no failure."""

    played: tuple[Played, ...]
    mend: tuple[Mend, ...]
    notes: tuple[str, ...]

    @property
    def ok(self) -> bool:
        return all(each.ok for each in self.played)


class RealIsMissing(AiCodeError):
    """``--real``, and not everything real is there. ``missing`` says what, ``mend`` how to get
    it: all of it, for nobody wants to learn it one by one."""

    def __init__(self, missing: Sequence[_Missing], again: str) -> None:
        self.missing = tuple(each.why for each in missing)
        self.mend = tuple(each.mend for each in missing)
        told = [
            line
            for each in missing
            for line in (
                *wrapped(each.why, 80),
                f"  {each.mend.command}",
                *([f"    {each.mend.about}"] if each.mend.about else []),
            )
        ]
        super().__init__(
            "--real wants the real parts only, and not all of them are there",
            why="\n".join(told),
            hint=f"{again}   (when they are)",
        )


class Drill:
    """One drill; ``go`` plays it. Raises AiCodeError where nothing can be played."""

    def __init__(
        self, world: World, settings: Settings, options: DrillOptions, stage: Stage
    ) -> None:
        self._world = world
        self._settings = settings
        self._options = options
        self._stage = stage
        self._mend: dict[Mend, None] = {}
        self._notes: list[str] = []
        self._missing: list[_Missing] = []

    def go(self) -> Report:
        """Plays what was asked for, one scenario after the other."""
        wanted = self._wanted()
        setup = self._setup()
        self._note_settings()
        try:
            played = tuple(self._play(each, setup) for each in wanted)
        except BaseException:
            # Whoever ends it by Ctrl-C gets no report, and wanted the folder all the same.
            for path in self._stage.kept:
                self._world.console.important(f"kept: {path}")
            raise
        if any(each.parts for each in played):
            for missing in self._missing:
                self._tell_missing(missing, played)
        for path in self._stage.kept:
            self._notes.append(f"kept: {path}")
        return Report(played, tuple(self._mend), tuple(self._notes))

    def _tell_missing(self, missing: _Missing, played: Sequence[Played]) -> None:
        """What a machine lacks is worth a line where no failed row says it, and who played
        it instead."""
        rows = [part for each in played for part in each.parts]
        note = missing.why
        match missing.what:
            case "claude":
                note += ": a recording of version 2.1.329 plays it"
            case "aider":
                if any(part.name == "aider" and part.state == "failed" for part in rows):
                    note = ""
            case _:
                if not any(each.scenario.outcome == "lands" for each in played):
                    # Where a stand-in was wanted anyway, the person's own server is of no matter.
                    return
                if any(part.name == "Ollama" and part.by == "stand-in" for part in rows):
                    note += ": a stand-in plays Ollama and the model"
        self._notes += [note] if note else []
        self._mend[missing.mend] = None

    def _wanted(self) -> Sequence[Scenario]:
        name, real = self._options.scenario, self._options.real
        if name == ALL:
            chosen = [each for each in SCENARIOS.values() if not real or _may_be_real(each)]
            left = [each.name for each in SCENARIOS.values() if each not in chosen]
            if left:
                self._notes.append(f"--real leaves out what only a stand-in can do: {_join(left)}")
            return chosen
        if name not in SCENARIOS:
            raise UsageError(
                f"there is no scenario {name!r}",
                why=f"scenarios: {', '.join(SCENARIOS)}, {ALL}",
                hint="ai-code drill --help",
            )
        scenario = SCENARIOS[name]
        if real and not _may_be_real(scenario):
            raise UsageError(
                f"{name} breaks the local side on purpose, which only a stand-in does",
                hint=f"ai-code drill --scenario {name}",
            )
        return [scenario]

    # What there is on this machine ---------------------------------------------------------

    def _setup(self) -> Setup:
        self._git()
        settings = self._settings
        claude = self._claude()
        aider, ready = self._aider(), self._local()
        if self._options.real and self._missing:
            raise RealIsMissing(self._missing, self._options.command)
        faults = [each.why for each in self._missing if each.what == "aider"]
        return Setup(
            aider=aider,
            claude=claude,
            model=ready.local if ready else None,
            claude_args=settings.claude_args,
            aider_args=settings.aider_args,
            edit_format=settings.aider_edit_format,
            stall_timeout_s=settings.stall_timeout_s,
            aider_fault="".join(faults),
        )

    def _git(self) -> None:
        if self._world.processes.find(("git",)) is None:
            raise AiCodeError(
                "git is not installed",
                why="the drill makes a scratch project with it, and a local engine's worktree too",
                hint="sudo apt install git",
            )

    def _claude(self) -> Program | None:
        def install() -> Program | None:
            options = self._options
            if not options.offer:
                return None
            instead = "leave it" if options.real else "play it from a recording"
            return offer_claude(self._world, agreed=options.yes, instead=instead)

        missing = _Missing("claude", "Claude Code is not installed", Mend(INSTALL_CLAUDE))
        program = self._found(self._settings.claude_command, missing, install)
        return program and self._world.processes.version(program)

    def _aider(self) -> Program | None:
        why = "aider is not installed, so nothing can go on locally"
        return self._found(
            self._settings.aider_command, _Missing("aider", why, Mend(INSTALL_AIDER))
        )

    def _found(
        self,
        command: Sequence[str],
        missing: _Missing,
        install: Callable[[], Program | None] = lambda: None,
    ) -> Program | None:
        """The program. Where it cannot be had, ``missing`` is noted; one that is there and
        cannot be started has another reason, and is mended without an installation."""
        try:
            program = self._world.processes.find(command) or install()
        except CannotStartError as error:
            missing = missing._replace(why=error.what, mend=Mend(error.hint))
            program = None
        if program is None:
            self._missing.append(missing)
        return program

    def _local(self) -> Ready | None:
        self._world.console.status(f"asking Ollama at {self._settings.ollama_api}…")
        checked = ask_local(self._world, self._settings)
        self._world.console.status("")
        if isinstance(checked, Ready):
            return checked
        mend = from_hint(checked.hint, self._options.command)
        self._missing.append(_Missing("local", checked.message, mend))
        return None

    def _note_settings(self) -> None:
        """A fallback that works and is switched off helps nobody."""
        settings = self._settings
        why = ""
        if not settings.fallback_enabled:
            why = "fallback.enabled is false"
        elif LimitKind.SESSION.value not in settings.fallback_on:
            why = "fallback.on does not name session (or plan)"
        elif settings.fallback_on_limit != "local":
            why = f"fallback.on-limit is {settings.fallback_on_limit}"
        elif settings.engine != "auto":
            why = f"engine is {settings.engine}"
        if why:
            self._notes.append(f"with your settings nothing goes on by itself at a limit: {why}")
            self._mend[Mend(SETTINGS, "which setting it is, and where it stands")] = None

    # Playing --------------------------------------------------------------------------------

    def _play(self, scenario: Scenario, setup: Setup) -> Played:
        console = self._world.console
        console.note(f"{scenario.name}: {scenario.told}")
        try:
            seen = self._stage.play(scenario, setup, lambda line: self._progress(scenario, line))
        except AiCodeError as error:
            fault = f"{error.what}: {error.why}" if error.why else error.what
            if error.hint:
                self._mend[from_hint(error.hint, self._options.command)] = None
            return Played(scenario, fault=fault)
        finally:
            console.status("")
        parts = parts_of(seen)
        for part in parts:
            if part.state == "failed" and (
                mend := for_part(part, seen, self._world, self._options.command)
            ):
                self._mend[mend] = None
        return Played(scenario, parts, seen.diff, seen.seconds)

    def _progress(self, scenario: Scenario, line: str) -> None:
        """ai-code's own lines: the banners tell which engine works, the rest is detail."""
        console = self._world.console
        if line.startswith(FIRST):
            console.status(f"{scenario.name}: Claude Code works…")
        elif line.startswith("[AI: "):
            console.status(f"{scenario.name}: the local model takes over…")
        elif line.startswith("still waiting: "):
            console.note(line)
        console.detail(f"  {line}")


def _may_be_real(scenario: Scenario) -> bool:
    """The local side works; a scenario that breaks it needs a stand-in that breaks."""
    return scenario.local == "answers"


def _join(texts: Sequence[str]) -> str:
    return "; ".join(texts)
