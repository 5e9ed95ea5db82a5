"""The note on Claude's own screen: where it goes, and when it counts as told."""

from __future__ import annotations

import pytest

from ai_code.core.task import IN_A_RUN, Program
from tests.flows.fake_terminal import refused, says, typed
from tests.flows.fake_world import EDITED, NOW, FakeWorld

LIMIT = (typed("document hello()"), says("I look."), refused(NOW + 7200))


@pytest.fixture
def world(terminal: FakeWorld) -> FakeWorld:
    """A local chat has changed something after Claude's limit."""
    terminal.terminal.expect("claude", *LIMIT)
    terminal.terminal.expect("aider", edits={"hello.py": EDITED})
    terminal.console.answers.extend(["l", "q"])
    assert terminal.chat().code == 0
    return terminal


def knows(world: FakeWorld) -> bool:
    """Whether nothing is left to be told."""
    return not world.untold.has(world.trees.root_of(world.cwd))


def test_a_new_session_has_it_in_its_system_prompt(world: FakeWorld) -> None:
    world.terminal.expect("claude", typed("hello"), says("Hi."))
    world.chat()
    command = world.terminal.lent[-1]
    assert command.argv[3] == "--append-system-prompt-file" and not world.terminal.heard
    # The hooks that somebody installed are silent: it is told once.
    assert command.env[IN_A_RUN] and knows(world)


def test_a_session_that_is_resumed_has_it_from_a_hook(world: FakeWorld) -> None:
    world.terminal.expect("claude", typed("hello"), says("Hi."))
    world.chat(resume="session-1")
    [heard] = world.terminal.heard
    for words in ("<ai-code-note>", "hello.py", "your session limit was reached", "what you are"):
        assert words in heard
    assert knows(world)
    world.terminal.expect("claude", typed("and?"), says("Yes."))
    world.chat(resume="session-1")
    assert world.terminal.lent[-1].argv[1:] == ("--resume", "session-1")


def test_the_persons_own_system_prompt_stays(world: FakeWorld) -> None:
    world.terminal.expect("claude", typed("hello"), says("Hi."))
    world.chat(engine_args=("--append-system-prompt", "Be brief."))
    assert len(world.terminal.heard) == 1 and knows(world)


def test_an_answer_without_it_is_no_reason_to_forget_it(world: FakeWorld) -> None:
    world.terminal.hooks_are_off = True
    world.terminal.expect("claude", typed("hello"), says("Hi."))
    world.chat(resume="session-1")
    assert not knows(world) and not world.record.attempts[0].caught_up


@pytest.mark.parametrize(
    ("args", "version"),
    [(("--settings={}",), (2, 1, 329)), ((), (1, 0, 61)), ((), None)],
    ids=["settings of their own", "before hooks at the start", "unknown version"],
)
def test_where_there_is_no_way_it_is_told_another_time(
    world: FakeWorld,
    monkeypatch: pytest.MonkeyPatch,
    args: tuple[str, ...],
    version: tuple[int, ...] | None,
) -> None:
    answers = Program(("claude",), version)
    monkeypatch.setattr(world.processes, "version", lambda program: answers)
    world.terminal.expect("claude", typed("hello"), says("Hi."))
    world.chat(resume="session-1", engine_args=args)
    command = world.terminal.lent[-1]
    assert command.argv[1:] == ("--resume", "session-1", *args)
    # A hook that is installed may tell it.
    assert IN_A_RUN not in command.env and not knows(world)
    assert "told what the local model did" not in world.console.of("note")[-1]
