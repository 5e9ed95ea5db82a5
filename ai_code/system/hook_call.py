"""A call of a hook: what comes on standard input, and how long all of it may take."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

_MOST_BYTES = 1 << 20


class TimeUp(BaseException):
    """It took too long. Not an ``Exception``: nobody on the way may swallow it."""


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Raises TimeUp inside, wherever we are, when the time is over."""
    old = signal.signal(signal.SIGALRM, _up)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, old)


def read_input() -> str:
    """All of standard input; nothing where a person sits there, or where it is too long."""
    if os.isatty(0):
        return ""
    pieces: list[bytes] = []
    size = 0
    while piece := os.read(0, 1 << 16):
        pieces.append(piece)
        size += len(piece)
        if size > _MOST_BYTES:
            return ""
    return b"".join(pieces).decode("utf-8", "replace")


def _up(_signum: int, _frame: FrameType | None) -> None:
    raise TimeUp
