"""A stand-in as a process of its own (benchmarks, a hand test): prints its url, then serves."""

from __future__ import annotations

import argparse
import contextlib
import signal
import sys
from collections.abc import Callable, Sequence

from ai_code.drill.serving import StandIn


def serve(
    make: Callable[[str, int], StandIn],
    scenarios: Sequence[str],
    arguments: Sequence[str] | None = None,
) -> int:
    """Parses ``--scenario NAME --port N``, prints the url on the first line and serves until
    SIGTERM or SIGINT. Returns the exit status."""
    parser = argparse.ArgumentParser(description="A loopback stand-in, for tests.")
    parser.add_argument("--scenario", choices=scenarios, default=scenarios[0])
    parser.add_argument("--port", type=int, default=0)
    chosen = parser.parse_args(arguments)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with contextlib.suppress(KeyboardInterrupt), make(chosen.scenario, chosen.port) as server:
        sys.stdout.write(f"{server.url}\n")
        sys.stdout.flush()
        server.closing.wait()
    return 0
