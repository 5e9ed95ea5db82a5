"""The main job: at a limit the same command goes on with the local model, and the edit lands.

Real Claude Code and real aider; the APIs are stand-ins.
"""

from __future__ import annotations

import time
from typing import Any

import pytest

from ai_code.drill import scenarios
from ai_code.drill.anthropic import (
    AuthFailed,
    LimitHit,
    RateLimited,
    Say,
    ServerError,
    SpendCap,
    UseTool,
)
from tests.conftest import HELLO
from tests.e2e.fakes import DOCUMENTED, EDIT
from tests.e2e.world import SMALL, World, ended

pytestmark = pytest.mark.claude
TASK = "add a docstring to hello()"
LIMITED = "[AI: Ollama + Aider (fallback - rate limit detected)]"
UNAVAILABLE = "[AI: Ollama + Aider (fallback - Claude Code unavailable)]"
CLAUDE = "[AI: Claude Code]"
SHORT = ("--patience", "2")


def prompt_of(chat: Any) -> str:
    """All that a model was told in one request."""
    return "\n".join(message["content"] for message in chat.json["messages"])


@pytest.mark.aider
@pytest.mark.parametrize(
    ("name", "version", "kind"),
    [
        ("session", "2.1.329", "session"),
        ("session", "2.0.77", "session"),
        ("weekly", "2.1.329", "weekly"),
        ("model", "2.1.329", "model"),
        ("credit", "2.1.329", "credit"),
        ("rate-stays", "2.1.329", "rate"),
        ("rate-stays", "2.0.77", "rate"),
        ("overloaded", "2.1.329", "overloaded"),
    ],
)
def test_the_edit_lands(world: World, name: str, version: str, kind: str) -> None:
    world.claude(scenarios.by_name(name), version)
    world.aider(EDIT)
    run = world.run(*SHORT, TASK)
    assert run.code == 0, run
    assert world.text() == DOCUMENTED
    assert run.banners == [CLAUDE, LIMITED]
    assert "changed: hello.py (+1 −0)" in run.stderr
    assert world.verdicts() == [f"claude limit {kind}", "aider done"]


@pytest.mark.aider
@pytest.mark.parametrize("version", ["2.1.329", "2.0.77"])
def test_in_the_middle_of_a_task(world: World, version: str) -> None:
    made = 'def bye():\n    print("bye")\n'
    world.claude(scenarios.mid_task("bye.py", made), version)
    ollama = world.aider(EDIT)
    run = world.run(TASK)
    assert run.code == 0, run
    assert (world.text("bye.py"), world.text()) == (made, DOCUMENTED)
    brief = prompt_of(ollama.chats[0])
    assert "It edited: bye.py" in brief
    assert "its session limit was reached" in brief


@pytest.mark.aider
def test_what_the_local_model_is_told(world: World) -> None:
    world.write("notes.txt", "not committed\n")
    world.claude(scenarios.session())
    ollama = world.aider(EDIT, models=[SMALL])
    world.run(TASK)
    brief = prompt_of(ollama.chats[0])
    for told in (
        TASK,
        "git branch: main",
        "  - First",
        "notes.txt",
        "Write docstrings in the imperative.",
        "Prints a greeting.",
        HELLO,
    ):
        assert told in brief
    assert ollama.num_ctx == [16384]
    assert "keep_alive" not in ollama.chats[0].json


@pytest.mark.aider
def test_every_request_of_a_run_asks_for_the_same_context(world: World) -> None:
    """Another num_ctx would make Ollama load the model anew between edit and reflection."""
    wrong = EDIT.replace('print("hello")', 'print("good morning")')
    world.claude(scenarios.session())
    ollama = world.aider(wrong, EDIT)
    assert world.run(TASK).code == 0
    assert ollama.num_ctx == [16384, 16384]
    assert world.text() == DOCUMENTED


def test_talking_about_limits_is_a_success(world: World) -> None:
    world.claude(scenarios.talks_about_limits())
    ollama = world.ollama()
    run = world.run("explain limits")
    assert (run.code, run.stdout) == (0, scenarios.TALK + "\n")
    assert run.banners == [CLAUDE]
    assert ollama.requests == []


@pytest.mark.parametrize("version", ["2.1.329", "2.0.77"])
def test_a_429_that_passes_within_patience(world: World, version: str) -> None:
    world.claude(scenarios.passing_429(), version)
    ollama = world.ollama()
    run = world.run(TASK)
    assert run.code == 0, run
    assert world.text() == scenarios.CONTENT
    assert ollama.chats == []
    assert "limit detected" not in run.stderr


def test_a_claude_that_gave_up_early_is_resumed(world: World) -> None:
    """From a retry-after of 61 s on Claude gives up at once; patience is a floor too."""
    api = world.claude([RateLimited(retry_after=3600), *scenarios.normal_day()])
    run = world.run(TASK)
    assert run.code == 0, run
    assert world.text() == scenarios.CONTENT
    assert len(api.main_requests) == 3


