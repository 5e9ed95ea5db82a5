"""Whether a model can be loaded early without taking anything from the models beside it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ai_code.core.ports import LoadedModel, Machine

_MOST_LOADED = 3
"""Ollama keeps three models for each GPU, or three without one, unless OLLAMA_MAX_LOADED_MODELS
says otherwise (server/sched.go); the next one pushes one out."""


def fits_beside(need: int, machine: Machine | None, loaded: Sequence[LoadedModel] | None) -> bool:
    """Whether a model that takes ``need`` bytes may be loaded while all of ``loaded`` stay as they
    are. ``machine`` None: a server elsewhere, of which only the loaded models are known;
    ``loaded`` None: a server that does not tell.

    Ollama unloads a model that holds GPU memory rather than put the next one on the CPU, so
    beside such a one it must fit into the GPU memory that is free (of cards that are known)."""
    if loaded is None:
        return False
    if not loaded:
        return machine is None or need <= machine.free
    if machine is None or len(loaded) >= _MOST_LOADED:
        return False
    if machine.unified_total:
        # Apple: the GPU's share of the one memory, of which the loaded models hold a part.
        held = sum(model.size for model in loaded)
        return need <= min(machine.unified_total - held, machine.free)
    if any(model.size_vram for model in loaded):
        return need <= machine.free_on_cards
    return need <= machine.free
