"""One or two signals at any moment of a run: all of it landed or none, what a model had made is
kept, the record is whole, and the exit code tells the signal. Where a moment falls differs from
machine to machine; what must hold then does not."""

from __future__ import annotations

import signal
import time
from contextlib import suppress

import pytest

from tests.e2e.fakes import aider_that, claude_at_its_limit
from tests.e2e.world import Result, Running, World

TASK = "improve hello.py"
WORKS = (
    "open('made.py', 'w').write('X = 1\\n')\n"
    "open('hello.py', 'a').write('# more\\n')\n"
    "time.sleep(0.2)\nsay('Done.')\n"
)
MOMENTS_S = [round(0.3 * number, 2) for number in range(1, 7)]


@pytest.fixture
def local(world: World) -> World:
    world.ollama()
    world.script("claude", claude_at_its_limit())
    world.script("aider", aider_that(WORKS))
    return world


def signalled(run: Running, signum: int, again_after_s: float | None) -> None:
    with suppress(ProcessLookupError):
        run.signal(signum)
        if again_after_s is not None:
            time.sleep(again_after_s)
            run.signal(signum)


def nothing_but_the_signal(result: Result, signum: int) -> None:
    """Ended by the signal itself: Python had hardly begun, and may say so in its own words."""
    if result.code != -signum:
        assert result.code in (0, 128 + signum), result
        assert "Traceback" not in result.stderr and "a bug of" not in result.stderr, result


@pytest.mark.parametrize("again_after_s", [None, 0.03])
@pytest.mark.parametrize("after_s", MOMENTS_S)
def test_a_run(local: World, after_s: float, again_after_s: float | None) -> None:
    before = local.tree()
    run = local.start(TASK)
    time.sleep(after_s)
    written = list(local.state.glob("runs/*/w/project/made.py"))
    signalled(run, signal.SIGINT, again_after_s)
    result = run.wait()
    nothing_but_the_signal(result, signal.SIGINT)
    assert not list(local.state.glob("runs/*/w")), result
    records = local.records()
    assert [each["state"] for each in records] in ([], ["done"]), (result, records)
    landed = {each["path"] for each in records[0]["landed"]} if records else set()
    if (local.project / "made.py").exists():
        assert landed == {"made.py", "hello.py"} and local.text().endswith("# more\n")
        assert local.run("undo", "--yes").code == 0
    else:
        assert not landed, result
        patches = [each.read_text() for each in local.state.glob("runs/*/*.patch")]
        assert not written or any("+X = 1" in each for each in patches), result
    assert local.tree() == before, result


@pytest.mark.parametrize("again_after_s", [None, 0.0])
@pytest.mark.parametrize("after_s", MOMENTS_S[:3])
def test_an_undo(local: World, after_s: float, again_after_s: float | None) -> None:
    before = local.tree()
    assert local.run("--local", TASK).code == 0
    landed = local.tree()
    run = local.start("undo", "--yes")
    time.sleep(after_s)
    signalled(run, signal.SIGTERM, again_after_s)
    result = run.wait()
    nothing_but_the_signal(result, signal.SIGTERM)
    tree = local.tree()
    assert tree in (before, landed)
    if tree == landed:
        assert local.run("undo", "--yes").code == 0
    assert local.tree() == before
    states = [each["state"] for each in local.records() if not each["undo_of"]]
    assert states == ["undone"], local.records()
