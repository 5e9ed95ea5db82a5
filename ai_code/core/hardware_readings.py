"""What a machine's interfaces say of its memory, made into a ``Machine``. Pure: the cellar reads.

Sources: nvidia-smi(1) and NVML (https://docs.nvidia.com/deploy/nvml-api/), the amdgpu driver's
sysfs files (https://docs.kernel.org/gpu/amdgpu/driver-misc.html), cgroups
(https://docs.kernel.org/admin-guide/cgroup-v2.html), Metal's recommendedMaxWorkingSetSize.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ai_code.core.machine import Gpu, Machine

_LEAST_VRAM = 3 << 29
"""1.5 GiB. Below it stands the slice of RAM that a processor's own graphics were given: no model
goes there, and Ollama leaves such a card out."""

_SMALL_MAC = 36 << 30
_NO_LIMIT = 1 << 60
"""cgroup v1 writes "no limit" as a number near 2**63."""


@dataclass(frozen=True, slots=True)
class NvidiaCard:
    """A card as the driver tells it, in bytes; None: it has no memory of its own (Jetson, GB10:
    graphics and processor share one memory)."""

    name: str
    total: int | None
    free: int | None


@dataclass(frozen=True, slots=True)
class AppleChip:
    """``wired_limit_mb`` is sysctl's iogpu.wired_limit_mb: 0 where nobody set it."""

    name: str
    memory: int
    wired_limit_mb: int = 0


@dataclass(frozen=True, slots=True)
class Readings:
    """All that was read. RAM in bytes as the system tells it; ``limit`` and ``used`` are those of
    the control group that we run in (None: no limit), as in a container."""

    ram_total: int
    ram_available: int
    limit: int | None = None
    used: int = 0
    nvidia: Sequence[NvidiaCard] = ()
    amd: Sequence[Mapping[str, str]] = ()
    apple: AppleChip | None = None


def ram_of(meminfo: str) -> tuple[int, int] | None:
    """Total and available bytes of Linux' /proc/meminfo (proc_meminfo(5)). None where it does not
    tell both as they can be: kernels before 3.14, some containers."""
    found = {
        name: int(kib) << 10
        for name, kib in re.findall(r"^(MemTotal|MemAvailable): +(\d+) kB$", meminfo, re.MULTILINE)
    }
    total, available = found.get("MemTotal", 0), found.get("MemAvailable", 0)
    return (total, available) if 0 < available <= total else None


def machine_of(read: Readings) -> Machine:
    """The machine that the readings describe."""
    total, available = read.ram_total, read.ram_available
    if read.limit is not None and read.limit < total:
        # In a container the system tells the host's memory; what counts is what we may have.
        total = read.limit
        available = min(available, max(0, read.limit - read.used))
    gpus = [_nvidia(card, total, available) for card in read.nvidia]
    gpus += [card for files in read.amd if (card := amd_card(files))]
    if read.apple:
        gpus.append(_apple(read.apple, available))
    return Machine(total, available, tuple(gpus))


def nvidia_smi_cards(text: str) -> list[NvidiaCard]:
    """Cards in the output of ``nvidia-smi --query-gpu=name,memory.total,memory.free
    --format=csv,noheader,nounits``, whose numbers are MiB. Other lines are left out."""
    cards = []
    for line in text.splitlines():
        parts = [part.strip() for part in line.rsplit(",", 2)]
        if len(parts) != 3 or not parts[0]:
            continue
        numbers = [int(part) << 20 if part.isdecimal() else None for part in parts[1:]]
        shared = all(part in ("[N/A]", "[Not Supported]") for part in parts[1:])
        if None not in numbers or shared:
            cards.append(NvidiaCard(parts[0], numbers[0], numbers[1]))
    return cards


