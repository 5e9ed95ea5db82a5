"""Claude's turn: its command line, patience, sessions, refused tools, paid usage."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ai_code.core.command import Command
from ai_code.core.exits import EndedBy, Exit
from ai_code.flows.claude_turn import GO_ON
from ai_code.flows.turns import CLAUDE_STALL_S
from tests.flows.fake_world import EDITED, FakeWorld, Silence, option
from tests.recorded import recordings, stream_of

OVERLOADED = "529-stream-2.1.329"
RATE = "429-key-ra1-stream-2.1.329"


def lines(name: str) -> list[bytes]:
    return recordings()[name]["stdout"].encode().splitlines(keepends=True)


def run_ok(world: FakeWorld, prompt: str = "do it", **options: Any) -> Command:
    world.expect_recording("ok-stream-2.1.329")
    assert world.go(prompt, **options).code == 0
    return world.command


# the command -----------------------------------------------------------------------------


def test_the_command(world: FakeWorld) -> None:
    command = run_ok(world, "-p is my prompt")
    assert command.stdin == b"-p is my prompt"
    assert command.cwd == world.cwd
    assert command.argv == (
        *("/programs/claude", "-p", "--output-format", "stream-json", "--verbose"),
        *("--session-id", "session-1", "--permission-mode", "acceptEdits"),
    )
    assert command.stall_timeout_s == CLAUDE_STALL_S and command.deadline_s == 0.0
    assert run_ok(world, claude_stall_s=5.0).stall_timeout_s == 5.0


def test_on_a_terminal_text_comes_in_pieces(terminal: FakeWorld) -> None:
    assert "--include-partial-messages" in run_ok(terminal).argv


@pytest.mark.parametrize(
    "args", [("--permission-mode", "plan"), ("--dangerously-skip-permissions",)]
)
def test_a_permission_mode_only_where_nobody_chose(world: FakeWorld, args: tuple[str, ...]) -> None:
    chosen = run_ok(world, engine_args=args).argv
    assert chosen.count("--permission-mode") == args.count("--permission-mode")
    world.set(claude_args=args)
    assert "acceptEdits" not in run_ok(world).argv
    world.set(claude_args=())
    world.claude_home.folder = world.claude_home.folder._replace(permission_mode="default")
    assert "--permission-mode" not in run_ok(world).argv


def test_models_and_arguments_reach_claude(world: FakeWorld) -> None:
    world.set(claude_model="opus", claude_args=("--add-dir", "/a"), timeout_s=60.0)
    command = run_ok(world, engine_args=("--allowedTools", "Bash"))
    assert option(command, "--model") == "opus"
    assert command.argv[-4:] == ("--add-dir", "/a", "--allowedTools", "Bash")
    assert command.deadline_s == 60.0


def test_sessions(world: FakeWorld) -> None:
    assert option(run_ok(world, resume="abc"), "--resume") == "abc"
    assert "--continue" in run_ok(world, resume="").argv


def test_files_to_edit_and_to_read_are_named(world: FakeWorld) -> None:
    command = run_ok(world, "fix", files=("hello.py", "b.py"), reads=("README.md",))
    assert command.stdin == (
        b"fix\n\nFiles to edit: hello.py, b.py\n\nFiles to read first: README.md"
    )


def test_an_older_claude_gets_what_it_knows(world: FakeWorld) -> None:
    world.processes.versions["claude"] = (1, 0, 100)
    world.claude_home.folder = world.claude_home.folder._replace(has_folder_settings=True)
    command = run_ok(world)
    assert "--setting-sources" not in command.argv
    assert command.env["CLAUDE_CODE_MAX_RETRIES"] == "3"
    assert command.env["CLAUDE_CODE_RETRY_WATCHDOG"] is None


def test_an_unknown_version_is_no_version_line(world: FakeWorld) -> None:
    world.processes.versions["claude"] = None
    run_ok(world)
    assert world.console.of("banner") == ["[AI: Claude Code]"]


# a folder that nobody trusts ---------------------------------------------------------------


def untrusted(world: FakeWorld) -> None:
    world.claude_home.folder = world.claude_home.folder._replace(has_folder_settings=True)


def test_guards_in_a_folder_that_nobody_trusts(world: FakeWorld) -> None:
    untrusted(world)
    command = run_ok(world, "fix")
    assert option(command, "--setting-sources") == "user"
    assert "--strict-mcp-config" in command.argv
    assert command.stdin == b"fix\n\nThe project's memory: @CLAUDE.md"
    told = [note for note in world.console.of("note") if "nobody trusted" in note]
    assert len(told) == 1


def test_memory_of_the_folders_above(world: FakeWorld) -> None:
    untrusted(world)
    inner = world.cwd / "src" / "app"
    (inner / ".claude").mkdir(parents=True)
    (inner / ".claude/CLAUDE.md").write_text("inner")
    (world.cwd.parent / "CLAUDE.md").write_text("outside the project")
    world.cwd = inner
    stdin = run_ok(world, "fix").stdin
    assert stdin == b"fix\n\nThe project's memory: @.claude/CLAUDE.md @../../CLAUDE.md"


@pytest.mark.parametrize("trusted", [True, False])
def test_no_guards_elsewhere(world: FakeWorld, trusted: bool) -> None:
    folder = world.claude_home.folder
    world.claude_home.folder = folder._replace(has_folder_settings=trusted, trusted=trusted)
    command = run_ok(world, "fix")
    assert "--setting-sources" not in command.argv and command.stdin == b"fix"
    assert not any("trusted" in note for note in world.console.of("note"))


# money -------------------------------------------------------------------------------------


def test_an_api_key_beside_a_subscription_is_pointed_out(world: FakeWorld) -> None:
    world.environ["ANTHROPIC_API_KEY"] = "sk-ant-test-1234567890"
    run_ok(world)
    [note] = [each for each in world.console.of("note") if "ANTHROPIC_API_KEY" in each]
    assert "the API key is billed" in note and "sk-ant" not in note
    world.claude_home.folder = world.claude_home.folder._replace(subscription=False)
    run_ok(world)
    assert len([each for each in world.console.of("note") if "ANTHROPIC_API_KEY" in each]) == 1


def paid() -> tuple[bytes, bytes, bytes]:
    """A run that begins to cost in mid-task: what was before, the event, the rest."""
    rows = lines("tool-ok-stream-2.1.329")
    limited = next(
        row for row in lines("ok-uni-overage-stream-2.1.329") if b"isUsingOverage" in row
    )
    return b"".join(rows[:2]), limited + b"".join(rows[2:5]), b"".join(rows[5:])


def test_extra_usage_is_told(world: FakeWorld) -> None:
    world.expect("claude", *paid())
    assert world.go().code == 0
    [told] = [line for line in world.console.of("important") if "costs extra" in line]
    assert told.startswith("Claude: ")


def test_extra_usage_as_a_limit(world: FakeWorld) -> None:
    world.set(claude_extra_usage="limit", fallback_on=frozenset({"extra-usage"}))
    world.expect("claude", *paid())
    world.expect_aider()
    assert world.go().code == 0
    assert "paid extra usage begins" in world.console.of("switch")[0]
    assert world.record.attempts[0].kind == "extra-usage"


def test_extra_usage_as_a_limit_that_does_not_fall_back(world: FakeWorld) -> None:
    world.set(claude_extra_usage="limit")
    world.expect("claude", *paid())
    assert world.go().code == 75


def test_a_run_that_is_finished_is_done_although_it_cost(world: FakeWorld) -> None:
    """2.1.329 tells of extra usage together with the answer: there is nothing left to save."""
    world.set(claude_extra_usage="limit", fallback_on=frozenset({"extra-usage"}))
    world.expect_recording("ok-uni-overage-stream-2.1.329")
    assert world.go().code == 0
    assert world.record.attempts[0].verdict == "done"


def test_an_early_warning_is_a_note(world: FakeWorld) -> None:
    world.expect_recording("ok-uni-warning-stream-2.1.329")
    assert world.go().code == 0
    assert any(note.startswith("Claude: ") for note in world.console.of("note"))


# refused tools -----------------------------------------------------------------------------


def test_refused_tools_are_named_once_with_the_flag(world: FakeWorld) -> None:
    rows = [
        {"tool_name": "Bash", "tool_use_id": "1", "tool_input": {"command": "npm test"}},
        {"tool_name": "Bash", "tool_use_id": "2", "tool_input": {"command": "npm test"}},
        {"tool_name": "WebFetch", "tool_use_id": "3", "tool_input": {"url": "\x1b[2Jhttp://x"}},
    ]
    world.expect("claude", stream_of("I could not.", permission_denials=rows).encode())
    assert world.go().code == 0
    first, second = world.console.of("important")
    assert first == (
        "Claude was not allowed to use Bash(npm test) (×2). "
        "To allow it: ai-code … -- --allowedTools Bash"
    )
    assert second.endswith("-- --allowedTools WebFetch") and "\x1b" not in second


# patience ----------------------------------------------------------------------------------


@pytest.mark.parametrize(("recording", "kind"), [(RATE, "rate"), (OVERLOADED, "overloaded")])
def test_a_claude_that_gives_up_early_is_resumed(
    world: FakeWorld, recording: str, kind: str
) -> None:
    world.set(fallback_on=frozenset({kind}))
    session = json.loads(lines(recording)[0])["session_id"]
    world.expect_recording(recording)
    world.expect_recording("ok-stream-2.1.329")
    assert world.go("do it").code == 0
    first, second = world.processes.commands
    assert first.stdin == b"do it" and second.stdin == GO_ON.encode()
    assert option(second, "--resume") == session
    assert "--session-id" not in second.argv
    assert world.clock.slept == [2.0]
    assert len(world.record.attempts) == 1, "one turn, however often it was resumed"
    assert world.server.asked == 1, "the local side warms up meanwhile"


def test_it_is_resumed_until_patience_is_spent(world: FakeWorld) -> None:
    for _ in range(5):
        world.expect_recording(OVERLOADED)
    world.expect_aider()
    assert world.go().code == 0
    assert world.clock.slept == [2.0, 4.0, 6.0, 8.0]
    assert world.record.attempts[0].kind == "overloaded"
    assert "the API is overloaded, and it does not pass" in world.console.of("switch")[0]


def test_the_last_try_is_a_whole_one(world: FakeWorld) -> None:
    """It begins when patience is just spent, and may yet answer, and take its time."""
    for _ in range(4):
        world.expect_recording(OVERLOADED)
    world.expect_recording("tool-ok-stream-2.1.329", Silence(40.0))
    assert world.go().code == 0


def test_a_resumed_claude_may_work_as_long_as_it_likes(world: FakeWorld) -> None:
    init, *rest = lines("tool-ok-stream-2.1.329")
    world.expect_recording(OVERLOADED)
    world.expect("claude", init, Silence(30.0), *(p for row in rest for p in (row, Silence(30.0))))
    assert world.go().code == 0


def test_retries_beyond_patience_are_ended(world: FakeWorld) -> None:
    retries = lines("default-529-stream-2.1.329")[:3]
    world.expect("claude", *retries, Silence(19.0), retries[-1], Silence(3.0), b"never read\n")
    world.expect_aider()
    assert world.go().code == 0
    attempt = world.record.attempts[0]
    assert (attempt.verdict, attempt.kind) == ("limit", "overloaded")
    assert 20.0 <= attempt.wall_s < 21.0


def test_retries_that_help_are_no_limit(world: FakeWorld) -> None:
    init, *rest = lines("529-then-ok-stream-2.1.329")
    world.expect("claude", init, *(piece for row in rest for piece in (row, Silence(5.0))))
    assert world.go().code == 0


def test_recovered_resets_patience(world: FakeWorld) -> None:
    rows = lines("tool-then-429-key-stream-2.1.329")
    retry = next(row for row in rows if b"api_retry" in row)
    answer = next(row for row in rows if b'"assistant"' in row)
    pieces = [rows[0], retry, Silence(15.0), answer, retry, Silence(15.0)]
    world.expect("claude", *pieces, *lines("ok-stream-2.1.329")[1:])
    assert world.go().code == 0


def test_patience_with_a_missing_network_where_that_falls_back(world: FakeWorld) -> None:
    """Claude's own retries would take three minutes."""
    world.set(fallback_on=frozenset({"network"}))
    retry = next(row for row in lines("refused-stream-2.1.329") if b"api_retry" in row)
    init = lines("refused-stream-2.1.329")[0]
    world.expect("claude", init, retry, Silence(21.0), retry, Silence(3.0), b"never read\n")
    world.expect_aider()
    assert world.go().code == 0
    assert (world.record.attempts[0].verdict, world.record.attempts[0].reason) == (
        "unavailable",
        "network",
    )
    [switch] = world.console.of("switch")
    assert "Claude Code unavailable" in switch and "cannot be reached" in switch


