"""``ai-code hooks``: a person opens plain ``claude``. Both versions are real, with a settings file
of the person's own; the APIs are stand-ins."""

from __future__ import annotations

import json
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from ai_code.drill.anthropic import LimitHit, Overloaded, Say, Step
from ai_code.drill.ollama import edit_block
from tests.e2e.world import CHECKOUT, World, wait_for

pytestmark = [pytest.mark.claude, pytest.mark.aider]
BOTH = pytest.mark.parametrize("version", ["2.1.329", "2.0.77"])
MADE = edit_block("made.py", "", "X = 1\n")


@pytest.fixture
def person(world: World) -> World:
    """Who has a hook already, in a file with an order and an indentation of its own."""
    # The hooks call the program that is installed; it is to be this checkout.
    world.env["PYTHONPATH"] = str(CHECKOUT)
    own = world.script("own-hook", f"#!/bin/sh\ncat >> {world.base}/own\n")
    settings(world).parent.mkdir()
    settings(world).write_text(
        '{\n    "model": "opus",\n    "hooks": {\n        "SessionStart": [\n'
        f'            {{"hooks": [{{"type": "command", "command": "{own}"}}]}}\n'
        '        ]\n    },\n    "env": {"MY_API_KEY": "sk-private-one"}\n}\n'
    )
    return world


def settings(world: World) -> Path:
    return world.home / ".claude/settings.json"


def plain(world: World, *args: str) -> subprocess.CompletedProcess[bytes]:
    """Claude itself, as a person starts it."""
    return subprocess.run(
        [str(world.bin / "claude"), "-p", *args], cwd=world.project, env=world.env,
        stdin=subprocess.DEVNULL, capture_output=True, check=False, timeout=100,
    )  # fmt: skip


def notes(api: Any) -> list[int]:
    """How often the note stands in each request of the conversation."""
    return [json.dumps(each.json).count("<ai-code-note>") for each in api.main_requests]


def local_work(world: World, version: str, reply: str = MADE) -> str:
    """Claude at its limit, a local model at work; the run's id."""
    world.claude([LimitHit()], version)
    world.aider(reply)
    run = world.run("make something")
    assert run.code == 0, run
    return str(world.records()[0]["id"])


def installed(world: World, steps: list[Step], version: str) -> Any:
    """The hooks are in, and Claude answers with these steps."""
    api = world.claude(steps, version)
    told = world.run("hooks", "install", "--yes")
    assert told.code == 0, told
    return api


@BOTH
def test_plain_claude_is_told_once(person: World, version: str) -> None:
    run_id = local_work(person, version)
    before = settings(person).read_bytes()
    # At a limit nothing was read: it is told again.
    installed(person, [LimitHit()], version)
    plain(person, "hello")
    api = person.claude([Say("I see."), Say("Again.")], version)
    assert plain(person, "hello").stdout == b"I see.\n"
    assert notes(api) == [1]
    text = json.dumps(api.main_requests[0].json["messages"])
    for part in (run_id, "made.py", "checked by nobody", "your session limit was reached",
                 "a hook of ai-code's"):  # fmt: skip
        assert part in text, part
    assert plain(person, "and now").stdout == b"Again.\n" and notes(api) == [1, 0]
    # The person's own hook ran each time, in our run too; of ours there is no trace afterwards.
    assert (person.base / "own").read_text().count("SessionStart") == 4
    assert person.run("hooks", "remove", "--yes").code == 0
    assert settings(person).read_bytes() == before
    assert not (person.state / "hooks.json").exists()


def test_what_came_after_is_told_alone_also_by_a_run(person: World) -> None:
    first = local_work(person, "2.1.329")
    api = installed(person, [Say("I see.")], "2.1.329")
    plain(person, "hello")
    second = local_work(person, "2.1.329", edit_block("more.py", "", "Y = 1\n"))
    api = person.claude([Say("Fine."), Say("Well.")])
    run = person.run("-v", "and now?")
    assert run.code == 0 and "did meanwhile (1 run)." in run.stderr, run
    assert f"history show {second}" in run.stderr, run
    # By the run's prompt, and not by the hook that ran in it too.
    assert notes(api) == [1]
    assert first not in json.dumps(api.main_requests[0].json["messages"])
    plain(person, "hello")
    assert notes(api) == [1, 0]


