"""The process's own standard streams, where they fail or are closed."""

from __future__ import annotations

import os
import sys


def silence_stdout() -> None:
    """What could not be written would fail once more when Python ends, with its own words and
    an exit code of its own (120)."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def stdout_fails(error: OSError) -> bool:
    """Whether it was standard output that could not be written. What failed there is mostly
    still in its buffer, and fails again; a text larger than the buffer is not, and then it was
    click's ``echo`` that wrote it."""
    try:
        if sys.stdout:
            sys.stdout.flush()
    except OSError:
        return True
    last = error.__traceback__
    while last is not None and last.tb_next is not None:
        last = last.tb_next
    return last is not None and last.tb_frame.f_globals.get("__name__") == "click.utils"


def fill_closed_descriptors() -> None:
    """Started with ``2>&-``: else the next file that is opened would become standard error."""
    while (descriptor := os.open(os.devnull, os.O_RDWR)) <= 2:
        pass
    os.close(descriptor)
