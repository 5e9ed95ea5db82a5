"""``ai-code --version`` against ``python -c pass`` of the same Python.

python benchmarks/startup.py [--pairs N]
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from pairs import in_turns, report, seconds
from scratch import options

LIMIT = 4.0


def main() -> int:
    asked = options("How long ai-code takes to start.", pairs=25).parse_args()
    program = Path(sys.executable).parent / "ai-code"
    if not program.exists():
        raise SystemExit(f"there is no {program}\nhint: run this with .venv/bin/python")
    env = {"PATH": os.environ["PATH"], "LANG": "C.UTF-8", "HOME": os.environ.get("HOME", "/")}
    here = Path.cwd()
    told = in_turns(
        lambda: seconds([str(program), "--version"], env, here),
        lambda: seconds([sys.executable, "-c", "pass"], env, here),
        asked.pairs,
    )
    return 0 if report("--version / python -c pass", told.ratio, LIMIT, "×") else 1


if __name__ == "__main__":
    sys.exit(main())