def test_a_resumed_session_is_told(person: World) -> None:
    session = "11111111-2222-4333-8444-555555555555"
    installed(person, [Say("One.")], "2.1.329")
    plain(person, "hello", "--session-id", session)
    local_work(person, "2.1.329")
    api = person.claude([Say("Two."), Say("Three.")])
    plain(person, "more", "--resume", session)
    assert notes(api) == [1]
    # It stays a part of the conversation, and does not come again.
    plain(person, "more", "--resume", session)
    assert notes(api) == [1, 1]


def test_nobody_is_told_where_it_is_switched_off(person: World) -> None:
    person.settings("handover.to-claude: none\n")
    local_work(person, "2.1.329")
    api = installed(person, [Say("Fine.")], "2.1.329")
    plain(person, "hello")
    assert notes(api) == [0]


def test_a_limit_of_plain_claude_is_shown_by_status(person: World) -> None:
    resets_at = int(time.time()) + 2 * 3600 + 31
    installed(person, [LimitHit(resets_at=resets_at)], "2.1.329")
    plain(person, "hello")
    # Claude may be gone before its hook has ended.
    known = wait_for(lambda: json.loads(person.run("status", "--json").stdout)["limits"])
    # To the second, by Claude's transcript: the text of the limit has none.
    assert [(each["kind"], each["resets_at"]) for each in known] == [("session", resets_at)]
    assert "session limit" in person.run("status").stdout


def test_what_is_no_limit_is_not_recorded(person: World) -> None:
    person.env["CLAUDE_CODE_MAX_RETRIES"] = "0"
    installed(person, [Overloaded()], "2.1.329")
    assert plain(person, "hello").returncode == 1
    assert json.loads(person.run("status", "--json").stdout)["limits"] == []


def test_an_older_claude_keeps_its_hooks(person: World) -> None:
    """2.0.77 drops all hooks for a name that it does not know."""
    person.claude([Say("Fine.")], "2.0.77")
    told = person.run("hooks", "install", "--yes")
    assert told.code == 0 and "left away: StopFailure" in told.stderr, told
    assert list(json.loads(settings(person).read_text())["hooks"]) == ["SessionStart"]
    plain(person, "hello")
    assert "SessionStart" in (person.base / "own").read_text()
    shown = person.run("hooks", "show")
    assert "StopFailure   not known to this version" in shown.stdout, shown
    # One that was installed for a newer version is named.
    person.claude([Say("Fine.")], "2.1.329")
    person.run("hooks", "install", "--yes")
    person.claude([Say("Fine.")], "2.0.77")
    assert "drops all of your hooks" in person.run("hooks", "show").stdout


def test_what_is_written_is_shown_and_asked(person: World) -> None:
    person.claude([Say("Fine.")])
    before = settings(person).read_bytes()
    silent = person.run("hooks", "install")
    assert silent.code == 2 and silent.hint == "ai-code hooks install --yes", silent
    assert "hooks run session-start" in silent.stdout and "sk-private" not in silent.stdout
    assert settings(person).read_bytes() == before
    child = person.terminal("hooks", "install", columns=200)
    child.expect(b"Write it")
    child.sendline(b"n")
    child.expect(b"nothing was changed")
    child.wait()
    assert settings(person).read_bytes() == before
    child = person.terminal("hooks", "install", columns=200)
    child.expect(b"Write it")
    child.sendline(b"y")
    child.expect(b"Written")
    child.wait()
    assert "hooks run session-start" in settings(person).read_text()
    again = person.run("hooks", "install")
    assert again.code == 0 and "already" in again.stderr, again
