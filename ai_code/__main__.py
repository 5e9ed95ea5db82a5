"""The program's entrance. What needs no import is answered before any."""

from __future__ import annotations

import gc
import signal
import sys


def main() -> None:
    """``ai-code`` as installed; never returns."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        # Until there is somebody who obeys it, Ctrl-C ends us as any program, without a traceback.
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    if sys.argv[1:] in (["--version"], ["-V"]):
        from ai_code import __version__

        try:
            print(f"ai-code {__version__}", flush=True)  # noqa: T201  the fastest way there is
        except BrokenPipeError:
            from ai_code.system.streams import silence_stdout

            silence_stdout()
            sys.exit(128 + 13)
        except OSError as error:
            from ai_code.app import stdout_failed

            sys.exit(stdout_failed(error))
        sys.exit(0)
    # Imports make no garbage: looking for some every 700 objects costs 5 ms.
    gc.set_threshold(50_000)
    from ai_code.app import run
    from ai_code.system.ending import leave

    leave(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
