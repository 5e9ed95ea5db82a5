"""After a local run: what the server really held and took. Remembered, and told where a prompt was
cut. A server that does not answer any more keeps nobody waiting, and is no failure of the run."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ai_code.core.context_proof import Proof, counts_of, largest_prompt
from ai_code.core.model_notes import MeasuredNeed
from ai_code.core.models import runs_elsewhere, same_model
from ai_code.core.ports import LoadedModel, ModelServerError
from ai_code.core.same_command import same_command
from ai_code.core.task import COUNTS_LOG
from ai_code.flows.model_fit import is_local

if TYPE_CHECKING:
    from ai_code.core.about import Mode
    from ai_code.flows.readiness import Ready
    from ai_code.flows.world import World
    from ai_code.settings import Settings

_MOST_BYTES = 65536


def prove(
    world: World, settings: Settings, ready: Ready, sent: int, folder: Path, mode: Mode = "edit"
) -> Proof:
    """Asks what is loaded, remembers it and tells what is wrong. ``sent`` is the largest prompt
    as the engine estimated it, in tokens (0: not known); ``folder`` is the engine's."""
    log = world.files.read(folder / COUNTS_LOG, folder, _MOST_BYTES) or ""
    running = running_now(world, settings, ready)
    proof = Proof(
        asked=ready.local.num_ctx,
        context=running.context if running else 0,
        sent=sent,
        taken=largest_prompt(counts_of(log)),
    )
    if running is not None:
        remember(world, settings, ready, running)
    if told := proof.told(ready.local.shown):
        world.console.important(same_command(told, mode))
    return proof


def running_now(world: World, settings: Settings, ready: Ready) -> LoadedModel | None:
    """The model as it is in memory now; None where it is not, or nobody tells."""
    local = ready.local
    if runs_elsewhere(local.name):
        return None
    server = world.model_server(local.base_url, local.headers, ca_of(settings, local.ca_file))
    try:
        rows = server.loaded()
    except ModelServerError:
        return None
    return next((row for row in rows if same_model(row.name, local.name)), None)


def remember(world: World, settings: Settings, ready: Ready, running: LoadedModel) -> None:
    """What a model of this machine took, for one request at a time: with more the size says
    nothing of a single one."""
    here = is_local(ready.local.base_url)
    if not (here and ready.digest and running.size > 0 and running.context > 0):
        return
    if settings.ollama_num_parallel > 1:
        return
    need = MeasuredNeed(
        ready.digest,
        running.context,
        settings.ollama_kv_cache_type,
        running.size,
        running.size_vram,
        int(world.clock.now()),
    )
    try:
        world.model_notes.remember_need(need)
    except OSError as error:
        world.console.detail(f"what {running.name} took is not remembered: {error}")


def ca_of(settings: Settings, ca_file: str) -> str:
    """What our own questions are checked against: the person's file, else the system's."""
    return ca_file if settings.ollama_ca_file else ""
