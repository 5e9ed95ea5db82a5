"""macOS, WSL, NixOS, Home Manager, a full disk: what setup says and does there."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from ai_code.core.columns import width
from ai_code.core.errors import Stopped
from ai_code.core.exits import EndedBy, Exit
from ai_code.flows.setup.nix import nix_lines
from ai_code.flows.setup.screens import lines_of
from tests.flows.fake_world import FakeWorld
from tests.setup.scripted import Elsewhere, elsewhere


@pytest.fixture
def there(git_project: Path, tmp_path: Path, clean_env: dict[str, str]) -> Iterator[Elsewhere]:
    state = tmp_path / "fake-state"
    state.mkdir()
    world = FakeWorld(git_project, state, clean_env)
    yield elsewhere(world, tmp_path, clean_env)
    assert not world.console.answers, "questions that were never asked"


def mac(there: Elsewhere) -> Elsewhere:
    there.site.macos = True
    there.programs.add("brew")
    return there


# macOS -------------------------------------------------------------------------------------------


def test_homebrew_brings_ollama_and_starts_it(there: Elsewhere) -> None:
    mac(there)
    there.answers("b", "y")
    there.comes_up_after("brew services start ollama")
    # Installed by the first step, found by the second.
    there.programs.there["brew"] = {}
    result = there.step("ollama")
    assert (result.state, there.programs.ran) == ("done", ["brew install ollama"])
    there.programs.add("ollama")
    assert there.step("service").state == "done"
    assert [each.kind for each in there.log.changes()] == ["brew", "brew-service"]
    assert {each.fate for each in there.remove()} == {"removed"}
    assert there.programs.ran[-2:] == ["brew services stop ollama", "brew uninstall ollama"]


def test_a_brew_that_fails_leaves_nothing_to_take_back(there: Elsewhere) -> None:
    mac(there)
    there.programs.add("brew", install=(1, "Error: no space left on device"))
    result = there.step("ollama", yes=True)
    assert result.state == "failed" and there.log.changes() == []


def test_the_app_of_a_mac(there: Elsewhere) -> None:
    there.site.macos = True
    there.programs.add("ollama")
    result = there.step("service")
    assert result.mend == ("open -a Ollama",)
    there.programs.there.clear()
    assert "ollama.com/download" in " ".join(there.step("ollama").mend)
    assert "curl" not in there.told, "the script is Linux's"
    assert there.step("git").mend == ("xcode-select --install",)


# WSL ---------------------------------------------------------------------------------------------


def test_wsl_is_told_of_windows(there: Elsewhere) -> None:
    there.file("proc/version", "Linux version 6.6.87.2-microsoft-standard-WSL2 (root@x)")
    assert there.site.wsl
    there.step("ollama")
    assert "mirrored networking" in there.told and "ip route show default" in there.told


def test_no_wsl_no_word_of_it(there: Elsewhere) -> None:
    there.file("proc/version", "Linux version 6.1.0-13-amd64 (debian-kernel@x)")
    there.step("ollama")
    assert not there.site.wsl and "WSL" not in there.told


# Nix ---------------------------------------------------------------------------------------------


def nixos(there: Elsewhere, how: str) -> None:
    if how == "file":
        there.file("etc/NIXOS")
    else:
        there.file("etc/os-release", 'NAME=NixOS\nID=nixos\nVERSION_ID="26.05"\n')


@pytest.mark.parametrize("how", ["file", "release"])
def test_nixos_gets_lines(there: Elsewhere, how: str) -> None:
    nixos(there, how)
    outcome = there.setup(yes=True)
    assert (outcome.nix_kind, outcome.mode, outcome.ok) == ("nixos", "look", False)
    lines = list(outcome.nix)
    assert lines[:2] == ["programs.ai-code = {", "  enable = true;"]
    assert any(line.startswith("  ollama.models = [ ") for line in lines)
    assert "  claude-code.enable = true;   # unfree: the permission below" in lines
    assert "programs.git.enable = true;" in lines
    assert there.programs.ran == [] and there.log.changes() == []
    screen = ["".join(each) for each in lines_of(outcome)]
    assert "then: sudo nixos-rebuild switch" in screen
    assert not any(line.startswith("to mend") for line in screen)
    assert [line for line in screen if len(line) > 80] == []


@pytest.mark.parametrize("how", ["store", "profile", "gcroot"])
def test_home_manager_too(there: Elsewhere, how: str) -> None:
    there.file("etc/os-release", "ID=debian\n")
    if how == "store":
        there.config_file.parent.mkdir(parents=True)
        there.config_file.symlink_to("/nix/store/x-home-manager-files/.config/ai-code/config.yaml")
        assert there.site.nix == "home-manager"
        return
    state = there.site.home / ".local/state"
    name = "nix/profiles/home-manager" if how == "profile" else "home-manager/gcroots/current-home"
    (state / name).parent.mkdir(parents=True)
    os.symlink("/nix/store/x-home-manager-generation", state / name)
    outcome = there.setup("aider", yes=True)
    assert outcome.nix_kind == "home-manager" and outcome.nix
    assert any("home-manager switch" in "".join(each) for each in lines_of(outcome))


def test_a_nix_machine_that_has_all_gets_no_lines(there: Elsewhere) -> None:
    nixos(there, "file")
    there.programs.add("git")
    outcome = there.setup("git")
    assert outcome.ok and outcome.nix == () and outcome.nix_kind == "nixos"


def test_lines_are_nix() -> None:
    assert nix_lines(["aider"], "") == ["programs.ai-code = {", "  enable = true;", "};"]
    assert '  ollama.models = [ "a\\"\\${b}" ];' in nix_lines(["model"], 'a"${b}')


def test_neither_nix_nor_home_manager(there: Elsewhere) -> None:
    there.file("etc/os-release", 'NAME="Debian"\nID=debian\n# ID=nixos\n')
    assert there.site.nix == ""


def test_another_machines_memory_is_not_known(there: Elsewhere) -> None:
    """Nothing is pulled to somebody's server because of a --yes."""
    there.config_file.parent.mkdir(parents=True)
    there.config_file.write_text("ollama.api: http://far.invalid:11434\n")
    there.world.server.error = None
    there.world.server.served = []
    result = there.step("model", yes=True)
    assert result.state == "missing" and "whose memory is not known" in there.told


