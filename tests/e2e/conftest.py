"""A fresh world for each test; nothing of it may still run when the test is over."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.world import World


@pytest.fixture
def bare(tmp_path: Path, clean_env: dict[str, str]) -> Iterator[World]:
    """A world with an empty project folder."""
    world = World(tmp_path, clean_env)
    try:
        yield world
    finally:
        left = world.close()
    assert not left, f"still running: {left}"


@pytest.fixture
def world(bare: World) -> World:
    """A world with a repository: hello.py, README.md, CLAUDE.md, one commit."""
    return bare.files()
