"""``ai-code models preload`` and ``unload``: a model into memory and out of it, as a run would."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ai_code.core.errors import AiCodeError
from ai_code.core.memory import gib
from ai_code.core.model_notes import MeasuredNeed
from ai_code.core.models import same_model
from ai_code.core.verdict import Unavailable
from ai_code.flows.model_fit import is_local
from ai_code.flows.models.server import (
    asked,
    loaded,
    require_allowed,
    served,
    shown,
)
from ai_code.flows.readiness import ask_local

if TYPE_CHECKING:
    from ai_code.core.ports import LoadedModel
    from ai_code.flows.models.server import Served
    from ai_code.flows.world import World
    from ai_code.settings import Settings

_RESERVE = 512 << 20


def preload(world: World, settings: Settings, name: str | None) -> None:
    """Loads the model with exactly the context that a run would ask for. Others in memory stay:
    where there is no room beside them, that is an error."""
    there = served(world, settings)
    if name is not None:
        require_allowed(world, settings, name)
        name = there.find(name).name
    ready = ask_local(world, settings, exactly=name or "")
    if isinstance(ready, Unavailable):
        raise AiCodeError(ready.message, hint=ready.hint)
    local = ready.local
    require_allowed(world, settings, local.name, shown(there.server, local.name))
    before = loaded(there.server)
    if not any(same_model(row.name, local.name) for row in before):
        _require_room(world, there, local.name, before)
    console = world.console
    console.status(f"loading with {local.num_ctx} tokens of context: {local.name}…")
    try:
        load = there.server.preload
        asked(there.server, lambda: load(local.name, local.num_ctx, local.keep_alive))
    finally:
        console.status("")
    row = next((r for r in loaded(there.server) if same_model(r.name, local.name)), None)
    if row is None:
        console.note(f"{local.name} is loaded")
        return
    share = 100 * row.size_vram // max(1, row.size)
    console.note(f"{local.name} is loaded:")
    console.note(
        f"  {gib(row.size)} with {row.context or local.num_ctx} tokens, {share} % on the GPU"
    )
    _remember(world, settings, there, row)


def _require_room(world: World, there: Served, name: str, rows: Sequence[LoadedModel]) -> None:
    """What others have loaded is theirs: Ollama would unload it to make room."""
    if not rows or not is_local(there.server.base_url):
        return
    machine = world.hardware.memory()
    free = max(0, machine.ram_available - _RESERVE) + int(machine.vram_free * 0.9)
    size = there.find(name).size
    if size <= free:
        return
    names = ", ".join(row.name for row in rows)
    raise AiCodeError(
        f"there is no room for {name} beside what is loaded ({names})",
        why=f"its weights alone take {gib(size)}, and {gib(free)} of memory are free",
        hint=f"ai-code models unload {rows[0].name}",
    )


def _remember(world: World, settings: Settings, there: Served, row: LoadedModel) -> None:
    """What it takes is known now, and need not be estimated again."""
    digest = next((m.digest for m in there.models if same_model(m.name, row.name)), "")
    if not digest or not row.context:
        return
    kv, now = settings.ollama_kv_cache_type, int(world.clock.now())
    try:
        world.model_notes.remember_need(
            MeasuredNeed(digest, row.context, kv, row.size, row.size_vram, now)
        )
    except OSError as error:
        world.console.note(f"not remembered: {error.strerror or error}")


def unload(world: World, settings: Settings, name: str | None) -> None:
    """Has a model leave memory; without a name the only one that is loaded."""
    there = served(world, settings)
    wanted = there.find(name, "ai-code models list").name if name is not None else None
    rows = asked(there.server, there.server.loaded)
    if not rows:
        world.console.note("no model is loaded")
        return
    if wanted is None and len(rows) > 1:
        raise AiCodeError(
            "several models are loaded: name one",
            why=", ".join(row.name for row in rows),
            hint=f"ai-code models unload {rows[0].name}",
        )
    named = (each for each in rows if wanted is None or same_model(each.name, wanted))
    row = next(named, None)
    if row is None:
        world.console.note(f"{wanted} is not loaded")
        return
    asked(there.server, lambda: there.server.unload(row.name))
    world.console.note(f"{row.name} is unloaded: {gib(row.size)} are free again")
