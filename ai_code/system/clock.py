"""Time, as the port wants it."""

from __future__ import annotations

import time
from datetime import datetime, tzinfo


class SystemClock:
    """The machine's clocks; ``tz`` is the environment's TZ. ``sleep`` ends early only by a
    signal that raises."""

    def __init__(self, tz: str = "") -> None:
        self._tz = tz.removeprefix(":")

    def now(self) -> float:
        return time.time()

    def monotonic(self) -> float:
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        time.sleep(max(0.0, seconds))

    def local_tz(self) -> tzinfo:
        zone = _named_zone(self._tz)
        if zone is not None:
            return zone
        local = datetime.now().astimezone().tzinfo
        assert local is not None
        return local


def _named_zone(name: str) -> tzinfo | None:
    """The zone by name, which knows summer time for other days than today."""
    from pathlib import Path
    from zoneinfo import ZoneInfo

    if not name:
        parts = str(Path("/etc/localtime").resolve()).split("/zoneinfo/", 1)
        name = parts[1] if len(parts) == 2 else ""
    try:
        return ZoneInfo(name) if name else None
    except (ValueError, OSError):
        return None
