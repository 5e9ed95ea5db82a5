"""Bytes in arbitrary pieces, made into lines and tails of bounded size."""

from __future__ import annotations

LONGEST_LINE = 8 * 1024 * 1024
"""A tool result can carry a whole file; what is longer is dropped, and counted."""


class LineBuffer:
    """Splits at newlines. Never holds more than ``longest`` bytes of an unfinished line."""

    def __init__(self, longest: int = LONGEST_LINE) -> None:
        self._longest = longest
        self._rest = bytearray()
        self._dropping = False
        self.dropped = 0

    @property
    def rest(self) -> bytes:
        """The line that has no end yet."""
        return bytes(self._rest)

    def feed(self, data: bytes) -> list[bytes]:
        """The lines that ``data`` completes, without their newline."""
        first, *others = data.split(b"\n")
        self._add(first)
        lines: list[bytes] = []
        for piece in others:
            if line := self._end():
                lines.append(line)
            self._add(piece)
        return lines

    def take_rest(self) -> bytes:
        """The last line, where the output ended without a newline."""
        return self._end()

    def _add(self, piece: bytes) -> None:
        if self._dropping:
            return
        if len(self._rest) + len(piece) > self._longest:
            self._dropping = True
            self.dropped += 1
            self._rest = bytearray()
        else:
            self._rest += piece

    def _end(self) -> bytes:
        self._dropping = False
        line, self._rest = bytes(self._rest), bytearray()
        return line


class Tail:
    """The last ``size`` bytes of a stream."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._data = b""

    def feed(self, data: bytes) -> None:
        self._data = (self._data + data)[-self._size :]

    @property
    def text(self) -> str:
        return self._data.decode("utf-8", "replace")


class Head:
    """The first ``size`` bytes of a text that comes line by line; ``whole`` while none was
    left out."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._data = bytearray()
        self.whole = True

    def add_line(self, line: bytes) -> None:
        room = self._size - len(self._data)
        self.whole = self.whole and len(line) < room
        self._data += (line + b"\n")[: max(room, 0)]

    @property
    def text(self) -> str:
        return self._data.decode("utf-8", "replace")
