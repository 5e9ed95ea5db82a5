"""The machine's memory: RAM by psutil, GPUs by what the drivers tell."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from ai_code.core.machine import Gpu, Machine

_DRM = Path("/sys/class/drm")
_NVIDIA_TIMEOUT_S = 0.5


class SystemHardware:
    """The port ``Hardware`` on this machine."""

    def memory(self) -> Machine:
        import psutil

        ram = psutil.virtual_memory()
        return Machine(ram.total, ram.available, (*_nvidia(), *_amd()))


def _nvidia() -> list[Gpu]:
    """Each card that nvidia-smi tells of; none where it does not answer."""
    program = shutil.which("nvidia-smi")
    if not program:
        return []
    query = "--query-gpu=name,memory.total,memory.free"
    try:
        told = subprocess.run(
            [program, query, "--format=csv,noheader,nounits"],
            capture_output=True,
            text=True,
            timeout=_NVIDIA_TIMEOUT_S,
            check=True,
        ).stdout
        rows = [line.rsplit(",", 2) for line in told.splitlines()]
        return [
            Gpu(name.strip(), "nvidia", int(total) << 20, int(free) << 20)
            for name, total, free in rows
        ]
    except (OSError, ValueError, subprocess.SubprocessError):
        return []


def _amd() -> list[Gpu]:
    """Each amdgpu card, from sysfs."""
    cards: list[Gpu] = []
    for total_file in sorted(_DRM.glob("card?/device/mem_info_vram_total")):
        try:
            total = int(total_file.read_text())
            used = int(total_file.with_name("mem_info_vram_used").read_text())
        except (OSError, ValueError):
            continue
        cards.append(Gpu("AMD", "amd", total, max(0, total - used)))
    return cards
