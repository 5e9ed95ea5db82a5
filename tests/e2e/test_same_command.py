"""What is said after ``ask`` and ``plan`` leads to the same command, and the hint does it."""

from __future__ import annotations

import json
import shlex
import signal
from dataclasses import replace

import pytest

from ai_code.core.about import Mode
from ai_code.drill.anthropic import Hang, Say, UseTool
from tests.e2e.fakes import aider_that, claude_at_its_limit, claude_that_notes
from tests.e2e.world import SMALL, Result, World, wait_for

ANSWERS: tuple[Mode, ...] = ("ask", "plan")
EXPLAINS = aider_that("say('It prints hello.')")
MODEL = replace(SMALL, name="qwen3:8b", capabilities=("completion", "tools"), context=131072)


@pytest.fixture(params=ANSWERS)
def mode(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def typed(world: World, hint: str) -> Result:
    """The hint as a person types it: ``…`` is what they asked."""
    first, *_ = hint.split("   ")
    words = shlex.split(first.replace("…", '"what does hello() do?"'))
    named = dict(word.split("=", 1) for word in words if word.isupper() or "=" in word.split()[0])
    assert words[len(named)] == "ai-code", hint
    return world.run(*words[len(named) + 1 :], env={**world.env, **named})


def test_at_a_limit(world: World, mode: str) -> None:
    world.script("claude", claude_at_its_limit())
    world.script("aider", EXPLAINS)
    world.ollama(models=[MODEL])
    run = world.run(mode, "--no-fallback", "what does hello() do?")
    assert run.code == 75 and run.hint.startswith(f"ai-code {mode} --wait …"), run
    again = typed(world, run.hint.split(" or: ")[1])
    assert again.code == 0 and "It prints hello." in again.stdout, again
    assert world.records()[0]["attempts"][0]["engine"] == "aider"


def test_a_model_that_is_none(world: World, mode: str) -> None:
    world.script("aider", EXPLAINS)
    world.ollama(models=[MODEL, replace(MODEL, name="qwen3:4b")])
    world.settings("models:\n  deny: ['qwen3:4b']\n")
    run = world.run(mode, "--local", "--model", "qwen3:4b", "what?")
    assert run.code == 1 and run.hint == f"ai-code {mode} --model qwen3:8b …", run
    again = typed(world, run.hint.replace(mode, f"{mode} --local"))
    assert again.code == 0 and "It prints hello." in again.stdout, again
    value = world.run(mode, "--json", "--local", "--model", "qwen3:4b", "what?").stdout
    assert f"ai-code {mode} --model qwen3:8b" in value and "ai-code --model" not in value


def test_a_silent_engine(world: World, mode: str) -> None:
    world.script("aider", aider_that("time.sleep(5)\nsay('It prints hello.')"))
    world.ollama(models=[MODEL])
    env = {**world.env, "AI_CODE_STALL_TIMEOUT": "1"}
    run = world.run(mode, "--local", "what?", env=env)
    assert run.code == 1 and run.hint.startswith(f"AI_CODE_STALL_TIMEOUT=15m ai-code {mode} …"), run
    again = typed(world, run.hint.replace(mode, f"{mode} --local"))
    assert again.code == 0 and "It prints hello." in again.stdout, again


def test_without_a_prompt(world: World, mode: str) -> None:
    world.script("claude", claude_that_notes())
    run = world.run(mode, "")
    assert run.code == 2 and run.hint.startswith(f'ai-code {mode} "'), run
    assert typed(world, run.hint).code == 0
    assert "acceptEdits" not in (world.home / "argv").read_text()
    shown = world.on_terminal(mode).stdout
    assert f'Say it in one sentence: ai-code {mode} "' in shown, shown
    assert f"hint: ai-code {mode} --help" in shown


def test_options_that_exclude_each_other(world: World, mode: str) -> None:
    run = world.run(mode, "--json", "--dry-run", "what?")
    assert run.code == 2 and run.hint == f"ai-code {mode} --help", run


def test_a_dry_run(world: World, mode: str) -> None:
    world.script("aider", EXPLAINS)
    world.ollama(models=[MODEL, replace(MODEL, name="qwen3:4b")])
    world.settings("models:\n  deny: ['qwen3:4b']\n")
    run = world.run(mode, "--dry-run", "--local", "--model", "qwen3:4b", "what?")
    assert f"hint: ai-code {mode} --model qwen3:8b …" in run.stdout, run


def test_a_folder_that_nobody_copies(world: World, mode: str) -> None:
    """The home: a prompt that names a file is the way there, for an answer has no ``--file``."""
    (world.home / "notes.py").write_text("print(1)\n")
    world.script("aider", EXPLAINS)
    world.ollama(models=[MODEL])
    run = world.run(mode, "--local", "what is here?", cwd=world.home)
    assert run.code == 1 and "(or name the files in the prompt)" in run.hint, run
    again = world.run(mode, "--local", "what does notes.py do?", cwd=world.home)
    assert again.code == 0 and "It prints hello." in again.stdout, again


@pytest.mark.parametrize("engine", ["", "engine: custom\n"])
def test_an_engine_of_the_settings_that_cannot(world: World, mode: str, engine: str) -> None:
    """Where it is set, as ``config check`` tells it, and the command that goes all the same."""
    world.script("aider", EXPLAINS)
    world.ollama(models=[MODEL])
    world.settings(f"{engine}engines.for: {{{mode}: custom}}\n")
    run = world.run(mode, "what?")
    file = world.home / ".config/ai-code/config.yaml"
    line = 2 if engine else 1
    told = f"engines.for.{mode} (user {file}:{line}): the engine custom can only edit"
    assert run.code == 78 and f"ai-code: {told}\n" in run.stderr, run
    assert told in world.run("config", "check").stdout
    again = typed(world, run.hint)
    assert again.code == 0 and "It prints hello." in again.stdout, again
    named = world.run(mode, "--engine", "custom", "what?")
    assert named.code == 1 and f"ai-code {mode} --engine aider …" in named.hint, named


@pytest.mark.claude
def test_a_session_that_was_stopped(world: World, mode: str) -> None:
    """What is shown goes on with it, and still edits nothing."""
    read = UseTool("Read", {"file_path": str(world.project / "hello.py")})
    api = world.claude([read, Hang()])
    run = world.start(mode, "what does hello() do?")
    wait_for(lambda: len(api.main_requests) > 1)
    run.signal(signal.SIGINT)
    stopped = run.wait()
    assert f"  ai-code {mode} -c …\n" in stopped.stderr, stopped
    api = world.claude([Say("It prints hello.")])
    again = world.run(mode, "-c", "go on")
    assert again.code == 0 and again.stdout == "It prints hello.\n", again
    assert "what does hello() do?" in json.dumps(api.main_requests[-1].json)
