"""What was measured of models is remembered, by several at once, and never trusted blindly."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from ai_code.core.model_notes import ExamResult, MeasuredNeed
from ai_code.system.model_notes import FileModelNotes

NEED = MeasuredNeed("sha256:aa", 8192, "f16", 5 << 30, 0, 1_700_000_000)
EXAM = ExamResult("sha256:aa", "m:7b", "diff", 6, 5, 6, 31.5, 8.2, 1_700_000_000)


def test_by_digest_context_and_kv_type(tmp_path: Path) -> None:
    notes = FileModelNotes(tmp_path / "state" / "models.json")
    assert notes.need("sha256:aa", 8192, "f16") is None
    notes.remember_need(NEED)
    notes.remember_need(NEED._replace(context=16384, size=6 << 30))
    assert notes.need("sha256:aa", 8192, "f16") == NEED
    assert notes.need("sha256:aa", 8192, "q8_0") is None
    assert notes.need("sha256:bb", 8192, "f16") is None
    notes.remember_need(NEED._replace(size=7))
    found = notes.need("sha256:aa", 8192, "f16")
    assert found
    assert found.size == 7
    assert (tmp_path / "state" / "models.json").stat().st_mode & 0o777 == 0o600


def test_the_newest_exam_counts(tmp_path: Path) -> None:
    notes = FileModelNotes(tmp_path / "models.json")
    notes.remember_need(NEED)
    notes.remember_exam(EXAM)
    notes.remember_exam(EXAM._replace(passed=1))
    assert notes.exams() == [EXAM._replace(passed=1)]
    assert notes.exam("sha256:aa") == EXAM._replace(passed=1)
    assert notes.need("sha256:aa", 8192, "f16") == NEED


def test_several_at_once(tmp_path: Path) -> None:
    path = tmp_path / "models.json"
    with ThreadPoolExecutor(8) as pool:
        for size in range(40):
            need = NEED._replace(context=size)
            pool.submit(FileModelNotes(path).remember_need, need)
    assert len(json.loads(path.read_text())["needs"]) == 40


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{", '{"needs": 3}', '{"needs": [{"digest": 1}]}', '{"exams": [{}]}', "\udcff"],
)
def test_what_is_not_ours_counts_as_empty(tmp_path: Path, text: str) -> None:
    path = tmp_path / "models.json"
    path.write_bytes(text.encode("utf-8", "surrogateescape"))
    notes = FileModelNotes(path)
    assert notes.exams() == []
    assert notes.need("sha256:aa", 8192, "f16") is None
    notes.remember_exam(EXAM)
    assert notes.exam("sha256:aa") == EXAM


def test_an_exam_of_a_version_that_knew_aider_only(tmp_path: Path) -> None:
    path = tmp_path / "models.json"
    row = {name: value for name, value in EXAM._asdict().items() if name != "engine"}
    path.write_text(json.dumps({"version": 1, "needs": [], "exams": [row]}))
    assert FileModelNotes(path).exam("sha256:aa") == EXAM


def test_each_engine_has_an_exam_of_its_own(tmp_path: Path) -> None:
    notes = FileModelNotes(tmp_path / "models.json")
    with_codex = EXAM._replace(engine="codex", edit_format="tools", passed=2)
    for each in (EXAM, with_codex, with_codex._replace(passed=3)):
        notes.remember_exam(each)
    assert notes.exam("sha256:aa") == EXAM
    assert notes.exam("sha256:aa", "codex") == with_codex._replace(passed=3)
    assert notes.exam("sha256:aa", "pi") is None and len(notes.exams()) == 2
