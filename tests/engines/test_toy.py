"""A whole engine in one file and one line: what docs/en/adding-an-engine.md promises."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from datetime import UTC
from pathlib import Path
from typing import Any

import pytest

from ai_code.core import engine_table
from ai_code.core.about import ABILITIES, NO, YES, About, Install
from ai_code.core.command import Command, Request
from ai_code.core.events import Answer, Edited, Event, Text, Tool
from ai_code.core.exits import Exit
from ai_code.core.task import LocalModel, Program, Task
from ai_code.core.verdict import Done, Unavailable
from ai_code.engines.local import JsonRun, LocalBase, whole_prompt
from ai_code.engines.registry import local_engine
from ai_code.settings import Layers, load

MODEL = LocalModel("m", "http://127.0.0.1:1", 4096)


class ToyEngine(LocalBase):
    """Writes what it is told into a file."""

    name = "toy"
    about = About(
        program="toy",
        version="1.0.0",
        homepage="https://example.invalid",
        licence="MIT",
        install=Install("npm", "toy"),
        can={**dict.fromkeys(ABILITIES, NO), "edit": YES},
        wire="chat",
    )

    def command(self, task: Task) -> Command:
        return Command(
            (*task.program.argv, "--json"), task.workdir, stdin=whole_prompt(task).encode()
        )

    def open(self, task: Task) -> ToyRun:
        return ToyRun(self.name)


class ToyRun(JsonRun):
    def row(self, row: Mapping[str, Any]) -> Iterator[Event]:
        match row.get("type"):
            case "say":
                yield from self.says(row["text"])
            case "write":
                self.told.edited.append(row["path"])
                yield Tool("write", row["path"])
                yield Edited(row["path"])
            case "failed":
                self.told.error = row["why"]


@pytest.fixture
def toy(monkeypatch: pytest.MonkeyPatch) -> LocalBase:
    monkeypatch.setitem(engine_table.LOCAL, "toy", f"{__name__}:ToyEngine")
    sys.modules[__name__].ToyEngine = ToyEngine  # type: ignore[attr-defined]
    engine = local_engine("toy")
    assert isinstance(engine, LocalBase)
    return engine


def test_settings_know_it_by_its_line(toy: LocalBase) -> None:
    loaded = load(Layers(flags={"engine": "toy", "fallback.chain": ["toy", "aider"]}))
    assert (loaded.settings.engine, loaded.settings.fallback_chain) == ("toy", ("toy", "aider"))
    assert loaded.settings.command_of("toy") == ()


def test_it_is_read_and_judged(toy: LocalBase, tmp_path: Path) -> None:
    task = Task(Request("write it", tmp_path), Program(("toy",)), tmp_path, tmp_path, local=MODEL)
    assert b"write it" in (toy.command(task).stdin or b"")
    rows = [{"type": "write", "path": "a.py"}, {"type": "say", "text": "Done."}]
    run, seen = toy.open(task), []
    data = "".join(json.dumps(row) + "\n" for row in rows).encode()
    for byte in data:
        seen += run.feed("out", bytes([byte]))
    seen += run.finish()
    assert seen == [Tool("write", "a.py"), Edited("a.py"), Text("Done.\n"), Answer("Done.")]
    verdict = run.judge(Exit(0), now=0, tz=UTC, changed=True)
    assert isinstance(verdict, Done) and verdict.evidence.rule == "toy.edited"


def test_its_failure_before_a_change_lets_the_next_one_try(toy: LocalBase, tmp_path: Path) -> None:
    task = Task(Request("x", tmp_path), Program(("toy",)), tmp_path, tmp_path, local=MODEL)
    run = toy.open(task)
    run.feed("out", b'{"type": "failed", "why": "no such model"}\n')
    verdict = run.judge(Exit(0), now=0, tz=UTC, changed=False)
    assert isinstance(verdict, Unavailable) and verdict.message == "no such model"
