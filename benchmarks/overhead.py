"""``ai-code x`` against the same Claude Code bare, on a stand-in of the API; our own memory and
processor time.

python benchmarks/overhead.py [--pairs N] [--claude PATH] [--aider PATH]
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from statistics import median

from pairs import in_turns, report, seconds
from scratch import OURS, Scratch, of_itself, options, stand_in

_API = ("ai_code.drill.anthropic", "--scenario", "talks-about-limits")
RATIO, DIFFERENCE_MS, MEMORY_MB = 1.15, 70.0, 45.0


def main() -> int:
    asked = options("What ai-code adds to Claude Code.", pairs=15).parse_args()
    with tempfile.TemporaryDirectory(prefix="ai-code-bench-") as folder:
        scratch = Scratch(Path(folder), asked.claude, asked.aider)
        with stand_in(*_API) as url:
            env = scratch.env(ANTHROPIC_BASE_URL=url)
            told = in_turns(
                lambda: seconds([*OURS, "x"], env, scratch.project),
                lambda: seconds([scratch.claude, "-p", "x"], env, scratch.project),
                asked.pairs,
            )
            itself = [of_itself(scratch, env, "x") for _ in range(5)]
    memory, worked = (median(each) for each in zip(*itself, strict=True))
    print(f"claude bare {median(told.base):.3f} s, ai-code {median(told.ours):.3f} s (medians)")
    ratio, difference_s = told.undisturbed
    print(f"(first quartiles: {ratio:.2f} ×, {1000 * difference_s:.0f} ms)")
    print(f"(processor time of ai-code itself: {1000 * worked:.0f} ms, some beside Claude)")
    results = [
        report("wall, ai-code / claude", told.ratio, RATIO, "×"),
        report("wall, ai-code − claude (pairs)", 1000 * told.difference_s, DIFFERENCE_MS, " ms"),
        report("peak memory of ai-code itself", memory, MEMORY_MB, " MB"),
    ]
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
