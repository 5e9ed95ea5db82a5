"""The unit files as systemd reads them, without a manager: those to copy (systemd/), and what the
Home Manager module adds to its unit."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
SHIPPED = sorted((ROOT / "systemd").glob("*.service"))
EFFECTIVE = {
    "NoNewPrivileges", "LockPersonality", "RestrictRealtime", "RestrictSUIDSGID",
    "RestrictNamespaces", "RestrictAddressFamilies", "SystemCallArchitectures", "SystemCallFilter",
    "SystemCallErrorNumber", "UMask",
}  # fmt: skip
"""Directives that lock a service in and have an effect in the unit of a person without
privileges, with systemd 252 and later. Others of that kind are silent there (PrivateTmp=,
ProtectSystem=) or end the service (CapabilityBoundingSet=, ProtectClock=)."""
LOCKS = re.compile(
    r"Private|Protect|Restrict(?!Realtime|SUIDSGID|Namespaces|Address)|Capab|"
    r"Lock|NoNew|SystemCall|UMask|Read|Inacc|IPAddress|Device|Memory|Keyring|Proc"
)
MOST, MOST_STRICT = 8.0, 6.6


def analyze(tmp_path: Path, *words: str) -> subprocess.CompletedProcess[str]:
    program = shutil.which("systemd-analyze")
    if program is None:
        pytest.skip("systemd-analyze is not installed: no unit was verified")
    home = tmp_path / "home"
    for name in ("ollama", "ai-code"):
        path = home / ".local/bin" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("#!/bin/sh\n")
        path.chmod(0o755)
    env = {"PATH": "/usr/bin:/bin", "HOME": str(home), "XDG_RUNTIME_DIR": str(tmp_path)}
    return subprocess.run([program, *words], env=env, capture_output=True, text=True, timeout=60)


def verified(tmp_path: Path, path: Path) -> list[str]:
    """What systemd finds wrong in it."""
    told = analyze(tmp_path, "verify", "--user", "--man=no", str(path))
    names = ("ollama", "ai-code")
    return [line for line in told.stderr.splitlines() if any(name in line for name in names)]


def exposure(tmp_path: Path, path: Path) -> float:
    """From 0 (locked in) to 10."""
    told = analyze(tmp_path, "security", "--user", "--offline=true", str(path))
    found = re.search(r"exposure level for \S+: ([\d.]+)", told.stdout)
    assert found, told
    return float(found[1])


def directives(text: str) -> list[str]:
    return re.findall(r"^(\w+)=", text, re.M)


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.name)
def test_what_is_shipped(path: Path, tmp_path: Path) -> None:
    folder = tmp_path / "units"
    shutil.copytree(ROOT / "systemd", folder)
    assert verified(tmp_path, folder / path.name) == []
    assert exposure(tmp_path, folder / path.name) <= MOST
    wrong = [n for n in directives(path.read_text()) if LOCKS.match(n) and n not in EFFECTIVE]
    assert wrong == []


def test_both_are_shipped() -> None:
    assert [path.name for path in SHIPPED] == ["ai-code-models.service", "ollama.service"]


def lines(values: Mapping[str, Any]) -> list[str]:
    """As Home Manager's toSystemdIni writes them."""
    told = []
    for name, value in values.items():
        each: Sequence[Any] = value if isinstance(value, list) else [value]
        told += [f"{name}={str(v).lower() if isinstance(v, bool) else v}" for v in each]
    return told


@pytest.mark.parametrize(
    ("level", "most"), [("true", MOST), ('"strict"', MOST_STRICT)], ids=["default", "strict"]
)
def test_what_the_module_adds(
    level: str, most: float, tmp_path: Path, nix_instantiate: Path, clean_env: dict[str, str]
) -> None:
    little = f"import {ROOT}/tests/nix/little-lib.nix"
    rules = f"(import {ROOT}/home-modules/rules.nix {{ lib = {little}; }})"
    expression = f'{rules}.service {{ restart = "on-failure"; level = {level}; }}'
    told = subprocess.run(
        [nix_instantiate, "--eval", "--strict", "--json", "--store", "dummy://", "-E", expression],
        env=clean_env, capture_output=True, text=True, check=True,
    )  # fmt: skip
    service = json.loads(told.stdout)
    wrong = [name for name in service if LOCKS.match(name) and name not in EFFECTIVE]
    assert wrong == []
    path = tmp_path / "ollama.service"
    start = ["[Service]", "ExecStart=%h/.local/bin/ollama serve", "Environment=OLLAMA_HOST=x"]
    path.write_text("\n".join([*start, *lines(service), ""]))
    assert verified(tmp_path, path) == []
    assert exposure(tmp_path, path) <= most
