"""Ctrl-C, TERM, HUP, Ctrl-Z and kill -9 at every stage: no orphan, and nothing of the person's is
lost. That nothing runs on is checked at the end of each test (see ``conftest``)."""

from __future__ import annotations

import shutil
import signal
import time

import pytest

from ai_code.drill.anthropic import Hang, LimitHit, Say, SlowSay, UseTool
from ai_code.drill.replies import Hang as ModelHangs
from ai_code.drill.replies import Slow
from tests.e2e.fakes import DOCUMENTED, EDIT, aider_that, claude_at_its_limit
from tests.e2e.world import World, argv_of, ended, status_of, wait_for

TASK = "add a docstring to hello()"
STOPS = [signal.SIGINT, signal.SIGTERM, signal.SIGHUP]


@pytest.mark.claude
@pytest.mark.parametrize("signum", STOPS)
def test_while_claude_works(world: World, signum: int) -> None:
    api = world.claude([Hang()])
    before = world.tree()
    run = world.start(TASK)
    wait_for(lambda: api.main_requests)
    run.signal(signum)
    result = run.wait()
    assert result.code == 128 + signum, result
    assert result.stdout == ""
    assert world.tree() == before
    assert world.verdicts() == ["claude interrupted"]


@pytest.mark.aider
@pytest.mark.parametrize("signum", STOPS)
def test_while_aider_works(world: World, signum: int) -> None:
    world.script("claude", claude_at_its_limit())
    ollama = world.aider(ModelHangs(text="I begin"))
    before = world.tree()
    run = world.start(TASK)
    wait_for(lambda: ollama.chats)
    run.signal(signum)
    result = run.wait()
    assert result.code == 128 + signum, result
    assert world.tree() == before
    assert world.verdicts()[-1] == "aider interrupted"
    assert not list(world.state.glob("runs/*/w"))


@pytest.mark.parametrize("signum", STOPS)
def test_while_git_tells_of_the_tree(world: World, signum: int) -> None:
    """Its child is gone too: a git in a thread of ours would outlive the run."""
    limited = world.home / "limited"
    said = claude_at_its_limit()
    world.script("claude", said.replace("cat > /dev/null", f"cat > /dev/null; touch {limited}"))
    git = f'case "$*" in *ls-files*) test ! -e {limited} || exec sleep 300 ;; esac'
    world.script("git", f'#!/bin/sh\n{git}\nexec {shutil.which("git")} "$@"\n')
    world.script("aider", aider_that("say('Done.')"))
    ollama = world.ollama(EDIT)
    before = world.tree()
    run = world.start(TASK)
    wait_for(lambda: any("300" in argv_of(each) for each in world.processes()))
    run.signal(signum)
    result = run.wait()
    assert result.code == 128 + signum, result
    wait_for(lambda: not world.processes())
    assert world.tree() == before and not ollama.chats


@pytest.mark.claude
def test_while_waiting_for_the_reset(world: World) -> None:
    world.claude([LimitHit(resets_at=int(time.time()) + 3600)])
    terminal = world.terminal("--wait", TASK)
    terminal.expect_exact("Waiting for Claude")
    terminal.sendintr()
    result = ended(terminal, terminal.read())
    assert result.code == 130
    assert b"Traceback" not in result.raw


@pytest.mark.claude
@pytest.mark.parametrize("version", ["2.1.329", "2.0.77"])
def test_ctrl_c_on_a_terminal(world: World, version: str) -> None:
    world.claude([SlowSay("one two three four five six seven " * 20, 0.1)], version)
    terminal = world.terminal(TASK)
    terminal.expect_exact("one two")
    terminal.sendintr()
    assert ended(terminal, terminal.read()).code == 130
    assert world.verdicts() == ["claude interrupted"]


@pytest.mark.claude
def test_a_session_that_was_interrupted_can_be_continued(world: World) -> None:
    write = UseTool("Write", {"file_path": "{cwd}/new.txt", "content": "x"})
    api = world.claude([write, Hang()])
    run = world.start("make new.txt")
    wait_for(lambda: len(api.main_requests) == 2)
    run.signal(signal.SIGTERM)
    assert run.wait().code == 143
    api = world.claude([Say("and on")])
    result = world.run("--continue", "go on")
    assert (result.code, result.stdout) == (0, "and on\n"), result
    assert "make new.txt" in api.main_requests[0].raw.decode()


@pytest.mark.aider
def test_kill_9_while_aider_works(world: World) -> None:
    ollama = world.aider(ModelHangs(text="I begin"))
    before = world.tree()
    run = world.start("--local", TASK)
    wait_for(lambda: ollama.chats)
    run.signal(signal.SIGKILL)
    run.wait()
    wait_for(lambda: not world.processes())
    assert world.tree() == before
    world.aider(EDIT)
    assert world.run("--local", TASK).code == 0
    assert world.text() == DOCUMENTED
    assert [record["state"] for record in world.records()] == ["done", "crashed"]
    assert not list(world.state.glob("runs/*/w"))


@pytest.mark.claude
def test_kill_9_while_claude_works(world: World) -> None:
    api = world.claude([Hang()])
    run = world.start(TASK)
    wait_for(lambda: api.main_requests)
    run.signal(signal.SIGKILL)
    run.wait()
    wait_for(lambda: not world.processes())


@pytest.mark.aider
def test_ctrl_z_and_on(world: World) -> None:
    ollama = world.aider(Slow(EDIT, 0.05))
    run = world.start("--local", TASK)
    wait_for(lambda: ollama.chats)
    run.signal(signal.SIGTSTP)
    # ai-code, its guard and aider.
    wait_for(lambda: [status_of(each) for each in world.processes()] == ["stopped"] * 3)
    run.signal(signal.SIGCONT)
    assert run.wait().code == 0
    assert world.text() == DOCUMENTED


@pytest.mark.aider
def test_a_second_ctrl_c_does_not_wait(world: World) -> None:
    ollama = world.aider(ModelHangs(text="I begin"))
    run = world.start("--local", TASK)
    wait_for(lambda: ollama.chats)
    run.signal(signal.SIGINT)
    run.signal(signal.SIGINT)
    assert run.wait().code == 130
