"""The machine's memory: RAM by psutil, GPUs by what the drivers tell."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from ai_code.core.ports import Machine

_DRM = Path("/sys/class/drm")
_NVIDIA_TIMEOUT_S = 0.5


class SystemHardware:
    """The port ``Hardware`` on this machine."""

    def memory(self) -> Machine:
        import psutil

        ram = psutil.virtual_memory()
        cards = _nvidia() + _amd()
        return Machine(
            ram_total=ram.total,
            ram_available=ram.available,
            vram_total=sum(total for total, _ in cards),
            vram_free=sum(free for _, free in cards),
        )


def _nvidia() -> list[tuple[int, int]]:
    """(total, free) in bytes of each card, by nvidia-smi; none where it does not answer."""
    program = shutil.which("nvidia-smi")
    if not program:
        return []
    query = "--query-gpu=memory.total,memory.free"
    try:
        told = subprocess.run(
            [program, query, "--format=csv,noheader,nounits"],
            capture_output=True,
            text=True,
            timeout=_NVIDIA_TIMEOUT_S,
            check=True,
        ).stdout
        rows = [line.split(",") for line in told.splitlines()]
        return [(int(total) << 20, int(free) << 20) for total, free in rows]
    except (OSError, ValueError, subprocess.SubprocessError):
        return []


def _amd() -> list[tuple[int, int]]:
    """(total, free) in bytes of each amdgpu card, from sysfs."""
    cards: list[tuple[int, int]] = []
    for total_file in sorted(_DRM.glob("card?/device/mem_info_vram_total")):
        try:
            total = int(total_file.read_text())
            used = int(total_file.with_name("mem_info_vram_used").read_text())
        except (OSError, ValueError):
            continue
        cards.append((total, max(0, total - used)))
    return cards
