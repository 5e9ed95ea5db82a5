"""codex on a system where its own sandbox cannot be made: the kernel's fence stands in. The real
program; that its sandbox fails is played by a script before it."""

from __future__ import annotations

import json
import shlex

import pytest

from ai_code.drill.replies import Agent, Reply
from ai_code.system.fenced import network_fence
from tests.conftest import engine_program
from tests.e2e.test_engines import EDITS, GREETING, serve
from tests.e2e.world import World

HELD = pytest.mark.skipif(not network_fence(), reason="no fence that holds the network here")


@pytest.fixture
def world_without(world: World) -> World:
    """A world in which codex can make no sandbox."""
    program = shlex.quote(str(engine_program("codex")))
    world.script("codex", f'#!/bin/sh\ntest "$1" != sandbox || exit 1\nexec {program} "$@"\n')
    return world


def start(world: World, *replies: Reply, settings: str = "") -> None:
    world.settings(f"fallback.chain: [codex]\nengine: codex\n{settings}")
    serve(world, *replies)


@HELD
def test_the_edit_lands(world_without: World) -> None:
    start(world_without, EDITS)
    run = world_without.run("write made.py")
    assert run.code == 0, run
    assert world_without.text("made.py") == GREETING
    row = json.loads(world_without.run("engines", "show", "codex", "--json").stdout)
    assert (row["fence"], row["fenced"], row["network_fenced"]) == ("kernel", True, True)
    shown = " ".join(world_without.run("engines", "show", "codex").stdout.split())
    assert "reaches the model's server only (the kernel)" in shown


@HELD
@pytest.mark.parametrize("mode", ["ask", "plan"])
def test_an_answer_edits_nothing(world_without: World, mode: str) -> None:
    start(world_without, EDITS)
    before = world_without.tree()
    assert world_without.run(mode, "what would you write?").code == 0
    assert world_without.tree() == before


@HELD
def test_what_the_model_runs_is_held(world_without: World) -> None:
    world = world_without
    outside = world.home / "planted.txt"
    other = world.project / "hello.py"
    before = other.read_bytes()
    # A server that is none of the model's.
    port = world.ollama().port
    lines = (
        f"echo x > {shlex.quote(str(outside))}",
        f"echo x >> {shlex.quote(str(other))}",
        f"exec 3<>/dev/tcp/127.0.0.1/{port} && echo reached > reached.txt",
        "echo it ran > ran.txt",
    )
    command = f"bash -c {shlex.quote('; '.join(lines))}"
    start(world, Agent(runs=command, closing="It ran."))
    world.run("run the build")
    assert world.text("ran.txt") == "it ran\n"
    assert not outside.exists() and other.read_bytes() == before
    assert not (world.project / "reached.txt").exists()


def test_without_any_fence_it_is_not_started(world_without: World) -> None:
    start(world_without, EDITS, settings="fallback.fence: off\n")
    run = world_without.run("write made.py")
    assert run.code != 0 and "codex's own sandbox cannot be made on this system" in run.stderr
    assert run.hint == "ai-code --engine aider …"
    assert not (world_without.project / "made.py").exists()
