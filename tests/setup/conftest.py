"""The bare machine as a fixture; what still runs at its end fails the test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.setup.bare import Bare


@pytest.fixture
def bare(tmp_path: Path, clean_env: dict[str, str]) -> Iterator[Bare]:
    machine = Bare(tmp_path, clean_env).bare()
    yield machine
    left = machine.close()
    assert not left, f"still running: {left}"
