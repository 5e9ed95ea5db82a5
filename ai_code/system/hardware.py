"""The machine's memory, read from where each system tells it; ``core.hardware_readings`` judges.

RAM by Linux' /proc/meminfo (else psutil, whose import is a sixth of ``ai-code status``), NVIDIA by
NVML (else nvidia-smi), AMD by sysfs, Apple by sysctl, and the memory limit of the control group
that we run in (a container: the others tell the host's).
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from ai_code.core.hardware_readings import (
    AppleChip,
    NvidiaCard,
    Readings,
    cgroup_folders,
    cgroup_limit,
    cgroup_used,
    machine_of,
    nvidia_smi_cards,
    pci_id,
    pci_name,
    ram_of,
)
from ai_code.core.machine import Machine
from ai_code.system.child import run_child

_NVML_TIMEOUT_S = 1.0
"""A driver that hangs must not hang us; it answers within 33 ms."""
_SMI_TIMEOUT_S = 2.0
_SYSCTL_TIMEOUT_S = 1.0
_SIGNS_OF_NVIDIA = (
    "proc/driver/nvidia/version",
    "dev/nvidiactl",
    "usr/lib/wsl/lib/libnvidia-ml.so.1",
)
_PCI_IDS = ("usr/share/hwdata/pci.ids", "usr/share/misc/pci.ids")
_AMD_FILES = ("mem_info_vram_total", "mem_info_vram_used", "product_name", "uevent")
_MOST_BYTES = 4 << 20


class SystemHardware:
    """The port ``Hardware`` on this machine. ``root`` stands for / (tests have their own)."""

    def __init__(self, root: Path = Path("/")) -> None:
        self._root = root

    def memory(self) -> Machine:
        """Reads anew with each call; what cannot be read counts as not there."""
        total, available = ram_of(_text(self._root / "proc/meminfo")) or _ram_by_psutil()
        limit, used = self.cgroup()
        return machine_of(
            Readings(
                total,
                available,
                limit,
                used,
                nvidia=self._nvidia(),
                amd=self.amd(),
                apple=_apple() if sys.platform == "darwin" else None,
            )
        )

    def cgroup(self) -> tuple[int | None, int]:
        """The memory limit of our control group and the bytes it uses."""
        base = self._root / "sys/fs/cgroup"
        folders = [base / each for each in cgroup_folders(_text(self._root / "proc/self/cgroup"))]
        names = ("memory.max", "memory.limit_in_bytes")
        limits = [_text(folder / name) for folder in folders for name in names]
        limit = cgroup_limit(limits)
        if limit is None:
            return None, 0
        # The group that has the limit is the one whose use counts; what cannot be seen is 0.
        at = next(
            folder for folder in folders
            if limit in (cgroup_limit([_text(folder / name)]) for name in names)
        )  # fmt: skip
        current = _text(at / "memory.current") or _text(at / "memory.usage_in_bytes")
        return limit, cgroup_used(current, _text(at / "memory.stat"))

    def amd(self) -> list[Mapping[str, str]]:
        """The files of each amdgpu card, by name; see ``amd_card``."""
        cards: list[Mapping[str, str]] = []
        folders = sorted((self._root / "sys/class/drm").glob("card*/device"))
        for folder in folders:
            if not re.fullmatch(r"card\d+", folder.parent.name):
                continue
            files = {name: text for name in _AMD_FILES if (text := _text(folder / name))}
            if "mem_info_vram_total" not in files:
                continue
            if not files.get("product_name", "").strip():
                files["pci.ids"] = self._name_of(files)
            cards.append(files)
        return cards

    def _name_of(self, files: Mapping[str, str]) -> str:
        pci = pci_id(files.get("uevent", ""))
        for path in _PCI_IDS if pci else ():
            if name := pci_name(_text(self._root / path), pci):
                return name
        return ""

    def _nvidia(self) -> list[NvidiaCard]:
        if not any((self._root / sign).exists() for sign in _SIGNS_OF_NVIDIA):
            return []
        from ai_code.system.background import start

        try:
            cards = start(_nvml)(_NVML_TIMEOUT_S)
        except TimeoutError:
            cards = []
        return cards or _nvidia_smi()


def _ram_by_psutil() -> tuple[int, int]:
    import psutil

    ram = psutil.virtual_memory()
    return ram.total, ram.available


def _nvml() -> list[NvidiaCard]:
    """Each card by NVML; none where its library is not there or does not work."""
    try:
        import pynvml
    except ImportError:
        return []
    try:
        pynvml.nvmlInit()
    except pynvml.NVMLError:
        return []
    try:
        return [
            _nvml_card(pynvml.nvmlDeviceGetHandleByIndex(index))
            for index in range(pynvml.nvmlDeviceGetCount())
        ]
    except pynvml.NVMLError:
        return []
    finally:
        pynvml.nvmlShutdown()


def _nvml_card(handle: object) -> NvidiaCard:
    import pynvml

    name = pynvml.nvmlDeviceGetName(handle)
    name = name.decode("utf-8", "replace") if isinstance(name, bytes) else str(name)
    try:
        memory = pynvml.nvmlDeviceGetMemoryInfo(handle)
    except pynvml.NVMLError_NotSupported:
        return NvidiaCard(name, None, None)
    return NvidiaCard(name, int(memory.total), int(memory.free))


def _nvidia_smi() -> list[NvidiaCard]:
    """The second way: the program that comes with the driver."""
    query = ("--query-gpu=name,memory.total,memory.free", "--format=csv,noheader,nounits")
    return nvidia_smi_cards(_output("nvidia-smi", *query, timeout_s=_SMI_TIMEOUT_S))


def _apple() -> AppleChip | None:
    """Apple's own processors; a Mac with Intel's has no memory that its GPU shares."""
    names = ("hw.optional.arm64", "hw.memsize", "machdep.cpu.brand_string")
    told = _output("sysctl", "-n", *names, timeout_s=_SYSCTL_TIMEOUT_S).splitlines()
    if len(told) != len(names) or told[0].strip() != "1" or not told[1].strip().isdecimal():
        return None
    wired = _output("sysctl", "-n", "iogpu.wired_limit_mb", timeout_s=_SYSCTL_TIMEOUT_S).strip()
    return AppleChip(told[2].strip(), int(told[1]), int(wired) if wired.isdecimal() else 0)


def _output(name: str, *arguments: str, timeout_s: float) -> str:
    """What a small program prints; empty where it is not there, fails or hangs."""
    program = shutil.which(name)
    if not program:
        return ""
    try:
        told = run_child([program, *arguments], timeout_s=timeout_s)
        told.check_returncode()
        return told.stdout.decode("utf-8", "replace")
    except (OSError, subprocess.SubprocessError):
        return ""


def _text(path: Path) -> str:
    """A small file; empty where it cannot be read."""
    try:
        with path.open("rb") as file:
            return file.read(_MOST_BYTES).decode("utf-8", "replace")
    except OSError:
        return ""
