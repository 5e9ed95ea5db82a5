"""``ai-code doctor`` beside ``python -c pass``: all checks, with the real Claude Code and aider and
a stand-in of Ollama with a loaded model.

python benchmarks/doctor.py [--pairs N] [--claude PATH] [--aider PATH]
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from statistics import median

from pairs import in_turns, report, seconds
from scratch import OURS, ROOT, Scratch, options

from ai_code.drill.models import FakeModel
from ai_code.drill.ollama import OllamaStandIn

LIMIT_S = 1.5
MODEL = FakeModel("deepseek-coder:6.7b", size=50_000_000, layers=4, embedding_length=256,
                  head_count=4, head_count_kv=4)  # fmt: skip


def main() -> int:
    asked = options("How long the doctor takes.", pairs=15).parse_args()
    with tempfile.TemporaryDirectory(prefix="ai-code-bench-") as folder:
        scratch = Scratch(Path(folder), asked.claude, asked.aider)
        with OllamaStandIn([MODEL]) as server:
            server.loaded = {MODEL.tag: 16384}
            env = scratch.env(OLLAMA_HOST=server.url, PYTHONPATH=str(ROOT))
            # Once for nothing: then versions are asked for, which afterwards are known.
            told = in_turns(
                lambda: seconds([*OURS, "doctor"], env, scratch.project),
                lambda: seconds([sys.executable, "-c", "pass"], env, scratch.project),
                asked.pairs,
            )
    good = report("doctor − python -c pass", told.difference_s, LIMIT_S, " s")
    print(f"(the doctor alone: {median(told.ours):.2f} s)")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
