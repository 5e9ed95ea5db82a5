"""``ai-code drill``: the fallback is played for real in a scratch project, and each part of it
is proved or named with the command that mends it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, Protocol

from ai_code.core.drill import SCENARIOS, Mend, Observed, Part, Scenario, Setup
from ai_code.core.drill_parts import FIRST, parts_of, passed
from ai_code.core.errors import AiCodeError, UsageError
from ai_code.core.plan import EMPTY_CHAIN, SET_CHAIN
from ai_code.core.verdict import LimitKind
from ai_code.flows.drill_mends import SETTINGS, for_part, from_hint
from ai_code.flows.drill_setup import Missing, RealIsMissing, SetUp

if TYPE_CHECKING:
    from collections.abc import Callable

    from ai_code.flows.world import World
    from ai_code.settings import Settings

__all__ = ["ALL", "DEFAULT", "Drill", "DrillOptions", "Played", "RealIsMissing", "Report", "Stage"]

DEFAULT = "mid-task"
ALL = "all"


class Stage(Protocol):
    """Plays scenarios; ``kept`` are the scratch folders that were not removed."""

    @property
    def kept(self) -> Sequence[Path]: ...

    def play(
        self,
        scenario: Scenario,
        setup: Setup,
        tell: Callable[[str], None],
        tick: Callable[[float], None],
    ) -> Observed: ...


class DrillOptions(NamedTuple):
    """``scenario`` is a name or ``all``; ``real`` refuses stand-ins of the local side and
    recordings; ``yes`` agrees to the installation of Claude Code, which is not even offered
    without ``offer``. ``engine`` goes on at the limit: by default the one that would in a run."""

    scenario: str = DEFAULT
    real: bool = False
    yes: bool = False
    offer: bool = True
    engine: str = ""

    @property
    def command(self) -> str:
        """The command line that plays the same once more."""
        engine = f" --engine {self.engine}" if self.engine else ""
        scenario = "" if self.scenario == DEFAULT else f" --scenario {self.scenario}"
        return f"ai-code drill{engine}{scenario}{' --real' if self.real else ''}"


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
    engine: str = ""

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
        self._mend: dict[Mend, None] = {}
        self._notes: list[str] = []
        self._missing: list[Missing] = []
        self._doing = ""

    def go(self) -> Report:
        """Plays what was asked for, one scenario after the other."""
        wanted = self._wanted()
        options = self._options
        found = SetUp(self._world, self._settings, options.engine, options.command)
        setup = found.look(real=options.real, yes=options.yes, offer=options.offer)
        self._missing = found.missing
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
        return Report(played, tuple(self._mend), tuple(self._notes), setup.engine)

    def _tell_missing(self, missing: Missing, played: Sequence[Played]) -> None:
        """What a machine lacks is worth a line where no failed row says it, and who played
        it instead."""
        rows = [part for each in played for part in each.parts]
        note = missing.why
        match missing.what:
            case "claude":
                note += ": a recording of version 2.1.329 plays it"
            case "engine":
                if any(part.cause == "engine" and part.state == "failed" for part in rows):
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

    def _note_settings(self) -> None:
        """A fallback that works and is switched off helps nobody."""
        settings = self._settings
        all_of_it = []
        if not settings.fallback_enabled:
            all_of_it.append("fallback.enabled is false")
        if LimitKind.SESSION.value not in settings.fallback_on:
            all_of_it.append("fallback.on does not name session (or plan)")
        if settings.fallback_on_limit != "local":
            all_of_it.append(f"fallback.on-limit is {settings.fallback_on_limit}")
        if settings.engine != "auto":
            all_of_it.append(f"engine is {settings.engine}")
        if why := "; ".join(all_of_it):
            self._notes.append(f"with your settings nothing goes on by itself at a limit: {why}")
            self._mend[Mend(SETTINGS, "which setting it is, and where it stands")] = None
        if not settings.fallback_chain:
            self._notes.append(f"with your settings a limit ends the run there: {EMPTY_CHAIN}")
            self._mend[from_hint(SET_CHAIN, "")] = None

    # Playing --------------------------------------------------------------------------------

    def _play(self, scenario: Scenario, setup: Setup) -> Played:
        console = self._world.console
        title = f"{scenario.name}: {scenario.told}"
        # The report begins with it: on a terminal that shows both it is not said twice.
        (console.status if self._is_one_screen() else console.note)(title)
        try:
            seen = self._stage.play(
                scenario, setup, lambda line: self._progress(scenario, line), self._goes_on
            )
        except AiCodeError as error:
            fault = f"{error.what}: {error.why}" if error.why else error.what
            if error.hint:
                self._mend[from_hint(error.hint, self._options.command)] = None
            return Played(scenario, fault=fault)
        finally:
            self._doing = ""
            console.status("")
        parts = parts_of(seen)
        for part in parts:
            if part.state == "failed" and (
                mend := for_part(part, seen, self._world, self._options.command)
            ):
                self._mend[mend] = None
        return Played(scenario, parts, seen.diff, seen.seconds)

    def _is_one_screen(self) -> bool:
        console, plain = self._world.console, self._world.environ.get("TERM") == "dumb"
        both = console.stdout_is_tty and console.stderr_is_tty
        return both and not plain

    def _progress(self, scenario: Scenario, line: str) -> None:
        """ai-code's own lines: the banners tell which engine works, the rest is detail."""
        console = self._world.console
        if line.startswith(FIRST):
            self._doing = f"{scenario.name}: Claude Code works…"
        elif line.startswith("[AI: "):
            self._doing = f"{scenario.name}: the local model takes over…"
        elif line.startswith("still waiting: "):
            console.note(line)
        console.detail(f"  {line}")

    def _goes_on(self, elapsed_s: float) -> None:
        """A model may take minutes: it is to be seen that something works."""
        if self._doing:
            self._world.console.status(f"{self._doing} {int(elapsed_s)} s")


def _may_be_real(scenario: Scenario) -> bool:
    """The local side works; a scenario that breaks it needs a stand-in that breaks."""
    return scenario.local == "answers"


def _join(texts: Sequence[str]) -> str:
    return "; ".join(texts)
