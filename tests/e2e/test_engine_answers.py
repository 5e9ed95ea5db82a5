"""Answers that are not whole: each engine, the real program, against a server that breaks off."""

from __future__ import annotations

import pytest

from ai_code.drill.replies import Agent, EndsWithoutDone, ErrorLine, LengthStop, Reply
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


def test_an_error_in_the_middle_is_told_in_the_servers_words(world: World, engine: str) -> None:
    serve(world, ErrorLine("I was", "the runner broke"))
    run = world.run("write made.py")
    assert run.code == 1, run
    assert f"ai-code: {engine} could not finish: the runner broke\n" in run.stderr, run


def test_an_argument_that_it_does_not_know_is_told(world: World, engine: str) -> None:
    world.settings(f"engine: {engine}\nengines.args: {{{engine}: [--no-such-flag]}}\n")
    serve(world)
    run = world.run("write made.py")
    assert run.code == 1, run
    assert "no-such-flag" in run.stderr or "(engines.args?)" in run.stderr, run


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


@pytest.mark.parametrize(
    ("name", "reply", "told"),
    [
        ("vibe", "", "the model gave an empty answer"),
        ("qwen", LengthStop("I was"), "the model's answer was cut off at its token limit"),
        ("claude-local", LengthStop("I was"), "the model's answer was cut off at its token limit"),
        ("goose", EndsWithoutDone("I was"), "did not finish it"),
    ],
)
def test_after_no_whole_answer_the_chain_goes_on(
    world: World, name: str, reply: Reply, told: str
) -> None:
    """The engine itself ends with 0."""
    install(world, name)
    world.settings(f"fallback.chain: [{name}, opencode]\n")
    world.script("opencode", "#!/bin/sh\nexit 3\n")
    serve(world, reply)
    run = world.run("--local", "explain hello.py")
    assert told in run.stderr and "; opencode is tried." in run.stderr, run
    first, second = world.verdicts()
    assert first.startswith(f"{name} unavailable") and second.startswith("opencode ")
    assert "I was" not in run.stdout


@pytest.mark.parametrize("name", ["goose", "qwen", "claude-local"])
@pytest.mark.parametrize("last", [LengthStop("I was"), EndsWithoutDone("I was")], ids=type)
def test_what_was_edited_before_half_an_answer_is_not_trusted(
    world: World, name: str, last: Reply
) -> None:
    """The model may have wanted to go on: it is kept aside, and nobody says that it was done."""
    alone(world, name)
    serve(world, Agent(edits={"made.py": GREETING}, looks=False), last)
    run = world.run("write made.py")
    assert run.code == 1 and "the model's answer was cut off" in run.stderr, run
    assert world.verdicts() == [f"{name} failed cut"]
    assert not (world.project / "made.py").exists()
    (patch,) = (world.state / "runs").glob("*/*.patch")
    assert "Print a greeting." in patch.read_text() and run.hint.startswith("ai-code diff"), run
