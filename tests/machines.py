"""Machines of tests/recordings/hardware, made of what their interfaces print."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

from ai_code.core.hardware_readings import (
    AppleChip,
    Readings,
    cgroup_limit,
    cgroup_used,
    machine_of,
    nvidia_smi_cards,
)
from ai_code.core.machine import Machine

_FOLDER = Path(__file__).parent / "recordings" / "hardware"
MACHINES = sorted(path.stem for path in _FOLDER.glob("*.json"))


@cache
def machine(name: str) -> Machine:
    """The machine of one file; see the README beside it."""
    row = json.loads((_FOLDER / f"{name}.json").read_text())
    group = row.get("cgroup")
    return machine_of(
        Readings(
            row["ram_total"],
            row["ram_available"],
            cgroup_limit(group["limits"]) if group else None,
            cgroup_used(group["current"], group["stat"]) if group else 0,
            nvidia=nvidia_smi_cards(row.get("nvidia_smi", "")),
            amd=row.get("amd", ()),
            apple=AppleChip(**row["apple"]) if "apple" in row else None,
        )
    )
