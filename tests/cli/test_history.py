"""``ai-code history`` over a real journal in a folder of the test's own."""

from __future__ import annotations

import json
import os
import shlex
from contextlib import suppress
from typing import Any

import pytest
from click.testing import CliRunner, Result

from ai_code.cli.history import history
from ai_code.cli.log import log
from ai_code.core.changes import LandedFile
from ai_code.core.errors import Stopped, UsageError
from ai_code.core.record import Attempt, RecordedLeftOut, RunRecord
from ai_code.core.text import columns
from tests.flows.fake_world import NOW, FakeWorld

LIMIT = Attempt(
    "claude", "2.1.329", verdict="limit", kind="session", rule="claude.session",
    excerpt="You've hit your session limit", resets_at=NOW + 3600, session_id="abc", wall_s=4.0,
)  # fmt: skip
AIDER = Attempt(
    "aider", model="qwen2.5-coder:7b", verdict="done", wall_s=20.0,
    tokens_sent=1200, tokens_received=300,
)  # fmt: skip


def add(world: FakeWorld, *attempts: Attempt, **fields: Any) -> RunRecord:
    # The last four digits, by which the log names a run, begin with its millisecond.
    world.clock.advance(1.001)
    now = world.clock.now()
    values: dict[str, Any] = {"state": "done", "exit_code": 0, "ended": now + 25, **fields}
    root = str(world.trees.root_of(world.cwd))
    values = {"cwd": str(world.cwd), "root": root, "attempts": attempts, **values}
    record = RunRecord(world.journal.new_run(), now, **values)
    world.journal.save(record)
    return record


def run(world: FakeWorld, *arguments: str, command: Any = history) -> Result:
    result = CliRunner().invoke(command, arguments, obj=world)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def on_a_terminal(world: FakeWorld, monkeypatch: pytest.MonkeyPatch, *words: str) -> list[str]:
    far, near = os.openpty()
    with os.fdopen(near, "w", encoding="utf-8") as terminal, monkeypatch.context() as patch:
        patch.setattr("sys.stdout", terminal)
        history.main(words, obj=world, standalone_mode=False)
    told = b""
    with suppress(OSError):  # what Linux says at the end of a terminal that nobody writes to
        while piece := os.read(far, 1 << 16):
            told += piece
    os.close(far)
    return told.decode().splitlines()


def test_a_list_of_this_folder_and_of_all(world: FakeWorld) -> None:
    assert "no run is recorded in this folder" in run(world).stdout
    first = add(world, LIMIT, AIDER, prompt_line="add a docstring")
    other = add(world, root="/other", cwd="/other")
    text = run(world).stdout
    assert first.id in text and other.id not in text
    assert "claude: session limit → aider: done" in text and "add a docstring" in text
    both = json.loads(run(world, "--all", "--json").stdout)
    assert both["version"] == 1
    assert [row["id"] for row in both["runs"]] == [other.id, first.id]
    assert len(json.loads(run(world, "--all", "-n", "1", "--json").stdout)["runs"]) == 1


def test_rows_fit_the_screen_and_are_safe(world: FakeWorld) -> None:
    add(world, LIMIT, AIDER, prompt_line="日本語" * 60, landed=(LandedFile("a", "M", 1, 1),) * 40)
    add(world, Attempt("a" * 99, verdict="\x1b[31mx" * 40), prompt_line="\x1b[2Jboo")
    text = run(world).stdout
    assert "\x1b" not in text
    assert all(columns(line) <= 80 for line in text.splitlines())


@pytest.mark.parametrize(
    ("fields", "word"),
    [
        ({}, "done"), ({"exit_code": 1}, "failed"), ({"exit_code": 130}, "stopped"),
        ({"exit_code": None}, "stopped"), ({"state": "running", "exit_code": None}, "running"),
        ({"state": "crashed"}, "killed"), ({"state": "undone"}, "undone"),
        ({"undo_of": "x"}, "undo"),
        ({"exit_code": 75, "attempts": (LIMIT,)}, "limit"),
    ],
)  # fmt: skip
def test_the_outcome_in_a_word(world: FakeWorld, fields: dict[str, Any], word: str) -> None:
    add(world, **fields)
    assert json.loads(run(world, "--json").stdout)["runs"][0]["outcome"] == word


