"""``ai-code setup``: the steps one after the other, each said first and then asked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, NamedTuple

from ai_code.core.errors import AiCodeError
from ai_code.core.setup import STEPS, StepName, StepResult
from ai_code.flows.drill import Drill, DrillOptions
from ai_code.flows.drill_report import lines_of
from ai_code.flows.models.recommending import best
from ai_code.flows.setup.aider import aider
from ai_code.flows.setup.ground import Ground, Mode, Options, PersonStops
from ai_code.flows.setup.model import model
from ai_code.flows.setup.nix import nix_lines
from ai_code.flows.setup.ollama import ollama
from ai_code.flows.setup.programs import claude, git
from ai_code.flows.setup.service import service

if TYPE_CHECKING:
    from ai_code.core.ports_setup import NixKind
    from ai_code.flows.world import World
    from ai_code.settings.ports import Config

_INSTALLS: tuple[StepName, ...] = ("git", "claude", "aider", "ollama", "service")
"""What a Nix configuration says, where there is one."""
_MARKS = {"ok": "ok", "done": "done", "skipped": "skipped", "missing": "MISSING",
          "failed": "FAILED"}  # fmt: skip


class Outcome(NamedTuple):
    """What all steps came to. ``nix`` are lines to write, where Nix installs here; ``stopped``:
    the person had enough, and ``not_reached`` are the steps that nothing came of."""

    results: tuple[StepResult, ...]
    mode: Mode
    nix_kind: NixKind = ""
    nix: tuple[str, ...] = ()
    stopped: bool = False
    not_reached: tuple[StepName, ...] = ()

    @property
    def ok(self) -> bool:
        wrong = [each for each in self.results if each.state in ("missing", "failed")]
        return not wrong and not self.stopped


class Setup:
    """One conversation; ``go`` holds it."""

    def __init__(self, world: World, config: Config, options: Options) -> None:
        self._world = world
        self._options = options
        self._ground = Ground(world, config, options)
        self._nix = world.site.nix

    def go(self) -> Outcome:
        """Raises AiCodeError where another setup is at work or the settings cannot be read,
        Stopped for Ctrl-C after saying how to go on."""
        ground = self._ground
        if self._nix and ground.mode != "look":
            # Nothing is installed beside a configuration that says what is.
            ground.mode = "look"
        ground.explains = not self._nix
        if ground.mode == "look":
            return self._all()
        with ground.site.alone():
            return self._all()

    def _all(self) -> Outcome:
        console, ground = self._world.console, self._ground
        chosen = self._options.steps or STEPS
        steps = [name for name in STEPS if name in chosen]
        if ground.mode == "ask":
            console.note("Each step says what it would do, and asks. What was made is taken back")
            console.note("with `ai-code setup --remove`.")
        results: list[StepResult] = []
        stopped = False
        for number, name in enumerate(steps, 1):
            console.note("")
            console.banner(f"{number}/{len(steps)} {name}", "")
            try:
                result = self._step(name, results)
            except PersonStops:
                stopped = True
                break
            except BaseException:
                console.status("")
                console.important("stopped; to go on: ai-code setup")
                raise
            results.append(result)
            ground.tell(f"{_MARKS[result.state]}: {result.told}")
        kind = self._nix
        missing = [each.step for each in results if each.state in ("missing", "failed")]
        nix = tuple(nix_lines(missing, self._best())) if kind and missing else ()
        rest = tuple(steps[len(results) :])
        return Outcome(tuple(results), ground.mode, kind, nix, stopped, rest)

    def _step(self, name: StepName, before: list[StepResult]) -> StepResult:
        if name in self._options.skip:
            return StepResult(name, "skipped", "as you said")
        try:
            return self._drill(before) if name == "drill" else _STEPS[name](self._ground)
        except AiCodeError as error:
            told = f"{error.what}: {error.why}" if error.why else error.what
            return StepResult(name, "failed", told, (error.hint,) * bool(error.hint))

    def _best(self) -> str:
        try:
            return best(self._world, self._ground.settings).fit.quantisation.tag
        except AiCodeError:
            return ""

    def _drill(self, before: list[StepResult]) -> StepResult:
        """A fallback is played in a scratch project, with what there is now."""
        ground = self._ground
        command = "ai-code drill"
        if ground.mode == "look":
            return StepResult("drill", "skipped", f"it was not played: {command}")
        lacking = [each.step for each in before if each.step in ("git", "aider") and not each.fine]
        if lacking:
            return StepResult("drill", "skipped", f"without {' and '.join(lacking)} it would fail")
        ground.say(
            "The drill plays a day on which Claude hits its limit, in a scratch project, and "
            "shows whether each part of the fallback works. Nothing is billed."
        )
        if not ground.agrees("Play it?"):
            return StepResult("drill", "skipped", f"whenever you like: {command}")
        options = DrillOptions(offer=False)
        stage = self._world.drill_stage(keep=False)
        report = Drill(self._world, ground.settings, options, stage).go()
        lines = list(lines_of(report, self._world.shown_as))
        # The last one comes as the step's own.
        for line in lines[:-1]:
            self._world.console.note(line)
        if not report.ok:
            return StepResult("drill", "failed", lines[-1].removeprefix("FAILED: "), (command,))
        return StepResult("drill", "done", lines[-1])


_STEPS: Mapping[StepName, Callable[[Ground], StepResult]] = {
    "git": git,
    "claude": claude,
    "aider": aider,
    "ollama": ollama,
    "service": service,
    "model": model,
}
