"""``ai-code drill``: the fallback is played for real in a scratch project, and each part of it
is proved or named with the command that mends it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, Protocol

from ai_code.core.drill import SCENARIOS, Observed, Part, Scenario, Setup
from ai_code.core.drill_parts import FIRST, parts_of, passed
from ai_code.core.errors import AiCodeError, CannotStartError, UsageError
from ai_code.core.verdict import LimitKind
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
    mend: tuple[str, ...]
    notes: tuple[str, ...]

    @property
    def ok(self) -> bool:
        return all(each.ok for each in self.played)


class Drill:
    """One drill; ``go`` plays it. Raises AiCodeError where nothing can be played."""

    def __init__(
        self, world: World, settings: Settings, options: DrillOptions, stage: Stage
    ) -> None:
        self._world = world
        self._settings = settings
        self._options = options
        self._stage = stage
        self._mend: dict[str, None] = {}
        self._notes: list[str] = []
        self._local_note: tuple[str, ...] = ()
        self._local_hint = ""

    def go(self) -> Report:
        """Plays what was asked for, one scenario after the other."""
        wanted = self._wanted()
        setup = self._setup()
        self._note_settings()
        played = tuple(self._play(each, setup) for each in wanted)
        if any(each.scenario.outcome == "lands" for each in played) and self._local_hint:
            # Where a stand-in was wanted anyway, the person's own server is of no matter.
            self._notes += self._local_note
            self._mend[self._local_hint] = None
        for path in self._stage.kept:
            self._notes.append(f"kept: {path}")
        return Report(played, tuple(self._mend), tuple(self._notes))

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
        if self._options.real and None in (claude, aider, ready):
            raise AiCodeError(
                "--real refuses stand-ins, and this machine needs one",
                why=_join([*self._notes, *self._local_note]),
                hint=next(iter(self._mend), "ai-code drill"),
            )
        return Setup(
            aider=aider,
            claude=claude,
            model=ready.local if ready else None,
            claude_args=settings.claude_args,
            aider_args=settings.aider_args,
            edit_format=settings.aider_edit_format,
            stall_timeout_s=settings.stall_timeout_s,
        )

    def _git(self) -> None:
        if self._world.processes.find(("git",)) is None:
            raise AiCodeError(
                "git is not installed",
                why="the drill makes a scratch project with it, and a local engine's worktree too",
                hint="sudo apt install git",
            )

    def _claude(self) -> Program | None:
        program, why = self._found(self._settings.claude_command)
        if program is None and not why and self._options.offer:
            program = offer_claude(self._world, agreed=self._options.yes)
        if program is not None:
            return self._world.processes.version(program)
        why = why or "Claude Code is not installed"
        self._notes.append(f"{why}: a recording of version 2.1.329 plays it")
        self._mend["npm install -g @anthropic-ai/claude-code"] = None
        return None

    def _aider(self) -> Program | None:
        program, why = self._found(self._settings.aider_command)
        if program is None:
            self._notes.append(why or "aider is not installed, so nothing can go on locally")
            self._mend[INSTALL_AIDER] = None
        return program

    def _found(self, command: Sequence[str]) -> tuple[Program | None, str]:
        """The program, or why it cannot be started where it is there."""
        try:
            return self._world.processes.find(command), ""
        except CannotStartError as error:
            self._mend[error.hint] = None
            return None, error.what

    def _local(self) -> Ready | None:
        self._world.console.status(f"asking Ollama at {self._settings.ollama_api}…")
        checked = ask_local(self._world, self._settings)
        self._world.console.status("")
        if isinstance(checked, Ready):
            return checked
        self._local_note = (f"{checked.message}: a stand-in plays Ollama and the model",)
        self._local_hint = checked.hint
        if self._options.real:
            self._mend[checked.hint] = None
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
            self._mend["ai-code config show --origin"] = None

    # Playing --------------------------------------------------------------------------------

    def _play(self, scenario: Scenario, setup: Setup) -> Played:
        console = self._world.console
        console.note(f"{scenario.name}: {scenario.told}")
        try:
            seen = self._stage.play(scenario, setup, lambda line: self._progress(scenario, line))
        except AiCodeError as error:
            fault = f"{error.what}: {error.why}" if error.why else error.what
            if error.hint:
                self._mend[error.hint] = None
            return Played(scenario, fault=fault)
        finally:
            console.status("")
        parts = parts_of(seen)
        for part in parts:
            if part.state == "failed" and part.mend:
                self._mend[part.mend] = None
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
