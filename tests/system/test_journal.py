from __future__ import annotations

import json
import os
import stat
from pathlib import Path

import pytest

from ai_code.core.changes import LandedFile
from ai_code.core.errors import AiCodeError, UsageError
from ai_code.core.record import RunRecord
from ai_code.system.journal import FileJournal

NOON = 1_795_000_000.0


def journal(tmp_path: Path, warnings: list[str] | None = None, now: float = NOON) -> FileJournal:
    said = [] if warnings is None else warnings
    return FileJournal(tmp_path / "state", warn=said.append, now=lambda: now)


def add(journal: FileJournal, root: str = "/p", **fields: object) -> RunRecord:
    values = {"state": "done", "landed": (LandedFile("a", "M", 1, 1),), **fields}
    record = RunRecord(journal.new_run(), NOON, root, root, **values)  # type: ignore[arg-type]
    journal.save(record)
    return record


def test_records_are_kept_for_their_owner_only(tmp_path: Path) -> None:
    book = journal(tmp_path)
    record = add(book)
    folder = book.run_dir(record.id)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE((folder / "record.json").stat().st_mode) == 0o600
    assert [each.name for each in folder.iterdir()] == ["record.json"]
    assert book.load(record.id) == record


def test_ids_are_unique_and_sort_by_time(tmp_path: Path) -> None:
    ids = [journal(tmp_path, now=NOON + n * 0.25).new_run() for n in range(8)]
    assert ids == sorted(ids) and len(set(ids)) == 8
    same = {journal(tmp_path, now=NOON + 9).new_run() for _ in range(16)}
    assert len(same) == 16


def test_load_by_beginning(tmp_path: Path) -> None:
    first, second = add(journal(tmp_path)), add(journal(tmp_path, now=NOON + 90_000))
    book = journal(tmp_path)
    assert book.load(first.id[:10]) == first and book.load(second.id) == second
    for wrong in ("2", "", "x", "../../etc", first.id + "0"):
        with pytest.raises(UsageError):
            book.load(wrong)


def test_latest_is_of_this_tree_landed_and_in_force(tmp_path: Path) -> None:
    records = [
        add(journal(tmp_path, now=NOON + n), **fields)  # type: ignore[arg-type]
        for n, fields in enumerate(
            [{}, {"state": "undone"}, {"undo_of": "x"}, {"landed": ()}, {"root": "/other"}]
        )
    ]
    book = journal(tmp_path)
    assert book.latest(Path("/p")) == records[0]
    assert book.latest(Path("/p"), landed=False) == records[3]
    assert book.latest(Path("/nowhere")) is None
    before = book.run_dir(records[3].id) / "before"
    before.mkdir()
    (before / "manifest.json").write_text("{}")
    assert book.latest(Path("/p")) == records[3]
    assert [each.id for each in book.list(2)] == [records[4].id, records[3].id]


def test_what_cannot_be_read_is_passed_over_with_a_warning(tmp_path: Path) -> None:
    warnings: list[str] = []
    book = journal(tmp_path, warnings)
    good = add(book)
    texts = ["", "{", "[]", '{"version": 99}', "[" * 100_000, '"\\ud800"', "\x00", "nul\n\x1b[31m"]
    other = json.loads((book.run_dir(good.id) / "record.json").read_text())
    for text in [*texts, json.dumps(other)]:
        bad = book.new_run()
        (book.run_dir(bad) / "record.json").write_text(text)
    empty, folder = book.new_run(), book.new_run()
    (book.run_dir(folder) / "record.json").mkdir()
    (tmp_path / "state/runs/foreign").mkdir()
    (tmp_path / "state/runs/20261120-231245-zzzz").write_text("a file")
    assert book.list(100) == (good,)
    assert len(warnings) == len(texts) + 2 and not any("\x1b" in text for text in warnings)
    with pytest.raises(UsageError):
        book.load(empty)


