"""All benchmarks one after the other, their results as a page of the docs.

python benchmarks/all.py [--pairs N] [--only NAME …] [--out FILE]
"""

from __future__ import annotations

import argparse
import os
import platform
import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

HERE = Path(__file__).resolve().parent
PAGE = HERE.parent / "docs" / "benchmarks.md"
SCRIPTS = (
    "startup", "overhead", "server_down", "fallback", "claude_local", "warm", "passing",
    "workspace", "doctor", "status",
)  # fmt: skip
_ROW = re.compile(
    r"(?P<name>.+?) +(?P<value>-?\d+\.\d+)(?P<unit>.*?) +(?P<kind>limit|least) (?P<limit>.+?)"
    r" +(?P<verdict>PASS|over)"
)
"""A line of ``pairs.report``."""


class Result(NamedTuple):
    """One line that a benchmark printed. ``limit`` and ``verdict`` are empty for a line that
    only tells something."""

    script: str
    name: str
    value: str = ""
    limit: str = ""
    verdict: str = ""


def main() -> int:
    parser = argparse.ArgumentParser(description="Runs all benchmarks and writes docs/.")
    parser.add_argument("--pairs", help="how often; each benchmark has a number of its own")
    parser.add_argument("--only", nargs="+", choices=SCRIPTS, default=SCRIPTS, metavar="NAME")
    parser.add_argument("--out", type=Path, default=PAGE, help="the page (docs/benchmarks.md)")
    asked = parser.parse_args()
    busy = os.getloadavg()[0]
    results: list[Result] = []
    failed = []
    for script in asked.only:
        pairs = ["--pairs", asked.pairs] if asked.pairs else []
        argv = [sys.executable, str(HERE / f"{script}.py"), *pairs]
        done = subprocess.run(argv, stdout=subprocess.PIPE, text=True, check=False)
        print(done.stdout, end="", flush=True)
        results += results_of(script, done.stdout.splitlines())
        failed += [script] if done.returncode else []
    asked.out.write_text(page(results, busy), encoding="utf-8")
    print(f"written: {asked.out.name}" + (f"; over or failed: {', '.join(failed)}" * bool(failed)))
    return 1 if failed else 0


def results_of(script: str, lines: Sequence[str]) -> Iterator[Result]:
    """The results among the lines that a benchmark printed."""
    for line in lines:
        if found := _ROW.fullmatch(line):
            value = f"{found['value']}{found['unit']}"
            at_least = "at least " if found["kind"] == "least" else ""
            yield Result(script, found["name"], value, at_least + found["limit"], found["verdict"])
        elif line.strip():
            aside = line.startswith("(") and line.endswith(")")
            yield Result(script, line[1:-1] if aside else line.strip())


def page(results: Sequence[Result], busy: float) -> str:
    """The page in Markdown: a table of what has a limit, a list of the rest."""
    date = datetime.now(UTC).date().isoformat()
    rows = [
        f"| `{each.script}.py` | {each.name} | {each.value} | {each.limit} | {each.verdict} |"
        for each in results
        if each.verdict
    ]
    told = [f"- `{each.script}.py`: {each.name}" for each in results if not each.verdict]
    lines = (
        "# Benchmarks: the last results",
        "",
        "Written by `benchmarks/all.py`; what is measured, and why: "
        "[the benchmarks](../benchmarks/README.md).",
        "",
        f"{date}, {os.cpu_count()} cores, Python {platform.python_version()}; "
        f"load average when it began {busy:.1f}.",
        "",
        "A difference of times (−) is the median of what each pair differs by, not the difference "
        "of the two medians: on a busy machine the two lie apart.",
        "",
        "| Script | What | Measured | Limit | |",
        "|---|---|---|---|---|",
        *rows,
        "",
        "Beside that:",
        "",
        *told,
    )
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.exit(main())
