"""What stands on stdout and stderr: for scripts the bytes of ``claude -p``, for people a screen."""

from __future__ import annotations

import json
import re
import subprocess
from typing import Any

import pytest

from ai_code.drill import scenarios
from ai_code.drill.anthropic import Overage, Say, ServerError, SlowSay, Step, UseTool
from tests.e2e.fakes import (
    DOCUMENTED,
    EDIT,
    aider_that,
    aider_writes,
    claude_at_its_limit,
    claude_says,
)
from tests.e2e.world import World, ended, lines_of
from tests.recorded import stream_of

TASK = "add a docstring to hello()"
SWITCH = "[AI: Ollama + Aider (fallback - rate limit detected)]"
REQUEST = re.compile(rb"req_\w+")
ESCAPE = re.compile(rb"\x1b\[[0-9;?]*[A-Za-z]")
HOSTILE = "a\x1b]0;owned\x07b\x1b[2Jc\x08d\x1b[31mred\x1b[0m\u202ee\x9bf\r\n\ttab 日本語"


def bare_claude(world: World, *args: str) -> subprocess.CompletedProcess[bytes]:
    """What ``claude -p`` itself prints, on the same machine."""
    return subprocess.run(
        [world.bin / "claude", "-p", *args, "--permission-mode", "acceptEdits"],
        cwd=world.project, env=world.env, input=TASK.encode(), capture_output=True, check=False,
    )  # fmt: skip


def without_ids(row: dict[str, Any]) -> dict[str, Any]:
    """An event without what differs from run to run."""
    text = re.sub(r'"[0-9a-f]{8}-[0-9a-f-]{27}"|"(msg|toolu|req)_\w+"', '"ID"', json.dumps(row))
    return {k: v for k, v in json.loads(text).items() if "_ms" not in k and k != "timestamp"}


TEXTS: dict[str, list[Step]] = {
    "japanese": [Say("日本語\n\n\tand a tab\n\n")],
    "escapes": [Say("an escape \x1b[31mred\x1b[0m, a bell \x07 and \r\n")],
    "tools": [
        UseTool("Write", {"file_path": "{cwd}/n.txt", "content": "x"}, "First."),
        Say("Last."),
    ],
    "refused": [
        UseTool("Bash", {"command": "curl -s x", "description": "x"}),
        Say("I could not."),
    ],
    "error": [ServerError(400, "no such thing")],
}


@pytest.mark.claude
@pytest.mark.parametrize(
    ("name", "version"),
    [*((name, "2.1.329") for name in TEXTS), ("tools", "2.0.77"), ("error", "2.0.77")],
)
def test_text_is_byte_for_byte_what_claude_prints(world: World, name: str, version: str) -> None:
    steps = TEXTS[name]
    world.env["CLAUDE_CODE_MAX_RETRIES"] = "1"
    world.claude(steps, version)
    bare = bare_claude(world)
    world.git("clean", "-fdq")
    world.claude(steps, version)
    run = world.run(TASK)
    assert (REQUEST.sub(b"", run.raw), run.code) == (REQUEST.sub(b"", bare.stdout), bare.returncode)


@pytest.mark.claude
def test_an_empty_answer_is_an_empty_line(world: World) -> None:
    world.claude([Say("")])
    assert (world.run(TASK).raw, bare_claude(world).stdout) == (b"\n", b"\n")


@pytest.mark.claude
def test_an_answer_that_never_came_is_not_passed_over_in_silence(world: World) -> None:
    """2.0.77 takes an empty answer for an interruption, and exits 0. To us it is a failure; the
    words are Claude's own, which leaves their line without an end."""
    world.claude([Say("")], "2.0.77")
    run = world.run(TASK)
    assert (run.code, run.raw) == (1, bare_claude(world).stdout + b"\n")
    assert "Claude Code ended without an answer" in run.stderr


@pytest.mark.claude
def test_max_turns_is_told_in_claudes_words(world: World) -> None:
    steps: list[Step] = [
        UseTool("Write", {"file_path": "{cwd}/n.txt", "content": "x"}),
        Say("Done."),
    ]
    world.claude([*steps, *steps])
    assert bare_claude(world, "--max-turns", "1").stdout == b"Error: Reached max turns (1)"
    world.claude([*steps, *steps])
    run = world.run(TASK, "--", "--max-turns", "1")
    assert run.raw == b"Error: Reached max turns (1)\n"


