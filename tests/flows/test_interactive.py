"""Claude's own screen: when the person is asked, what follows each answer, what is kept."""

from __future__ import annotations

import pytest

from ai_code.core.errors import Stopped
from ai_code.core.exits import EndedBy, Exit
from ai_code.core.verdict import LimitKind
from tests.flows.fake_terminal import refused, says, typed, writes
from tests.flows.fake_world import EDITED, NOW, FakeWorld

LATER = NOW + 7200
WEEK = NOW + 3 * 86_400
LIMIT = (typed("document hello()"), says("I look."), refused(LATER))


@pytest.fixture
def world(terminal: FakeWorld) -> FakeWorld:
    return terminal


def attempts(world: FakeWorld) -> list[str]:
    """Of all records, the oldest first."""
    rows = [row for record in reversed(world.journal.list(9)) for row in record.attempts]
    return [" ".join(filter(None, (row.engine, row.verdict, row.kind or row.reason)))
            for row in rows]  # fmt: skip


def test_a_session_that_ends_well(world: FakeWorld) -> None:
    world.terminal.expect("claude", typed("hello"), says("Hi."))
    assert world.chat().code == 0
    assert attempts(world) == ["claude done"]
    record = world.record
    assert (record.interactive, record.prompt_line, record.landed) == (True, "hello", ())
    assert record.attempts[0].session_id == "session-1"
    assert record.attempts[0].model == "claude-sonnet-5-5"


def test_no_word_was_said(world: FakeWorld) -> None:
    """Nothing is learned of limits then."""
    known = refused(LATER)
    world.console.answers.append("q")
    world.terminal.expect("claude", typed("a"), known)
    assert world.chat().code == 75
    world.terminal.expect("claude")
    assert world.chat().code == 0
    assert [each.kind for each in world.limits.all(NOW)] == [LimitKind.SESSION]
    assert "trying all the same" in world.console.of("banner")[-1]


def test_local_chat_then_stop(world: FakeWorld) -> None:
    world.terminal.expect("claude", *LIMIT)
    world.terminal.expect("aider", edits={"hello.py": EDITED})
    world.console.answers.extend(["l", "q"])
    assert world.chat().code == 0
    assert world.console.choices == ["lwq", "clwq"]
    assert world.read("hello.py") == EDITED
    assert attempts(world) == ["claude limit session", "aider done"]
    assert [each.interactive for each in world.journal.list(2)] == [True, True]
    assert [each.prompt_line for each in world.journal.list(2)] == ["document hello()"] * 2
    [switch] = world.console.of("switch")
    assert switch.startswith("[AI: Ollama + Aider (fallback - rate limit detected)] session limit")
    assert world.terminal.forgotten == 2


def test_the_chat_is_fenced_asks_the_person_and_has_the_brief(world: FakeWorld) -> None:
    world.terminal.expect("claude", typed("document hello()"), *writes("hello.py"), refused(LATER))
    world.terminal.expect("aider")
    world.console.answers.extend(["l", "q"])
    world.chat()
    command = world.terminal.lent[1]
    assert "AI_CODE_FENCE" in command.env and "TERM" not in command.env
    assert command.cwd != world.cwd
    for unattended in ("--yes-always", "--no-pretty", "--message-file"):
        assert unattended not in command.argv
    assert "--no-auto-commits" in command.argv and "--no-suggest-shell-commands" in command.argv
    assert str(command.cwd / "hello.py") in command.argv
    assert "Nothing was changed." in world.console.of("note")


def test_back_to_the_same_session(world: FakeWorld) -> None:
    world.terminal.expect("claude", *LIMIT)
    world.terminal.expect("aider", edits={"hello.py": EDITED})
    world.terminal.expect("claude", typed("go on"), says("Back."))
    world.console.answers.extend(["l", "c"])
    assert world.chat().code == 0
    assert world.terminal.lent[2].argv[1:3] == ("--resume", "session-1")
    assert attempts(world) == ["claude limit session", "aider done", "claude done"]
    assert not world.limits.all(NOW)


def test_wait_and_come_back(world: FakeWorld) -> None:
    world.terminal.expect("claude", *LIMIT)
    world.terminal.expect("claude", typed("go on"), says("Back."))
    world.console.answers.append("w")
    assert world.chat().code == 0
    assert world.clock.now() >= LATER
    assert world.terminal.lent[1].argv[1:] == ("--resume", "session-1")


