"""Reads Claude Code's stream of events as it comes: events for the screen, and what the judge
needs to know at the end. Pure, incremental, of bounded memory."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Literal

from ai_code.core.events import Event, RawEvent
from ai_code.engines.claude.fields import json_object
from ai_code.engines.claude.lines import LONGEST_LINE, Head, LineBuffer, Tail
from ai_code.engines.claude.observed import Observed
from ai_code.engines.claude.stream import Stream
from ai_code.engines.claude.terminal import plain_text

_STDERR_KEPT = 16 * 1024
_PLAIN_KEPT = 64 * 1024
_USER_LINE = b'{"type":"user"'
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


class ClaudeReader:
    """Feed it bytes in any pieces; ask ``observed`` at any time.

    ``describe_reset`` makes words of a reset's epoch for the early warning; without it the
    warning names no time. Files in ``folder`` are told without it.
    """

    def __init__(
        self,
        describe_reset: Callable[[int], str] | None = None,
        longest_line: int = LONGEST_LINE,
        folder: str = "",
    ) -> None:
        self._lines = LineBuffer(longest_line)
        self._stderr = Tail(_STDERR_KEPT)
        self._plain = Head(_PLAIN_KEPT)
        self._describe_reset = describe_reset
        self._stream = Stream(describe_reset, folder)
        self._events = 0

    def feed(self, channel: Literal["out", "err"], data: bytes) -> list[Event]:
        """The events that ``data`` completes, in order."""
        if channel == "err":
            self._stderr.feed(data)
            return []
        return [event for line in self._lines.feed(data) for event in self._line(line)]

    def finish(self) -> list[Event]:
        """The events of a last line that came without its newline."""
        return self._line(self._lines.take_rest())

    @property
    def observed(self) -> Observed:
        """What is known so far; an unfinished last line counts as if it ended here."""
        rest = self._lines.rest
        if not rest.strip():
            return self._snapshot()
        ended = copy.copy(self)
        ended._plain = copy.deepcopy(self._plain)
        # The state is copied, not whoever makes words of a reset: behind it is the whole world.
        shared = {id(self._describe_reset): self._describe_reset}
        ended._stream = copy.deepcopy(self._stream, shared)
        ended._line(rest)
        return ended._snapshot()

    def _line(self, line: bytes) -> list[Event]:
        line = line.strip(b"\r\0").removeprefix(_BYTE_ORDER_MARK)
        if not line.strip():
            return []
        if line.startswith(_USER_LINE):
            self._events += 1
            return [*self._stream.user_line(line), RawEvent(line)]
        event = json_object(line) if line.lstrip().startswith(b"{") else None
        if event is None:
            self._plain.add_line(line)
            return []
        self._events += 1
        final = event["type"] == "result"
        return [*self._stream.event(event, line), RawEvent(line, final=final)]

    def _snapshot(self) -> Observed:
        return self._stream.observed(
            events=self._events,
            dropped_lines=self._lines.dropped,
            plain=plain_text(self._plain.text),
            plain_whole=self._plain.whole,
            stderr_tail=plain_text(self._stderr.text),
        )
