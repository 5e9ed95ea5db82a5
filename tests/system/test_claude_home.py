"""What is read of the user's Claude configuration: trust, permission mode, account."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from ai_code.core.ports import ClaudeFolder
from ai_code.system import claude_home
from ai_code.system.claude_home import SystemClaudeHome


class Person:
    """A home with Claude's files and a project below it."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.project = home / "work" / "project"
        self.project.mkdir(parents=True)
        self.environ: dict[str, str] = {}

    def write(self, path: Path, value: Any) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(value if isinstance(value, str) else json.dumps(value))

    def trusts(self, folder: Path, at: Path | None = None) -> None:
        row = {"projects": {str(folder): {"hasTrustDialogAccepted": True}}}
        self.write(at or self.home / ".claude.json", row)

    def brings(self, name: str = ".claude/settings.json", value: Any = "{}") -> None:
        self.write(self.project / name, value)

    def look(self, cwd: Path | None = None) -> ClaudeFolder:
        return SystemClaudeHome(self.environ, self.home).look(cwd or self.project)


@pytest.fixture
def person(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Person:
    monkeypatch.setattr(claude_home, "_MANAGED", (tmp_path / "managed.json",))
    return Person(tmp_path / "home")


def mode(value: object) -> dict[str, object]:
    return {"permissions": {"defaultMode": value}}


def test_nothing_at_all(person: Person) -> None:
    told = person.look()
    assert (told.has_folder_settings, told.trusted, told.permission_mode) == (False, False, None)
    assert (told.subscription, told.auth, told.config_dir) == (
        False,
        "none",
        person.home / ".claude",
    )


@pytest.mark.parametrize(
    "name",
    [
        ".claude/settings.json",
        ".claude/settings.local.json",
        ".mcp.json",
        # A command may bring tools of its own, which run unasked.
        ".claude/commands/review.md",
        ".claude/agents/helper.md",
    ],
)
@pytest.mark.parametrize("where", ["", "sub/folder"])
def test_a_folder_with_settings_here_or_above(person: Person, name: str, where: str) -> None:
    person.brings(name)
    told = person.look(person.project / where)
    assert (told.has_folder_settings, told.trusted) == (True, False)


def test_the_users_own_settings_are_no_folders(person: Person) -> None:
    person.write(person.home / ".claude" / "settings.json", mode("plan"))
    for cwd in (person.project, person.home):
        assert not person.look(cwd).has_folder_settings


def test_a_broken_link_in_place_of_settings(person: Person) -> None:
    """A loop cannot be looked at: it counts as settings, for nobody trusted it."""
    (person.project / ".claude").mkdir()
    loop = person.project / ".claude" / "settings.json"
    loop.symlink_to(loop)
    assert not person.look().trusted


def test_trust_of_the_folder_and_of_one_above(person: Person) -> None:
    person.brings()
    person.trusts(person.project)
    assert person.look().trusted
    person.trusts(person.project.parent)
    assert person.look().trusted
    person.trusts(person.project / "sub")
    assert not person.look().trusted


@pytest.mark.parametrize("value", [False, None, "true", 1, {}])
def test_only_a_plain_true_is_trust(person: Person, value: object) -> None:
    person.brings()
    row = {"projects": {str(person.project): {"hasTrustDialogAccepted": value}}}
    person.write(person.home / ".claude.json", row)
    assert not person.look().trusted


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "null", '{"projects": []}', '{"projects": {"x": 1}}', "[" * 100_000]
)
def test_broken_files_trust_nothing(person: Person, text: str) -> None:
    person.brings()
    person.write(person.home / ".claude.json", text)
    person.write(person.home / ".claude" / "settings.json", text)
    person.write(person.home / ".claude" / ".credentials.json", text)
    told = person.look()
    assert (told.trusted, told.permission_mode, told.subscription) == (False, None, False)


def test_a_fifo_is_not_waited_for(person: Person) -> None:
    person.brings()
    os.mkfifo(person.home / ".claude.json")
    assert not person.look().trusted


def test_the_moved_configuration_folder(person: Person) -> None:
    moved = person.home / "elsewhere"
    person.environ["CLAUDE_CONFIG_DIR"] = str(moved)
    person.brings()
    person.trusts(person.project)
    assert not person.look().trusted
    person.trusts(person.project, moved / ".claude.json")
    person.write(moved / "settings.json", mode("plan"))
    told = person.look()
    assert (told.trusted, told.permission_mode, told.config_dir) == (True, "plan", moved)


@pytest.mark.parametrize("value", ["plan", "acceptEdits", "bypassPermissions", "default"])
def test_the_users_permission_mode(person: Person, value: str) -> None:
    person.write(person.home / ".claude" / "settings.json", mode(value))
    assert person.look().permission_mode == value


@pytest.mark.parametrize("value", [None, 3, ["plan"]])
def test_a_permission_mode_that_is_none(person: Person, value: object) -> None:
    person.write(person.home / ".claude" / "settings.json", mode(value))
    assert person.look().permission_mode is None
    person.write(person.home / ".claude" / "settings.json", {"permissions": "plan"})
    assert person.look().permission_mode is None


def test_a_projects_mode_counts_only_when_trusted(person: Person) -> None:
    """Without trust claude starts with the user's settings alone."""
    person.brings(value=mode("bypassPermissions"))
    assert person.look().permission_mode is None
    person.trusts(person.project)
    assert person.look().permission_mode == "bypassPermissions"


def test_the_administrators_mode(person: Person, tmp_path: Path) -> None:
    person.write(tmp_path / "managed.json", mode("plan"))
    person.write(person.home / ".claude" / "settings.json", mode("acceptEdits"))
    assert person.look().permission_mode == "plan"


@pytest.mark.parametrize(
    ("environ", "subscription", "auth"),
    [
        ({}, False, "none"),
        ({"CLAUDE_CODE_OAUTH_TOKEN": "t"}, True, "subscription"),
        ({"ANTHROPIC_API_KEY": "k"}, False, "api-key"),
        ({"ANTHROPIC_API_KEY": "k", "CLAUDE_CODE_OAUTH_TOKEN": "t"}, True, "api-key"),
        ({"ANTHROPIC_AUTH_TOKEN": "t", "ANTHROPIC_API_KEY": "k"}, False, "token"),
        ({"ANTHROPIC_API_KEY": ""}, False, "none"),
    ],
)
def test_which_account(
    person: Person, environ: dict[str, str], subscription: bool, auth: str
) -> None:
    person.environ.update(environ)
    told = person.look()
    assert (told.subscription, told.auth) == (subscription, auth)


def test_a_login_on_disk(person: Person) -> None:
    person.write(person.home / ".claude" / ".credentials.json", {"claudeAiOauth": {}})
    told = person.look()
    assert (told.subscription, told.auth) == (True, "subscription")
