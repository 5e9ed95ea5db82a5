"""Where a server on this machine keeps its models, and what the disk there has left. Of a server
elsewhere, or in a container, nothing is known: nothing is judged by it then."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ai_code.core.disk import DiskRoom
from ai_code.flows.model_fit import is_local

if TYPE_CHECKING:
    from ai_code.core.ports_models import OllamaFolder
    from ai_code.flows.world import World


def models_folder(world: World, base_url: str, installed: Sequence[str]) -> OllamaFolder | None:
    """The folder of a server that has these models; None where it is not seen from here."""
    if not is_local(base_url):
        return None
    folder = ollama_folder(world, installed)
    # A server has its models elsewhere where none of them lies here: in a container, or where a
    # variable of its own says.
    return folder if not installed or any(map(folder.holds, installed)) else None


def ollama_folder(world: World, names: Sequence[str]) -> OllamaFolder:
    """Where a server on this machine keeps its models: the environment says, or the service that
    runs it, or it is one of the usual places, of several the one that has one of these models."""
    said = world.environ.get("OLLAMA_MODELS", "")
    if not said:
        from ai_code.flows.doctor.service import look_service

        service = look_service(world.machine_facts)
        said = service.variables.get("OLLAMA_MODELS", "") if service else ""
    return world.ollama_folder(names, said)


def disk_room(world: World, base_url: str, installed: Sequence[str]) -> DiskRoom | None:
    """What its downloads may take; None where that cannot be told."""
    folder = models_folder(world, base_url, installed)
    return room_in(folder) if folder else None


def room_in(folder: OllamaFolder) -> DiskRoom | None:
    """The same of a folder that is known."""
    free = folder.free_bytes()
    return None if free is None else DiskRoom(free, str(folder.path), str(folder.nearest))