def test_one_in_full_with_the_commands_to_go_on(world: FakeWorld) -> None:
    landed = (LandedFile("hello.py", "M", 1, 0), LandedFile("new name.py", "A", 9, 0))
    left = (RecordedLeftOut(".envrc", "a protected path"),)
    record = add(world, LIMIT, AIDER, landed=landed, left_out=left, prompt_line="x")
    text = run(world, "show", record.id[:15]).stdout
    for told in (
        "session limit", "claude.session: You've hit", "(in 59 min)", "1200 sent, 300 received",
        "hello.py (+1 −0)", "new new name.py", ".envrc: a protected path", "qwen2.5-coder:7b",
        f"ai-code undo {record.id}", f"ai-code diff {record.id}",
    ):  # fmt: skip
        assert told in text
    resume = json.loads(run(world, "show", record.id, "--json").stdout)["run"]["commands"]["resume"]
    assert resume in text
    assert shlex.split(resume) == ["cd", str(world.cwd), "&&", "claude", "--resume", "abc"]
    undone = add(world, AIDER, landed=landed, state="undone")
    assert "ai-code undo" not in run(world, "show", undone.id).stdout
    with pytest.raises(UsageError):
        run(world, "show", "2099")


def test_a_long_japanese_prompt_and_a_long_command_fit_the_screen(
    world: FakeWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = "0f8c2d1e-5a51-4d7e-9a41-2f6f0c7b9e10"
    prompt = "ログインの処理を見直して、テストも追加してください。" * 4
    cwd = "/home/somebody/projects/a-folder-with-a-long-name"
    claude = LIMIT._replace(session_id=session)
    record = add(world, claude, prompt_line=prompt, cwd=cwd)
    piped = run(world, "show", record.id).stdout
    assert f"cd {cwd} && claude --resume {session}\n" in piped
    lines = on_a_terminal(world, monkeypatch, "show", record.id)
    assert all(columns(line) <= 80 for line in lines)
    assert prompt in "".join(line[17:] for line in lines)
    assert f"claude --resume {session}" in [line.strip() for line in lines]


def test_a_pipe_that_takes_ascii_only(world: FakeWorld) -> None:
    add(world, LIMIT, AIDER, prompt_line="日本")
    told = CliRunner(charset="ascii").invoke(history, [], obj=world)
    assert "claude: session limit -> aider: done" in told.stdout
    assert "\\u65e5" in told.stdout


# log --------------------------------------------------------------------------------------------


def test_nothing_to_tell_is_said_to_a_person_only(world: FakeWorld) -> None:
    assert run(world, command=log).stdout == "no run is recorded\n"
    assert run(world, "--errors", command=log).stdout == "no error is recorded\n"
    assert run(world, "--json", command=log).stdout == ""
    assert run(world, "-n", "0", command=log).stdout == ""


def test_events_come_oldest_first(world: FakeWorld) -> None:
    first = add(world, LIMIT, AIDER, prompt_line="one", landed=(LandedFile("a", "M", 1, 1),))
    add(world, Attempt("claude", verdict="failed", reason="crash"), exit_code=1)
    lines = [x for x in run(world, command=log).stdout.splitlines() if first.id[-4:] in x]
    assert [line.split()[5] for line in lines] == [
        "began", "limit", "done", "ended",
    ]  # fmt: skip
    assert (
        "session · resets 21:47 · " in lines[1]
        and "one" in lines[0]
        and "1 file landed" in lines[3]
    )
    assert len(run(world, "-n", "2", command=log).stdout.splitlines()) == 2


def test_errors_only(world: FakeWorld) -> None:
    add(world, LIMIT, AIDER)
    assert run(world, "--errors", command=log).stdout == "no error is recorded\n"
    add(world, LIMIT, Attempt("aider", verdict="failed", reason="stall"), exit_code=1)
    add(world, state="crashed", exit_code=None, ended=None)
    rows = [
        json.loads(line)
        for line in run(world, "--errors", "--json", command=log).stdout.splitlines()
    ]
    assert sorted(row["event"] for row in rows) == ["ended", "ended", "failed"]
    failed = next(row for row in rows if row["event"] == "failed")
    assert failed["engine"] == "aider" and failed["version"] == 1
    assert {row["outcome"] for row in rows} == {"", "failed", "killed"}


def test_follow_tells_what_comes_and_each_thing_once(
    world: FakeWorld, capsys: pytest.CaptureFixture[str]
) -> None:
    running = add(world, state="running", exit_code=None, ended=None, prompt_line="first")
    slept = 0

    def sleep(seconds: float) -> None:
        nonlocal slept
        slept += 1
        assert seconds >= 0.5
        world.clock.advance(seconds)
        if slept == 2:
            world.journal.save(
                running._replace(
                    state="done", exit_code=0, ended=world.clock.now(), attempts=(AIDER,)
                )
            )
        if slept == 3:
            add(world, AIDER, prompt_line="second")
        if slept > 5:
            raise Stopped(2)

    world.clock.sleep = sleep  # type: ignore[method-assign]
    with pytest.raises(Stopped):
        log.main(["--follow"], obj=world, standalone_mode=False)
    words = [line.split()[5] for line in capsys.readouterr().out.splitlines()]
    assert words == ["began", "done", "ended", "began", "done", "ended"]
