"""What interfaces print becomes memory and cards; nothing that they print breaks it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai_code.core.hardware_readings import (
    NvidiaCard,
    amd_card,
    cgroup_folders,
    cgroup_limit,
    cgroup_used,
    nvidia_smi_cards,
    pci_id,
    pci_name,
)
from ai_code.core.machine import Gpu
from tests.machines import machine

MIB, GIB = 1 << 20, 1 << 30


def test_an_nvidia_card() -> None:
    on = machine("vram-24")
    assert on.gpus == (Gpu("NVIDIA GeForce RTX 4090", "nvidia", 24564 * MIB, 23612 * MIB),)
    assert on.vram_total == 24564 * MIB


def test_two_cards_add_up() -> None:
    assert machine("vram-2x24").vram_total == 2 * 24576 * MIB


def test_a_card_that_shares_the_memory() -> None:
    on = machine("gb10")
    (gpu,) = on.gpus
    assert gpu.unified
    assert on.unified_total == on.ram_total * 3 // 4
    assert on.vram_total == 0


@pytest.mark.parametrize(
    ("name", "share"),
    [("mac-16", 16 * GIB * 2 // 3), ("mac-32", 32 * GIB * 2 // 3), ("mac-64-wired", 56 * GIB)],
)
def test_apple(name: str, share: int) -> None:
    (gpu,) = machine(name).gpus
    assert (gpu.vram_total, gpu.unified) == (share, True)
    assert gpu.vram_free <= machine(name).ram_available


def test_a_container_has_what_it_may_have() -> None:
    on = machine("container-8")
    assert on.ram_total == 8 * GIB
    # The limit, less what is charged, but for the files that the kernel takes back:
    # 8,589,934,592 - (1,395,864,371 - 402,653,184)
    assert on.ram_available == 7_596_723_405


def test_amd() -> None:
    (gpu,) = machine("amd-16").gpus
    assert gpu.name == "Radeon RX 7700 XT / 7800 XT"
    assert gpu.vram_free == gpu.vram_total - 912_261_120
    # A processor's own graphics: a slice of the RAM that no model goes to.
    assert machine("amd-apu").gpus == ()


def test_an_amd_card_that_nobody_names() -> None:
    files = {"mem_info_vram_total": str(8 * GIB), "uevent": "DRIVER=amdgpu\nPCI_ID=1002:73BF\n"}
    card = amd_card(files)
    assert card
    assert (card.name, card.vram_free) == ("AMD graphics 1002:73bf", 8 * GIB)
    assert amd_card({**files, "product_name": "Radeon PRO W7900\n"}) == Gpu(
        "Radeon PRO W7900", "amd", 8 * GIB, 8 * GIB
    )


@pytest.mark.parametrize(
    "text",
    [
        "",
        "NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver.\n",
        "Name, 12 GiB, 3\n",
        ", 12, 13\n",
    ],
)
def test_what_is_no_card(text: str) -> None:
    assert nvidia_smi_cards(text) == []


def test_a_name_with_a_comma() -> None:
    assert nvidia_smi_cards("A, B, 100, 50\n") == [NvidiaCard("A, B", 100 * MIB, 50 * MIB)]


@given(st.text())
def test_any_text(text: str) -> None:
    nvidia_smi_cards(text)
    pci_name(text, pci_id(text) or "1002:744c")
    assert cgroup_used(text, text) >= 0
    cgroup_folders(text)
    amd_card({"mem_info_vram_total": text, "uevent": text})


IDS = """\
# comment
1001  Other
\t744c  Not this one
1002  Advanced Micro Devices, Inc. [AMD/ATI]
\t73bf  Navi 21 [Radeon RX 6800/6800 XT / 6900 XT]
\t744c  Navi 31 [Radeon RX 7900 XT/7900 XTX/7900 GRE/7900M]
\t\t1002 0e3b  Radeon RX 7900 XTX
\t164e  Raphael
"""


@pytest.mark.parametrize(
    ("pci", "name"),
    [
        ("1002:744c", "Radeon RX 7900 XT/7900 XTX/7900 GRE/7900M"),
        ("1002:164e", "Raphael"),
        ("1002:ffff", ""),
        ("", ""),
    ],
)
def test_a_name_in_the_list_of_devices(pci: str, name: str) -> None:
    assert pci_name(IDS, pci) == name


@pytest.mark.parametrize(
    ("texts", "limit"),
    [
        (["max\n", "max\n"], None),
        (["max\n", "2147483648\n", "4294967296\n"], 2 * GIB),
        (["9223372036854771712\n"], None),
        ([], None),
        (["", "nonsense"], None),
    ],
)
def test_the_smallest_limit_counts(texts: list[str], limit: int | None) -> None:
    assert cgroup_limit(texts) == limit


@pytest.mark.parametrize(
    ("own", "folders"),
    [
        ("0::/\n", [""]),
        ("0::/user.slice/a.scope\n", ["user.slice/a.scope", "user.slice", ""]),
        ("12:cpu:/x\n5:memory:/docker/abc\n", ["memory/docker/abc", "memory/docker", "memory"]),
        ("0::/../x\n", ["x", ""]),
        ("", []),
    ],
)
def test_the_control_group_and_those_above(own: str, folders: list[str]) -> None:
    assert cgroup_folders(own) == folders
