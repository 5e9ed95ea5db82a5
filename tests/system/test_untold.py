"""Trees in which Claude was not told yet, and what hooks gave."""

from __future__ import annotations

from pathlib import Path

import pytest

from ai_code.core.ports_sessions import Given, Notes
from ai_code.system.untold import UntoldTrees

ROOT = Path("/home/person/プロジェクト")


def test_a_mark_is_there_until_it_is_cleared(tmp_path: Path) -> None:
    trees = UntoldTrees(tmp_path)
    assert not trees.has(ROOT)
    trees.mark(ROOT)
    assert trees.has(ROOT) and not trees.has(ROOT / "inner")
    trees.clear(ROOT)
    assert not trees.has(ROOT)


def test_notes_are_kept_beside_the_mark_and_bounded(tmp_path: Path) -> None:
    trees = UntoldTrees(tmp_path)
    given = Given(Path("/t.jsonl"), 7, 1.5, ("run",))
    trees.keep(ROOT, Notes((given,), ("a", "b")))
    assert trees.notes(ROOT) == Notes((given,), ("a", "b")) and not trees.has(ROOT)
    many = Notes((given,) * 40, tuple(map(str, range(900))))
    trees.keep(ROOT, many)
    kept = trees.notes(ROOT)
    assert len(kept.given) == 16 and kept.told[-1] == "899" and len(kept.told) == 300


@pytest.mark.parametrize("text", ["", "{", "[]", '{"given": [[1]], "told": []}', '{"told": []}'])
def test_a_damaged_file_counts_as_nothing(tmp_path: Path, text: str) -> None:
    trees = UntoldTrees(tmp_path)
    trees.keep(ROOT, Notes(told=("a",)))
    next((tmp_path / "untold").glob("*.json")).write_text(text)
    assert trees.notes(ROOT) == Notes()
