"""The disk that Ollama's models lie on: what a download may take, and what makes room. Pure."""

from __future__ import annotations

import shlex
from typing import NamedTuple

from ai_code.core.memory import gb

SPARE = 500_000_000
"""Bytes that a disk should have left: a full one ends more than a download."""
_OTHER_DISK = "or OLLAMA_MODELS=FOLDER on another disk, for Ollama and for ai-code"


class DiskRoom(NamedTuple):
    """``free`` bytes where ``folder`` lies, or would lie; ``nearest`` is the folder itself, or the
    nearest above it that is there: what ``df`` takes."""

    free: int
    folder: str
    nearest: str

    def holds(self, size: int) -> bool:
        """Whether a download of so many bytes has room; one whose size nobody knows has."""
        return size <= 0 or size + SPARE <= self.free

    @property
    def told(self) -> str:
        """What is free, and where."""
        return f"{gb(self.free)} are free in {self.folder}"

    def command(self, *, installed: bool) -> str:
        """What helps to make room: something of what is ``installed`` can go; else something
        else fills the disk."""
        return "ai-code models list" if installed else shlex.join(["df", "-h", self.nearest])

    def mend(self, *, installed: bool) -> str:
        """The same as a hint, with what to do then."""
        about = "then: ai-code models rm NAME" if installed else "make room"
        return f"{self.command(installed=installed)}   ({about}; {_OTHER_DISK})"
