"""The local engines of the settings, looked at as a run looks at them: program, server, model."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ai_code.core.ports import ModelServerError
from ai_code.core.verdict import Unavailable
from ai_code.engines.registry import local_engine
from ai_code.flows.asked_once import AskedOnce
from ai_code.flows.engine_fit import not_in_the_tree, why_not
from ai_code.flows.engine_program import find_program
from ai_code.flows.engines_set import EngineHere, all_named
from ai_code.flows.model_seen import ca_of
from ai_code.flows.readiness import Ready, ask_local

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ai_code.engines.registry import LocalEngine
    from ai_code.flows.world import World
    from ai_code.settings import Settings


def engines_here(world: World, settings: Settings, names: Sequence[str] = ()) -> list[EngineHere]:
    """All that a run may take, or those named, in the order in which it would try them; about a
    second."""
    once, wanted = AskedOnce(world), names or all_named(settings)
    return [_here(world, settings, local_engine(name), once) for name in wanted]


def _here(world: World, settings: Settings, engine: LocalEngine, once: AskedOnce) -> EngineHere:
    name = engine.name
    program = find_program(world, settings, engine)
    if isinstance(program, Unavailable):
        return EngineHere(name, why=program.message, mend=program.hint)
    path = program.argv[0]
    found = not_in_the_tree(settings, engine) or model_for(world, settings, engine, once)
    if isinstance(found, Unavailable):
        return EngineHere(name, path, why=found.message, mend=found.hint)
    return EngineHere(name, path, found.local.name)


def model_for(
    world: World, settings: Settings, engine: LocalEngine, once: AskedOnce | None = None
) -> Ready | Unavailable:
    """The model that a run with this engine would take now, or why it could not work on it. What
    has to be made of it for the engine, the run makes. ``once`` is shared by several engines."""
    once = once or AskedOnce(world)
    ready = ask_local(world, settings, engine=engine.name, once=once)
    if isinstance(ready, Unavailable) or engine.about.sends_ctx:
        return ready
    local = ready.local
    server = once.server(local.base_url, local.headers, ca_of(settings, local.ca_file))
    try:
        version, show = server.version(), server.show(local.name)
    except ModelServerError:
        # The run asks too, and tells it in its own words.
        return ready
    return why_not(engine, local, version, show, settings.ollama_num_ctx) or ready
