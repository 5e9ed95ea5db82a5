"""Claude's session, followed from outside: by the transcript that Claude writes of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from ai_code.core.task import Session
    from ai_code.engines.claude.rows import SessionRows
    from ai_code.flows.world import World

_FIRST_READ_BYTES = 16 << 20
"""Of a session that is gone on with: what is of this sitting stands at its end."""


class SessionWatch:
    """One sitting. ``id`` is the session that is on the screen: a person may clear it, or choose
    another one, at any time."""

    def __init__(self, world: World, session: Session) -> None:
        self._world = world
        self._since = world.clock.now()
        self._path: Path | None = None
        self._offset = 0
        self._is_told = False
        """Whether Claude keeps a record of its processes; older versions do not."""
        self.id = session.id
        self._rows: SessionRows | None = None

    @property
    def rows(self) -> SessionRows:
        """What was read of it. The reader is imported while Claude starts, not before."""
        if self._rows is None:
            from ai_code.engines.claude.rows import SessionRows

            self._rows = SessionRows(self._since)
        return self._rows

    def look(self, pid: int) -> None:
        """Reads what is new; ``pid`` is Claude's process."""
        told = self._world.transcripts.session_of(pid)
        self._is_told = self._is_told or bool(told)
        self._follow(told)

    def end(self) -> None:
        """The last rows, once Claude is gone."""
        self._follow("")

    def _follow(self, session: str) -> None:
        if not session and not self._is_told:
            session = self._newest()
        if session and session != self.id:
            self.id, self._path, self._rows = session, None, None
        self._read()

    def _newest(self) -> str:
        path = self._world.transcripts.latest(self._world.cwd, self._since)
        return path.stem if path else ""

    def _read(self) -> None:
        if self._path is None:
            self._path = self._world.transcripts.find(self._world.cwd, self.id)
            if self._path is None:
                return
            size = self._world.files.size(self._path) or 0
            self._offset = max(0, size - _FIRST_READ_BYTES)
        tz = self._world.clock.local_tz()
        while True:
            rows = self._world.transcripts.after(self._path, self._offset)
            for line in rows.lines:
                self.rows.feed(line, tz)
            if rows.end == self._offset:
                return
            self._offset = rows.end
