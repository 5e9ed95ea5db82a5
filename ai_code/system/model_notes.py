"""What was measured of models, in one small file of the state folder."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeVar

from ai_code.core.memory import ELEMENT_BYTES, KvType
from ai_code.core.model_notes import ExamResult, MeasuredNeed
from ai_code.system.files import write_whole
from ai_code.system.locks import file_lock

_VERSION = 1
_MOST = 500
"""Of each kind; the oldest go first."""

N = TypeVar("N", MeasuredNeed, ExamResult)


class FileModelNotes:
    """See ``ai_code.core.model_notes.ModelNotes``. JSON of mode 0600, written whole, each change
    under a lock. A file that cannot be read as ours counts as empty: all in it can be measured
    anew. Remembering raises OSError (disk full, read-only folder)."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def need(self, digest: str, context: int, kv_type: KvType) -> MeasuredNeed | None:
        for note in reversed(self._rows("needs", MeasuredNeed)):
            if (note.digest, note.context, note.kv_type) == (digest, context, kv_type):
                return note
        return None

    def remember_need(self, need: MeasuredNeed) -> None:
        self._add("needs", need, lambda row: (row.digest, row.context, row.kv_type))

    def exam(self, digest: str, engine: str = "aider") -> ExamResult | None:
        found = [each for each in self.exams() if (each.digest, each.engine) == (digest, engine)]
        return found[-1] if found else None

    def exams(self) -> Sequence[ExamResult]:
        return self._rows("exams", ExamResult)

    def remember_exam(self, result: ExamResult) -> None:
        self._add("exams", result, lambda row: (row.digest, row.engine, row.edit_format))

    def _add(self, kind: str, note: Any, key: Any) -> None:
        with file_lock(self._path):
            needs, exams = self._rows("needs", MeasuredNeed), self._rows("exams", ExamResult)
            kept: dict[str, list[Any]] = {"needs": [*needs], "exams": [*exams]}
            rows = [row for row in kept[kind] if key(row) != key(note)]
            kept[kind] = [*rows, note][-_MOST:]
            content = {"version": _VERSION} | {
                name: [row._asdict() for row in rows] for name, rows in kept.items()
            }
            write_whole(self._path, json.dumps(content, indent=1).encode())

    def _rows(self, kind: str, form: type[N]) -> list[N]:
        try:
            content = json.loads(self._path.read_text("utf-8"))
        except (OSError, ValueError, RecursionError):
            return []
        rows = content.get(kind) if isinstance(content, dict) else None
        notes = [_note(row, form) for row in rows] if isinstance(rows, list) else []
        return [note for note in notes if note is not None]


def _note(row: Any, form: type[N]) -> N | None:
    """One stored row, or None where it is not of our form."""
    if not isinstance(row, dict) or row.get("kv_type", "f16") not in ELEMENT_BYTES:
        return None
    texts = {"digest", "name", "edit_format", "kv_type", "engine"}
    # What older versions did not write has its default.
    row = {**form._field_defaults, **row}
    for field in form._fields:
        value = row.get(field)
        wanted = str if field in texts else (int, float)
        if not isinstance(value, wanted) or isinstance(value, bool):
            return None
    return form(**{field: row[field] for field in form._fields})
