"""Small real programs for the tests of the process room, and how to see what became of them."""

from __future__ import annotations

import os
import signal
import sys
import textwrap
import time
from collections.abc import Callable
from pathlib import Path

from ai_code.core.exits import EndedBy
from ai_code.core.ports import OutputChannel
from ai_code.system.leftovers import start_time

PATIENCE_S = 30.0
"""How long a test waits for what must come. Reached only when it does not come."""


def python_program(path: Path, source: str) -> Path:
    """An executable Python script at ``path``."""
    path.write_text(f"#!{sys.executable} -S\n" + textwrap.dedent(source))
    path.chmod(0o755)
    return path


def until(condition: Callable[[], object], what: str = "") -> None:
    """Waits for a condition; fails the test when it never comes true."""
    end = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < end, f"waited in vain for {what or condition}"
        time.sleep(0.02)


def pids_in(path: Path, count: int) -> list[int]:
    """The process ids that programs wrote into ``path``, one a line, once all are there."""
    until(lambda: path.exists() and len(path.read_text().split()) >= count, f"pids in {path}")
    return [int(word) for word in path.read_text().split()]


def alive(pid: int) -> bool:
    """Whether the process exists and is no zombie."""
    return start_time(pid) != 0


def until_gone(*pids: int) -> None:
    """Waits until all of them are gone; otherwise ends them and fails."""
    try:
        until(lambda: not any(map(alive, pids)), f"the end of {pids}")
    finally:
        for pid in pids:
            if alive(pid):
                os.kill(pid, signal.SIGKILL)


class Collected:
    """A listener that keeps what came. ``ends`` is asked at every tick."""

    def __init__(self, ends: Callable[[Collected], EndedBy | None] | None = None) -> None:
        self.out = bytearray()
        self.err = bytearray()
        self.sizes: list[int] = []
        self.silences: list[float] = []
        self._ends = ends

    def started(self) -> None:
        pass

    def output(self, channel: OutputChannel, data: bytes) -> None:
        (self.out if channel == "out" else self.err).extend(data)
        self.sizes.append(len(data))

    def tick(self, elapsed_s: float, silence_s: float) -> EndedBy | None:
        self.silences.append(silence_s)
        return self._ends(self) if self._ends else None
