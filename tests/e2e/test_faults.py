"""Engines that are missing, crash, print garbage or never end; disks that are full."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from ai_code.drill import scenarios
from tests.conftest import HELLO
from tests.e2e.fakes import (
    DOCUMENTED,
    aider_that,
    aider_writes,
    claude_at_its_limit,
    claude_says,
    claude_that,
)
from tests.e2e.world import World
from tests.recorded import stream_of

TASK = "add a docstring to hello()"
UNAVAILABLE = "[AI: Ollama + Aider (fallback - Claude Code unavailable)]"


@pytest.fixture
def local(world: World) -> World:
    """A model server and a fake aider that does the task."""
    world.script("aider", aider_writes(hello__py=DOCUMENTED))
    world.ollama()
    return world


# Claude ---------------------------------------------------------------------------------------


def test_claude_is_missing(local: World) -> None:
    run = local.run(TASK)
    assert run.code == 127
    assert "Claude Code is not installed" in run.stderr
    assert run.hint == "ai-code setup claude"
    assert local.text() == HELLO


def test_claude_is_missing_and_that_is_asked_for(local: World) -> None:
    local.settings("fallback:\n  on: [plan, missing]\n")
    run = local.run(TASK)
    assert (run.code, local.text()) == (0, DOCUMENTED), run
    assert run.banners == [UNAVAILABLE]


def test_claude_is_not_executable(local: World) -> None:
    local.script("claude", "#!/bin/sh\n", mode=0o644)
    run = local.run(TASK)
    assert run.code == 126
    assert "not executable" in run.stderr
    assert run.hint.startswith("chmod +x ")


def test_claude_does_not_start(local: World) -> None:
    local.script("claude", "#!/no/such/interpreter\n")
    run = local.run(TASK)
    assert run.code in (126, 127)
    assert "does not start" in run.stderr
    assert run.hint


ROWS = stream_of("Half.").splitlines(keepends=True)
BROKEN = {
    "garbage": (claude_that("printf '\\000\\377\\033[2J{]garbage'; exit 0"), 1),
    "text": (claude_that("echo Segmentation fault; exit 139"), 1),
    "silent-failure": (claude_that("exit 3"), 1),
    "crash": (claude_that("kill -SEGV $$"), 1),
    "half-a-line": (claude_that(f"echo '{ROWS[0]}'; printf '%s' '{ROWS[1][:60]}'"), 1),
    "half-then-failure": (claude_says(ROWS[0], code=1), 1),
    "crash-in-mid-answer": (claude_says("".join(ROWS[:2])).replace("exit 0", "kill -ABRT $$"), 1),
}  # fmt: skip


@pytest.mark.parametrize("how", BROKEN)
def test_claude_breaks(local: World, how: str) -> None:
    """Told as what it is; never taken for a limit, never handed to the local model."""
    script, code = BROKEN[how]
    local.script("claude", script)
    run = local.run(TASK)
    assert run.code == code, run
    assert "ai-code: Claude Code: " in run.stderr
    assert run.hint
    assert b"\x1b" not in run.raw and "\x1b" not in run.stderr
    assert local.text() == HELLO
    assert len(local.records()[0]["attempts"]) == 1


def test_claude_never_ends(local: World) -> None:
    local.script("claude", claude_says(ROWS[0]).replace("exit 0", "sleep 600 & sleep 600"))
    run = local.run("--stall-timeout", "1", TASK)
    assert run.code == 1
    assert "no output for too long" in run.stderr
    assert local.text() == HELLO


def test_the_deadline_of_a_run(local: World) -> None:
    local.script("claude", claude_that("while :; do echo; sleep 0.1; done"))
    run = local.run("--timeout", "1", TASK)
    assert run.code == 124, run


def test_claude_ends_and_its_child_does_not(local: World) -> None:
    """What an engine leaves running in its group ends with it."""
    local.script("claude", claude_says(stream_of("Fine.")).replace("exit 0", "sleep 600 & exit 0"))
    run = local.run(TASK)
    assert (run.code, run.stdout) == (0, "Fine.\n")


def test_claude_closes_its_input_early(local: World) -> None:
    local.script("claude", claude_says(stream_of("Fine.")).replace("cat > /dev/null", ""))
    assert local.run("-", stdin=b"x" * (1 << 20)).stdout == "Fine.\n"


def test_a_line_of_megabytes(local: World) -> None:
    answer = "word " * 1_000_000
    events = local.base / "events"
    events.write_text(stream_of(answer))
    local.script("claude", claude_that(f"cat {events}"))
    assert local.run(TASK).stdout == answer + "\n"


@pytest.mark.claude
def test_the_answer_of_claude_drops_for_ever(local: World) -> None:
    local.env["CLAUDE_CODE_MAX_RETRIES"] = "1"
    local.claude(scenarios.cut_stream())
    run = local.run(TASK)
    assert run.code == 1
    assert "Connection" in run.stderr
    assert run.banners == ["[AI: Claude Code]"]


# aider ----------------------------------------------------------------------------------------


def test_aider_is_missing_at_a_limit(world: World) -> None:
    world.script("claude", claude_at_its_limit())
    world.ollama()
    run = world.run(TASK)
    assert run.code == 75
    assert "session limit reached" in run.stderr
    assert "aider is not installed" in run.stderr
    assert run.hint == "ai-code setup aider"


def test_aider_is_not_executable(local: World) -> None:
    local.script("aider", "#!/bin/sh\n", mode=0o644)
    run = local.run("--local", TASK)
    assert (run.code, run.hint[:9]) == (126, "chmod +x ")


EDITS = f"open('hello.py', 'w').write({DOCUMENTED!r}); "
AIDERS = {
    "no-interpreter": "#!/no/such/interpreter\n",
    "garbage": "#!/bin/sh\nprintf '\\000\\377\\033]0;x\\007'; exit 1\n",
    "silent": "#!/bin/sh\nexit 0\n",
    "crash": "#!/bin/sh\nkill -SEGV $$\n",
    "edits-then-crashes": aider_that(EDITS + "say('I begin'); os.abort()"),
    "edits-then-fails": aider_that(EDITS + "raise SystemExit('no')"),
    "half-a-line": aider_that(EDITS + "sys.stdout.write('I th'); sys.stdout.flush(); os._exit(1)"),
}


@pytest.mark.parametrize("how", AIDERS)
def test_aider_breaks(local: World, how: str) -> None:
    """What it had edited is kept as a patch and does not land."""
    local.script("aider", AIDERS[how])
    before = local.tree()
    run = local.run("--local", TASK)
    assert run.code in (1, 126), run
    assert "aider" in run.stderr
    assert run.hint
    assert b"\x1b" not in run.raw and "\x1b" not in run.stderr
    assert local.tree() == before
    edited = EDITS in AIDERS[how]
    assert bool(list(local.state.glob("runs/*/*.patch"))) == edited
    assert ("git apply" in run.stderr) == edited


def test_aider_never_ends(local: World) -> None:
    local.script("aider", aider_that(EDITS + "say('I begin'); time.sleep(600)"))
    run = local.run("--local", "--stall-timeout", "1", TASK)
    assert run.code == 1
    assert "no output for too long" in run.stderr
    assert local.text() == HELLO
    assert "git apply" in run.stderr


def test_aider_at_the_deadline(local: World) -> None:
    local.script("aider", aider_that("while True: say('and on'); time.sleep(0.1)"))
    assert local.run("--local", "--timeout", "1", TASK).code == 124


def test_aider_floods_the_screen(local: World) -> None:
    local.script("aider", aider_that("for n in range(200_000): say(f'line {n} of many')"))
    run = local.run("--local", TASK)
    assert run.code == 0
    assert len(run.raw) < 6 << 20


# Disks ----------------------------------------------------------------------------------------


@pytest.fixture
def full_disk(local: World) -> Iterator[World]:
    """The state folder lies on a file system of a few pages."""
    local.state.mkdir(parents=True)
    if os.geteuid() != 0 or not shutil.which("mount"):
        pytest.skip("needs root and mount: a small tmpfs")
    mount = ["mount", "-t", "tmpfs", "-o", "size=96k", "tmpfs", str(local.state)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("needs the right to mount a small tmpfs")
    try:
        yield local
    finally:
        subprocess.run(["umount", "-l", str(local.state)], check=True)


def fill(folder: Path, keep: int = 0) -> None:
    """Takes all room but ``keep`` bytes."""
    free = os.statvfs(folder).f_bavail * os.statvfs(folder).f_frsize
    (folder / "filler").write_bytes(b"x" * (free - keep))


def test_a_full_disk_does_not_stop_claude(full_disk: World) -> None:
    fill(full_disk.state)
    full_disk.script("claude", claude_says(stream_of("Fine.")))
    run = full_disk.run(TASK)
    assert (run.code, run.stdout) == (0, "Fine.\n"), run
    assert "not recorded" in run.stderr


@pytest.mark.parametrize("keep", [0, 16_384, 40_960, 73_728])
def test_a_full_disk_at_a_fallback_leaves_the_tree_alone(full_disk: World, keep: int) -> None:
    """Done whole, or an error that says so: nothing between."""
    full_disk.script("claude", claude_at_its_limit())
    fill(full_disk.state, keep)
    before = full_disk.tree()
    run = full_disk.run(TASK)
    assert "a bug of ai-code's" not in run.stderr, run
    if run.code == 0:
        assert full_disk.text() == DOCUMENTED
    else:
        assert run.code in (1, 75), run
        assert full_disk.tree() == before
        assert "No space left" in run.stderr


def test_an_answer_that_cannot_be_written(local: World) -> None:
    local.script("claude", claude_says(stream_of("Fine.")))
    run = local.run(TASK, wrap=("sh", "-c", 'exec "$@" > /dev/full', "sh"))
    assert run.code == 1, run
    assert "No space left" in run.stderr


def test_an_aider_without_its_fence_is_ended_before_it_works(world: World) -> None:
    """Started with ``python -I`` it sees no PYTHONPATH, and nothing would hold its writes."""
    world.ollama()
    outside = world.base / "planted"
    world.script(
        "aider",
        aider_that(f"time.sleep(5); open({str(outside)!r}, 'w').write('x')", options="-I"),
    )
    run = world.run("--local", TASK)
    assert run.code == 1, run
    assert "the write fence could not be raised" in run.stderr
    assert run.hint.startswith("uv tool install")
    assert not outside.exists()


def test_a_wrapper_around_aider_may_say_something(world: World) -> None:
    world.ollama()
    inner = world.script("inner-aider", aider_writes(hello__py=DOCUMENTED))
    wrapper = f'#!/bin/sh\necho activating\necho env >&2\nsleep 0.5\nexec {inner} "$@"\n'
    world.script("aider", wrapper)
    run = world.run("--local", TASK)
    assert run.code == 0, run
    assert world.text() == DOCUMENTED


@pytest.mark.parametrize("format_", ["text", "json", "stream-json"])
def test_a_claude_that_ends_without_an_answer(world: World, format_: str) -> None:
    """Nobody sent it a signal: it failed, and a reader of JSON gets a result all the same."""
    world.script("claude", claude_that("exit 0"))
    run = world.run("--output-format", format_, TASK)
    assert run.code == 1, run
    assert "Claude Code ended without an answer" in run.stderr
    if format_ != "text":
        result = json.loads(run.stdout.splitlines()[-1])
        assert (result["type"], result["is_error"]) == ("result", True)


def test_json_readers_get_a_result_after_a_deadline(world: World) -> None:
    world.script("claude", claude_that("sleep 30"))
    run = world.run("--output-format", "json", "--timeout", "1", TASK)
    assert run.code == 124, run
    assert json.loads(run.stdout)["is_error"] is True


@pytest.mark.parametrize(
    ("arguments", "code"),
    [([""], 2), (["--bogus", "x"], 2), (["--model", "a b", "x"], 2), (["--dry-run", "x"], 2)],
)
def test_json_also_for_a_wrong_command_line(world: World, arguments: list[str], code: int) -> None:
    run = world.run("--json", *arguments)
    told = json.loads(run.stdout)
    assert (run.code, told["ok"], told["exit_code"]) == (code, False, code)
    assert told["error"]["what"]


def test_json_also_for_broken_settings(world: World) -> None:
    world.settings("model: [")
    run = world.run("--json", TASK)
    assert run.code == 78 and json.loads(run.stdout)["exit_code"] == 78


@pytest.mark.parametrize("arguments", [("-c",), ("--continue",), ("--resume", "x"), ("-r", "x")])
def test_sessions_are_our_own_options(world: World, arguments: tuple[str, ...]) -> None:
    run = world.run("x", "--", *arguments)
    assert run.code == 2
    assert run.hint.startswith(("ai-code -c", "ai-code --resume"))
