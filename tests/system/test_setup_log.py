"""What setup changed, on disk: whole, private, never written over where it is not known."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ai_code.core.errors import ConfigError
from ai_code.core.setup import Change
from ai_code.system.setup_log import FileSetupLog

TEXT = st.text(max_size=30)


def test_nothing_yet(tmp_path: Path) -> None:
    log = FileSetupLog(tmp_path / "setup.json")
    assert list(log.changes()) == []
    log.drop(Change("model", "none"))
    assert not (tmp_path / "setup.json").exists()


def test_one_of_a_kind_and_name(tmp_path: Path) -> None:
    log = FileSetupLog(tmp_path / "state" / "setup.json")
    first, second = Change("model", "a:1b", {"api": "x"}, 1), Change("unit", "/u", {}, 2)
    log.add(first)
    log.add(second)
    log.add(first._replace(made_at=3))
    assert list(log.changes()) == [first._replace(made_at=3), second]
    assert stat.S_IMODE((tmp_path / "state" / "setup.json").stat().st_mode) == 0o600
    log.drop(second)
    log.drop(first)
    assert not (tmp_path / "state" / "setup.json").exists()


@settings(deadline=None, max_examples=50)
@given(TEXT, st.dictionaries(TEXT, TEXT, max_size=3), st.integers(0, 2**40))
def test_what_is_kept_comes_back(
    tmp_path_factory: pytest.TempPathFactory, name: str, facts: dict[str, str], at: int
) -> None:
    log = FileSetupLog(tmp_path_factory.mktemp("log") / "setup.json")
    change = Change("choice", name, facts, at)
    log.add(change)
    assert list(log.changes()) == [change]


@pytest.mark.parametrize(
    "text",
    [
        "", "[]", "{}", '{"changes": 3}', '{"changes": [1]}', "\x00", "[" * 5000,
        '{"changes": [{"kind": "else", "name": "x", "facts": {}, "made_at": 1}]}',
        '{"changes": [{"kind": "model", "name": 1, "facts": {}, "made_at": 1}]}',
        '{"changes": [{"kind": "model", "name": "x", "facts": [], "made_at": 1}]}',
    ],
)  # fmt: skip
def test_what_is_not_understood_stays(tmp_path: Path, text: str) -> None:
    path = tmp_path / "setup.json"
    path.write_text(text)
    log = FileSetupLog(path)
    with pytest.raises(ConfigError):
        log.changes()
    with pytest.raises(ConfigError):
        log.add(Change("model", "a"))
    assert path.read_text() == text
