"""Answers that are not whole: each engine, the real program, against a server that breaks off."""

from __future__ import annotations

import pytest

from ai_code.drill.replies import EndsWithoutDone
from tests.conftest import real_program
from tests.e2e.test_engines import EDITS, GREETING, OTHERS, install, serve
from tests.e2e.world import World


@pytest.fixture(params=OTHERS)
def engine(request: pytest.FixtureRequest, world: World) -> str:
    return alone(world, str(request.param))


def alone(world: World, name: str) -> str:
    install(world, name)
    world.settings(f"fallback.chain: [{name}]\nengine: {name}\n")
    return name


def test_an_answer_that_is_never_finished(world: World, engine: str) -> None:
    """opencode asks again and again without an end; goose and Claude Code take the half for the
    whole."""
    server = serve(world, EndsWithoutDone("I was"))
    run = world.run("write made.py")
    assert run.code == 1 and "the model's answer was cut off: Ollama at " in run.stderr, run
    assert len(server.chats) <= 5
    assert world.verdicts() == [f"{engine} unavailable server"]
    assert run.stdout == ""


def test_an_engine_that_would_ask_without_an_end_is_ended(world: World) -> None:
    """And the next one works."""
    install(world, "opencode")
    world.link("aider", real_program("aider"))
    world.settings("fallback.chain: [opencode, aider]\n")
    serve(world, *[EndsWithoutDone("I was")] * 3, "Nothing is to be done.")
    run = world.run("--local", "explain hello.py")
    assert run.code == 0 and "Nothing is to be done." in run.stdout, run
    assert world.verdicts() == ["opencode unavailable server", "aider done"]


def test_one_that_is_not_finished_may_be_got_over(world: World) -> None:
    alone(world, "opencode")
    serve(world, EndsWithoutDone("I was"), EDITS)
    run = world.run("write made.py")
    assert run.code == 0 and world.text("made.py") == GREETING, run
