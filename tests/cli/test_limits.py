"""``ai-code limits``, with a stand-in for the world."""

from __future__ import annotations

import json
from datetime import UTC
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from click.testing import CliRunner, Result

from ai_code.cli.limits import limits
from ai_code.core.errors import UsageError
from ai_code.core.limits import rules
from ai_code.core.verdict import Evidence, LimitKind, LimitReached
from ai_code.system.limit_store import LimitStore
from tests.recorded import FOLDER, recordings

NOW = 1795207640
LIMIT = "You've hit your 5-hour limit · resets 11:10pm (UTC)"


@pytest.fixture
def world(tmp_path: Path) -> Any:
    clock = SimpleNamespace(now=lambda: float(NOW), local_tz=lambda: UTC)
    store = LimitStore(tmp_path / "limits.json")
    return SimpleNamespace(clock=clock, state_dir=tmp_path, limits=store)


def run(world: Any, *arguments: str, stdin: str | None = None) -> Result:
    return CliRunner().invoke(limits, arguments, obj=world, input=stdin)


def lines(result: Result) -> list[dict[str, Any]]:
    assert result.exit_code == 0, result.output
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_classify_files_and_stdin(world: Any, tmp_path: Path) -> None:
    file = tmp_path / "out.txt"
    file.write_text(LIMIT + "\n")
    assert lines(run(world, "classify", str(file), "-", stdin="Hello!")) == [
        {
            "file": str(file), "verdict": "limit", "kind": "session", "resets_at": 1795216200,
            "rule": "claude.session", "evidence": LIMIT,
        },
        {
            "file": "-", "verdict": "done", "kind": None, "resets_at": None,
            "rule": "claude.words", "evidence": "no evidence of a failure",
        },
    ]  # fmt: skip
    assert lines(run(world, "classify", stdin=LIMIT))[0]["verdict"] == "limit"
    assert lines(run(world, "classify", "--exit-code", "0", str(file)))[0]["verdict"] == "done"


def test_classify_bytes_that_are_no_text(world: Any, tmp_path: Path) -> None:
    file = tmp_path / "out"
    file.write_bytes(b"\xff\xfe\x00" + LIMIT.encode())
    assert lines(run(world, "classify", str(file)))[0]["verdict"] == "done"


def test_classify_recordings(world: Any) -> None:
    files = sorted((FOLDER / "claude").glob("limit-*.json"))
    found = lines(run(world, "classify", "--recording", *map(str, files)))
    assert len(found) == len(files)
    for row, file in zip(found, files, strict=True):
        assert row["verdict"] == "limit" or recordings()[file.stem]["expected"] == "other"


def test_classify_what_cannot_be_read(world: Any, tmp_path: Path) -> None:
    missing = run(world, "classify", str(tmp_path / "none"))
    assert isinstance(missing.exception, UsageError)
    text = tmp_path / "x.json"
    text.write_text("[1]")
    assert isinstance(run(world, "classify", "--recording", str(text)).exception, UsageError)
    text.write_text("hello")
    assert isinstance(run(world, "classify", "--recording", str(text)).exception, UsageError)
    both = run(world, "classify", "--recording", "--exit-code", "1", str(text))
    assert isinstance(both.exception, UsageError)


def test_rules(world: Any) -> None:
    shown = run(world, "rules").stdout.splitlines()
    assert all(len(line) <= 80 for line in shown)
    assert [row["id"] for row in lines(run(world, "rules", "--json"))] == [r.id for r in rules()]


def test_status(world: Any) -> None:
    assert run(world, "status").stdout == "no limit is known\n"
    assert run(world, "status", "--json").stdout == ""
    evidence = Evidence("claude.session", "text", LIMIT)
    world.limits.record("/c|none", LimitReached(LimitKind.SESSION, NOW + 7800, evidence), NOW - 60)
    world.limits.record("/c|none", LimitReached(LimitKind.CREDIT, None, evidence), NOW - 3700)
    text = run(world, "status").stdout
    assert "session limit, resets 22:57 (in 2 h 10 min)" in text
    assert "credit limit, reset not said" in text and "1 h 1 min ago" in text
    assert {row["kind"] for row in lines(run(world, "status", "--json"))} == {"session", "credit"}


@pytest.mark.parametrize("command", [[], ["classify"], ["rules"], ["status"]])
def test_help_fits_80_columns(world: Any, command: list[str]) -> None:
    text = run(world, *command, "--help").stdout
    assert all(len(line) <= 80 for line in text.splitlines())
