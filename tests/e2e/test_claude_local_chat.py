"""Claude Code's own screen on a local model, in a terminal: the worktree, and the landing after."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator

import pytest

from ai_code.drill.anthropic import LimitHit
from ai_code.drill.replies import Agent
from tests.e2e.screen import Screen, settled
from tests.e2e.test_engines import GREETING, install, serve
from tests.e2e.test_interactive import quits, ready
from tests.e2e.world import World, wait_for

pytestmark = pytest.mark.claude


@pytest.fixture
def screen(world: World) -> Iterator[Screen]:
    settled(world)
    install(world, "claude-local")
    world.settings("fallback.chain: [claude-local]\n")
    made = Screen(world)
    yield made
    made.close()


def test_what_was_made_in_the_chat_lands_after_it(world: World, screen: Screen) -> None:
    server = serve(world, Agent(edits={"made.py": GREETING}, closing="It is made."))
    modes = screen.modes()
    screen.say("ai-code chat --local")
    screen.shows("Claude Code v2.1.329")
    time.sleep(1.5)
    screen.say("write made.py")
    screen.shows("It is made.")
    assert not (world.project / "made.py").exists(), "not before it has ended"
    screen.say("/exit")
    assert screen.prompt() == 0
    assert "nothing is billed" in " ".join(screen.text.split())
    assert world.text("made.py") == GREETING
    assert screen.modes() == modes
    assert {each.path for each in server.chats} == {"/v1/messages"}
    assert "Write docstrings in the imperative." in json.dumps(server.chats[-1].json)


def test_at_a_limit_it_knows_what_was_asked_of_claude(world: World, screen: Screen) -> None:
    server = serve(world, Agent(edits={"made.py": GREETING}, closing="It is made."))
    world.claude([LimitHit(resets_at=int(time.time()) + 7200)])
    screen.say("ai-code")
    ready(screen)
    screen.say("write made.py, please")
    screen.shows("limit · resets")
    wait_for(lambda: (world.state / "limits.json").exists())
    quits(screen)
    screen.shows("How to go on?")
    begun = len(screen.raw)
    screen.type("l\r")
    ready(screen, begun)
    screen.say("go on")
    screen.shows("It is made.")
    assert "write made.py, please" in json.dumps(server.chats[0].json)
    screen.say("/exit")
    screen.shows("[c] back to Claude")
    assert world.text("made.py") == GREETING
    screen.type("q\r")
    assert screen.prompt() == 0


def test_a_command_is_asked_about(world: World, screen: Screen) -> None:
    serve(world, Agent(runs="python3 -c 'print(6*7)' > ran.txt", closing="It ran."))
    screen.say("ai-code chat --local")
    screen.shows("Claude Code v2.1.329")
    time.sleep(1.5)
    screen.say("run it")
    screen.shows("Do you want to proceed?")
    # Keys that come with the question are not taken for its answer.
    time.sleep(1.5)
    screen.type("\r")
    screen.shows("It ran.")
    screen.say("/exit")
    assert screen.prompt() == 0
    assert world.text("ran.txt") == "42\n"
