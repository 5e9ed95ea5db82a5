"""The process's own standard streams, where they fail or are closed."""

from __future__ import annotations

import os
import sys


def silence_stdout() -> None:
    """What could not be written would fail once more when Python ends, with its own words and
    an exit code of its own (120)."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def stdout_fails() -> bool:
    """Whether it was standard output that could not be written: what failed there is still in
    its buffer, and fails again."""
    try:
        if sys.stdout:
            sys.stdout.flush()
    except OSError:
        return True
    return False


def fill_closed_descriptors() -> None:
    """Started with ``2>&-``: else the next file that is opened would become standard error."""
    while (descriptor := os.open(os.devnull, os.O_RDWR)) <= 2:
        pass
    os.close(descriptor)
