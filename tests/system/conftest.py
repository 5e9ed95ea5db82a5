"""A repository and a run's folder for the tests of the system room."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from ai_code.system.signals import Signals
from tests.system.git_repos import Repo


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    return Repo(tmp_path / "project", tmp_path / "home").init()


@pytest.fixture
def run_dir(tmp_path: Path) -> Path:
    path = tmp_path / "state" / "runs" / "20261120-231245-ab12"
    path.mkdir(parents=True)
    return path


@pytest.fixture
def signals(monkeypatch: pytest.MonkeyPatch) -> Iterator[Signals]:
    """Our handlers in the tests' own process; those that were there come back."""
    old = {each: signal.getsignal(each) for each in signal.valid_signals()}
    monkeypatch.setattr("ai_code.system.signals._installed", None)
    monkeypatch.setattr(sys, "unraisablehook", sys.unraisablehook)
    made = Signals()
    made.install()
    yield made
    for number, handler in old.items():
        if signal.getsignal(number) != handler:
            signal.signal(number, handler)
