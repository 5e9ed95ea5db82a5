"""Where a server on this machine keeps its models, as far as that is told by somebody."""

from __future__ import annotations

from pathlib import Path

import pytest

from ai_code.core.task import Program
from ai_code.flows.model_disk import models_folder
from ai_code.system.machine_facts import SystemFacts
from ai_code.system.ollama_folder import SystemOllamaFolder, find_ollama_folder
from tests.flows.fake_world import FakeWorld
from tests.system.programs_under_test import python_program

UNIT = """
import sys
print("LoadState=loaded\\nActiveState=active\\nEnvironment=OLLAMA_MODELS={folder} A=b")
"""


class World(FakeWorld):
    """Its folders are the real ones, its systemctl is a script."""

    systemctl: Path

    def ollama_folder(  # type: ignore[override]
        self, names: object, said: str = ""
    ) -> SystemOllamaFolder:
        return find_ollama_folder(said, self.state, [])

    @property
    def machine_facts(self) -> SystemFacts:
        return SystemFacts(self.environ, lambda _: Program((str(self.systemctl),)))


@pytest.fixture
def world(git_project: Path, tmp_path: Path, clean_env: dict[str, str]) -> World:
    state = tmp_path / "fake-state"
    state.mkdir()
    made = World(git_project, state, clean_env)
    source = UNIT.format(folder=tmp_path / "disk")
    made.systemctl = python_program(tmp_path / "systemctl", source)
    return made


def found(world: World) -> Path:
    folder = models_folder(world, "http://127.0.0.1:11434", [])
    assert isinstance(folder, SystemOllamaFolder)
    return folder.path


def test_a_variable_of_the_service_alone(world: World, tmp_path: Path) -> None:
    assert found(world) == tmp_path / "disk"


def test_the_persons_own_comes_first(world: World, tmp_path: Path) -> None:
    world.environ["OLLAMA_MODELS"] = str(tmp_path / "mine")
    assert found(world) == tmp_path / "mine"
