"""Claude's own record of its conversations, as flows see it. Read only."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple, Protocol


class Rows(NamedTuple):
    """Lines of a transcript in their order, without newline. ``end`` is the offset in bytes up to
    which they were read; ``whole`` False where only the end of a large file was looked at;
    ``dropped`` counts lines that were too long to be read."""

    lines: tuple[bytes, ...]
    end: int
    whole: bool = True
    dropped: int = 0


class Given(NamedTuple):
    """A note on some runs that a hook gave to a session of plain Claude: whether Claude answered
    since is found in its transcript, whose first ``offset`` bytes were there before. ``at`` is an
    epoch."""

    transcript: Path
    offset: int
    at: float
    runs: tuple[str, ...]


class Notes(NamedTuple):
    """What hooks did for a tree: notes that nobody knows the fate of, and runs that Claude has
    read of."""

    given: tuple[Given, ...] = ()
    told: tuple[str, ...] = ()


class Untold(Protocol):
    """Trees in which a local engine has worked and Claude was not told yet."""

    def has(self, root: Path) -> bool: ...
    def mark(self, root: Path) -> None:
        """Raises OSError."""

    def clear(self, root: Path) -> None: ...
    def notes(self, root: Path) -> Notes: ...
    def keep(self, root: Path, notes: Notes) -> None:
        """Raises OSError."""


class Transcripts(Protocol):
    """Files of one line of JSON for each row, one file for each session."""

    def find(self, cwd: Path, session_id: str) -> Path | None:
        """The transcript of a session, which may have begun in another folder."""

    def session_of(self, pid: int) -> str:
        """The session that a running Claude shows, by Claude's own record of its processes; empty
        where it keeps none (2.0.77) or the process is gone."""

    def latest(self, cwd: Path, since: float = 0.0) -> Path | None:
        """The transcript of ``cwd`` that was written last, not before ``since`` (epoch); none of a
        sub-agent's."""

    def tail(self, path: Path) -> Rows:
        """Its last rows, in bounded memory however large it is. Nothing where it cannot be
        read."""

    def after(self, path: Path, offset: int) -> Rows:
        """The whole rows that were written after ``offset``; a row that is still being written
        comes with the next call."""