def test_japanese_folders_keep_the_columns(there: Elsewhere) -> None:
    there.site.home = there.site.home / "田中太郎の非常に長い名前のフォルダー"
    there.world.programs_dir = there.site.home / "データ" / "共有" / "ai-code"
    result = there.step("aider")
    assert "~/データ/共有/ai-code/aider" in there.told and result.state == "missing"
    lines = [line for _, text in there.world.console.shown for line in text.splitlines()]
    assert [line for line in lines if width(line) > 80] == []


# Which Python ------------------------------------------------------------------------------------


def test_a_python_that_is_too_new_brings_uv(there: Elsewhere) -> None:
    there.site.fitting, there.site.own_python = None, "/programs/python3.13"
    there.programs.add("python3.13", **{"-I_-c_import_sys": (1, "")})
    result = there.step("aider", yes=True)
    folder = there.world.programs_dir / "aider"
    assert result.state == "done" and "a Python 3.12 that uv fetches" in there.told
    ran = [line.replace(str(folder), "AIDER") for line in there.programs.ran]
    assert ran[2:] == [
        "python3.13 -m venv AIDER/uv",
        "python -m pip install --progress-bar=off --disable-pip-version-check --no-input uv",
        "uv venv --no-project --allow-existing --python >=3.10,<3.13 AIDER",
        "uv pip install --python AIDER/bin/python --compile-bytecode aider-chat==0.86.2",
        "aider --version",
    ]


def test_no_python_that_could_make_one(there: Elsewhere) -> None:
    there.site.fitting, there.site.own_python = None, "/programs/python3.13"
    there.programs.add("python3.13", **{"-I_-c_import_ensurepip": (1, "")})
    there.programs.add("apt")
    result = there.step("aider", yes=True)
    assert result.state == "missing"
    assert result.mend == ("sudo apt install python3.12-venv", "ai-code setup aider")
    assert there.log.changes() == []


# The disk, and signals ---------------------------------------------------------------------------


def test_no_room_for_aider(there: Elsewhere) -> None:
    there.site.free = 300_000_000
    result = there.step("aider", yes=True)
    assert result.state == "failed" and "0.3 GB are free" in result.told
    assert result.mend[0].startswith("df -h ") and there.programs.ran == []
    assert there.log.changes() == []


def test_a_disk_whose_room_is_not_known(there: Elsewhere) -> None:
    there.site.free = None
    there.step("aider")
    assert "are free" not in there.told and "700 MB" in there.told


@pytest.mark.parametrize("step", ["aider", "claude", "ollama", "service"])
def test_a_signal_in_any_program_ends_all(there: Elsewhere, step: str) -> None:
    for name in ("npm", "docker", "systemctl"):
        there.programs.add(name)
    if step == "service":
        there.programs.add("ollama")
    there.programs.run = lambda *_: Exit(  # type: ignore[method-assign]
        None, signal=15, ended_by=EndedBy.PERSON, person_signal=2
    )
    with pytest.raises(Stopped):
        there.setup(step, yes=True)
    assert "stopped; to go on: ai-code setup" in there.told


@pytest.mark.parametrize(
    ("manager", "command"),
    [
        ("apt", "sudo apt install npm"),
        ("dnf", "sudo dnf install npm"),
        ("pacman", "sudo pacman -S npm"),
        ("apk", "sudo apk add npm nodejs"),
        ("brew", "brew install node"),
        ("none", "install npm with your system's package manager"),
    ],
)
def test_the_command_of_this_system(there: Elsewhere, manager: str, command: str) -> None:
    there.programs.add(manager)
    assert there.step("claude", yes=True).mend[0] == command
    assert there.programs.ran == [], "sudo is never run"