@pytest.mark.claude
@pytest.mark.parametrize(
    ("steps", "version"),
    [([Say("Well.")], "2.1.329"), ([Say("Well.")], "2.0.77"), ([ServerError(400)], "2.1.329")],
    ids=["done", "done-2.0.77", "error"],
)
def test_json_is_claudes_with_one_field_more(world: World, version: str, steps: list[Step]) -> None:
    world.env["CLAUDE_CODE_MAX_RETRIES"] = "1"
    world.claude(steps, version)
    bare = bare_claude(world, "--output-format", "json")
    run = world.run("--output-format", "json", TASK)
    assert run.raw.endswith(b',"engine":"claude"}\n')
    ours = json.loads(run.raw)
    assert ours.pop("engine") == "claude"
    theirs = json.loads(bare.stdout)
    assert ours.keys() >= theirs.keys()
    same = ("type", "subtype", "is_error", "num_turns", "permission_denials")
    assert [ours.get(k) for k in same] == [theirs.get(k) for k in same]
    assert REQUEST.sub(b"", ours["result"].encode()) == REQUEST.sub(b"", theirs["result"].encode())


@pytest.mark.claude
def test_stream_json_is_claudes_with_one_field_more(world: World) -> None:
    steps: list[Step] = [
        UseTool("Write", {"file_path": "{cwd}/n.txt", "content": "x"}),
        Say("Done."),
    ]
    world.claude([*steps, *steps])
    bare = list(lines_of(bare_claude(world, "--output-format", "stream-json", "--verbose").stdout))
    (world.project / "n.txt").unlink()
    ours = list(lines_of(world.run("--output-format", "stream-json", TASK).raw))
    assert {row.pop("engine") for row in ours} == {"claude"}
    assert [(row["type"], row.get("subtype")) for row in ours] == [
        (row["type"], row.get("subtype")) for row in bare
    ]
    assert without_ids(ours[-1]).keys() == without_ids(bare[-1]).keys()


@pytest.mark.claude
@pytest.mark.aider
def test_after_a_switch_stdout_has_the_local_answer_alone(world: World) -> None:
    world.claude(scenarios.session())
    world.aider("It prints a greeting. \x1b[2J")
    run = world.run("what does hello() do?")
    assert (run.code, run.stdout) == (0, "It prints a greeting. ^[[2J\n"), run
    assert "Nothing was changed." in run.stderr


@pytest.mark.parametrize("form", ["json", "stream-json"])
def test_after_a_switch_the_result_is_the_local_one(world: World, form: str) -> None:
    world.script("claude", claude_at_its_limit())
    world.script("aider", aider_that("say('It prints a greeting.')"))
    world.ollama()
    run = world.run("--output-format", form, "what does hello() do?")
    assert run.code == 0, run
    rows = list(lines_of(run.raw))
    last = rows[-1]
    assert (last["type"], last["subtype"], last["engine"]) == ("result", "success", "aider")
    assert last["result"].startswith("It prints a greeting.")
    assert (last["is_error"], last["session_id"]) == (False, rows[0]["session_id"])
    assert [row for row in rows if row["type"] == "result"] == [last]


def test_quiet_keeps_the_line_of_a_switch(world: World) -> None:
    world.script("claude", claude_at_its_limit())
    world.script("aider", aider_writes(new__txt="x"))
    world.ollama()
    run = world.run("-q", TASK)
    assert run.code == 0, run
    lines = run.stderr.splitlines()
    assert lines[0] == SWITCH
    assert lines[1].startswith("session limit reached, resets ")
    assert lines[1].endswith("· now deepseek-coder:6.7b")
    assert len(lines) == 2


def test_quiet_says_nothing_where_nothing_happened(world: World) -> None:
    world.script("claude", claude_says(stream_of("Fine.")))
    run = world.run("-q", TASK)
    assert (run.code, run.stdout, run.stderr) == (0, "Fine.\n", "")


def test_a_chosen_local_model_has_a_banner_of_its_own(world: World) -> None:
    world.script("aider", aider_writes(new__txt="x"))
    world.ollama()
    assert world.run("--local", TASK).banners == ["[AI: Ollama + Aider]"]


@pytest.mark.claude
def test_on_a_terminal_text_streams_and_tools_are_dim(world: World) -> None:
    write = UseTool("Write", {"file_path": "{cwd}/n.txt", "content": "x"}, "I write.")
    world.claude([write, SlowSay("one two three", 0.3)])
    terminal = world.terminal(TASK)
    terminal.expect_exact("\x1b[1m[AI: Claude Code]\x1b[0m")
    terminal.expect_exact("I write.")
    terminal.expect(rb"\r\n\x1b\[2m\xc2\xb7 Write [^\r]*\x1b\[0m\r\n")
    terminal.expect_exact("one")
    assert b"three" not in terminal.buffer
    assert ended(terminal, terminal.read()).code == 0


