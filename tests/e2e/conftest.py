"""A fresh world for each test; nothing of it may still run when the test is over."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import real_program
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


@pytest.fixture
def machine(world: World, tmp_path: Path) -> World:
    """Claude Code and aider are installed; nobody listens where Ollama should be."""
    world.link("claude", real_program("claude 2.1.329"))
    world.link("aider", real_program("aider"))
    world.env["OLLAMA_HOST"] = "http://127.0.0.1:9"
    world.env["ANTHROPIC_API_KEY"] = "sk-ant-the-persons-own-key"
    world.env["TMPDIR"] = str(tmp_path / "tmp")
    (tmp_path / "tmp").mkdir()
    return world
