"""An index of memory in SQLite: trigrams, which find a part of any word and need no blanks between
words (Japanese). A word of one or two characters is no trigram: whether a place has all words is
seen in its text, and the index says which place fits best. The file can be removed at any time;
two searches may run beside each other."""

from __future__ import annotations

import contextlib
import hashlib
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ai_code.core.ports_memory import Hit, Source
from ai_code.core.word_search import folded, has_all
from ai_code.system.files import private_folder

if TYPE_CHECKING:
    import sqlite3

_VERSION = 1
_WAIT_S = 5.0
_TRIGRAM = 3
_MOST_ROWS = 20_000
"""Kept of earlier searches, in other projects: beyond it all is built anew."""


class SqliteIndex:
    """See ``ai_code.core.ports_memory.MemoryIndex``. ``tokenizer`` is SQLite's."""

    def __init__(self, path: Path, tokenizer: str = "trigram") -> None:
        self._path = path
        self._tokenizer = tokenizer
        self.plain = ""

    def search(self, sources: Sequence[Source], words: Sequence[str]) -> tuple[Hit, ...]:
        texts = [folded(each.text) for each in sources]
        long = [word for word in words if len(word) >= _TRIGRAM]
        ranks = self._ranks(texts, long)
        hits = []
        for number, text in enumerate(texts):
            count = has_all(text, words)
            if count:
                # The index weighs how rare words are; of short words alone their number decides.
                rank = ranks.get(_digest(text), 0.0)
                hits.append(Hit(number, rank + count / (len(text) + 200)))
        return tuple(sorted(hits, key=lambda hit: (-hit.score, hit.source)))

    def clear(self) -> None:
        with contextlib.suppress(OSError):
            self._path.unlink(missing_ok=True)

    def _ranks(self, texts: Sequence[str], words: Sequence[str]) -> dict[bytes, float]:
        """Digest of a text that has these words → how well it fits."""
        try:
            import sqlite3
        except ImportError as error:
            self.plain = f"this Python has no SQLite ({error})"
            return {}
        try:
            return self._asked(texts, words)
        except sqlite3.DatabaseError as error:
            if not _is_broken(error):
                self.plain = f"SQLite {sqlite3.sqlite_version}: {error}"
                return {}
        except OSError as error:
            self.plain = f"{self._path.parent}: {error.strerror}"
            return {}
        # A file that is no database, or half of one: it holds nothing that is not elsewhere.
        try:
            self._path.unlink(missing_ok=True)
            return self._asked(texts, words)
        except (sqlite3.DatabaseError, OSError) as error:
            self.plain = f"{self._path}: {error}"
            return {}

    def _asked(self, texts: Sequence[str], words: Sequence[str]) -> dict[bytes, float]:
        with contextlib.closing(self._open()) as db:
            self._take_up(db, texts)
            if not words:
                return {}
            match = " AND ".join('"' + word.replace('"', '""') + '"' for word in words)
            rows = db.execute(
                "SELECT digest, bm25(places) FROM places WHERE places MATCH ?", (match,)
            )
            return {bytes(digest): -rank for digest, rank in rows}

    def _open(self) -> sqlite3.Connection:
        import sqlite3

        private_folder(self._path.parent)
        os.close(os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
        db = sqlite3.connect(self._path, timeout=_WAIT_S, isolation_level=None)
        try:
            # Nothing here has to outlive a power failure.
            db.execute("PRAGMA synchronous = OFF")
            if not _is_ours(db):
                with _writing(db):
                    self._make(db)
        except BaseException:
            db.close()
            raise
        return db

    def _make(self, db: sqlite3.Connection) -> None:
        # Somebody else may have made it while we waited for the right to write.
        if _is_ours(db):
            return
        db.execute("DROP TABLE IF EXISTS places")
        db.execute(
            "CREATE VIRTUAL TABLE places USING fts5"
            f"(text, digest UNINDEXED, tokenize = '{self._tokenizer}')"
        )
        db.execute(f"PRAGMA user_version = {_VERSION}")

    def _take_up(self, db: sqlite3.Connection, texts: Sequence[str]) -> None:
        """Adds what is new. Places are known by what they say, so nothing is ever out of date:
        what was changed is a new place, and the old one is not asked for any more."""
        wanted = {_digest(text): text for text in texts}
        known = {bytes(row[0]) for row in db.execute("SELECT digest FROM places")}
        if not wanted.keys() - known:
            return
        with _writing(db):
            if len(known) > _MOST_ROWS:
                db.execute("DELETE FROM places")
            known = {bytes(row[0]) for row in db.execute("SELECT digest FROM places")}
            db.executemany(
                "INSERT INTO places (text, digest) VALUES (?, ?)",
                [(text, digest) for digest, text in wanted.items() if digest not in known],
            )


def _is_ours(db: sqlite3.Connection) -> bool:
    return bool(db.execute("PRAGMA user_version").fetchone()[0] == _VERSION)


@contextlib.contextmanager
def _writing(db: sqlite3.Connection) -> Iterator[None]:
    db.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        db.execute("ROLLBACK")
        raise
    db.execute("COMMIT")


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "replace")).digest()[:16]


def _is_broken(error: sqlite3.DatabaseError) -> bool:
    """The file is no database, or not ours; not that SQLite lacks something or is busy."""
    text = str(error)
    return any(each in text for each in ("not a database", "malformed", "no such column"))
