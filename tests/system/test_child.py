"""A program of ours, and a signal in any of the steps that Python takes with it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import uuid
from collections.abc import Callable
from types import FrameType

import psutil
import pytest

from ai_code.core.errors import Stopped
from ai_code.system.child import Child, run_child
from tests.system.programs_under_test import until_gone

pytestmark = pytest.mark.usefixtures("signals")

SLEEPS = ["sleep", "600"]


def with_argument(mark: str) -> list[int]:
    """The processes that have ``mark`` on their command line."""
    found = psutil.process_iter(["cmdline"])
    return [each.pid for each in found if mark in (each.info["cmdline"] or [])]


class Stepping:
    """Stops at the ``step``-th line that is carried out of Python's own module."""

    def __init__(self, step: int) -> None:
        self.left = step

    def __call__(self, frame: FrameType, event: str, _: object) -> Stepping | None:
        if frame.f_code.co_filename != subprocess.__file__:
            return None
        if event == "line":
            self.left -= 1
            if self.left == 0:
                os.kill(os.getpid(), signal.SIGINT)
        return self


def cut_at(step: int, work: Callable[[], object]) -> bool:
    """Whether ``work`` has so many steps: it was cut at that one."""
    stepping, before = Stepping(step), sys.gettrace()
    sys.settrace(stepping)
    try:
        work()
    except Stopped:
        return True
    except subprocess.TimeoutExpired:
        pass
    finally:
        sys.settrace(before)
    return stepping.left <= 0


def test_every_step_of_a_wait_may_be_cut() -> None:
    child, step = Child(SLEEPS), 1

    def waits() -> None:
        child.wait(0.02)

    while cut_at(step, waits):
        step += 1
        assert child.poll() is None
    assert step > 20
    child.kill()
    assert child.wait(30) == -signal.SIGKILL


@pytest.mark.parametrize("step", range(1, 40))
def test_every_step_of_the_last_wait_may_be_cut(step: int) -> None:
    """Its exit code may be lost then, and nothing else."""
    child = Child(["true"])
    cut_at(step, child.wait)
    assert child.wait(30) == 0
    until_gone(child.pid)


def test_every_step_of_a_start_may_be_cut() -> None:
    mark, step = f"0.{uuid.uuid4().int % 10**9}", 1
    started: list[Child] = []
    while cut_at(step, lambda: started.append(Child([*SLEEPS, mark]))):
        # The many lines that copy the environment are all alike.
        step += 1 if step < 40 else 7
        assert not started and not with_argument(mark)
    [child] = started
    child.kill()
    child.wait()
    assert step > 50


@pytest.mark.parametrize("code", [0, 3])
def test_what_a_program_printed(code: int) -> None:
    script = f"import sys; sys.stdout.write(sys.stdin.read()); sys.stderr.write('e'); exit({code})"
    told = run_child([sys.executable, "-c", script], stdin=b"in", timeout_s=60)
    assert (told.returncode, told.stdout, told.stderr) == (code, b"in", b"e")


def test_one_that_takes_too_long() -> None:
    with pytest.raises(subprocess.TimeoutExpired):
        run_child(SLEEPS, timeout_s=0.1)


def test_one_that_is_not_there() -> None:
    with pytest.raises(FileNotFoundError):
        run_child(["/no/such/program"], timeout_s=1)