def test_a_missing_network_is_claudes_own_where_it_does_not_fall_back(world: FakeWorld) -> None:
    rows = lines("refused-stream-2.1.329")
    world.expect("claude", *rows[:2], Silence(180.0), *rows[2:], exit=1)
    assert world.go().code == 1
    assert world.console.of("switch") == []


@pytest.mark.parametrize("how", ["no fallback", "not in fallback.on", "no patience"])
def test_claude_retries_as_it_likes_where_nobody_would_take_over(
    world: FakeWorld, how: str
) -> None:
    if how == "no fallback":
        world.set(fallback_enabled=False)
    elif how == "not in fallback.on":
        world.set(fallback_on=frozenset({"session"}))
    else:
        world.set(patience_s=0.0, fallback_on=frozenset({"session"}))
    retries = lines("default-529-stream-2.1.329")
    world.expect("claude", *retries[:3], Silence(180.0), *retries[3:], exit=1)
    assert world.go().code == 75
    assert world.clock.slept == []


def test_one_kind_in_fallback_on_does_not_touch_the_other(world: FakeWorld) -> None:
    world.set(fallback_on=frozenset({"overloaded"}))
    for _ in range(5):
        world.expect_recording(OVERLOADED)
    world.expect_aider()
    assert world.go().code == 0, "what was seen last counts, not a guess"
    world.expect_recording(RATE)
    assert world.go().code == 75


