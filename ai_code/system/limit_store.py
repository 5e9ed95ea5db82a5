"""What is known of limits, in one small file of the state folder."""

from __future__ import annotations

import json
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ai_code.core.verdict import LimitKind
from ai_code.system.files import write_whole

if TYPE_CHECKING:
    from ai_code.core.known_limits import KnownLimit
    from ai_code.core.verdict import LimitReached

_VERSION = 1
_EVIDENCE_KEPT = 300
_DAY_S = 86_400


class LimitStore:
    """JSON of mode 0600, written whole. Several runs at once do not lose each other's entries:
    each change happens under a lock. A file that cannot be read as ours counts as empty, since
    all that is lost is a reminder. Changing raises OSError (disk full, read-only folder).
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def record(self, scope: str, limit: LimitReached, seen_at: int) -> None:
        """Remembers ``limit`` for ``scope`` (config folder and login), in place of an earlier
        one of its kind. ``seen_at`` is an epoch."""
        from ai_code.core.known_limits import KnownLimit

        seen = int(seen_at)
        entry = KnownLimit(
            scope, limit.kind, limit.resets_at, seen, limit.evidence.excerpt[:_EVIDENCE_KEPT]
        )
        with self._locked():
            known = self._read()
            others = [k for k in known if (k.scope, k.kind) != (scope, limit.kind)]
            # An entry seen a moment after this one, by another run, holds too.
            others = [k for k in others if k.holds(max(seen, k.seen_at))]
            self._write([*others, entry])

    def clear(self, scope: str) -> None:
        """Forgets every limit of ``scope``: it has just answered."""
        if not any(known.scope == scope for known in self._read()):
            return
        with self._locked():
            self._write([known for known in self._read() if known.scope != scope])

    def current(self, scope: str, now: float) -> list[KnownLimit]:
        """The limits of ``scope`` that still hold."""
        return [known for known in self.all(now) if known.scope == scope]

    def all(self, now: float) -> list[KnownLimit]:
        """Every limit that still holds, the next to end first."""
        known = [limit for limit in self._read() if limit.holds(now)]
        return sorted(known, key=lambda limit: (limit.resets_at or limit.seen_at, limit.scope))

    def over(self, scope: str, now: float) -> list[KnownLimit]:
        """Limits of ``scope`` whose reset has passed within the last day and after which Claude
        has not answered yet, the last to end first."""
        gone = [
            known
            for known in self._read()
            if known.scope == scope
            and known.resets_at
            and now - _DAY_S < known.resets_at <= now
            and known.holds(known.resets_at - 1)
        ]
        return sorted(gone, key=lambda limit: -(limit.resets_at or 0))

    def _locked(self) -> AbstractContextManager[None]:
        from ai_code.system.locks import file_lock

        return file_lock(self._path)

    def _read(self) -> list[KnownLimit]:
        try:
            content = json.loads(self._path.read_text("utf-8"))
        except (OSError, ValueError, RecursionError):
            return []
        rows = content.get("limits") if isinstance(content, dict) else None
        entries = [_entry(row) for row in rows] if isinstance(rows, list) else []
        return [entry for entry in entries if entry is not None]

    def _write(self, limits: list[KnownLimit]) -> None:
        rows = [
            {
                "scope": known.scope,
                "kind": known.kind.value,
                "resets_at": known.resets_at,
                "seen_at": known.seen_at,
                "evidence": known.evidence,
            }
            for known in limits
        ]
        text = json.dumps({"version": _VERSION, "limits": rows}, ensure_ascii=False, indent=1)
        write_whole(self._path, text.encode("utf-8", "replace"))


def _entry(row: Any) -> KnownLimit | None:
    """One stored row, or None where it is not of our form."""
    from ai_code.core.known_limits import KnownLimit

    try:
        resets_at = row["resets_at"]
        return KnownLimit(
            scope=str(row["scope"]),
            kind=LimitKind(row["kind"]),
            resets_at=None if resets_at is None else int(resets_at),
            seen_at=int(row["seen_at"]),
            evidence=str(row.get("evidence", "")),
        )
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError):
        return None
