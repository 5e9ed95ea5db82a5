"""Time, as the port wants it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import tzinfo


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
        # Here: nobody asks before Claude works, and until then dates are not imported.
        from ai_code.system.local_zone import LocalZone

        return LocalZone(self._tz)
