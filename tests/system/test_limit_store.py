"""What is known of limits: it ends with its reset, and runs do not lose each other's."""

from __future__ import annotations

import json
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from ai_code.core.verdict import Evidence, LimitKind, LimitReached
from ai_code.system.limit_store import LimitStore

NOW = 1795207640
HOUR = 3600


def limit(kind: LimitKind = LimitKind.SESSION, resets_at: int | None = None) -> LimitReached:
    return LimitReached(kind, resets_at, Evidence("claude.session", "text", "You've hit …"))


@pytest.fixture
def store(tmp_path: Path) -> LimitStore:
    return LimitStore(tmp_path / "state" / "limits.json")


def test_it_ends_with_its_reset(store: LimitStore) -> None:
    store.record("a", limit(resets_at=NOW + HOUR), NOW)
    (known,) = store.current("a", NOW + HOUR - 1)
    assert (known.kind, known.resets_at, known.seen_at) == (LimitKind.SESSION, NOW + HOUR, NOW)
    assert store.current("a", NOW + HOUR) == []
    assert store.current("b", NOW) == []


def test_a_reset_beyond_belief_counts_as_past(store: LimitStore) -> None:
    store.record("a", limit(resets_at=NOW + 6 * HOUR), NOW)
    store.record("a", limit(LimitKind.WEEKLY, 1893456000), NOW)
    assert store.all(NOW + 1) == []
    assert store.all(1893456000 - 60) == []
    store.record("a", limit(resets_at=NOW - 60), NOW)
    assert store.all(NOW) == []


def test_without_a_reset_it_is_kept_a_while(store: LimitStore) -> None:
    store.record("a", limit(), NOW)
    store.record("a", limit(LimitKind.RATE), NOW)
    assert {known.kind for known in store.all(NOW + 60)} == {LimitKind.SESSION, LimitKind.RATE}
    assert [known.kind for known in store.all(NOW + HOUR)] == [LimitKind.SESSION]
    assert store.all(NOW + 5 * HOUR) == []
    assert store.all(NOW - HOUR) == []  # the clock was set back


def test_a_later_one_of_the_kind_takes_its_place(store: LimitStore) -> None:
    store.record("a", limit(resets_at=NOW + HOUR), NOW)
    store.record("a", limit(resets_at=NOW + 2 * HOUR), NOW + 5)
    store.record("b", limit(LimitKind.WEEKLY, NOW + HOUR), NOW + 5)
    assert [(k.scope, k.resets_at) for k in store.all(NOW + 9)] == [
        ("b", NOW + HOUR),
        ("a", NOW + 2 * HOUR),
    ]
    store.clear("a")
    assert [known.scope for known in store.all(NOW + 9)] == ["b"]
    store.clear("unknown")


def test_the_file_is_private_and_whole(store: LimitStore, tmp_path: Path) -> None:
    store.record("a", limit(resets_at=NOW + HOUR), NOW)
    folder = tmp_path / "state"
    assert sorted(path.name for path in folder.iterdir()) == ["limits.json", "limits.json.lock"]
    for path in folder.iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert json.loads((folder / "limits.json").read_text())["version"] == 1


@pytest.mark.parametrize(
    "content",
    [
        "",
        "{",
        "[]",
        '{"limits": 3}',
        '{"limits": [3, {}, {"scope": "", "kind": ""}]}',
        "\udcff",
    ],
)
def test_a_broken_file_counts_as_empty(store: LimitStore, tmp_path: Path, content: str) -> None:
    (tmp_path / "state").mkdir()
    (tmp_path / "state" / "limits.json").write_bytes(content.encode("utf-8", "surrogateescape"))
    assert store.all(NOW) == []
    store.record("a", limit(resets_at=NOW + HOUR), NOW)
    assert len(store.all(NOW)) == 1


def test_reading_makes_no_file(store: LimitStore, tmp_path: Path) -> None:
    store.all(NOW)
    store.clear("a")
    assert list(tmp_path.iterdir()) == []


def test_several_at_once_lose_nothing(store: LimitStore, tmp_path: Path) -> None:
    path = tmp_path / "state" / "limits.json"
    with ThreadPoolExecutor(8) as pool:
        for number in range(40):
            pool.submit(
                LimitStore(path).record, f"scope {number}", limit(resets_at=NOW + HOUR), NOW
            )
    assert len(store.all(NOW)) == 40


def test_what_is_over_until_claude_works_again(store: LimitStore) -> None:
    store.record("a", limit(resets_at=NOW + HOUR), NOW)
    assert store.over("a", NOW + HOUR - 1) == []
    assert [known.resets_at for known in store.over("a", NOW + HOUR)] == [NOW + HOUR]
    assert store.over("b", NOW + HOUR) == [] == store.over("a", NOW + 26 * HOUR)
    store.clear("a")
    assert store.over("a", NOW + HOUR) == []
