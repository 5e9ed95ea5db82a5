"""A machine for each test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.doctor.patient import Patient


@pytest.fixture
def patient(
    tmp_path: Path, clean_env: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Patient]:
    """An empty machine: git, and nothing else."""
    machine = Patient(tmp_path, clean_env, monkeypatch)
    try:
        yield machine
    finally:
        machine.close()
