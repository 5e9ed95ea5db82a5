"""Git's settings are asked for once, and again as soon as a file of them is another."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from ai_code.system import git_settings
from ai_code.system.git import Git, GitError
from ai_code.system.git_settings import settings_of_file, settings_of_person


@pytest.fixture(autouse=True)
def calls(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The real git, and how often it was started."""
    monkeypatch.setattr(git_settings, "_known", {})
    seen: list[str] = []
    run = Git.run

    def counted(self: Git, *args: str, **named: object) -> object:
        seen.append(str(args[0]))
        return run(self, *args, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(Git, "run", counted)
    return seen


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    return {"HOME": str(tmp_path), "PATH": os.environ["PATH"]}


def test_one_file_is_read_once(tmp_path: Path, env: dict[str, str], calls: list[str]) -> None:
    file = tmp_path / "config"
    file.write_text("[core]\n\tautocrlf = input\n\tbare\n")
    for _ in range(3):
        assert settings_of_file(file, env) == {"core.autocrlf": "input", "core.bare": "true"}
    assert len(calls) == 1
    file.write_text("[core]\n\tautocrlf = false\n")
    assert settings_of_file(file, env) == {"core.autocrlf": "false"}
    file.write_text("[core\n")
    with pytest.raises(GitError):
        settings_of_file(file, env)


def test_a_persons_settings_are_read_once(
    tmp_path: Path, env: dict[str, str], calls: list[str]
) -> None:
    file = tmp_path / ".gitconfig"
    file.write_text("[user]\n\tname = a\n")
    for _ in range(3):
        assert settings_of_person(tmp_path / "git", env)["user.name"] == "a"
    assert len(calls) == 1
    file.write_text("[user]\n\tname = another\n")
    assert settings_of_person(tmp_path / "git", env)["user.name"] == "another"


def test_what_is_included_counts_as_soon_as_it_is_there(
    tmp_path: Path, env: dict[str, str]
) -> None:
    included = tmp_path / "more"
    (tmp_path / ".gitconfig").write_text(f"[include]\n\tpath = {included}\n[user]\n\tname = a\n")
    assert "core.eol" not in settings_of_person(tmp_path / "git", env)
    for value in ("lf", "crlf"):
        included.write_text(f"[core]\n\teol = {value}\n")
        found = settings_of_person(tmp_path / "git", env)
        assert (found["user.name"], found["core.eol"]) == ("a", value)


@pytest.mark.parametrize("name", [".gitconfig", ".config/git/config"])
def test_a_file_that_was_not_there_counts(tmp_path: Path, env: dict[str, str], name: str) -> None:
    assert "user.name" not in settings_of_person(tmp_path / "git", env)
    (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / name).write_text("[user]\n\tname = b\n")
    assert settings_of_person(tmp_path / "git", env)["user.name"] == "b"


def test_no_repositorys_settings_are_among_a_persons(tmp_path: Path, env: dict[str, str]) -> None:
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True, env=env)
    subprocess.run(["git", "-C", str(tmp_path), "config", "user.name", "repo"], check=True, env=env)
    assert "user.name" not in settings_of_person(tmp_path / "none", env)
