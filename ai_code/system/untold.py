"""In which trees a local engine has worked and Claude was not told yet: one small file each, so
that a run's start costs one look at a name."""

from __future__ import annotations

import json
import re
import zlib
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from ai_code.system.files import private_folder, write_whole

if TYPE_CHECKING:
    from ai_code.core.ports_sessions import Notes

_VERSION = 1
_MOST_GIVEN, _MOST_TOLD = 16, 300


class UntoldTrees:
    """See ``ai_code.core.ports_sessions.Untold``."""

    def __init__(self, state_dir: Path) -> None:
        self._folder = state_dir / "untold"

    def has(self, root: Path) -> bool:
        return self._path(root).exists()

    def mark(self, root: Path) -> None:
        private_folder(self._folder)
        self._path(root).touch(mode=0o600)

    def clear(self, root: Path) -> None:
        with suppress(OSError):
            self._path(root).unlink(missing_ok=True)

    def notes(self, root: Path) -> Notes:
        from ai_code.core.ports_sessions import Given, Notes

        try:
            content = json.loads(self._notes_path(root).read_text("utf-8"))
            given = [
                Given(Path(path), int(offset), float(at), tuple(map(str, runs)))
                for path, offset, at, runs in content["given"]
            ]
            return Notes(tuple(given), tuple(map(str, content["told"])))
        except (OSError, ValueError, KeyError, TypeError, RecursionError):
            # All that is lost: something is told twice.
            return Notes()

    def keep(self, root: Path, notes: Notes) -> None:
        private_folder(self._folder)
        value = {
            "version": _VERSION,
            "given": [
                [str(each.transcript), each.offset, each.at, list(each.runs)]
                for each in notes.given[-_MOST_GIVEN:]
            ],
            "told": list(notes.told[-_MOST_TOLD:]),
        }
        write_whole(self._notes_path(root), json.dumps(value).encode("utf-8", "replace"))

    def _notes_path(self, root: Path) -> Path:
        return self._path(root).with_suffix(".json")

    def _path(self, root: Path) -> Path:
        text = str(root)
        name = re.sub(r"[^0-9A-Za-z]", "-", text)[-100:]
        number = zlib.crc32(text.encode("utf-8", "surrogateescape"))
        return self._folder / f"{name}-{number:08x}"
