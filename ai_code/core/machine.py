"""The machine as far as models need to know it: memory and graphics cards, in bytes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

VRAM_SHARE = 0.9
"""Drivers and the desktop keep some of a card's free memory for themselves."""
RAM_RESERVE = 512 << 20
"""Bytes of free RAM that are left to the system."""

GpuVendor = Literal["nvidia", "amd", "apple", "intel"]


@dataclass(frozen=True, slots=True)
class Gpu:
    """A graphics card with memory of its own, or Apple's share of the one memory there is.

    ``vram_total`` and ``vram_free`` are in bytes. ``unified``: that memory is a part of the RAM,
    and what a model takes of it is missing there.
    """

    name: str
    vendor: GpuVendor
    vram_total: int
    vram_free: int
    unified: bool = False


@dataclass(frozen=True, slots=True)
class Machine:
    """Memory in bytes: all there is, and what can be had now."""

    ram_total: int
    ram_available: int
    gpus: tuple[Gpu, ...] = ()

    @property
    def vram_total(self) -> int:
        """Over all cards with memory of their own; 0 without one."""
        return sum(gpu.vram_total for gpu in self.gpus if not gpu.unified)

    @property
    def vram_free(self) -> int:
        return sum(gpu.vram_free for gpu in self.gpus if not gpu.unified)

    @property
    def unified_total(self) -> int:
        """What the GPU may use of a memory that it shares with the processor (Apple)."""
        return sum(gpu.vram_total for gpu in self.gpus if gpu.unified)

    @property
    def free(self) -> int:
        """What a model could have now, with nothing taken from others: RAM but for a reserve,
        and the share of the cards' free memory that can be had."""
        return max(0, self.ram_available - RAM_RESERVE) + self.free_on_cards

    @property
    def free_on_cards(self) -> int:
        return max(0, int(self.vram_free * VRAM_SHARE))


def room_for_models(
    machine: Machine, held: int = 0, held_on_cards: int = 0, *, cpu_offload: bool = True
) -> int:
    """Bytes that the next model could have. What others hold counts (``held`` in all,
    ``held_on_cards`` of it on the GPU): Ollama makes room by unloading them. Without
    ``cpu_offload`` it is the GPU's memory, where there is one."""
    if not cpu_offload and machine.vram_total:
        return machine.free_on_cards + held_on_cards
    # Weights that are mapped count as available and as held.
    room = min(machine.free + held, machine.ram_total + machine.vram_total)
    if not cpu_offload and machine.unified_total:
        room = min(room, machine.unified_total)
    return room
