"""Nix as the machine has it: enough to parse and to evaluate plain functions."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.nix.home_manager import ROOT, HomeManager, found

__all__ = ["ROOT"]


@pytest.fixture
def manager(tmp_path: Path) -> HomeManager:
    """The real Home Manager, where there is one."""
    return found(tmp_path / "home")


@pytest.fixture
def evaluate(nix_instantiate: Path, clean_env: dict[str, str]) -> Callable[[str], Any]:
    """The value of a Nix expression in which ``lib`` is the little one and ``rules`` ours."""

    def value(expression: str) -> Any:
        bound = (
            f"let lib = import {ROOT}/tests/nix/little-lib.nix; "
            f"rules = import {ROOT}/home-modules/rules.nix {{ inherit lib; }}; in {expression}"
        )
        argv = [str(nix_instantiate), "--eval", "--strict", "--json", "--store", "dummy://"]
        done = subprocess.run(
            [*argv, "-E", bound], env=clean_env, capture_output=True, text=True, timeout=60
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    return value
