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
from statistics import median, quantiles


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
    def undisturbed(self) -> tuple[float, float]:
        """Ratio, and difference in seconds, of the first quartiles: what is left of it where
        others use the machine now and then."""
        if len(self.ours) < 4:
            return self.ratio, self.difference_s
        ours, base = quantiles(self.ours)[0], quantiles(self.base)[0]
        return ours / base, ours - base

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


def seconds(
    argv: Sequence[str], env: Mapping[str, str], cwd: Path, *, code: int = 0, drop: bool = False
) -> float:
    """Wall time of one command without input. Ends the benchmark where its exit code is wrong.
    ``drop``: its standard output goes to /dev/null, for outputs that nobody wants to hold."""
    stdout = subprocess.DEVNULL if drop else subprocess.PIPE
    started = time.perf_counter()
    done = subprocess.run(
        argv,
        env=env,
        cwd=cwd,
        stdin=subprocess.DEVNULL,
        stdout=stdout,
        stderr=subprocess.PIPE,
        check=False,
    )
    wall = time.perf_counter() - started
    if done.returncode != code:
        told = ((done.stdout or b"") + done.stderr).decode("utf-8", "replace")[-2000:]
        raise SystemExit(f"{argv[0]} ended with {done.returncode}, not {code}:\n{told}")
    return wall


def report(name: str, value: float, limit: float, unit: str = "") -> bool:
    """One line: what was measured, its limit, PASS or over."""
    return _line(name, value, f"limit {limit:g}{unit}", unit, value <= limit)


def report_least(name: str, value: float, least: float, unit: str = "") -> bool:
    """The same for a value that must not be smaller."""
    return _line(name, value, f"least {least:g}{unit}", unit, value >= least)


def _line(name: str, value: float, limit: str, unit: str, good: bool) -> bool:
    print(f"{name:<42}{value:>9.2f}{unit:<5} {limit:<14} {'PASS' if good else 'over'}", flush=True)
    return good
