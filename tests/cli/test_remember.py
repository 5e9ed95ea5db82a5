"""``ai-code remember``: where a note goes, what is no note, and the project's CLAUDE.md."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from ai_code.core.errors import AiCodeError
from ai_code.core.notes_file import parse_notes
from tests.cli.test_main import CommandWorld, world

__all__ = ["world"]


def notes(world: CommandWorld, scope: int = 0) -> list[str]:
    text = world.notes.read(world.notes.scopes(world.cwd)[scope])
    return [note.text for note in parse_notes(text)]


def git(world: CommandWorld, *args: str) -> str:
    done = subprocess.run(
        ["git", *args], cwd=world.cwd, env=world.environ, capture_output=True, check=True
    )
    return done.stdout.decode()


def test_for_this_project_and_for_all(world: CommandWorld) -> None:
    assert world.call("remember", "Use tabs", "in Makefiles.") == 0
    assert world.call("remember", "--global", "日本語で答えてください。") == 0
    assert notes(world) == ["Use tabs in Makefiles."]
    assert notes(world, 1) == ["日本語で答えてください。"]
    told = world.console.of("important")
    assert told[0].startswith("remembered for this project: ")
    assert told[1].startswith("remembered for all projects: ")
    assert world.console.of("note")[0].startswith("to take it back: ai-code memory forget ")
    assert git(world, "status", "--porcelain") == ""


def test_outside_a_repository_it_is_for_all(world: CommandWorld, tmp_path: Path) -> None:
    world.cwd = tmp_path / "home"
    assert world.call("remember", "one") == 0
    assert notes(world) == ["one"]
    assert "for all projects" in world.console.told
    assert "no repository here" in world.refused("remember", "--project", "two").what


def test_from_standard_input_as_json(
    world: CommandWorld, capsys: pytest.CaptureFixture[str]
) -> None:
    world.piped = b"first\r\nsecond\n"
    assert world.call("remember", "-", "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["version"], told["known"]) == (1, False)
    assert told["note"]["text"] == "first\nsecond" and told["note"]["scope"] == "project"
    assert world.call("remember", "first second.", "--json") == 0
    again = json.loads(capsys.readouterr().out)
    assert (again["known"], again["note"]["id"]) == (True, told["note"]["id"])
    assert notes(world) == ["first\nsecond"]
    world.piped = b"x" * 70_000
    assert "too long for a note" in world.refused("remember", "-").what


def test_what_is_no_note(world: CommandWorld) -> None:
    world.environ["MY_TOKEN"] = "a-very-secret-value"
    for argv, told in (
        (["remember"], "nothing to remember"),
        (["remember", " \n"], "nothing to remember"),
        (["remember", "日" * 2001], "too long for a note: 2001 characters, 2000 at most"),
        (["remember", "it is a-very-secret-value"], "holds a key or token"),
        (["remember", "--allow-secret", "it is a-very-secret-value"], "holds a key or token"),
        (["remember", "AKIAIOSFODNN7EXAMPLE"], "seems to hold a key of AWS"),
        (["remember", "--global", "--project", "x"], "exclude each other"),
        (["remember", "--yes", "x"], "--yes goes with --project"),
    ):
        error = world.refused(*argv)
        assert told in error.what and error.hint
        assert "a-very-secret" not in f"{error.what}{error.why}{error.hint}"
    assert not world.notes.any()
    assert world.call("remember", "--allow-secret", "AKIAIOSFODNN7EXAMPLE") == 0


# CLAUDE.md ----------------------------------------------------------------------------------


def test_into_the_project_after_a_yes(
    world: CommandWorld, capsys: pytest.CaptureFixture[str]
) -> None:
    world.console.terminal()
    world.console.answers.append("n")
    assert world.call("remember", "--project", "Run make check.") == 1
    assert git(world, "status", "--porcelain") == ""
    world.console.answers.append("y")
    assert world.call("remember", "--project", "Run make check.") == 0
    out = capsys.readouterr().out
    assert out.count("+- Run make check.\n") == 2 and "--- a/CLAUDE.md" in out
    assert world.read("CLAUDE.md") == (
        "Write docstrings in the imperative.\n\n## Notes\n\n- Run make check.\n"
    )
    assert world.call("remember", "--project", "Run make check.") == 0
    assert "says so already" in world.console.told
    assert not world.notes.any()


def test_without_a_terminal_only_with_yes(world: CommandWorld) -> None:
    error = world.refused("remember", "--project", "x")
    assert (error.what, error.hint) == (
        "remember --project needs a yes", "ai-code remember --project --yes …",
    )  # fmt: skip
    assert world.call("remember", "--project", "--yes", "x") == 0
    assert world.read("CLAUDE.md").endswith("- x\n")


def test_the_rest_of_the_file_stays_byte_for_byte(world: CommandWorld) -> None:
    path = world.cwd / "CLAUDE.md"
    path.write_bytes(b"caf\xe9\r\n## Notes\r\n\r\n- a\r\n\r\n# End\r\n")
    path.chmod(0o640)
    assert world.call("remember", "--project", "--yes", "b") == 0
    assert path.read_bytes() == b"caf\xe9\r\n## Notes\r\n\r\n- a\r\n- b\r\n\r\n# End\r\n"
    assert path.stat().st_mode & 0o777 == 0o640


def test_a_link_stays_a_link_and_leads_nowhere_else(world: CommandWorld, tmp_path: Path) -> None:
    path = world.cwd / "CLAUDE.md"
    path.unlink()
    (world.cwd / "AGENTS.md").write_text("rules\n")
    path.symlink_to("AGENTS.md")
    assert world.call("remember", "--project", "--yes", "x") == 0
    assert path.is_symlink() and world.read("AGENTS.md").endswith("- x\n")
    path.unlink()
    (tmp_path / "elsewhere.md").write_text("not ours\n")
    path.symlink_to(tmp_path / "elsewhere.md")
    with pytest.raises(AiCodeError, match="cannot be written"):
        world.call("remember", "--project", "--yes", "x")
    assert (tmp_path / "elsewhere.md").read_text() == "not ours\n"


def test_where_there_is_none_it_is_made(world: CommandWorld) -> None:
    (world.cwd / "CLAUDE.md").unlink()
    (world.cwd / "sub").mkdir()
    world.cwd = world.cwd / "sub"
    before = os.umask(0o022)
    try:
        assert world.call("remember", "--project", "--yes", "x") == 0
    finally:
        os.umask(before)
    made = world.cwd.parent / "CLAUDE.md"
    assert made.read_text() == "## Notes\n\n- x\n" and made.stat().st_mode & 0o777 == 0o644
    made.unlink()
    (world.cwd.parent / ".claude").mkdir()
    (world.cwd.parent / ".claude" / "CLAUDE.md").write_text("rules\n")
    assert world.call("remember", "--project", "--yes", "x") == 0
    assert not made.exists()
    assert (world.cwd.parent / ".claude" / "CLAUDE.md").read_text().endswith("- x\n")


def test_a_file_that_changed_while_somebody_was_asked_is_left_alone(world: CommandWorld) -> None:
    from ai_code.flows.remember import project_note, write_project_note

    note = project_note(world, "x")
    assert note is not None
    (world.cwd / "CLAUDE.md").write_text("mine\n")
    with pytest.raises(AiCodeError, match="was changed meanwhile"):
        write_project_note(world, note)
    assert world.read("CLAUDE.md") == "mine\n"