@pytest.mark.claude
def test_no_control_character_of_the_models_reaches_the_terminal(world: World) -> None:
    world.claude([Say(HOSTILE)])
    run = world.on_terminal(TASK)
    assert run.code == 0
    assert b"\x1b]0;" not in run.raw
    assert b"\x1b[2J" not in run.raw
    assert b"^[]0;owned^Gb^[[2Jc^Hd\x1b[31mred\x1b[0m" in run.raw
    assert b"\\u202ee" in run.raw
    assert "日本語".encode() in run.raw
    assert b"\tta" in run.raw


@pytest.mark.claude
@pytest.mark.aider
def test_a_local_answer_streams_on_a_terminal_without_aiders_noise(world: World) -> None:
    world.claude(scenarios.session())
    world.aider(f"Here it is. {HOSTILE}\n\n{EDIT}")
    run = world.on_terminal(TASK)
    assert run.code == 0, run
    assert world.text() == DOCUMENTED
    assert b"Here it is. a^[]0;owned^G" in run.raw
    for noise in (b"Aider v", b"Tokens:", b"Applied edit", b"Repo-map", b"\x1b]0;", b"\x1b[2J"):
        assert noise not in run.raw


def test_a_tool_is_one_line_of_the_screen(world: World) -> None:
    name = "とても長い名前のファイル" * 5 + ".txt"
    call = {"type": "tool_use", "id": "t1", "name": "Write", "input": {"file_path": name}}
    row = {"type": "assistant", "message": {"id": "m", "content": [call]}, "session_id": "s"}
    world.script("claude", claude_says(json.dumps(row) + "\n" + stream_of("Fine.")))
    raw = world.on_terminal(TASK).raw.decode()
    (line,) = [line for line in raw.split("\r\n") if "Write" in line]
    plain = re.sub(r"\x1b\[[0-9;]*m", "", line)
    assert plain.startswith("· Write とても") and plain.endswith("…")
    assert sum(2 if ord(char) > 0x2E80 else 1 for char in plain) < 80


@pytest.mark.parametrize("columns", [80, 40])
def test_no_status_line_is_wider_than_the_screen(world: World, columns: int) -> None:
    world.script("claude", claude_says(stream_of("Fine."))).write_text(
        world.bin.joinpath("claude").read_text().replace("cat > /dev/null", "sleep 3.6")
    )
    raw = world.terminal("a long prompt " * 20, columns=columns).read()
    lines = [ESCAPE.sub(b"", line) for line in re.split(rb"[\r\n]+", raw) if b"\x1b[2m" in line]
    assert any(b"waiting for Claude" in line for line in lines)
    assert all(len(line.decode()) < columns for line in lines)


@pytest.mark.parametrize("variable", [("NO_COLOR", "1"), ("TERM", "dumb")])
def test_no_colour_where_none_is_wanted(world: World, variable: tuple[str, str]) -> None:
    world.script("claude", claude_says(stream_of("\x1b[31mred\x1b[0m plain")))
    terminal = world.terminal(TASK, env=dict([variable]))
    raw = terminal.read()
    assert b"red plain" in raw
    assert b"\x1b[1m" not in raw and b"\x1b[31m" not in raw


@pytest.mark.claude
def test_paid_extra_usage_is_said(world: World) -> None:
    world.claude([Overage("On and on.")])
    run = world.run("-q", TASK)
    assert (run.code, run.stdout) == (0, "On and on.\n")
    assert "paid extra usage" in run.stderr


@pytest.mark.claude
def test_a_refused_tool_is_named_with_the_flag_that_allows_it(world: World) -> None:
    call = UseTool("Bash", {"command": "curl -s http://127.0.0.1:9/", "description": "x"})
    world.claude([call, Say("I could not.")])
    run = world.run(TASK)
    assert (run.code, run.stdout) == (0, "I could not.\n")
    assert "not allowed to use Bash" in run.stderr
    assert "--allowedTools Bash" in run.stderr


def test_a_reader_that_goes_away(world: World) -> None:
    world.script("claude", claude_says(stream_of("x" * 200_000)))
    whole = " ".join(f"'{each}'" for each in map(str, world.command(TASK)))
    run = subprocess.run(
        ["bash", "-c", f"{whole} | head -c 5; echo ${{PIPESTATUS[0]}}"],
        cwd=world.project, env=world.env, capture_output=True, check=False,
    )  # fmt: skip
    assert run.stdout == b"xxxxx141\n"
    assert b"Traceback" not in run.stderr and b"BrokenPipe" not in run.stderr
