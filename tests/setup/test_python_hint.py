"""What brings a Python on a machine that has none that fits: nothing that is not there itself."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ai_code.core.command import Command
from ai_code.core.errors import NotInstalledError
from ai_code.engines.registry import local_engine
from ai_code.flows.install_engine import install_engine
from tests.flows.fake_world import FakeWorld
from tests.setup.scripted import elsewhere


@pytest.mark.parametrize(
    ("programs", "packages", "hint"),
    [
        ("uv apt", "", "uv python install 3.12"),
        ("pyenv apt", "", "pyenv install 3.12"),
        ("apt apt-cache", "python3.12-venv", "sudo apt install python3.12-venv"),
        ("apt apt-cache", "python3.13-venv", "sudo apt install python3.13-venv"),
        (
            "apt apt-cache",
            "python3.11-venv",
            "sudo apt install pipx && pipx run uv python install 3.12",
        ),
        ("apt", "", "sudo apt install pipx && pipx run uv python install 3.12"),
        ("dnf", "", "sudo dnf install python3.12"),
        ("zypper", "", "sudo zypper install python312"),
        ("brew", "", "brew install python@3.12"),
        ("apk", "", "sudo apk add uv && uv python install 3.12"),
        ("", "", "uv python install 3.12   (https://docs.astral.sh/uv)"),
    ],
)
def test_vibe_without_a_python(
    tmp_path: Path, git_project: Path, clean_env: dict[str, str], programs: str, packages: str,
    hint: str,
) -> None:  # fmt: skip
    state = tmp_path / "fake-state"
    state.mkdir()
    machine = elsewhere(FakeWorld(git_project, state, clean_env), tmp_path, clean_env)
    machine.site.fitting = None
    for name in programs.split():
        machine.programs.add(name)

    def succeeds(command: Command) -> bool:
        assert command.argv[:2] == ("/programs/apt-cache", "show")
        return command.argv[2] in packages.split()

    there: Any = machine.programs
    there.succeeds = succeeds
    with pytest.raises(NotInstalledError) as raised:
        install_engine(machine.world, local_engine("vibe"), yes=True)
    assert raised.value.what == "vibe needs Python 3.12, and none was found"
    assert raised.value.hint == hint