def test_ctrl_c_while_waiting_says_how_to_go_on(
    world: FakeWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(_: float) -> None:
        raise Stopped(2)

    monkeypatch.setattr(world.clock, "sleep", stop)
    world.terminal.expect("claude", *LIMIT)
    world.console.answers.append("w")
    with pytest.raises(Stopped):
        world.chat()
    told = world.console.of("important")[-2:]
    assert told == ["Stopped waiting. To go on later:", "  ai-code chat --resume session-1"]


def test_the_session_that_was_on_the_screen_last(world: FakeWorld) -> None:
    """The person cleared the first one; this Claude keeps no record of its processes."""
    world.terminal.expect("claude", *LIMIT, session="another")
    world.terminal.expect("claude")
    world.console.answers.extend(["w"])
    world.clock.sleep(0.0)
    world.chat()
    assert world.terminal.lent[1].argv[1:] == ("--resume", "another")


@pytest.mark.parametrize(
    "rows",
    [
        (*LIMIT, says("Here I am again.")),
        (*LIMIT, typed("and?"), *writes("hello.py")),
        (typed("a"), refused(NOW + 5)),
        (typed("a"), says("You've hit your 5-hour limit")),
        (typed("You've hit your 5-hour limit"),),
        ({**refused(LATER), "isSidechain": True},),
        ({**refused(LATER), "timestamp": "2026-11-20T10:00:00Z"},),
    ],
    ids=["went-on", "worked-on", "is-over", "model-says", "person-says", "sub-agent", "earlier"],
)
def test_not_asked(world: FakeWorld, rows: tuple[dict[str, object], ...]) -> None:
    world.terminal.expect("claude", *rows)
    assert world.chat().code == 0
    assert world.console.of("ask") == []


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"fallback_enabled": False}, 75),
        ({"fallback_on_limit": "stop"}, 75),
        ({"fallback_on": frozenset({"credit"})}, 75),
    ],
)
def test_settings_that_ask_nothing(world: FakeWorld, changed: dict[str, object], code: int) -> None:
    world.set(**changed)
    world.terminal.expect("claude", *LIMIT)
    assert world.chat().code == code
    assert world.console.of("ask") == []
    assert attempts(world) == ["claude limit session"]


def test_claude_alone_offers_no_local_chat(world: FakeWorld) -> None:
    world.set(engine="claude")
    world.terminal.expect("claude", *LIMIT)
    world.console.answers.append("q")
    world.chat()
    assert world.console.choices == ["wq"]


def test_no_reset_brings_credit(world: FakeWorld) -> None:
    row = {**refused(None, "overage"), "apiError": "model_requires_usage_credits"}
    world.terminal.expect("claude", typed("a"), row)
    world.console.answers.append("q")
    world.chat()
    assert world.console.choices == ["lq"]


def test_a_weekly_limit(world: FakeWorld) -> None:
    world.terminal.expect("claude", typed("a"), refused(WEEK, "seven_day"))
    world.console.answers.append(None)
    assert world.chat().code == 75
    assert attempts(world) == ["claude limit weekly"]
    told = world.console.of("important")[-2:]
    assert told == ["To go on later:", "  ai-code chat --resume session-1"]


def test_ctrl_c_while_a_chat_starts_is_the_persons(world: FakeWorld) -> None:
    """aider catches it only once it waits for words."""
    world.terminal.expect("aider", exit=Exit(None, signal=2))
    assert world.chat(local_only=True).code == 130
    assert attempts(world) == ["aider interrupted"]
    assert world.console.of("important") == ["Stopped. Nothing landed."]


def test_what_the_local_side_lacks_is_told_and_the_rest_is_still_offered(world: FakeWorld) -> None:
    world.processes.missing.add("aider")
    world.console.tells_errors = True
    world.terminal.expect("claude", *LIMIT)
    world.console.answers.extend(["l", "q"])
    assert world.chat().code == 75
    assert "aider is not installed" in world.console.of("error")[0]
    assert world.console.choices == ["lwq", "clwq"]


def test_the_known_limit_is_there_for_others_at_once(world: FakeWorld) -> None:
    seen: list[LimitKind] = []
    remember = world.limits.record

    def record(scope: str, limit: object, now: int) -> None:
        remember(scope, limit, now)
        seen.extend(each.kind for each in world.limits.all(NOW))

    world.limits.record = record
    world.terminal.expect("claude", *LIMIT, typed("more"), refused(LATER))
    world.console.answers.append("q")
    world.chat()
    assert seen == [LimitKind.SESSION]


