"""The lines that a program prints in a drill, each with the moment it came."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ai_code.core.exits import EndedBy
    from ai_code.core.ports import OutputChannel


class Lines:
    """Listens to one program. ``tell`` gets each line of stderr as it comes, ``tick`` the seconds
    that it has run, now and then."""

    def __init__(
        self,
        tell: Callable[[str], None] = lambda _: None,
        tick: Callable[[float], None] = lambda _: None,
    ) -> None:
        self._tell = tell
        self._tick = tick
        self._rest = b""
        self.stdout = b""
        self.lines: list[tuple[float, str]] = []

    def started(self) -> None:
        """See ``core.ports.Listener``."""

    def output(self, channel: OutputChannel, data: bytes) -> None:
        """Keeps stdout whole, and stderr by lines."""
        if channel == "out":
            self.stdout += data
            return
        *whole, self._rest = (self._rest + data).split(b"\n")
        for line in whole:
            self._take(line)

    def tick(self, elapsed_s: float, silence_s: float) -> EndedBy | None:
        """Nothing ends it but its deadline."""
        self._tick(elapsed_s)
        return None

    def finish(self) -> None:
        """The last line may have no end."""
        if self._rest:
            self._take(self._rest)
            self._rest = b""

    @property
    def text(self) -> str:
        """All of stderr."""
        return "\n".join(line for _, line in self.lines)

    def _take(self, line: bytes) -> None:
        text = line.decode("utf-8", "replace")
        self.lines.append((time.monotonic(), text))
        self._tell(text)
