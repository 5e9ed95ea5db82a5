"""``ai-code engines``: what there is, what it can, and whether it would work here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from ai_code.core.engine_table import LOCAL
from ai_code.core.errors import UsageError
from ai_code.core.model_settings import PASSES
from ai_code.core.ports import ModelServerError
from ai_code.core.text import one_line
from ai_code.core.verdict import Unavailable
from ai_code.engines.registry import local_engine
from ai_code.flows.engine_fit import why_not
from ai_code.flows.engine_program import find_program, is_fenced, is_network_fenced
from ai_code.flows.model_seen import ca_of
from ai_code.flows.readiness import Ready, ask_local

if TYPE_CHECKING:
    from ai_code.core.model_notes import ExamResult
    from ai_code.core.task import Program
    from ai_code.engines.registry import FenceKind, LocalEngine
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
    """Of all local engines, or those named. Programs and the server are asked beside each other:
    about a second."""
    wanted = [local_engine(name) for name in names or tuple(LOCAL)]
    model = world.background(lambda: _model(world, settings))
    found = [world.background(partial(_program, world, settings, each)) for each in wanted]
    programs = [get() for get in found]
    served = model()
    return [
        _row(world, settings, engine, program, served)
        for engine, program in zip(wanted, programs, strict=True)
    ]


def named_engine(name: str) -> LocalEngine:
    """The local engine of that name. Raises UsageError."""
    if name not in LOCAL:
        raise UsageError(
            f"there is no engine {one_line(name, 60)}",
            why=f"engines: {', '.join(LOCAL)}",
            hint="ai-code engines list",
        )
    return local_engine(name)


class _Served(NamedTuple):
    """The model that a run would take, and what its server tells."""

    ready: Ready | Unavailable
    version: str = ""
    show: Mapping[str, Any] = {}


def _model(world: World, settings: Settings) -> _Served:
    ready = ask_local(world, settings)
    if isinstance(ready, Unavailable):
        return _Served(ready)
    local = ready.local
    server = world.model_server(local.base_url, local.headers, ca_of(settings, local.ca_file))
    try:
        return _Served(ready, server.version(), server.show(local.name))
    except ModelServerError:
        return _Served(ready)


def _program(world: World, settings: Settings, engine: LocalEngine) -> Program | Unavailable:
    program = find_program(world, settings, engine)
    if isinstance(program, Unavailable) or not engine.about.version:
        return program
    return world.processes.version(program)


def _row(
    world: World,
    settings: Settings,
    engine: LocalEngine,
    program: Program | Unavailable,
    served: _Served,
) -> EngineRow:
    chain = settings.fallback_chain
    place = chain.index(engine.name) + 1 if engine.name in chain else 0
    held = (is_fenced(world, settings, engine), is_network_fenced(world, settings, engine))
    if isinstance(program, Unavailable):
        row = EngineRow(engine, "", "", program.message, program.hint, place, *held)
    else:
        path, version = program.argv[0], program.version_text
        row = EngineRow(engine, path, version, "", "", place, *held)
    ready = served.ready
    if isinstance(ready, Unavailable):
        return row._replace(unfit=ready.message, unfit_mend=ready.hint)
    why = why_not(engine, _with_room(ready, engine), served.version, served.show)
    if why is not None:
        return row._replace(model=ready.local.name, unfit=why.message, unfit_mend=why.hint)
    exam = world.model_notes.exam(ready.digest, engine.name) if ready.digest else None
    row = row._replace(model=ready.local.name, exam=exam)
    if exam is None or exam.share >= PASSES:
        return row
    told = f"{exam.name} passed {exam.passed} of {exam.tasks} tasks of its exam with {engine.name}"
    return row._replace(unfit=told, unfit_mend="ai-code models recommend")


def _with_room(ready: Ready, engine: LocalEngine) -> Ready:
    """A loaded model's small context is no reason: a run would have it loaded anew."""
    least = engine.about.least_context
    if ready.loaded and ready.local.num_ctx < least:
        return ready.__class__(ready.local._replace(num_ctx=least))
    return ready
