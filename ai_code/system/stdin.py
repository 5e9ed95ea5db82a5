"""What is piped into us, as ``claude -p`` takes it: nothing within 3 s, and on without it."""

from __future__ import annotations

import os
import select
import stat
from collections.abc import Callable

from ai_code.system.signals import wait_readable

_PATIENCE_S = 3.0
MOST_BYTES = 16 << 20


class PipedInput:
    """``data`` is None where there is nothing to read; ``silent`` when a pipe stayed open
    without a byte; ``too_long`` when it is over 16 MiB."""

    def __init__(self, data: bytes | None, *, silent: bool = False, too_long: bool = False) -> None:
        self.data = data
        self.silent = silent
        self.too_long = too_long


def read_piped(
    descriptor: int = 0, wait: bool = True, tell: Callable[[], None] = lambda: None
) -> PipedInput:
    """Reads standard input to its end, if something is piped in. ``wait`` False: a prompt is
    given otherwise and an open, silent pipe is given up after 3 s. ``tell`` is called once when
    the end has not come within 3 s: a pipe that stays open must not look like a hang."""
    try:
        mode = os.fstat(descriptor).st_mode
        if os.isatty(descriptor) or stat.S_ISDIR(mode):
            return PipedInput(None)
    except OSError:
        return PipedInput(None)
    if not wait and not _readable(descriptor):
        return PipedInput(None, silent=True)
    pieces: list[bytes] = []
    size = 0
    told = False
    while size <= MOST_BYTES:
        try:
            if not told and not _readable(descriptor):
                told = True
                tell()
            wait_readable(descriptor)
            piece = os.read(descriptor, 1 << 16)
        except BlockingIOError:
            continue  # Another reader of the same pipe was faster.
        except OSError:
            # nohup gives a descriptor that cannot be read, a lost terminal gives EIO.
            return PipedInput(b"".join(pieces) or None)
        if not piece:
            return PipedInput(b"".join(pieces) or None)
        pieces.append(piece)
        size += len(piece)
    return PipedInput(None, too_long=True)


def _readable(descriptor: int) -> bool:
    ready, _, _ = select.select([descriptor], [], [], _PATIENCE_S)
    return bool(ready)