def amd_card(files: Mapping[str, str]) -> Gpu | None:
    """A card from the files of its sysfs folder ``device`` (name → text): mem_info_vram_total,
    mem_info_vram_used, product_name, uevent, and ``pci.ids`` for what the list of all devices
    says of it. None where it has no memory to speak of."""
    total, used = (
        _number(files.get("mem_info_vram_total")),
        _number(files.get("mem_info_vram_used")),
    )
    if total is None or total < _LEAST_VRAM:
        return None
    name = files.get("product_name", "").strip() or files.get("pci.ids", "").strip()
    if not name:
        pci = pci_id(files.get("uevent", ""))
        name = f"AMD graphics {pci}" if pci else "AMD graphics"
    return Gpu(name, "amd", total, max(0, total - (used or 0)))


def pci_id(uevent: str) -> str:
    """``1002:744c`` of a device's uevent; empty where it is not told."""
    found = re.search(r"^PCI_ID=([0-9A-Fa-f]{4}:[0-9A-Fa-f]{4})$", uevent, re.M)
    return found.group(1).lower() if found else ""


def pci_name(ids: str, pci: str) -> str:
    """The name that a list of all PCI devices (pci.ids) gives a device, as people say it: what
    stands in brackets, where something does (``Navi 31 [Radeon RX 7900 XTX]``)."""
    vendor, _, device = pci.partition(":")
    if not vendor or not device:
        return ""
    here = False
    for line in ids.splitlines():
        if line.startswith(("#", "\t\t")) or not line:
            continue
        if not line.startswith("\t"):
            here = line[:4].lower() == vendor
        elif here and line[1:5].lower() == device:
            name = line[5:].strip()
            inner = re.search(r"\[(.+)\]", name)
            return inner.group(1) if inner else name
    return ""


def cgroup_limit(texts: Sequence[str]) -> int | None:
    """The smallest limit among files ``memory.max`` (v2) or ``memory.limit_in_bytes`` (v1) of a
    control group and those above it. None: no limit."""
    numbers = [number for text in texts if (number := _number(text)) is not None]
    limits = [number for number in numbers if 0 < number < _NO_LIMIT]
    return min(limits) if limits else None


def cgroup_used(current: str, statistics: str) -> int:
    """Bytes a control group uses: what it is charged, less the files it has cached and the
    kernel takes back when memory is short (``inactive_file``)."""
    found = re.search(r"^(?:total_)?inactive_file (\d+)$", statistics, re.M)
    return max(0, (_number(current) or 0) - (int(found.group(1)) if found else 0))


def cgroup_folders(own: str) -> list[str]:
    """Folders of the control group in /proc/self/cgroup and of those above it, from the inside
    out, below /sys/fs/cgroup: v2's, or v1's memory controller."""
    for line in own.splitlines():
        _, controllers, path = [*line.split(":", 2), "", ""][:3]
        if controllers == "" and path.startswith("/"):
            prefix = ""
        elif "memory" in controllers.split(","):
            prefix = "memory"
        else:
            continue
        names = [name for name in path.split("/") if name not in ("", "..")]
        parents = ["/".join(names[:end]) for end in range(len(names), -1, -1)]
        return ["/".join(filter(None, (prefix, parent))) for parent in parents]
    return []


def _nvidia(card: NvidiaCard, ram: int, available: int) -> Gpu:
    if card.total is None:
        return Gpu(card.name, "nvidia", ram * 3 // 4, min(available, ram * 3 // 4), unified=True)
    return Gpu(card.name, "nvidia", card.total, card.free or 0)


def _apple(chip: AppleChip, available: int) -> Gpu:
    """macOS lets the GPU have two thirds of a small memory and three quarters of a large one,
    unless iogpu.wired_limit_mb says how much."""
    share = chip.memory * 2 // 3 if chip.memory <= _SMALL_MAC else chip.memory * 3 // 4
    share = min(chip.wired_limit_mb << 20, chip.memory) or share
    return Gpu(chip.name, "apple", share, min(share, available), unified=True)


def _number(text: str | None) -> int | None:
    text = (text or "").strip()
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 25 else None
