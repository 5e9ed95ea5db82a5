"""Ctrl-C while the doctor looks, asks or mends: at once, with one line, and nobody is left."""

from __future__ import annotations

import re

import pytest

from tests.e2e.world import World, argv_of, wait_for

SLEEPS = "#!/bin/sh\nsleep 300\n"
"""A program that answers nothing, with a child of its own."""


def asleep(world: World) -> bool:
    return any("300" in argv_of(each) for each in world.processes())


def all_gone(world: World) -> None:
    """What was killed may take a moment to go; what nobody has killed sleeps on for minutes."""
    wait_for(lambda: not world.processes(), 20.0)


@pytest.mark.parametrize("words", [("doctor",), ("doctor", "claude", "--json")], ids=" ".join)
def test_while_it_looks(world: World, words: tuple[str, ...]) -> None:
    world.script("claude", SLEEPS)
    child = world.terminal(*words)
    wait_for(lambda: asleep(world))
    child.sendintr()
    said = child.read().decode()
    child.wait()
    assert child.exitstatus == 130
    told = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]|\^C|\r", "", said).split("\n")
    again = " ".join(word for word in words if word != "--json")
    assert [line for line in told if line] == [
        f"Stopped. Nothing was changed; to look again: ai-code {again}"
    ]
    all_gone(world)


def test_what_asks_no_terminal_hears_it_too(world: World) -> None:
    world.script("claude", SLEEPS)
    run = world.start("doctor", "claude")
    wait_for(lambda: asleep(world))
    run.signal(2)
    done = run.wait()
    assert (done.code, done.stdout) == (130, "")
    assert done.stderr == "Stopped. Nothing was changed; to look again: ai-code doctor claude\n"
    all_gone(world)


def readable_state(world: World) -> None:
    """What the doctor mends with chmod."""
    (world.state / "runs").mkdir(parents=True)
    world.state.chmod(0o755)


def test_what_was_begun_is_named(world: World) -> None:
    readable_state(world)
    world.script("chmod", SLEEPS)
    child = world.terminal("doctor", "state", "--fix")
    child.expect_exact("Do it?")
    child.sendline("y")
    wait_for(lambda: asleep(world))
    child.sendintr()
    said = child.read().decode()
    child.wait()
    assert child.exitstatus == 130
    all_gone(world)
    told = " ".join(said.split())
    assert "Stopped. Mended, or begun: state-folder; to look again:" in told
    assert "ai-code doctor state --fix" in told


def test_a_question_is_left_by_it(world: World) -> None:
    readable_state(world)
    child = world.terminal("doctor", "state", "--fix")
    child.expect_exact("Do it?")
    child.sendintr()
    said = child.read().decode()
    child.wait()
    assert child.exitstatus == 130 and world.state.stat().st_mode & 0o777 == 0o755
    assert "\r\nStopped. Nothing was changed; to look again: ai-code doctor state --fix" in said
