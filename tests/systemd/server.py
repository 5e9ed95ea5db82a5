"""``ollama`` in these tests: the stand-in as a server of the person's, with ways to end.

SIGUSR1 ends it with 3, SIGUSR2 with 0; a signal that kills does what it does.
"""

from __future__ import annotations

import os
import signal
import sys
import time

from ai_code.drill.models import PRESETS
from ai_code.drill.ollama import OllamaStandIn

GAP_S = 0.05
"""Between the lines of a download."""


def main() -> int:
    if sys.argv[1:] != ["serve"]:
        sys.stderr.write(f"Error: unknown command {sys.argv[1:]}\n")
        return 1
    host, _, port = os.environ.get("OLLAMA_HOST", "127.0.0.1:11434").rpartition(":")
    assert host == "127.0.0.1", host
    signal.signal(signal.SIGUSR1, lambda *_: os._exit(3))
    signal.signal(signal.SIGUSR2, lambda *_: os._exit(0))
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    gap = float(os.environ.get("GAP_S", GAP_S))
    server = OllamaStandIn(
        [],
        port=int(port),
        pull_gap_s=gap,
        pull_error=os.environ.get("PULL_ERROR"),
        pullable=tuple(PRESETS.values()),
    )
    try:
        server.__enter__()
    except OSError:
        where = f"listen tcp {host}:{port}: bind: address already in use"
        sys.stderr.write(f"Error: {where}\n")
        return 1
    sys.stderr.write(f"Listening on {host}:{port}\n")
    while True:
        time.sleep(60)


if __name__ == "__main__":
    sys.exit(main())
