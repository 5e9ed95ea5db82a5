"""Claude at its limit and no Ollama: how soon after the limit the clear error is there.

python benchmarks/server_down.py [--pairs N] [--claude PATH] [--aider PATH]
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

from pairs import report
from scratch import OURS, Scratch, options

from ai_code.drill import scenarios
from ai_code.drill.anthropic import AnthropicStandIn
from ai_code.drill.ollama import OllamaStandIn

LIMIT_S = 1.0
TRY_LATER = 75


def main() -> int:
    asked = options("Seconds from the limit to the error without Ollama.", pairs=7).parse_args()
    with tempfile.TemporaryDirectory(prefix="ai-code-bench-") as folder:
        scratch = Scratch(Path(folder), asked.claude, asked.aider)
        closed = scenarios.closed_url()
        refused = [after_limit(scratch, closed) for _ in range(asked.pairs + 1)][1:]
        with OllamaStandIn(hang_on=["/api/tags"]) as silent:
            hanging = [after_limit(scratch, silent.url) for _ in range(asked.pairs)]
    good = report("nobody listens, after the limit", median(refused), LIMIT_S, " s")
    print(f"(something listens and never answers: {median(hanging):.2f} s)")
    return 0 if good else 1


def after_limit(scratch: Scratch, ollama: str) -> float:
    """Seconds from the request that the API answered with the limit to the end of ai-code;
    Claude's own way out is in it."""
    with AnthropicStandIn(scenarios.session()) as api:
        done = subprocess.run(
            [*OURS, "x"],
            env=scratch.env(ANTHROPIC_BASE_URL=api.url, OLLAMA_HOST=ollama),
            cwd=scratch.project,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
        )
        ended = time.monotonic()
        told = done.stderr.decode("utf-8", "replace")
        if done.returncode != TRY_LATER or "hint: " not in told:
            raise SystemExit(f"ai-code ended with {done.returncode}:\n{told}")
        return ended - api.main_requests[-1].at


if __name__ == "__main__":
    sys.exit(main())
