"""``ai-code hooks`` and the files that it may meet. Claude Code is a script that knows its
version: nothing of it is run."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.e2e.test_hooks import settings
from tests.e2e.world import CHECKOUT, World

NEW = "2.1.329"
OWN = '{\n  "model": "opus"\n}\n'


@pytest.fixture
def person(bare: World) -> World:
    claude(bare, NEW)
    return bare


def claude(world: World, version: str) -> None:
    world.script("claude", f"#!/bin/sh\necho '{version} (Claude Code)'\n")


def written(world: World, text: str | bytes = OWN) -> Path:
    path = settings(world)
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def test_a_file_that_was_not_there_goes_again(person: World) -> None:
    assert person.run("hooks", "install", "--yes").code == 0
    path = settings(person)
    assert path.stat().st_mode & 0o777 == 0o600
    assert list(json.loads(path.read_text())["hooks"]) == ["SessionStart", "StopFailure"]
    told = person.run("hooks", "remove", "--yes")
    assert told.code == 0 and not path.parent.exists(), told
    assert sorted(each.name for each in person.state.iterdir()) == ["hooks.json.lock"]
    assert "no hooks" in person.run("hooks", "remove").stderr


def test_what_others_wrote_there_meanwhile_stays(person: World) -> None:
    person.run("hooks", "install", "--yes")
    path = settings(person)
    value = {**json.loads(path.read_text()), "model": "opus"}
    path.write_text(json.dumps(value))
    assert person.run("hooks", "remove", "--yes").code == 0
    assert json.loads(path.read_text()) == {"model": "opus"}


@pytest.mark.parametrize("text", [OWN, "", " \n", '{"hooks": {"Stop": []}}', "{}"])
def test_a_file_becomes_what_it_was(person: World, text: str) -> None:
    path = written(person, text)
    path.chmod(0o640)
    # Twice is once.
    for _ in range(2):
        assert person.run("hooks", "install", "--yes").code == 0
    assert path.read_text().count("session-start") == 1
    assert person.run("hooks", "remove", "--yes").code == 0
    assert path.read_text() == text and path.stat().st_mode & 0o777 == 0o640


def test_a_moved_program_is_written_anew(person: World) -> None:
    path = written(person)
    person.run("hooks", "install", "--yes")
    path.write_text(path.read_text().replace("ai-code hooks", "elsewhere/ai-code hooks"))
    assert "another command" in person.run("hooks", "show").stdout
    told = person.run("hooks", "install", "--yes")
    assert told.code == 0 and "elsewhere" not in path.read_text(), told
    assert path.read_text().count("session-start") == 1
    assert person.run("hooks", "remove", "--yes").code == 0
    assert json.loads(path.read_text()) == json.loads(OWN)


def test_ours_are_taken_out_also_where_nothing_is_remembered(person: World) -> None:
    path = written(person)
    person.run("hooks", "install", "--yes")
    (person.state / "hooks.json").unlink()
    assert person.run("hooks", "remove", "--yes").code == 0
    assert path.read_text() == OWN


def test_a_link_of_dot_files_stays_one(person: World) -> None:
    there = person.base / "dotfiles.json"
    there.write_text(OWN)
    settings(person).parent.mkdir()
    settings(person).symlink_to(there)
    assert person.run("hooks", "install", "--yes").code == 0
    assert settings(person).is_symlink() and "session-start" in there.read_text()
    assert person.run("hooks", "remove", "--yes").code == 0
    assert there.read_text() == OWN


@pytest.mark.parametrize("text", ["// mine\n{}", '{"a": 1,}', "[]", '{"hooks": []}', b"\xff{}"])
def test_what_is_not_understood_is_not_touched(person: World, text: str | bytes) -> None:
    path = written(person, text)
    before = path.read_bytes()
    told = person.run("hooks", "install", "--yes")
    assert told.code == 78 and "is not written" in told.stderr, told
    assert '"SessionStart": [' in told.stderr and "hooks run session-start" in told.stderr
    assert path.read_bytes() == before
    assert person.run("hooks", "show").code == 0


def test_a_file_of_nix_is_answered_with_its_lines(person: World) -> None:
    settings(person).parent.mkdir()
    settings(person).symlink_to("/nix/store/0-claude/settings.json")
    (person.home / ".local/state/nix/profiles").mkdir(parents=True)
    (person.home / ".local/state/nix/profiles/home-manager").touch()
    told = person.run("hooks", "install", "--yes")
    assert told.code == 78 and "programs.claude-code.settings.hooks = {" in told.stderr, told
    assert "programs.claude-code.settings.hooks" in person.run("hooks", "show").stdout
    assert settings(person).is_symlink()


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root, to become nobody")
def test_a_file_that_cannot_be_written(person: World) -> None:
    path = written(person)
    nobody = ("setpriv", "--reuid=65534", "--clear-groups")
    # Pytest's own folders are closed to others.
    for folder in (person.base, *person.base.parents):
        if folder == Path("/tmp"):
            break
        folder.chmod(0o755)
    told = person.run("hooks", "install", "--yes", wrap=nobody)
    assert told.code == 78 and "cannot be written" in told.stderr, told
    assert path.read_text() == OWN


def test_another_config_folder(person: World) -> None:
    person.env["CLAUDE_CONFIG_DIR"] = str(person.base / "claude-work")
    assert person.run("hooks", "install", "--yes").code == 0
    assert (person.base / "claude-work/settings.json").is_file()
    # Taken out also by who does not name the folder any more.
    del person.env["CLAUDE_CONFIG_DIR"]
    assert person.run("hooks", "remove", "--yes").code == 0
    assert not (person.base / "claude-work").exists()


def test_which_version_it_is_must_be_known(person: World) -> None:
    (person.bin / "claude").unlink()
    told = person.run("hooks", "install", "--yes")
    assert told.code == 127 and "claude --version" in told.hint, told
    assert not settings(person).exists()


def test_hooks_that_are_off_are_told(person: World) -> None:
    written(person, '{"disableAllHooks": true}')
    assert "no hook runs" in person.run("hooks", "show").stdout
    value = json.loads(person.run("hooks", "show", "--json").stdout)
    assert value["off"] and [each["state"] for each in value["hooks"]] == ["absent", "absent"]


CALLS = [
    (("session-start",), b""),
    (("session-start",), b"not json"),
    (("session-start",), b"[1]"),
    (("session-start",), b'{"cwd": 3, "transcript_path": "/\\u0000"}'),
    (("stop-failure",), b'{"transcript_path": "/no/such", "last_assistant_message": 4}'),
    (("stop-failure",), b'{"transcript_path": "/dev/zero", "error": "rate_limit"}'),
    (("something-new",), b"{}"),
    ((), b"{}"),
    (("session-start",), b" " * (2 << 20)),
]


@pytest.mark.parametrize(("args", "given"), CALLS)
def test_a_hook_never_fails_claude(person: World, args: tuple[str, ...], given: bytes) -> None:
    person.settings("nonsense: {\n")
    ran = person.run("hooks", "run", *args, stdin=given)
    assert (ran.code, ran.raw, ran.stderr) == (0, b"", ""), ran


def test_a_hook_does_not_wait_for_ever(person: World) -> None:
    """Whoever calls it keeps its input open."""
    reading, writing = os.pipe()
    ran = subprocess.run(
        person.command("hooks", "run", "session-start"), stdin=reading, env=person.env,
        capture_output=True, check=False, timeout=60,
    )  # fmt: skip
    os.close(reading)
    os.close(writing)
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, b"", b"")


def test_a_repository_with_our_name_is_not_run(person: World) -> None:
    """A hook works in the project: where ai-code is a module and no program, Python would take
    a folder of its name there."""
    person.write("ai_code/__init__.py", "")
    person.write("ai_code/__main__.py", f"open({str(person.base / 'taken')!r}, 'w')\n")
    program = person.base / "python"
    program.symlink_to(sys.executable)
    from ai_code.system.site import SystemSite

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "executable", str(program))
        own = SystemSite({}, person.home, person.home / "c", person.state).own_command
    assert own[0] == str(program) and "-m" in own
    ran = subprocess.run(
        [*own, "hooks", "run", "session-start"], input=b"{}", cwd=person.project,
        env={**person.env, "PYTHONPATH": str(CHECKOUT)}, capture_output=True, check=False,
    )  # fmt: skip
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, b"", b"")
    assert not (person.base / "taken").exists()
