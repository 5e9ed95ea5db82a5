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
