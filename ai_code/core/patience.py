"""Patience with limits that pass by themselves: floor and ceiling at once."""

from __future__ import annotations

_PAUSES_S = (2.0, 4.0, 6.0, 8.0)


class Patience:
    """Counts from the first failure that no answer followed. Before ``limit_s`` is spent a
    Claude that gave up is resumed; once it is spent its own retries are ended."""

    def __init__(self, limit_s: float) -> None:
        self._limit_s = limit_s
        self._since: float | None = None
        self._pauses = 0

    @property
    def tried(self) -> bool:
        """Something is failing right now."""
        return self._since is not None

    def failing(self, now: float) -> None:
        if self._since is None:
            self._since = now

    def recovered(self) -> None:
        self._since = None
        self._pauses = 0

    def left_s(self, now: float) -> float:
        """Seconds of patience left; all of it while nothing fails."""
        return self._limit_s if self._since is None else self._since + self._limit_s - now

    def spent(self, now: float) -> bool:
        return self._since is not None and self.left_s(now) <= 0

    def pause_s(self, now: float) -> float:
        """How long to wait before the next resumption; the last one falls on the very end."""
        pause = _PAUSES_S[min(self._pauses, len(_PAUSES_S) - 1)]
        self._pauses += 1
        return max(0.0, min(pause, self.left_s(now)))
