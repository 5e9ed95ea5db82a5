"""Claude's own screen and aider's own chat, the real ones, in a terminal with a shell in it."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from typing import Any

import pytest

from ai_code.drill.anthropic import LimitHit, Say, Step
from tests.conftest import HELLO
from tests.e2e.fakes import DOCUMENTED, EDIT
from tests.e2e.screen import Screen, settled
from tests.e2e.world import World, argv_of, wait_for

BOTH = pytest.mark.parametrize("version", ["2.1.329", "2.0.77"])
QUESTION = "How to go on?"
HOUR_S = 3600
SEVENTY = re.compile("(?<!─)─{70}(?!─)")


@pytest.fixture
def screen(world: World) -> Iterator[Screen]:
    settled(world)
    made = Screen(world)
    yield made
    made.close()


def ready(screen: Screen, start: int = 0) -> None:
    """Claude waits for words. 2.0.77 first warms up beside what it shows, and loses keys."""
    screen.sent(b"for agents" if b"v2.1" in screen.raw else "❯".encode(), start)
    time.sleep(1.5)


def quits(screen: Screen) -> None:
    """Ctrl-C until the screen asks for another one: the first may only end what goes on there."""
    for _ in range(3):
        screen.type("\x03")
        time.sleep(0.4)
        screen.holds(lambda: True)
        if "again to exit" in screen.text:
            break
    screen.type("\x03")


def sessions(world: World) -> list[str]:
    """Session ids of the attempts of all records, the oldest record first."""
    rows = [each for record in reversed(world.records()) for each in record["attempts"]]
    return [row["session_id"] for row in rows if row["engine"] == "claude"]


def attempts(world: World) -> list[str]:
    return [
        " ".join(filter(None, (row["engine"], row["verdict"], row["kind"])))
        for record in reversed(world.records())
        for row in record["attempts"]
    ]


def to_the_limit(world: World, screen: Screen, version: str, *steps: Step) -> Any:
    """Claude on the screen, at its limit, and left."""
    api = world.claude(steps, version)
    screen.say("ai-code")
    ready(screen)
    screen.say("say hello")
    screen.shows("limit · resets")
    quits(screen)
    return api


@pytest.mark.claude
@pytest.mark.aider
def test_limit_chat_landing_and_back(world: World, screen: Screen) -> None:
    world.aider(EDIT)
    reset = int(time.time()) + 2 * HOUR_S
    api = world.claude([Say("Hello there."), LimitHit(resets_at=reset), Say("Back again.")])
    modes = screen.modes()
    screen.say("ai-code")
    ready(screen)
    screen.say("say hello")
    screen.shows("Hello there.")
    start = len(screen.raw)
    screen.resize(24, 70)
    screen.holds(lambda: SEVENTY.search(screen.raw[start:].decode("utf-8", "replace")), "a resize")
    # One Ctrl-C is Claude's own matter.
    screen.type("\x03")
    screen.shows("again to exit")
    screen.type("\x1a")
    screen.shows("Stopped")
    assert screen.modes() == modes
    begun = len(screen.raw)
    screen.say("fg")
    screen.sent(b"\x1b[?1049h", begun)
    time.sleep(1.5)
    screen.say("document hello()")
    screen.shows("limit · resets")
    wait_for(lambda: (world.state / "limits.json").exists())
    quits(screen)
    screen.shows(QUESTION)
    assert "session limit reached, resets" in screen.text and "[c]" not in screen.text
    screen.type("l\r")
    screen.shows("[AI: Ollama + Aider (fallback - rate limit detected)]")
    screen.shows("Aider v0.86.2")
    screen.sent(b"Readonly:")
    # The file that defines what the last prompt names can be edited at once.
    screen.shows("Editable: hello.py")
    screen.say("add a docstring to hello()")
    screen.shows("Applied edit to hello.py")
    assert world.text() == HELLO
    screen.say("/exit")
    screen.shows("changed: hello.py (+1 −0)")
    assert world.text() == DOCUMENTED
    screen.shows("[c] back to Claude")
    begun = len(screen.raw)
    screen.type("c\r")
    ready(screen, begun)
    screen.say("are you back")
    screen.shows("Back again.")
    quits(screen)
    assert screen.prompt() == 0
    assert screen.modes() == modes
    assert attempts(world) == ["claude limit session", "aider done", "claude done"]
    first, last = sessions(world)
    assert first == last
    asked = [json.dumps(request.json) for request in api.main_requests]
    records = world.records()
    assert all(record["interactive"] for record in records)
    # Back on its screen Claude knows what was done meanwhile; nobody tells it again.
    chat = records[1]["id"]
    assert records[1]["after"] == "session"
    assert asked[2].count("<ai-code-note>") == 1 and chat in asked[2]
    api = world.claude([Say("I see.")])
    told = world.run("and now?")
    assert "is told" not in told.stderr, told
    assert "ai-code-note" not in json.dumps(api.main_requests[-1].json)
    assert [r["prompt_line"] for r in records] == ["are you back", "document hello()", "say hello"]
    assert [len(record["landed"]) for record in records] == [0, 1, 0]
    assert world.run("undo", "--yes").code == 0
    assert world.text() == HELLO
    told = world.run("history").stdout
    assert "chat: document hello()" in told and "claude: session limit" in told


@pytest.mark.claude
@BOTH
def test_stop_at_a_limit(world: World, screen: Screen, version: str) -> None:
    reset = int(time.time()) + 2 * HOUR_S
    to_the_limit(world, screen, version, LimitHit(resets_at=reset))
    screen.shows(QUESTION)
    screen.type("q\r")
    assert screen.prompt() == 75
    assert attempts(world) == ["claude limit session"]
    assert "until" in world.run("status", "--short").stdout


@pytest.mark.claude
def test_wait_for_the_reset_and_come_back(world: World, screen: Screen) -> None:
    """Not with 2.0.77: its reset is a time of day without seconds, and would be over."""
    reset = int(time.time()) + 25
    to_the_limit(world, screen, "2.1.329", LimitHit(resets_at=reset))
    screen.shows(QUESTION)
    start = len(screen.raw)
    screen.type("w\r")
    screen.shows("Waiting for Claude (session limit)")
    screen.sent(b"going on with Claude at", start)
    ready(screen, start)
    screen.shows("say hello")
    quits(screen)
    screen.prompt()
    first, last = sessions(world)
    assert first == last


@pytest.mark.claude
@BOTH
def test_a_session_that_went_on_is_not_asked_about(
    world: World, screen: Screen, version: str
) -> None:
    """The limit was met, the person asked again, and the model has spoken since."""
    reset = int(time.time()) + 2 * HOUR_S
    api = world.claude([LimitHit(resets_at=reset)], version)
    screen.say("ai-code")
    ready(screen)
    screen.say("say hello")
    screen.shows("limit · resets")
    api.scenario = (*api.scenario * len(api.main_requests), Say("Here I am."))
    screen.say("and now")
    screen.shows("Here I am.")
    quits(screen)
    assert screen.prompt() == 0
    assert QUESTION not in screen.text
    assert attempts(world) == ["claude done"]
    assert "until" not in world.run("status", "--short").stdout


@pytest.mark.claude
# Claude Code itself waits for the reset: a minute and a half.
def test_claude_that_went_on_by_itself_is_not_asked_about(world: World, screen: Screen) -> None:
    """Its own ``autoContinueAtUsageLimit``, as long as its screen stays: Claude takes 45 s and
    more after the reset, now and then beyond a minute and a half."""
    reset = int(time.time()) + 12
    world.claude([LimitHit(resets_at=reset), Say("By myself.")])
    screen.say("ai-code")
    ready(screen)
    screen.say("say hello")
    screen.shows("continuing automatically")
    screen.shows("By myself.", patience_s=240)
    quits(screen)
    assert screen.prompt() == 0
    assert QUESTION not in screen.text
    assert attempts(world) == ["claude done"]


@pytest.mark.claude
@BOTH
def test_a_cleared_session_is_followed(world: World, screen: Screen, version: str) -> None:
    reset = int(time.time()) + 2 * HOUR_S
    api = world.claude([Say("Hello there.")], version)
    screen.say("ai-code")
    ready(screen)
    screen.say("say hello")
    screen.shows("Hello there.")
    time.sleep(1.0)
    screen.say("/clear")
    time.sleep(2.0)
    api.scenario = (*api.scenario * len(api.main_requests), LimitHit(resets_at=reset))
    screen.say("say more")
    screen.shows("limit · resets")
    quits(screen)
    screen.shows(QUESTION)
    screen.type("q\r")
    assert screen.prompt() == 75
    (session,) = sessions(world)
    folder = next((world.home / ".claude/projects").iterdir())
    assert "say more" in (folder / f"{session}.jsonl").read_text()
    assert "say hello" not in (folder / f"{session}.jsonl").read_text()


@pytest.mark.aider
def test_the_local_chat_alone(world: World, screen: Screen) -> None:
    world.aider(EDIT)
    modes = screen.modes()
    screen.say("ai-code chat --local --file hello.py")
    screen.shows("Aider v0.86.2")
    screen.sent(b"Editable:")
    screen.say("add a docstring to hello()")
    screen.shows("Applied edit to hello.py")
    # What the fence is for: a person's slip in the chat starts no program, and leaves the tree.
    screen.say("/run touch ../../escaped")
    screen.shows("Error occurred while running command")
    screen.type("n\r")
    assert not list(world.state.rglob("escaped"))
    assert world.text() == HELLO
    screen.type("\x04")
    screen.shows("changed: hello.py (+1 −0)")
    assert screen.prompt() == 0
    assert world.text() == DOCUMENTED
    assert screen.modes() == modes
    assert attempts(world) == ["aider done"]


@pytest.mark.aider
@pytest.mark.parametrize(("answer", "text"), [("y", DOCUMENTED), ("n", HELLO)])
def test_a_chat_that_crashed_is_asked_about(
    world: World, screen: Screen, answer: str, text: str
) -> None:
    world.aider(EDIT)
    modes = screen.modes()
    screen.say("ai-code chat --local --file hello.py")
    screen.shows("Aider v0.86.2")
    screen.sent(b"Editable:")
    screen.say("add a docstring to hello()")
    screen.shows("Applied edit to hello.py")
    for process in world.processes():
        argv = argv_of(process)
        if "aider" in " ".join(argv) and "--read" in argv:
            process.kill()
    screen.shows("Land it all the same?")
    screen.type(f"{answer}\r")
    assert screen.prompt() == 1
    assert world.text() == text
    assert screen.modes() == modes
    assert "its chat ended with signal 9" in screen.text


@pytest.mark.aider
def test_a_window_that_is_closed_during_the_chat(world: World, screen: Screen) -> None:
    """Nobody is left to look at what was made: it is kept, and nothing lands."""
    world.aider(EDIT)
    screen.say("ai-code chat --local --file hello.py")
    screen.shows("Aider v0.86.2")
    screen.sent(b"Editable:")
    screen.say("add a docstring to hello()")
    screen.shows("Applied edit to hello.py")
    screen.hang_up()
    wait_for(lambda: not world.processes())
    assert world.text() == HELLO
    assert attempts(world) == ["aider interrupted"]
    assert "Print a greeting" in world.run("diff").stdout


@pytest.mark.claude
def test_a_local_side_that_is_not_ready_leaves_the_choice(world: World, screen: Screen) -> None:
    to_the_limit(world, screen, "2.1.329", LimitHit(resets_at=int(time.time()) + HOUR_S))
    screen.shows(QUESTION)
    screen.type("l\r")
    screen.shows("aider is not installed")
    screen.sent(b"hint: ai-code setup aider")
    screen.type("q\r")
    assert screen.prompt() == 75


@pytest.mark.claude
@pytest.mark.aider
@BOTH
@pytest.mark.parametrize("command", ["ai-code", "ai-code chat -c"])
def test_claude_is_told_on_its_screen_too(
    world: World, screen: Screen, version: str, command: str
) -> None:
    """What the local model did meanwhile, once; not on the command line. In the session that was
    cut off too."""
    world.claude([LimitHit()], version)
    world.aider(EDIT)
    assert world.run("add a docstring to hello()").code == 0
    run_id = world.records()[0]["id"]
    api = world.claude([Say("Hello there.")], version)
    screen.say(command)
    ready(screen)
    screen.say("say hello")
    screen.shows("Hello there.")
    quits(screen)
    asked = json.dumps(api.main_requests[0].json)
    assert asked.count("<ai-code-note>") == 1 and run_id in asked
    wait_for(lambda: world.records()[0]["exit_code"] == 0)
    api = world.claude([Say("Fine.")], version)
    told = world.run("and now?")
    assert "is told" not in told.stderr
    assert "ai-code-note" not in json.dumps(api.main_requests[-1].json)
