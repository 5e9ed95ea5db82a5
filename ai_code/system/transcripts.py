"""Claude Code's transcripts: ``<config>/projects/<folder, other signs → ->/<session>.jsonl``.

Written by Claude while it works, one row at a time; a session may be hundreds of megabytes.
"""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

from ai_code.core.claude_folders import sessions_folder
from ai_code.core.ports_sessions import Rows

MOST_BYTES = 16 << 20
"""Of the end of a transcript: some hundred turns, also with whole files in them."""
LONGEST_ROW = 4 << 20
_SESSION = re.compile(r"[0-9A-Za-z-]{1,64}")


class FileTranscripts:
    """See ``ai_code.core.ports_sessions.Transcripts``. ``config_dir`` is Claude's."""

    def __init__(self, config_dir: Path, most_bytes: int = MOST_BYTES) -> None:
        self._projects = config_dir / "projects"
        self._processes = config_dir / "sessions"
        self._most = most_bytes

    def find(self, cwd: Path, session_id: str) -> Path | None:
        if not _SESSION.fullmatch(session_id):
            return None
        name = f"{session_id}.jsonl"
        for folder in _names(cwd):
            path = self._projects / folder / name
            try:
                if path.is_file():
                    return path
            except OSError:
                continue
        try:
            return next(iter(sorted(self._projects.glob(f"*/{name}"))), None)
        except OSError:
            return None

    def session_of(self, pid: int) -> str:
        try:
            record = json.loads((self._processes / f"{pid}.json").read_bytes())
            session = record["sessionId"]
        except (OSError, ValueError, KeyError, TypeError):
            return ""
        return session if isinstance(session, str) and _SESSION.fullmatch(session) else ""

    def latest(self, cwd: Path, since: float = 0.0) -> Path | None:
        found: list[tuple[float, Path]] = []
        for folder in _names(cwd):
            try:
                with os.scandir(self._projects / folder) as entries:
                    found += [
                        (entry.stat().st_mtime, Path(entry.path))
                        for entry in entries
                        if _is_session(entry.name) and entry.is_file()
                    ]
            except OSError:
                continue
        fresh = [each for each in found if each[0] >= since]
        return max(fresh)[1] if fresh else None

    def tail(self, path: Path) -> Rows:
        try:
            with path.open("rb") as stream:
                size = stream.seek(0, os.SEEK_END)
                start = max(0, size - self._most)
                stream.seek(start)
                data = stream.read(self._most)
        except OSError:
            return Rows((), 0)
        if start:
            # The first line is the rest of one.
            data = data[data.find(b"\n") + 1 :] if b"\n" in data else b""
        return _rows(data, start + self._most if start else len(data), whole=not start)

    def after(self, path: Path, offset: int) -> Rows:
        try:
            with path.open("rb") as stream:
                size = stream.seek(0, os.SEEK_END)
                if size < offset:
                    # Another file in its place.
                    offset = 0
                stream.seek(offset)
                data = stream.read(self._most)
        except OSError:
            return Rows((), offset)
        end = data.rfind(b"\n") + 1
        if not end and len(data) == self._most:
            # One row that is longer than all that we read: it is passed over, piece by piece.
            return Rows((), offset + len(data), dropped=1)
        return _rows(data[:end], offset + end)


def _rows(data: bytes, end: int, whole: bool = True) -> Rows:
    lines = [line for line in data.split(b"\n") if line.strip()]
    kept = tuple(line for line in lines if len(line) <= LONGEST_ROW)
    return Rows(kept, end, whole, len(lines) - len(kept))


def _is_session(name: str) -> bool:
    """2.0.77 keeps its sub-agents' transcripts beside them, as ``agent-*.jsonl``."""
    return name.endswith(".jsonl") and not name.startswith("agent-")


def _names(cwd: Path) -> list[str]:
    """What Claude may call the folder: it goes by the path without links."""
    return list(dict.fromkeys(sessions_folder(str(path)) for path in (cwd.resolve(), cwd)))
