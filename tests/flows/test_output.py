"""The streams: a terminal sees text as it comes, a pipe what ``claude -p`` would have printed."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai_code.core.events import Answer, RawEvent, Text, Tool
from ai_code.flows.output import Output
from tests.flows.fake_world import ANSWER, FakeConsole, FakeWorld
from tests.recorded import recordings, stream_of

OK = "ok-stream-2.1.329"
LIMIT = "limit-5h-oauth-stream-2.1.329"


def rows(data: bytes) -> list[dict[str, Any]]:
    return [json.loads(line) for line in data.splitlines()]


def of_claude(name: str) -> list[dict[str, Any]]:
    return rows(recordings()[name]["stdout"].encode())


def without_engine(shown: list[dict[str, Any]], engine: str) -> list[dict[str, Any]]:
    assert all(row.pop("engine") == engine for row in shown)
    return shown


# a pipe ---------------------------------------------------------------------------------------


def test_a_tool_s_path_is_shown_relative_to_the_project() -> None:
    console = FakeConsole()
    console.terminal()
    output = Output(console, "text", "/home/you/project")
    output.take(Tool("Edit", "/home/you/project/src/a.py"))
    output.take(Tool("Read", "/home/you/project2/b.py"))
    output.take(Tool("Bash", "rm -r /home/you/project/"))
    assert console.of("tool") == [
        "· Edit src/a.py",
        "· Read /home/you/project2/b.py",
        "· Bash rm -r /home/you/project/",
    ]


def test_a_pipe_gets_the_answer_once_and_nothing_else(world: FakeWorld) -> None:
    world.expect_recording("tool-ok-stream-2.1.329")
    world.go()
    answer = of_claude("tool-ok-stream-2.1.329")[-1]["result"]
    assert world.console.stdout.decode() == answer + "\n"
    assert world.console.of("tool") == []


def test_after_a_switch_only_the_answer_of_the_engine_that_finished(world: FakeWorld) -> None:
    world.expect_recording("tool-then-limit-5h-stream-2.1.329")
    world.expect_aider()
    world.go()
    assert world.console.stdout.decode() == ANSWER + "\n"


@pytest.mark.parametrize("answer", ["two\nlines\n", "no newline", "日本語 ’ \ud83d\ude00"])
def test_exactly_one_newline_at_the_end(world: FakeWorld, answer: str) -> None:
    world.expect("claude", stream_of(answer).encode("utf-8", "surrogatepass"))
    world.go()
    text = answer.encode("utf-16", "surrogatepass").decode("utf-16")
    assert world.console.stdout == (text.removesuffix("\n") + "\n").encode()


def test_a_local_answer_is_made_safe(world: FakeWorld) -> None:
    world.expect_aider("See \x1b]0;title\x07 and \x1b[2J.", edits={})
    world.go(local_only=True)
    assert b"\x1b" not in world.console.stdout and b"^[" in world.console.stdout


# json -----------------------------------------------------------------------------------------


def test_json_is_claudes_own_result_and_the_engine(world: FakeWorld) -> None:
    world.expect_recording(OK)
    world.go(output_format="json")
    shown = rows(world.console.stdout)
    wanted = of_claude(OK)[-1]
    # A key of the stream's last row that --output-format json does not have.
    del wanted["model_usage_since_last_result"]
    assert without_engine(shown, "claude") == [wanted]


def test_json_of_a_local_engine_has_the_same_shape(world: FakeWorld) -> None:
    world.expect_recording(LIMIT)
    world.expect_aider()
    world.go(output_format="json")
    [result] = rows(world.console.stdout)
    theirs = of_claude(OK)[-1]
    same = ("type", "subtype", "is_error", "duration_ms", "num_turns", "result", "session_id")
    assert all(type(result[name]) is type(theirs[name]) for name in same)
    assert result["total_cost_usd"] == 0
    assert (result["type"], result["subtype"], result["is_error"]) == ("result", "success", False)
    assert result["result"] == ANSWER
    assert (result["engine"], result["model"]) == ("aider", "qwen2.5-coder:7b")
    assert result["files"] == ["hello.py"]
    assert result["session_id"] == of_claude(LIMIT)[0]["session_id"]


def test_json_of_a_failure_is_claudes_own(world: FakeWorld) -> None:
    world.expect_recording("max-turns-stream-2.1.329")
    assert world.go(output_format="json").code == 1
    shown = rows(world.console.stdout)
    wanted = of_claude("max-turns-stream-2.1.329")[-1]
    del wanted["model_usage_since_last_result"]
    assert without_engine(shown, "claude") == [wanted]


# stream-json ------------------------------------------------------------------------------------


def test_stream_json_is_claudes_own_stream_and_the_engine(world: FakeWorld) -> None:
    world.expect_recording("tool-ok-stream-2.1.329")
    world.go(output_format="stream-json")
    shown = rows(world.console.stdout)
    assert without_engine(shown, "claude") == of_claude("tool-ok-stream-2.1.329")


def test_stream_json_has_one_result_the_last(world: FakeWorld) -> None:
    world.expect_recording(LIMIT)
    world.expect_aider()
    world.go(output_format="stream-json")
    shown = rows(world.console.stdout)
    assert [row["type"] for row in shown].count("result") == 1
    assert shown[-1]["type"] == "result" and shown[-1]["engine"] == "aider"
    assert shown[-2]["message"]["content"] == [{"type": "text", "text": ANSWER}]
    assert without_engine(shown[:-2], "claude") == of_claude(LIMIT)[:-1]


def test_stream_json_while_waiting_has_one_result(world: FakeWorld) -> None:
    world.expect_recording(LIMIT)
    world.expect_recording(OK)
    world.go(output_format="stream-json", wait=True)
    shown = rows(world.console.stdout)
    assert [row["type"] for row in shown].count("result") == 1 and shown[-1]["is_error"] is False


@given(
    st.dictionaries(st.text(max_size=8).filter(lambda key: key != "engine"), st.text(max_size=20)),
    st.sampled_from(["", " ", "\r"]),
)
def test_naming_the_engine_adds_a_field_and_changes_nothing(
    value: dict[str, str], end: str
) -> None:
    console = FakeConsole()
    output = Output(console, "stream-json")
    output.begin("claude")
    output.take(RawEvent((json.dumps(value) + end).encode()))
    assert json.loads(console.stdout) == {**value, "engine": "claude"}


# a terminal -------------------------------------------------------------------------------------


def test_a_terminal_sees_text_as_it_comes_and_tools_dim(terminal: FakeWorld) -> None:
    terminal.expect_recording("tool-ok-stream-2.1.329")
    terminal.go()
    answer = of_claude("tool-ok-stream-2.1.329")[-1]["result"]
    assert terminal.console.stdout.decode().rstrip().endswith(answer.rstrip())
    assert terminal.console.stdout.decode().count(answer) == 1
    assert all(line.startswith("· ") for line in terminal.console.of("tool"))
    assert terminal.console.of("tool")


def test_a_terminal_with_json_gets_json(terminal: FakeWorld) -> None:
    terminal.expect_recording(OK)
    terminal.go(output_format="json")
    assert len(rows(terminal.console.stdout)) == 1


def test_stdout_a_pipe_and_stderr_a_terminal(terminal: FakeWorld) -> None:
    terminal.console.stdout_is_tty = False
    terminal.expect_recording("tool-ok-stream-2.1.329")
    terminal.go()
    answer = of_claude("tool-ok-stream-2.1.329")[-1]["result"]
    assert terminal.console.stdout.decode() == answer + "\n"
    assert terminal.console.of("tool")


def test_a_tool_line_is_one_safe_line() -> None:
    console = FakeConsole()
    console.terminal()
    output = Output(console, "text")
    output.take(Tool("Bash", "echo \x1b[2J\nrm"))
    assert console.of("tool") == ["· Bash echo ^[[2J rm"]


def test_what_an_engine_held_back_is_dropped_when_another_begins() -> None:
    console = FakeConsole()
    output = Output(console, "text")
    output.begin("claude")
    output.take(Answer("half"))
    output.begin("aider")
    output.finish_local("whole", {})
    assert console.stdout == b"whole\n"


def test_text_is_ended_before_something_else() -> None:
    console = FakeConsole()
    console.terminal()
    output = Output(console, "text")
    output.take(Text("half a line"))
    output.begin("aider")
    assert console.shown == [("answer-end", "")]