@pytest.mark.parametrize(
    ("exit_", "code", "verdict"),
    [
        (Exit(1), 1, "claude failed other"),
        (Exit(None, signal=9), 1, "claude failed crash"),
        (Exit(0, ended_by=EndedBy.PERSON, person_signal=1), 129, "claude interrupted"),
        (Exit(126, start_error="not for us"), 126, "claude unavailable missing"),
    ],
)
def test_other_ends(world: FakeWorld, exit_: Exit, code: int, verdict: str) -> None:
    world.terminal.expect("claude", typed("hello"), exit=exit_)
    outcome = world.chat()
    assert outcome.code == code
    assert attempts(world) == [verdict]
    assert world.record.exit_code == code
    if exit_.signal:
        assert "ai-code chat --resume session-1" in outcome.text


def test_without_claude(world: FakeWorld) -> None:
    world.processes.missing.add("claude")
    outcome = world.chat()
    assert outcome.code == 127 and "ai-code chat --local" in outcome.text
    assert attempts(world) == ["claude unavailable missing"]


# the local chat alone -------------------------------------------------------------------------


def test_local_at_once(world: FakeWorld) -> None:
    world.terminal.expect("aider", edits={"hello.py": EDITED})
    assert world.chat(local_only=True).code == 0
    assert world.read("hello.py") == EDITED
    assert world.console.of("banner") == ["[AI: Ollama + Aider] qwen2.5-coder:7b"]
    assert world.console.of("note")[:2][-1].startswith("/exit or Ctrl-D")
    assert attempts(world) == ["aider done"]


def test_in_the_tree_itself_for_those_who_ask(world: FakeWorld) -> None:
    world.set(fallback_where="tree")
    world.terminal.expect("aider", edits={"hello.py": EDITED})
    assert world.chat(local_only=True).code == 0
    assert world.terminal.lent[0].cwd == world.cwd
    assert [file.path for file in world.record.landed] == ["hello.py"]


def test_files_are_given_and_the_edits_committed_where_that_is_asked_for(world: FakeWorld) -> None:
    world.set(fallback_auto_commit=True)
    world.terminal.expect("aider", edits={"hello.py": EDITED})
    assert world.chat(local_only=True, files=("hello.py",)).code == 0
    command = world.terminal.lent[0]
    assert command.argv[command.argv.index("--file") + 1] == str(command.cwd / "hello.py")
    assert any(line.startswith("committed as") for line in world.console.of("note"))


def test_an_engine_without_its_fence_is_ended(world: FakeWorld) -> None:
    world.terminal.raises_no_fence = True
    world.terminal.expect("aider", edits={"hello.py": EDITED})
    outcome = world.chat(local_only=True)
    assert outcome.code == 1 and "without its fence" in outcome.text
    assert world.read("hello.py") != EDITED


def test_what_is_protected_does_not_land(world: FakeWorld) -> None:
    world.terminal.expect("aider", edits={".envrc": "export A=1\n"})
    assert world.chat(local_only=True).code == 1
    assert not (world.cwd / ".envrc").exists()


@pytest.mark.parametrize(("answer", "lands"), [("y", True), ("n", False)])
def test_a_chat_that_crashed_is_looked_at_with_the_person(
    world: FakeWorld, answer: str, lands: bool
) -> None:
    world.terminal.expect("aider", exit=Exit(None, signal=11), edits={"hello.py": EDITED})
    world.console.answers.append(answer)
    outcome = world.chat(local_only=True)
    assert outcome.code == 1 and "its chat ended with signal 11" in outcome.text
    assert (world.read("hello.py") == EDITED) is lands


def test_after_a_crash_that_made_nothing_nothing_is_there_to_look_at(world: FakeWorld) -> None:
    world.terminal.expect("aider", exit=Exit(None, signal=9))
    outcome = world.chat(local_only=True)
    assert outcome.error is not None and outcome.error.hint == "the same once more"


def test_a_chat_whose_terminal_is_gone_lands_nothing(world: FakeWorld) -> None:
    gone = Exit(0, ended_by=EndedBy.PERSON, person_signal=1)
    world.terminal.expect("aider", exit=gone, edits={"hello.py": EDITED})
    assert world.chat(local_only=True).code == 129
    assert world.read("hello.py") != EDITED
    assert "left out: hello.py: the run was stopped" in world.console.told
    assert "what did not land is kept" in world.console.told
