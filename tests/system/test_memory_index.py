"""Full-text search in a real SQLite: Japanese, short words, two at once, a broken file, none."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ai_code.core.ports_memory import Source
from ai_code.core.word_search import folded, words_of
from ai_code.system.memory_index import SqliteIndex

TEXTS = (
    "Use tabs in Makefiles.",
    "テストは pytest で書きます。日本語のコメントを付けること。",
    "Write tests first; tests are documentation. Tests!",
    "変数名は英語にします。",
    "One test.",
    'He said "quoted words" AND (more) NEAR * ^text:',
)
SOURCES = [Source("notes", text) for text in TEXTS]


@pytest.fixture
def index(tmp_path: Path) -> SqliteIndex:
    return SqliteIndex(tmp_path / "memory" / "index.sqlite3")


def found(index: SqliteIndex, query: str) -> list[int]:
    return [hit.source for hit in index.search(SOURCES, words_of(query))]


@pytest.mark.parametrize(
    ("query", "hits"),
    [
        ("tabs", [0]), ("MAKE", [0]), ("akefil", [0]), ("日本", [1]), ("日本語", [1]),
        ("語", [1, 3]), ("コメント", [1]), ("ｺﾒﾝﾄ ＰＹＴＥＳＴ", [1]), ("英語 変数名", [3]),
        ("日本語 変数名", []), ("tests documentation", [2]), ("nowhere", []),
        ('"quoted words"', [5]), ("NEAR", [5]), ("(more)", [5]), ("^text:", [5]), ("*", [5]),
    ],
)  # fmt: skip
def test_words_anywhere(index: SqliteIndex, query: str, hits: list[int]) -> None:
    assert sorted(found(index, query)) == hits
    assert index.plain == ""


def test_the_best_place_comes_first(index: SqliteIndex) -> None:
    assert found(index, "test")[0] in (2, 4)
    rare = [Source("x", "common " * 50 + "word"), Source("x", "common rareword " * 3)]
    assert index.search(rare, ("rareword", "common"))[0].source == 1
    assert found(index, "te") == found(index, "te")


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    texts=st.lists(st.text(alphabet="abAB日本語 \"'*-\n", max_size=20), max_size=6),
    query=st.text(alphabet="ab日本\"'*- ", min_size=1, max_size=8),
)
def test_what_it_finds_is_what_plain_looking_finds(
    index: SqliteIndex, texts: list[str], query: str
) -> None:
    words = words_of(query)
    sources = [Source("x", text) for text in texts]
    hits = sorted(hit.source for hit in index.search(sources, words)) if words else []
    expected = [
        number for number, text in enumerate(texts)
        if words and all(word in folded(text) for word in words)
    ]  # fmt: skip
    assert hits == expected
    assert index.plain == ""


def test_what_changed_is_taken_up_and_nothing_is_kept_after_clear(index: SqliteIndex) -> None:
    assert found(index, "tabs") == [0]
    changed = [Source("notes", "spaces only")]
    assert [hit.source for hit in index.search(changed, ("tabs",))] == []
    assert [hit.source for hit in index.search(changed, ("spaces",))] == [0]
    path = index._path
    assert path.stat().st_mode & 0o777 == 0o600
    index.clear()
    assert not path.exists()
    assert found(index, "tabs") == [0]


@pytest.mark.parametrize("content", [b"no database at all" * 100, b"", b"SQLite format 3\0" * 9])
def test_a_broken_file_is_made_anew(index: SqliteIndex, content: bytes) -> None:
    index._path.parent.mkdir(mode=0o700)
    index._path.write_bytes(content)
    assert found(index, "tabs") == [0]
    assert index.plain == ""
    assert found(index, "日本語") == [1]


def test_an_index_of_another_kind_is_made_anew(index: SqliteIndex) -> None:
    index._path.parent.mkdir(mode=0o700)
    db = sqlite3.connect(index._path)
    db.execute("CREATE TABLE places (other)")
    db.execute("PRAGMA user_version = 1")
    db.commit()
    db.close()
    assert found(index, "tabs") == [0]
    assert index.plain == ""


def test_a_sqlite_without_trigrams_looks_through_the_texts(tmp_path: Path) -> None:
    index = SqliteIndex(tmp_path / "index.sqlite3", tokenizer="nonesuch")
    assert found(index, "日本") == [1]
    assert "nonesuch" in index.plain and sqlite3.sqlite_version in index.plain


def test_a_folder_that_cannot_be_made_looks_through_the_texts(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    index = SqliteIndex(tmp_path / "file" / "index.sqlite3")
    assert found(index, "tabs") == [0]
    assert index.plain


def test_while_another_one_writes_for_too_long(
    index: SqliteIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    found(index, "tabs")
    monkeypatch.setattr("ai_code.system.memory_index._WAIT_S", 0.01)
    db = sqlite3.connect(index._path, isolation_level=None)
    db.execute("BEGIN EXCLUSIVE")
    try:
        assert [hit.source for hit in index.search([Source("x", "new")], ("new",))] == [0]
        assert "locked" in index.plain
    finally:
        db.close()


def test_many_searches_at_once(tmp_path: Path) -> None:
    """Processes of their own, all of which find no index at first."""
    code = (
        "import sys\nfrom pathlib import Path\n"
        "from ai_code.core.ports_memory import Source\n"
        "from ai_code.system.memory_index import SqliteIndex\n"
        f"index = SqliteIndex(Path({str(tmp_path / 'i' / 'index.sqlite3')!r}))\n"
        "sources = [Source('x', f'word{n} of {sys.argv[1]}') for n in range(300)]\n"
        "print(len(index.search(sources, ('word2', sys.argv[1]))), index.plain)\n"
    )
    running = [
        subprocess.Popen([sys.executable, "-c", code, f"number{n}"], stdout=subprocess.PIPE)
        for n in range(6)
    ]
    assert {process.communicate()[0].strip() for process in running} == {b"111"}
