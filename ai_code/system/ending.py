"""The end of the process."""

from __future__ import annotations

import contextlib
import os
import sys
from typing import NoReturn


def leave(code: int) -> NoReturn:
    """Ends the process without Python's own tidying: 10 ms, for memory that goes anyway."""
    for stream in (sys.stdout, sys.stderr):
        # None where we were started with the descriptor closed. An output that cannot be
        # written was told before, where it could be: Python's own words would come on top.
        with contextlib.suppress(OSError, ValueError):
            if stream:
                stream.flush()
    os._exit(code)
