"""The fake world as a fixture: it checks at the end that all it expected has happened."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.flows.fake_world import FakeWorld


@pytest.fixture
def world(git_project: Path, tmp_path: Path, clean_env: dict[str, str]) -> Iterator[FakeWorld]:
    """A small git project with a state folder of its own."""
    state = tmp_path / "state"
    state.mkdir()
    fake = FakeWorld(git_project, state, clean_env)
    yield fake
    fake.done()


@pytest.fixture
def terminal(world: FakeWorld) -> FakeWorld:
    """The same, with a person at a terminal."""
    world.console.terminal()
    return world