def test_prune(tmp_path: Path) -> None:
    old = add(journal(tmp_path))
    (journal(tmp_path).run_dir(old.id) / "before").mkdir()
    new = add(journal(tmp_path, now=NOON + 40 * 86_400))
    book = journal(tmp_path, now=NOON + 41 * 86_400)
    assert book.prune(30) == 1 and book.list() == (new,)
    assert journal(tmp_path / "empty").prune(1) == 0


@pytest.mark.parametrize(
    ("days", "runs", "left"), [(0, 2, 2), (0, 0, 4), (0, 9, 4), (30, 3, 2), (30, 1, 1)]
)
def test_prune_by_number(tmp_path: Path, days: int, runs: int, left: int) -> None:
    """The newest stay; age and number both count."""
    ages = (40, 39, 2, 1)
    kept = [add(journal(tmp_path, now=NOON - age * 86_400)) for age in ages]
    book = journal(tmp_path, now=NOON)
    assert book.prune(days, runs) == 4 - left
    assert book.list() == tuple(reversed(kept[4 - left :]))


def test_a_number_takes_no_run_that_still_works_or_whose_undo_is_kept(tmp_path: Path) -> None:
    undone = add(journal(tmp_path), state="undone")
    waiting = add(journal(tmp_path, now=NOON + 1), state="running")
    add(journal(tmp_path, now=NOON + 2))
    undo = add(journal(tmp_path, now=NOON + 3), undo_of=undone.id)
    book = journal(tmp_path, now=NOON + 4)
    assert book.prune(0, 1) == 1
    assert {record.id for record in book.list()} == {undone.id, waiting.id, undo.id}


def test_prune_keeps_what_the_undo_of_a_young_run_needs(tmp_path: Path) -> None:
    later = NOON + 40 * 86_400
    undone = add(journal(tmp_path), state="undone")
    forgotten = add(journal(tmp_path, now=NOON + 1), state="undone")
    waiting = add(journal(tmp_path, now=NOON + 2), state="running")
    add(journal(tmp_path, now=NOON + 3), undo_of=forgotten.id)
    undo = add(journal(tmp_path, now=later), undo_of=undone.id)
    book = journal(tmp_path, now=later)
    assert book.prune(30) == 2
    assert {record.id for record in book.list()} == {undone.id, waiting.id, undo.id}
    assert journal(tmp_path, now=later + 40 * 86_400).prune(30) == 3


def test_old_reports_of_bugs_go_too(tmp_path: Path) -> None:
    reports = tmp_path / "state" / "reports"
    reports.mkdir(parents=True)
    for name, age in (("bug-1.txt", 31), ("bug-2.txt", 29), ("mine.txt", 99)):
        (reports / name).write_text("x")
        os.utime(reports / name, (NOON - age * 86_400, NOON - age * 86_400))
    journal(tmp_path).prune(30)
    assert sorted(path.name for path in reports.iterdir()) == ["bug-2.txt", "mine.txt"]


def test_tidying_happens_once_a_day(tmp_path: Path) -> None:
    add(journal(tmp_path))
    add(journal(tmp_path, now=NOON + 3600))
    later = NOON + 30 * 86_400 + 60
    assert journal(tmp_path, now=later).tidy(30) == 1
    assert journal(tmp_path, now=later + 4000).tidy(30) == 0
    assert journal(tmp_path, now=later + 86_500).tidy(30) == 1


def test_a_state_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("a file")
    with pytest.raises(AiCodeError) as caught:
        journal(tmp_path).new_run()
    assert caught.value.hint


def test_who_names_no_run_is_told_what_lists_them(tmp_path: Path) -> None:
    kept = journal(tmp_path)
    first = add(kept)
    add(kept)
    (tmp_path / "state/runs" / first.id / "record.json").write_text("no record")
    for name in ("zzz", "", first.id[:3], first.id):
        with pytest.raises(UsageError) as caught:
            kept.load(name)
        assert caught.value.hint == "ai-code history --all"
    with pytest.raises(UsageError) as caught:
        kept.run_dir("../zzz")
    assert caught.value.hint == "ai-code history --all"
