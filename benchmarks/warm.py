"""With notice: from Claude's limit to aider's first request to the model, against a cold aider's
start to that request, with the same options.

python benchmarks/warm.py [--pairs N] [--notice SECONDS] [--claude PATH] [--aider PATH]
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path
from statistics import median

from fallback import CLAUDE, Bench
from pairs import in_turns, report
from scratch import options

from ai_code.drill.ollama import OllamaStandIn

LIMIT = 0.5
_NOTICE_S = 12.0
_WARNING = {
    "type": "rate_limit_event",
    "rate_limit_info": {"status": "allowed_warning", "rateLimitType": "five_hour"},
}
_WARNS = """sys.stdin.read()
print({warning!r}, flush=True)
time.sleep({notice_s})
"""
"""Says that the limit is near, and works on for so long before it is met."""


def main() -> int:
    parser = options("With notice: from the limit to the model's first request.", pairs=7)
    parser.add_argument(
        "--notice", type=float, default=_NOTICE_S, help=f"seconds of it (default {_NOTICE_S:g})"
    )
    asked = parser.parse_args()
    warns = _WARNS.format(warning=json.dumps(_WARNING), notice_s=asked.notice)
    claude = CLAUDE.replace("sys.stdin.read()\n", warns.replace("{", "{{").replace("}", "}}"))
    with tempfile.TemporaryDirectory(prefix="ai-code-bench-") as folder, OllamaStandIn() as server:
        bench = Bench(Path(folder), asked.claude, asked.aider, server, says=claude)
        told = in_turns(bench.ours, bench.bare, asked.pairs)
    print(f"cold aider {median(told.base):.3f} s, ai-code {median(told.ours):.3f} s (medians)")
    name = "notice, limit → first request / cold aider"
    return 0 if report(name, told.ratio, LIMIT, " ×") else 1


if __name__ == "__main__":
    sys.exit(main())
