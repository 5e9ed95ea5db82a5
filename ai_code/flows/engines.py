"""``ai-code engines``: what there is, what it can, and whether it would work here."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from ai_code.core.engine_table import FIRST, LOCAL
from ai_code.core.errors import UsageError
from ai_code.core.model_settings import PASSES
from ai_code.core.text import one_line
from ai_code.core.verdict import Unavailable
from ai_code.engines.registry import local_engine
from ai_code.flows.asked_once import AskedOnce
from ai_code.flows.engine_program import find_program, is_fenced, is_network_fenced
from ai_code.flows.engines_here import model_for

if TYPE_CHECKING:
    from ai_code.core.model_notes import ExamResult
    from ai_code.core.task import Program
    from ai_code.engines.registry import FenceKind, LocalEngine
    from ai_code.flows.readiness import Ready
    from ai_code.flows.world import World
    from ai_code.settings import Settings


class EngineRow(NamedTuple):
    """One local engine on this machine. ``path`` is empty where it is not installed, ``problem``
    says why then, and ``mend`` is the command for it; ``version`` as it names it. ``place`` in
    the chain counts from 1 (0: not in it). ``fenced`` and ``network_fenced``: our fence holds what
    it writes, and whom it reaches. ``model`` would serve it, unless ``unfit`` says why not; both
    are empty where nobody looked. ``exam`` is the model's with this engine."""

    engine: LocalEngine
    path: str
    version: str
    problem: str
    mend: str
    place: int
    fenced: bool
    network_fenced: bool
    model: str = ""
    unfit: str = ""
    unfit_mend: str = ""
    exam: ExamResult | None = None

    @property
    def name(self) -> str:
        return self.engine.name

    @property
    def fence(self) -> FenceKind:
        """What holds it here: the kernel, where its own sandbox cannot be made."""
        own = self.engine.fence
        return "kernel" if own == "own" and self.fenced else own


def engine_rows(world: World, settings: Settings, names: Sequence[str] = ()) -> list[EngineRow]:
    """Of those named; else of all local engines, the chain's first, in its order. Programs and the
    server are asked beside each other: about a second."""
    everyone = dict.fromkeys((*settings.fallback_chain, *LOCAL))
    wanted = [local_engine(name) for name in names or tuple(everyone)]
    found = [world.background(partial(_program, world, settings, each)) for each in wanted]
    # A run with each would take a model of its own, with a context of its own.
    # One after the other, for most of their questions are the same.
    once = AskedOnce(world)
    models = world.background(lambda: [model_for(world, settings, each, once) for each in wanted])
    return [
        _row(world, settings, engine, program(), model)
        for engine, program, model in zip(wanted, found, models(), strict=True)
    ]


def named_engine(name: str) -> LocalEngine:
    """The local engine of that name. Raises UsageError."""
    if name in FIRST:
        raise UsageError(
            f"{name} works first, and is no engine that goes on at its limit",
            why=f"engines that go on: {', '.join(LOCAL)}",
            hint="ai-code engines list",
        )
    if name not in LOCAL:
        raise UsageError(
            f"there is no engine {one_line(name, 60)}",
            why=f"engines: {', '.join(LOCAL)}",
            hint="ai-code engines list",
        )
    return local_engine(name)


def _program(world: World, settings: Settings, engine: LocalEngine) -> Program | Unavailable:
    program = find_program(world, settings, engine)
    if isinstance(program, Unavailable) or not engine.about.version:
        return program
    return world.processes.version(program, away=True)


def _row(
    world: World,
    settings: Settings,
    engine: LocalEngine,
    program: Program | Unavailable,
    ready: Ready | Unavailable,
) -> EngineRow:
    chain = settings.fallback_chain
    place = chain.index(engine.name) + 1 if engine.name in chain else 0
    held = (is_fenced(world, settings, engine), is_network_fenced(world, settings, engine))
    if isinstance(program, Unavailable):
        row = EngineRow(engine, "", "", program.message, program.hint, place, *held)
    else:
        path, version = program.argv[0], program.version_text
        row = EngineRow(engine, path, version, "", "", place, *held)
    if isinstance(ready, Unavailable):
        return row._replace(unfit=ready.message, unfit_mend=ready.hint)
    exam = world.model_notes.exam(ready.digest, engine.name) if ready.digest else None
    row = row._replace(model=ready.local.name, exam=exam)
    if exam is None or exam.share >= PASSES:
        return row
    told = f"{exam.name} passed {exam.passed} of {exam.tasks} tasks of its exam with {engine.name}"
    return row._replace(unfit=told, unfit_mend="ai-code models recommend")
