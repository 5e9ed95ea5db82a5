"""``ai-code status`` against ``python -c pass``, where Ollama answers and where nobody does.

python benchmarks/status.py [--pairs N] [--claude PATH] [--aider PATH]
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from pairs import in_turns, report, seconds
from scratch import OURS, ROOT, Scratch, options, stand_in

from ai_code.drill import scenarios

LIMIT_MS = 150.0


def main() -> int:
    asked = options("What a look at the status costs.", pairs=25).parse_args()
    results = []
    with tempfile.TemporaryDirectory(prefix="ai-code-bench-") as folder:
        scratch = Scratch(Path(folder), asked.claude, asked.aider)
        with stand_in("ai_code.drill.ollama") as url:
            results.append(measured(scratch, "status, Ollama answers", asked.pairs, url))
        closed = scenarios.closed_url()
        results.append(measured(scratch, "status, nobody listens", asked.pairs, closed))
        results.append(measured(scratch, "status --short", asked.pairs, closed, "--short"))
    return 0 if all(results) else 1


def measured(scratch: Scratch, name: str, pairs: int, ollama: str, *more: str) -> bool:
    env = scratch.env(OLLAMA_HOST=ollama, PYTHONPATH=str(ROOT))
    told = in_turns(
        lambda: seconds([*OURS, "status", *more], env, scratch.project),
        lambda: seconds([sys.executable, "-c", "pass"], env, scratch.project),
        pairs,
    )
    print(f"({name}, first quartiles: {1000 * told.undisturbed[1]:.0f} ms)")
    return report(f"{name} − python -c pass", 1000 * told.difference_s, LIMIT_MS, " ms")


if __name__ == "__main__":
    sys.exit(main())
