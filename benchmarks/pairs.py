"""Two commands side by side: medians, their ratio, and whether it keeps within a limit.

On a busy machine seconds mean little. What is compared runs in turns (A B, B A, A B …), so that
whatever else the machine does falls on both.
"""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median


@dataclass(frozen=True, slots=True)
class Pairs:
    """Seconds of each pair: ``ours`` and the ``base`` that ran beside it."""

    ours: tuple[float, ...]
    base: tuple[float, ...]

    @property
    def ratio(self) -> float:
        """Of the medians."""
        return median(self.ours) / median(self.base)

    @property
    def difference_s(self) -> float:
        """Median of the pairs' differences."""
        return median(ours - base for ours, base in zip(self.ours, self.base, strict=True))


def in_turns(ours: Callable[[], float], base: Callable[[], float], count: int) -> Pairs:
    """Runs both once for nothing, then ``count`` pairs, each beginning with the other one."""
    ours()
    base()
    rows: list[tuple[float, float]] = []
    for number in range(count):
        if number % 2:
            second = base()
            rows.append((ours(), second))
        else:
            first = ours()
            rows.append((first, base()))
    return Pairs(tuple(row[0] for row in rows), tuple(row[1] for row in rows))


def seconds(argv: Sequence[str], env: Mapping[str, str], cwd: Path, *, code: int = 0) -> float:
    """Wall time of one command without input. Ends the benchmark where its exit code is wrong."""
    started = time.perf_counter()
    done = subprocess.run(
        argv, env=env, cwd=cwd, stdin=subprocess.DEVNULL, capture_output=True, check=False
    )
    wall = time.perf_counter() - started
    if done.returncode != code:
        told = (done.stdout + done.stderr).decode("utf-8", "replace")[-2000:]
        raise SystemExit(f"{argv[0]} ended with {done.returncode}, not {code}:\n{told}")
    return wall


def report(name: str, value: float, limit: float, unit: str = "") -> bool:
    """One line: what was measured, its limit, PASS or over."""
    good = value <= limit
    print(f"{name:<34}{value:>9.2f}{unit:<4} limit {limit:g}{unit:<4} {'PASS' if good else 'over'}")
    return good
