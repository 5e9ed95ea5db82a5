"""``ai-code doctor``: all looks at once, each with a time limit; then what can be mended."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from ai_code.core.doctor import GROUPS, Finding, Fix, Result, failed, skipped
from ai_code.core.errors import AiCodeError, ConfigError, UsageError
from ai_code.core.ports import ModelServerError
from ai_code.flows.doctor.checks import CHECKS, Check
from ai_code.flows.doctor.facts import Facts

if TYPE_CHECKING:
    from ai_code.core.ports_machine import Waiting
    from ai_code.flows.world import World
    from ai_code.settings import Loaded

LIMIT_S = 12.0
"""Of a look. Asking a program its version, the slowest of all, may take 10."""
_FIX_S = 60.0
AGAIN_S = 6.0
_PAUSE_S = 0.5


class Report(NamedTuple):
    """``fixed`` are ids whose fix was carried out."""

    results: tuple[Result, ...]
    fixed: tuple[str, ...] = ()

    @property
    def healthy(self) -> bool:
        """Nothing failed; a warning is no failure."""
        return all(each.state != "failed" for each in self.results)


def wanted(names: Sequence[str]) -> tuple[Check, ...]:
    """The checks of these ids or groups, all without a name. Raises UsageError."""
    for name in names:
        if name not in GROUPS and not any(check.id == name for check in CHECKS):
            raise UsageError(
                f"there is no check {name!r}",
                why=f"groups: {', '.join(GROUPS)}; ids are what the doctor prints",
                hint="ai-code doctor --help",
            )
    return tuple(c for c in CHECKS if not names or c.id in names or c.group in names)


class Doctor:
    """One examination. ``deep`` looks longer; ``limit_s`` is each look's time,
    ``again_s`` how long something that was mended may take to be well."""

    def __init__(
        self,
        world: World,
        names: Sequence[str] = (),
        *,
        deep: bool = False,
        limit_s: float = LIMIT_S,
        again_s: float = AGAIN_S,
    ) -> None:
        self._again_s = again_s
        self._world = world
        self._checks = wanted(names)
        self._deep = deep
        self._limit_s = limit_s
        self.fixed: list[str] = []
        """Ids whose fix was begun: it may be cut off in the middle."""

    def examine(self) -> Report:
        """All checks, in the order of the table."""
        return Report(tuple(self._look(self._checks)))

    def mend(self, report: Report, agreed: Callable[[Result], bool]) -> Report:
        """Carries out the safe fixes that are agreed to, and looks at those things again."""
        results, fixed = list(report.results), self.fixed
        for place, result in enumerate(results):
            if result.fix is None or not result.fix.safe or not agreed(result):
                continue
            fixed.append(result.id)
            problem = self._carry_out(result.fix)
            check = next(each for each in CHECKS if each.id == result.id)
            again = self._until_well(check)
            if problem and again.state == "failed":
                told = Finding("failed", f"{again.finding.evidence} ({problem})", again.fix)
                again = again._replace(finding=told)
            results[place] = again
        if fixed:
            # What hung on it may be well by now.
            others = [check for check in self._checks if check.id not in fixed and not check.deep]
            anew = {each.id: each for each in self._look(others)}
            results = [anew.get(each.id, each) for each in results]
        return Report(tuple(results), tuple(fixed))

    def _until_well(self, check: Check) -> Result:
        """A server that was started a moment ago needs some seconds to answer."""
        until = self._world.clock.monotonic() + self._again_s
        while True:
            (result,) = self._look([check])
            if result.state != "failed" or self._world.clock.monotonic() > until:
                return result
            self._world.clock.sleep(_PAUSE_S)

    def _carry_out(self, fix: Fix) -> str:
        """What went wrong, empty where nothing did."""
        match fix.mending:
            case "end-processes":
                from ai_code.flows.recorder import Recorder

                Recorder(self._world, self._loaded()[0].settings, "").sweep()
                self._world.tidy_leftovers()
            case "discard-worktrees":
                from ai_code.flows.doctor.state import left_worktrees

                for name in left_worktrees(Facts(self._world, *self._loaded())):
                    self._world.trees.discard(self._world.journal.run_dir(name))
            case "":
                for argv in fix.commands:
                    ran = self._world.machine_facts.run(argv, _FIX_S)
                    if ran.code != 0:
                        told = (ran.err or ran.out).strip().splitlines()
                        return told[-1] if told else ran.problem or f"exit {ran.code}"
        return ""

    def _loaded(self) -> tuple[Loaded, ConfigError | None]:
        """The settings; the defaults where they cannot be used."""
        try:
            return self._world.config.load({}), None
        except ConfigError as error:
            from ai_code.settings import Layers, load

            return load(Layers()), error

    def _look(self, checks: Sequence[Check]) -> list[Result]:
        clock = self._world.clock
        facts = Facts(self._world, *self._loaded())
        began = clock.monotonic()
        beside = [
            None if check.deep else facts.machine_facts.beside(_timed(check, facts))
            for check in checks
        ]
        results = []
        for check, waiting in zip(checks, beside, strict=True):
            if waiting is not None:
                left = max(0.0, began + self._limit_s - clock.monotonic())
                results.append(_result(check, *self._waited(waiting, left)))
            elif not self._deep:
                results.append(_result(check, skipped("only with --deep"), 0.0))
            else:
                # One after the other, and here: they start programs as a run does.
                self._world.console.status(f"{check.id}: {check.title}…")
                results.append(_result(check, *_timed(check, facts)()))
                self._world.console.status("")
        return results

    def _waited(
        self, waiting: Waiting[tuple[Finding, float]], seconds: float
    ) -> tuple[Finding, float]:
        try:
            return waiting(seconds)
        except TimeoutError:
            told = f"no answer within {self._limit_s:g} s: it hangs"
            return failed(told, Fix(text="ai-code doctor   (again; what hangs is named)")), seconds


def _timed(check: Check, facts: Facts) -> Callable[[], tuple[Finding, float]]:
    def look() -> tuple[Finding, float]:
        began = facts.world.clock.monotonic()
        try:
            finding = check.look(facts)
        except AiCodeError as error:
            told = f"{error.what} ({error.why})" if error.why else error.what
            finding = failed(told, Fix(text=error.hint) if error.hint else None)
        except (ModelServerError, OSError) as error:
            finding = failed(f"it could not be looked at: {error}")
        return finding, facts.world.clock.monotonic() - began

    return look


def _result(check: Check, finding: Finding, seconds: float) -> Result:
    return Result(check.id, check.group, check.title, finding, seconds)
