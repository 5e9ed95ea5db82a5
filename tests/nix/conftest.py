"""Nix as the machine has it: enough to parse and to evaluate plain functions."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import TOOLS

ROOT = Path(__file__).resolve().parent.parent.parent
_OURS = TOOLS / "nix" / "bin" / "nix-instantiate"


@pytest.fixture(scope="session")
def nix_instantiate() -> Path:
    """The one that ./test unpacked, else the machine's own."""
    if _OURS.is_file():
        return _OURS
    found = shutil.which("nix-instantiate")
    if found is None:
        pytest.skip("nix-instantiate is not on this machine (./test makes it on Debian)")
    return Path(found)


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
