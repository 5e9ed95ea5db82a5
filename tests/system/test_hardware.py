"""The cellar's reading of a machine: trees of files, the driver's library, programs."""

from __future__ import annotations

import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import psutil
import pytest

from ai_code.core.hardware_readings import NvidiaCard, ram_of
from ai_code.system import hardware
from ai_code.system.hardware import SystemHardware

GIB = 1 << 30


def tree(root: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


def test_this_machine() -> None:
    found = SystemHardware().memory()
    assert 0 < found.ram_available <= found.ram_total


def test_ram_is_what_psutil_tells() -> None:
    """Linux' own file spares a status the import of psutil; the figures are the same."""
    if not Path("/proc/meminfo").exists():
        pytest.skip("no /proc/meminfo on this system: psutil itself is asked")
    told = ram_of(Path("/proc/meminfo").read_text())
    assert told is not None
    by_psutil = psutil.virtual_memory()
    assert told[0] == by_psutil.total
    assert abs(told[1] - by_psutil.available) < by_psutil.total / 4, "it moves meanwhile"


@pytest.mark.parametrize(
    ("meminfo", "told"),
    [
        ("MemTotal: 16384 kB\nMemFree: 1 kB\nMemAvailable:   8192 kB\n", (16 << 20, 8 << 20)),
        ("MemTotal:       16384 kB\nMemFree:         8192 kB\n", None),
        ("MemTotal:       16384 kB\nMemAvailable:   16385 kB\n", None),
        ("MemTotal:       16384 kB\nMemAvailable:       0 kB\n", None),
        ("", None),
    ],
)  # fmt: skip
def test_what_meminfo_does_not_tell_is_left_to_psutil(
    tmp_path: Path, meminfo: str, told: tuple[int, int] | None
) -> None:
    assert ram_of(meminfo) == told
    machine = SystemHardware(tree(tmp_path, {"proc/meminfo": meminfo})).memory()
    assert (machine.ram_total == 16 << 20) == (told is not None)


def test_amd_cards_of_a_tree(tmp_path: Path) -> None:
    card = "sys/class/drm/card{}/device/"
    root = tree(
        tmp_path,
        {
            card.format(0) + "uevent": "DRIVER=i915\n",
            card.format(1) + "mem_info_vram_total": "25753026560\n",
            card.format(1) + "mem_info_vram_used": "1000\n",
            card.format(1) + "uevent": "PCI_ID=1002:744C\n",
            card.format("1-DP-1") + "mem_info_vram_total": "25753026560\n",
            card.format(10) + "mem_info_vram_total": "17163091968\n",
            card.format(10) + "product_name": "Radeon PRO\n",
            "usr/share/hwdata/pci.ids": "1002  AMD\n\t744c  Navi 31 [Radeon RX 7900 XTX]\n",
        },
    )
    gpus = SystemHardware(root).memory().gpus
    assert [(gpu.name, gpu.vram_total) for gpu in gpus] == [
        ("Radeon RX 7900 XTX", 25753026560),
        ("Radeon PRO", 17163091968),
    ]


def test_a_container_of_cgroup_v2(tmp_path: Path) -> None:
    group = "sys/fs/cgroup/system.slice/box/"
    root = tree(
        tmp_path,
        {
            "proc/self/cgroup": "0::/system.slice/box\n",
            group + "memory.max": f"{GIB}\n",
            group + "memory.current": f"{GIB // 2}\n",
            group + "memory.stat": f"anon 1\ninactive_file {GIB // 4}\n",
            "sys/fs/cgroup/system.slice/memory.max": "max\n",
        },
    )
    assert SystemHardware(root).cgroup() == (GIB, GIB // 4)
    found = SystemHardware(root).memory()
    assert found.ram_total == GIB
    assert found.ram_available == GIB - GIB // 4


def test_a_container_of_cgroup_v1(tmp_path: Path) -> None:
    group = "sys/fs/cgroup/memory/"
    root = tree(
        tmp_path,
        {
            "proc/self/cgroup": "4:memory:/docker/abc\n",
            # In the container the group's own folder is the top.
            group + "memory.limit_in_bytes": f"{GIB}\n",
            group + "memory.usage_in_bytes": "100\n",
            group + "memory.stat": "total_inactive_file 40\n",
        },
    )
    assert SystemHardware(root).cgroup() == (GIB, 60)


def test_no_control_group(tmp_path: Path) -> None:
    assert SystemHardware(tmp_path).cgroup() == (None, 0)


class FakeNvml:
    """The library of the driver, as far as it is used."""

    class NVMLError(Exception):
        pass

    class NVMLError_NotSupported(NVMLError):
        pass

    def __init__(self, *cards: tuple[object, int | None, int | None], broken: bool = False) -> None:
        self._cards, self._broken = cards, broken
        self.open = 0

    def nvmlInit(self) -> None:
        if self._broken:
            raise self.NVMLError("Driver/library version mismatch")
        self.open += 1

    def nvmlShutdown(self) -> None:
        self.open -= 1

    def nvmlDeviceGetCount(self) -> int:
        return len(self._cards)

    def nvmlDeviceGetHandleByIndex(self, index: int) -> int:
        return index

    def nvmlDeviceGetName(self, index: int) -> object:
        return self._cards[index][0]

    def nvmlDeviceGetMemoryInfo(self, index: int) -> Any:
        _, total, free = self._cards[index]
        if total is None:
            raise self.NVMLError_NotSupported
        return SimpleNamespace(total=total, free=free)


@pytest.fixture
def with_driver(tmp_path: Path) -> Path:
    return tree(tmp_path, {"proc/driver/nvidia/version": "NVRM version: 580.95.05\n"})


def test_nvml(with_driver: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    nvml = FakeNvml((b"RTX 3060", 12 * GIB, 11 * GIB), ("GB10", None, None))
    monkeypatch.setitem(sys.modules, "pynvml", nvml)
    cards, shared = SystemHardware(with_driver).memory().gpus
    assert (cards.name, cards.vram_total, cards.vram_free) == ("RTX 3060", 12 * GIB, 11 * GIB)
    assert (shared.name, shared.unified) == ("GB10", True)
    assert nvml.open == 0


@pytest.mark.parametrize("nvml", [None, FakeNvml(broken=True), FakeNvml()])
def test_nvidia_smi_is_the_second_way(
    with_driver: Path, monkeypatch: pytest.MonkeyPatch, nvml: object
) -> None:
    monkeypatch.setitem(sys.modules, "pynvml", nvml)
    folder = with_driver / "bin"
    folder.mkdir()
    program = folder / "nvidia-smi"
    program.write_text('#!/bin/sh\necho "$1" > "${0%/*}/asked"\necho "RTX 2060, 6144, 5702"\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(folder))
    (card,) = SystemHardware(with_driver).memory().gpus
    assert (card.name, card.vram_total) == ("RTX 2060", 6144 << 20)
    assert (folder / "asked").read_text() == "--query-gpu=name,memory.total,memory.free\n"


def test_a_driver_that_hangs_is_not_waited_for(
    with_driver: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import threading

    until = threading.Event()
    monkeypatch.setattr(hardware, "_NVML_TIMEOUT_S", 0.05)
    monkeypatch.setattr(hardware, "_nvml", lambda: until.wait(30) and [])
    monkeypatch.setattr(hardware, "_nvidia_smi", lambda: [NvidiaCard("x", 1, 1)])
    (card,) = SystemHardware(with_driver).memory().gpus
    assert card.name == "x"
    until.set()


def test_without_a_driver_nothing_of_nvidias_is_loaded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hardware, "_nvml", lambda: pytest.fail("the library was loaded"))
    monkeypatch.setattr(hardware, "_nvidia_smi", lambda: pytest.fail("the program was started"))
    assert SystemHardware(tmp_path).memory().gpus == ()


def test_a_mac(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "sysctl"
    program.write_text(
        "#!/bin/sh\n"
        'case "$*" in *wired*) echo 0;; *) printf "1\\n34359738368\\nApple M2 Pro\\n";; esac\n'
    )
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin:/usr/bin")
    monkeypatch.setattr(sys, "platform", "darwin")
    chip = hardware._apple()
    assert chip
    assert (chip.name, chip.memory, chip.wired_limit_mb) == ("Apple M2 Pro", 32 * GIB, 0)
