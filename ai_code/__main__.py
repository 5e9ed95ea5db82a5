"""The program's entrance. What needs no import is answered before any."""

from __future__ import annotations

import gc
import sys


def main() -> None:
    """``ai-code`` as installed; never returns."""
    if sys.argv[1:] in (["--version"], ["-V"]):
        from ai_code import __version__

        print(f"ai-code {__version__}")  # noqa: T201  the fastest way there is
        sys.exit(0)
    # Imports make no garbage: looking for some every 700 objects costs 5 ms.
    gc.set_threshold(50_000)
    from ai_code.app import run
    from ai_code.system.ending import leave

    leave(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
