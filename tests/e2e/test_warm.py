"""While there is notice: the real aider waits with all it imports and becomes the run; it is never
the only way, never left behind, and reads nothing of the project before its time."""

from __future__ import annotations

import json
import signal
import time
from pathlib import Path

import psutil
import pytest

from ai_code.drill.hostile import git_settings, local_traps, tracked_traps
from ai_code.drill.models import FakeModel
from tests.conftest import real_program
from tests.e2e.fakes import DOCUMENTED, EDIT, claude_that
from tests.e2e.world import SMALL, Running, World, argv_of, wait_for
from tests.recorded import recordings, stream_of

TASK = "add a docstring to hello()"
OTHER = FakeModel("codellama:7b", size=4_000_000_000, in_vram=1.0)
_SLOWLY = "until [ -e ~/{name} ]; do sleep 0.05; done\n"


def rate_limit(status: str) -> str:
    """An event of the 5-hour window."""
    info = {"status": status, "resetsAt": int(time.time()) + 7200, "rateLimitType": "five_hour"}
    return json.dumps({"type": "rate_limit_event", "rate_limit_info": info})


def says(*lines: str) -> str:
    return "cat <<'END'\n" + "\n".join(lines) + "\nEND\n"


WARNS = says(rate_limit("allowed_warning"))
RETRIES = says(
    next(
        row
        for row in recordings()["default-529-stream-2.1.329"]["stdout"].splitlines()
        if "api_retry" in row
    )
)


def claude(notice: str, *then: str) -> str:
    """A claude that gives notice, waits for ``~/go``, and does ``then``."""
    return claude_that(notice + _SLOWLY.format(name="go") + "".join(then))


def at_its_limit() -> str:
    rows = stream_of(
        "You've hit your 5-hour limit",
        is_error=True,
        api_error_status=429,
        api_error="usage_limit_reached",
    ).splitlines()
    return says(rows[0], rate_limit("rejected"), *rows[1:]) + "exit 1\n"


def on_standby(world: World) -> list[psutil.Process]:
    waits = "standby/waiting.py"
    return [
        each for each in world.processes() if any(part.endswith(waits) for part in argv_of(each))
    ]


def noticed(world: World, script: str, *args: str) -> tuple[Running, psutil.Process]:
    """A run whose Claude gave notice, and the aider that waits beside it."""
    world.script("claude", script)
    run = world.start("-v", *args, TASK)
    (waiting,) = wait_for(lambda: on_standby(world))
    return run, waiting


def go(world: World, name: str = "go") -> None:
    (world.home / name).touch()


@pytest.mark.aider
def test_the_aider_that_waited_makes_the_edit_and_the_model_is_loaded_once(world: World) -> None:
    ollama = world.aider(EDIT)
    run, waiting = noticed(world, claude(WARNS, at_its_limit()))
    wait_for(lambda: ollama.loads)
    assert waiting.cwd() == "/"
    assert world.text() != DOCUMENTED
    go(world)
    result = run.wait()
    assert result.code == 0, result
    assert world.text() == DOCUMENTED
    assert "are made ready" in result.stderr
    assert "started anew" not in result.stderr
    assert not waiting.is_running()
    # The real aider's request has the very options that the model was loaded with.
    (loaded,) = ollama.loads
    assert loaded == (SMALL.tag, {"num_ctx": ollama.num_ctx[0]})
    assert not list(world.state.glob("runs/*/aider"))


@pytest.mark.aider
def test_without_the_process_that_waited_aider_starts_as_ever(world: World) -> None:
    world.aider(EDIT)
    run, waiting = noticed(world, claude(WARNS, at_its_limit()))
    waiting.kill()
    go(world)
    result = run.wait()
    assert result.code == 0, result
    assert world.text() == DOCUMENTED
    assert "aider was started anew: the process that waited" in result.stderr


@pytest.mark.aider
@pytest.mark.parametrize("start", ['#!/bin/sh\nexec {aider} "$@"\n', "#!/usr/bin/env bash\n"])
def test_a_wrapper_is_started_as_ever(world: World, start: str) -> None:
    ollama = world.ollama(EDIT)
    aider = real_program("aider")
    world.script("aider", start.format(aider=aider) + f'exec {aider} "$@"\n')
    world.script("claude", claude(WARNS, at_its_limit()))
    run = world.start("-v", TASK)
    wait_for(lambda: ollama.loads)
    go(world)
    result = run.wait()
    assert result.code == 0, result
    assert world.text() == DOCUMENTED
    assert "aider was started anew: which Python starts" in result.stderr


