"""The guard: it ends the engine's group when we are gone, and nothing else ever ends it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from ai_code.system.guard import Guard, start_guard
from tests.system.programs_under_test import alive, until

SLEEPS = "import time; time.sleep(600)"
STUBBORN = (
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN);"
    "print('ready', flush=True); time.sleep(600)"
)


@pytest.fixture
def guard() -> Iterator[Guard]:
    made = start_guard()
    yield made
    if made.alive():
        os.killpg(made.group, signal.SIGKILL)
    made.dismiss()


def member(guard: Guard, source: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-c", source], process_group=guard.group, stdout=subprocess.PIPE
    )


def we_die(guard: Guard) -> None:
    """What the kernel does when our process ends: our end of the pipe is closed."""
    copy = os.open(os.devnull, os.O_WRONLY)
    os.dup2(copy, guard._pipe)
    os.close(copy)


def test_it_leads_a_group_of_its_own(guard: Guard) -> None:
    assert os.getpgid(guard.group) == guard.group != os.getpgrp()


@pytest.mark.parametrize("source", [SLEEPS, STUBBORN], ids=["obeys", "ignores TERM"])
def test_when_we_die_the_group_ends(guard: Guard, source: str) -> None:
    engine = member(guard, source)
    if source is STUBBORN:
        assert engine.stdout and engine.stdout.readline()
    we_die(guard)
    assert engine.wait(30) in (-signal.SIGTERM, -signal.SIGKILL)
    until(lambda: not guard.alive())


def test_a_stopped_group_ends_too(guard: Guard) -> None:
    engine = member(guard, SLEEPS)
    os.kill(engine.pid, signal.SIGSTOP)
    we_die(guard)
    assert engine.wait(30) == -signal.SIGTERM


def test_dismissed_it_leaves_the_group_alone() -> None:
    guard = start_guard()
    engine = member(guard, SLEEPS)
    guard.dismiss()
    assert not alive(guard.group)
    assert engine.poll() is None
    engine.kill()
    engine.wait()


def test_signals_to_the_group_do_not_end_it(guard: Guard) -> None:
    for signum in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGTSTP):
        os.killpg(guard.group, signum)
    engine = member(guard, SLEEPS)
    we_die(guard)
    assert engine.wait(30) == -signal.SIGTERM


def test_it_holds_nothing_of_ours_open(guard: Guard) -> None:
    """A pipe of somebody else's would never close while it lives."""
    held = Path(f"/proc/{guard.group}/fd")
    if not held.exists():
        pytest.skip("needs /proc")
    until(lambda: len(list(held.iterdir())) == 1)


def test_it_knows_that_it_was_killed(guard: Guard) -> None:
    assert guard.alive()
    os.kill(guard.group, signal.SIGKILL)
    until(lambda: not guard.alive())
