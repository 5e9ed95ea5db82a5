"""A download's progress: bytes over all files, speed over the last seconds, time left. Pure."""

from __future__ import annotations

from collections import deque

from ai_code.core.columns import GAP
from ai_code.core.ports import PullProgress
from ai_code.core.text import columns, fitting

_WINDOW_S = 10.0
_BAR = 10
_WIDTH = 79
"""The last column of a screen is left free: what stands in it may wrap."""


class Download:
    """Fed with each line of a pull and the time (monotonic seconds) it came at. ``total`` and
    ``done`` are bytes of all files known so far."""

    def __init__(self) -> None:
        self._totals: dict[str, int] = {}
        self._done: dict[str, int] = {}
        self._seen: deque[tuple[float, int]] = deque()
        self.status = ""

    def feed(self, line: PullProgress, now: float) -> None:
        self.status = line.status
        if not line.digest or not line.total:
            return
        new = line.digest not in self._totals
        self._totals[line.digest] = line.total
        self._done[line.digest] = max(line.completed, self._done.get(line.digest, 0))
        if new:
            # What was there already when we began is no speed of ours.
            self._seen.clear()
        self._seen.append((now, self.done))
        while len(self._seen) > 2 and now - self._seen[0][0] > _WINDOW_S:
            self._seen.popleft()

    @property
    def total(self) -> int:
        return sum(self._totals.values())

    @property
    def done(self) -> int:
        return sum(self._done.values())

    @property
    def share(self) -> float:
        """0 to 1."""
        return min(1.0, self.done / self.total) if self.total else 0.0

    @property
    def speed(self) -> float:
        """Bytes a second; 0 where it is not known yet."""
        if len(self._seen) < 2:
            return 0.0
        (first, before), (last, after) = self._seen[0], self._seen[-1]
        return max(0.0, (after - before) / (last - first)) if last > first else 0.0

    def line(self, name: str) -> str:
        """``name  ####......   43 %  2.0 of 4.7 GB  23 MB/s  2 min left``, within 79 columns: of
        a long name the beginning, so that the figures are whole."""
        short = name.rsplit("/", 1)[-1]
        if not self.total or self.done >= self.total:
            return f"{short}: {self.status}…"
        filled = int(self.share * _BAR)
        unit, name_of_unit = (1e9, "GB") if self.total >= 1e9 else (1e6, "MB")
        digits = 1 if unit == 1e9 else 0
        parts = [
            "#" * filled + "." * (_BAR - filled),
            f"{100 * self.share:3.0f} %",
            f"{self.done / unit:.{digits}f} of {self.total / unit:.{digits}f} {name_of_unit}",
        ]
        if speed := self.speed:
            parts += [
                f"{speed / 1e6:.0f} MB/s",
                f"{duration((self.total - self.done) / speed)} left",
            ]
        figures = GAP.join(parts)
        return fitting(short, _WIDTH - columns(figures) - len(GAP)) + GAP + figures


def duration(seconds: float) -> str:
    """``40 s``, ``3 min``, ``2 h 05 min``."""
    whole = int(seconds)
    if whole < 90:
        return f"{whole} s"
    minutes = round(whole / 60)
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60:02d} min"
