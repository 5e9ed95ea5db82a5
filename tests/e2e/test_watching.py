"""Watching a real run: notify, status, history, log and stats. Claude Code and aider are the real
ones; the APIs are stand-ins."""

from __future__ import annotations

import json

import pytest

from ai_code.drill import scenarios
from tests.e2e.fakes import EDIT
from tests.e2e.world import World, ended

pytestmark = [pytest.mark.claude, pytest.mark.aider]


def test_what_is_told_of_a_fallback(world: World) -> None:
    told = world.base / "told"
    say = f'#!/bin/sh\nprintf "%s|" "$AI_CODE_EVENT" "$@" >> "{told}"\n'
    program = world.script("tell-me", say)
    world.settings(f"notify: ['{program}', --loud]\n")
    world.claude(scenarios.session())
    world.aider(EDIT)
    assert world.run("--patience", "2", "add a docstring to hello()").code == 0
    event, flag, title, text = told.read_text().split("|")[:4]
    assert (event, flag, title) == ("switch", "--loud", "ai-code: the local model goes on")
    assert text.startswith("session limit reached")

    attempt = world.records()[0]["attempts"][1]
    assert attempt["tokens_received"] > 0 and attempt["ended"] > 0

    status = json.loads(world.run("status", "--json").stdout)
    assert status["answering"]["who"] == "local" and status["ollama"]["reachable"]
    assert status["runs"][0]["outcome"] == "done"
    assert world.run("status", "--short").stdout.startswith(f"local {attempt['model']} until ")
    run_id = status["runs"][0]["id"]
    assert "claude: session limit → aider: done" in world.run("history").stdout
    assert f"ai-code undo {run_id}" in world.run("history", "show", run_id).stdout
    events = [json.loads(line)["event"] for line in world.run("log", "--json").stdout.splitlines()]
    assert events == ["began", "limit", "done", "ended"]
    stats = json.loads(world.run("stats", "--json").stdout)
    assert stats["fallbacks"] == {"session": 1} and stats["waiting_saved_s"] > 0


def test_following_the_log_ends_with_ctrl_c(world: World) -> None:
    world.claude(scenarios.normal_day())
    log = world.terminal("log", "--follow")
    assert world.run("hello").code == 0
    seen = b""
    for word in (b"began", b"done", b"ended"):
        log.expect(word)
        seen += (log.before or b"") + word
    log.sendintr()
    result = ended(log, seen + log.read())
    assert result.code == 130 and b"Traceback" not in result.raw
    assert result.raw.count(b"began") == 1
