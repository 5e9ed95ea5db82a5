"""The flake itself, with the real Home Manager and stand-ins in the place of nixpkgs: its outputs,
what `nix run` starts, and those of its checks that need no more than that.

Not covered here: the formatting (nixfmt is not a stand-in's to play) and the real packages.
"""

from __future__ import annotations

import json
import os
import subprocess
from typing import Any

import pytest

from tests.nix.home_manager import ROOT

SYSTEMS = ["aarch64-darwin", "aarch64-linux", "x86_64-linux"]


def source() -> str:
    """What git knows of the checkout: not the environments that the tests have made in it."""
    if (ROOT / ".git").exists():
        return f"git+file://{ROOT}"
    return f"path:{ROOT}"


def nix(verb: str, output: str, *flags: str) -> subprocess.CompletedProcess[str]:
    features = ["--extra-experimental-features", "nix-command flakes"]
    home_manager = os.environ["HOME_MANAGER"]
    inputs = ["--override-input", "nixpkgs", f"path:{ROOT}/tests/nix/stand-ins"]
    inputs += ["--override-input", "home-manager", f"path:{home_manager}", "--no-write-lock-file"]
    where = f"{source()}#{output}"
    argv = ["nix", *features, verb, "--impure", *inputs, *flags, where]
    return subprocess.run(argv, capture_output=True, text=True, timeout=600)


def value(output: str, apply: str = "x: x") -> Any:
    done = nix("eval", output, "--json", "--apply", apply)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.usefixtures("manager")
def test_its_outputs() -> None:
    names = "builtins.attrNames"
    for output in ("packages", "apps", "checks", "devShells", "formatter"):
        assert value(output, names) == SYSTEMS, output
    for system in SYSTEMS:
        assert value(f"packages.{system}", names) == ["ai-code", "default"]
        unit = ["unit"] if "linux" in system else []
        checks = sorted(["formatting", "module", "package", *unit])
        assert value(f"checks.{system}", names) == checks
    assert value("homeModules", names) == ["ai-code", "default"]
    assert value("overlays", names) == ["default"]


@pytest.mark.usefixtures("manager")
def test_its_checks_and_its_app() -> None:
    system = "x86_64-linux"
    checks = [f"checks.{system}.{name}" for name in ("package", "module", "unit")]
    for output in (*checks, f"packages.{system}.default"):
        done = nix("build", output, "--no-link", "-L")
        assert done.returncode == 0, done.stderr
    program = value(f"apps.{system}.default.program")
    told = subprocess.run([program, "--version"], capture_output=True, text=True, check=True)
    assert told.stdout.startswith("ai-code ")