def test_a_session_that_never_began_is_begun_anew(world: FakeWorld) -> None:
    text = b"API Error: 529 Overloaded. This is a server-side issue, usually temporary\n"
    world.expect("claude", text, exit=1)
    world.expect_recording("ok-stream-2.1.329")
    ended = world.go("do it")
    if ended.code == 0:
        first, second = world.processes.commands
        assert option(first, "--session-id") == "session-1"
        assert option(second, "--session-id") == "session-2"
        assert first.stdin == second.stdin == b"do it"


def test_the_task_is_not_lost_when_a_resumed_session_is_unknown(world: FakeWorld) -> None:
    rows = lines(OVERLOADED)
    unknown = b"No conversation found with session ID: x\n"
    world.expect_recording(OVERLOADED)
    world.expect("claude", unknown + b"".join(rows), exit=1)
    world.expect_recording("ok-stream-2.1.329")
    assert world.go("do it").code == 0
    third = world.processes.commands[2]
    assert third.stdin == b"do it" and option(third, "--session-id")


def test_a_usage_limit_is_known_at_once(world: FakeWorld) -> None:
    watchdog = lines("watchdog-limit-5h-stream-2.1.329")
    world.expect("claude", *watchdog, Silence(600.0))
    world.expect_aider()
    assert world.go().code == 0
    assert world.record.attempts[0].kind == "session"
    assert world.record.attempts[0].wall_s < 1


# what claude did before the limit ------------------------------------------------------------


def test_edits_of_every_attempt_are_handed_over(world: FakeWorld) -> None:
    name = "tool-then-limit-5h-stream-2.1.329"
    path = world.cwd / "hello.py"
    moved = recordings()[name]["stdout"].replace("/home/user/project", str(world.cwd))
    world.expect("claude", moved.encode(), exit=1, edits={"hello.py": EDITED})
    world.expect_aider()
    assert world.go().code == 0
    assert path.read_text() == EDITED
    assert "another assistant (Claude) worked on this task first" in world.message()
    assert "its session limit was reached" in world.message()


def test_interrupted_during_a_pause(world: FakeWorld) -> None:
    world.expect_recording(OVERLOADED)
    world.expect("claude", exit=Exit(None, 15, EndedBy.PERSON, person_signal=15))
    assert world.go().code == 143