@pytest.mark.aider
def test_it_is_gone_as_soon_as_claude_goes_on(world: World) -> None:
    world.settings("preload: always\n")
    world.aider(EDIT)
    first, *rest = stream_of("Done.").splitlines()
    slowly = _SLOWLY.format(name="end")
    run, waiting = noticed(world, claude(RETRIES, says(first, rest[0]), slowly, says(*rest[1:])))
    go(world)
    wait_for(lambda: not waiting.is_running())
    assert len(world.processes()) > 1, "Claude still works"
    go(world, "end")
    result = run.wait()
    assert (result.code, result.stdout) == (0, "Done.\n"), result
    assert not list(world.state.glob("runs/*/aider"))


@pytest.mark.aider
@pytest.mark.parametrize("signum", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_it_ends_with_a_run_that_is_stopped(world: World, signum: int) -> None:
    world.aider(EDIT)
    run, waiting = noticed(world, claude(WARNS))
    run.signal(signum)
    result = run.wait()
    assert result.code == 128 + signum, result
    assert not waiting.is_running()
    assert not list(world.state.glob("runs/*/aider"))


@pytest.mark.aider
def test_it_ends_with_a_run_that_is_killed(world: World) -> None:
    world.aider(EDIT)
    run, waiting = noticed(world, claude(WARNS))
    run.signal(signal.SIGKILL)
    run.wait()
    wait_for(lambda: not world.processes())
    assert not waiting.is_running()


@pytest.mark.aider
def test_a_killed_run_that_had_it_stopped_is_swept_up(world: World) -> None:
    """Stopped, it cannot see that its pipe closed."""
    ollama = world.aider(EDIT)
    run, waiting = noticed(world, claude(WARNS))
    wait_for(lambda: ollama.loads)
    wait_for(lambda: _remembered(world, waiting.pid))
    waiting.suspend()
    run.signal(signal.SIGKILL)
    run.wait()
    wait_for(lambda: on_standby(world) == world.processes())
    assert world.run("--local", TASK).code == 0
    wait_for(lambda: not waiting.is_running())


def _remembered(world: World, pid: int) -> bool:
    found = (world.state / "running").glob("*.json")
    return any(json.loads(path.read_text())["standby"][0] == pid for path in found)


@pytest.mark.aider
def test_a_hostile_repository_does_not_reach_it(world: World, tmp_path: Path) -> None:
    mark = tmp_path / "marks"
    mark.mkdir()
    nowhere = "http://127.0.0.1:9"
    for name, text in tracked_traps(world.project, mark, nowhere, SMALL.name).items():
        world.write(name, text)
    world.git("add", "-A")
    world.git("commit", "-qm", "a nice project")
    for key, value in git_settings(mark).items():
        world.git("config", key, value)
    for name, text in local_traps(mark).items():
        world.write(name, text, 0o755)
    for name in ("litellm.py", "aider.py", "sitecustomize.py", "runpy.py"):
        world.write(name, f"open({str(mark / name)!r}, 'w')\n")
    ollama = world.aider(EDIT)
    run, waiting = noticed(world, claude(WARNS, at_its_limit()))
    wait_for(lambda: ollama.loads)
    assert waiting.cwd() == "/"
    opened = [each.path for each in waiting.open_files()]
    assert not [path for path in opened if path.startswith(str(world.project))]
    go(world)
    result = run.wait()
    assert result.code == 0, result
    assert world.text() == DOCUMENTED
    assert "started anew" not in result.stderr
    assert list(mark.iterdir()) == []
    assert ollama.num_ctx != [] and all(ollama.num_ctx)


@pytest.mark.aider
@pytest.mark.parametrize(
    ("how", "early"), [("auto", False), ("always", True), ("never", False)], ids=lambda x: str(x)
)
def test_what_others_have_loaded_stays_unless_told(world: World, how: str, early: bool) -> None:
    world.settings(f"preload: {how}\n")
    ollama = world.aider(EDIT, models=[SMALL, OTHER])
    ollama.loaded[OTHER.tag] = 4096
    run, _ = noticed(world, claude(WARNS, at_its_limit()))
    if early:
        wait_for(lambda: ollama.loads)
    wait_for(lambda: list(world.state.glob("runs/*/index.pristine")))
    # What is loaded is loaded before the worktree is made.
    assert bool(ollama.loads) is early
    go(world)
    result = run.wait()
    assert result.code == 0, result
    assert world.text() == DOCUMENTED
    assert [name for name, _ in ollama.loads] == [SMALL.tag]
