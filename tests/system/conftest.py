"""A repository and a run's folder for the tests of the system room."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.system.git_repos import Repo


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    return Repo(tmp_path / "project", tmp_path / "home").init()


@pytest.fixture
def run_dir(tmp_path: Path) -> Path:
    path = tmp_path / "state" / "runs" / "20261120-231245-ab12"
    path.mkdir(parents=True)
    return path
