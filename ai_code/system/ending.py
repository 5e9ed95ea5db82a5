"""The end of the process."""

from __future__ import annotations

import os
import sys
from typing import NoReturn


def leave(code: int) -> NoReturn:
    """Ends the process without Python's own tidying: 10 ms, for memory that goes anyway."""
    try:
        for stream in (sys.stdout, sys.stderr):
            if stream:
                # None where we were started with the descriptor closed.
                stream.flush()
    except (OSError, ValueError):
        # Python knows how to complain about an output that cannot be written.
        sys.exit(code)
    os._exit(code)