@pytest.mark.parametrize("version", ["2.1.329", "2.0.77"])
def test_wait_goes_on_with_the_same_session(world: World, version: str) -> None:
    write = UseTool("Write", {"file_path": "{cwd}/new.txt", "content": "x"})
    soon = LimitHit(resets_at=int(time.time()) + 3)
    # 2.0.77 sends a refused request a second time, without streaming.
    refused = [soon] * (2 if version == "2.0.77" else 1)
    api = world.claude([write, *refused, Say("done after the wait")], version)
    run = world.run("--wait", "make new.txt")
    assert (run.code, run.stdout) == (0, "done after the wait\n"), run
    assert "Waiting for Claude" in run.stderr
    (session,) = {attempt["session_id"] for attempt in world.records()[0]["attempts"]}
    assert session
    assert "make new.txt" in api.main_requests[-1].raw.decode()


@pytest.mark.parametrize("how", ["stop", "ask"])
def test_on_limit_stop_or_ask_without_anybody(world: World, how: str) -> None:
    world.settings(f"fallback:\n  on-limit: {how}\n")
    world.claude(scenarios.session())
    ollama = world.ollama()
    run = world.run(TASK)
    assert run.code == 75
    assert "session limit reached, resets" in run.stderr
    assert "--wait" in run.hint
    assert ollama.chats == []


@pytest.mark.aider
@pytest.mark.parametrize(("answer", "code", "text"), [("l", 0, DOCUMENTED), ("q", 75, HELLO)])
def test_on_limit_ask_on_a_terminal(world: World, answer: str, code: int, text: str) -> None:
    world.settings("fallback:\n  on-limit: ask\n")
    world.claude(scenarios.session())
    world.aider(EDIT)
    terminal = world.terminal(TASK)
    terminal.expect_exact("Go on with the local model?")
    terminal.sendline(answer)
    assert ended(terminal, terminal.read()).code == code
    assert world.text() == text


def test_no_fallback_ends_with_try_later(world: World) -> None:
    world.claude(scenarios.weekly())
    run = world.run("--no-fallback", TASK)
    assert run.code == 75
    assert "weekly limit reached, resets" in run.stderr
    assert (run.stdout, run.banners) == ("", [CLAUDE])
    assert world.verdicts() == ["claude limit weekly"]


def test_no_wait_brings_credit(world: World) -> None:
    world.claude(scenarios.credit())
    run = world.run("--no-fallback", TASK)
    assert (run.code, run.hint) == (75, "ai-code setup aider")
    world.script("aider", "#!/bin/sh\nexit 1\n")
    run = world.run("--no-fallback", TASK)
    assert (run.code, run.hint) == (75, "ai-code --local …")


@pytest.mark.parametrize(
    ("steps", "said"),
    [
        ([ServerError(500)], "API Error: 500"),
        ([AuthFailed()], "Failed to authenticate"),
    ],
)
def test_what_does_not_fall_back(world: World, steps: list[Any], said: str) -> None:
    world.env["CLAUDE_CODE_MAX_RETRIES"] = "1"
    world.claude(steps)
    ollama = world.ollama()
    run = world.run(TASK)
    assert run.code == 1
    assert run.stdout.startswith(said)
    assert f"ai-code: Claude Code: {said}" in run.stderr
    assert run.hint
    assert ollama.chats == []


def test_max_turns_does_not_fall_back(world: World) -> None:
    write = UseTool("Write", {"file_path": "{cwd}/new.txt", "content": "x"})
    world.claude([write, Say("done")])
    run = world.run(TASK, "--", "--max-turns", "1")
    assert run.code == 1
    assert "Reached maximum number of turns (1)" in run.stderr
    assert run.hint


@pytest.mark.aider
def test_a_spend_cap_in_disguise(world: World) -> None:
    world.claude([SpendCap()])
    world.aider(EDIT)
    run = world.run(TASK)
    assert run.code == 0, run
    assert run.banners == [CLAUDE, LIMITED]
    assert world.text() == DOCUMENTED


@pytest.mark.aider
def test_no_network_falls_back_where_that_is_asked_for(world: World) -> None:
    world.env["CLAUDE_CODE_MAX_RETRIES"] = "1"
    world.claude(scenarios.session())
    world.env["ANTHROPIC_BASE_URL"] = scenarios.closed_url()
    world.aider(EDIT)
    plain = world.run(TASK)
    assert (plain.code, plain.banners) == (1, [CLAUDE])
    assert plain.hint
    world.settings("fallback:\n  on: [plan, network]\n")
    run = world.run(TASK)
    assert run.code == 0, run
    assert run.banners == [CLAUDE, UNAVAILABLE]
    assert world.text() == DOCUMENTED


@pytest.mark.aider
def test_the_next_run_asks_claude_first_again(world: World) -> None:
    world.claude([LimitHit(resets_at=int(time.time()) + 7200), *scenarios.normal_day("b.py")])
    world.aider(EDIT)
    assert world.run(TASK).banners == [CLAUDE, LIMITED]
    again = world.run("make b.py")
    assert again.banners == [CLAUDE]
    assert "session limit, resets" in again.stderr
    assert "trying all the same" in again.stderr
    assert "trying all the same" not in world.run("and once more").stderr
