"""Each part of a drill fails when the part that it proves is broken; whole, everything passes.

The recorded Claude and a small aider: the real ones are in tests/e2e/test_drill.py."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from ai_code.app import SystemWorld
from ai_code.core.drill import PARTS, SCENARIOS, Observed, Setup
from ai_code.core.drill_parts import parts_of, passed
from ai_code.core.task import LocalModel, Program
from ai_code.drill import scenarios, stage
from ai_code.drill.stage import Stage
from tests.drill.broken import BREAKS
from tests.e2e.fakes import aider_that, aider_that_asks

ROOT = Path(__file__).resolve().parents[2]
BROKEN = Path(__file__).with_name("broken.py")

Play = Callable[..., Observed]


@pytest.fixture
def aider(tmp_path: Path) -> Callable[[str], Program]:
    def made(source: str) -> Program:
        path = tmp_path / "aider"
        path.write_text(source)
        path.chmod(0o755)
        return Program((str(path),))

    return made


@pytest.fixture
def play(clean_env: dict[str, str], aider: Callable[[str], Program]) -> Iterator[Play]:
    """Plays a scenario, with ai-code broken by name, or another set-up."""
    world = SystemWorld(clean_env)

    def played(
        name: str,
        broken: str = "",
        *,
        source: str = aider_that_asks(),
        model: LocalModel | None = None,
    ) -> Observed:
        command: Sequence[str] = ()
        if broken:
            command = (sys.executable, str(BROKEN), str(ROOT), broken)
        drill = Stage(world.processes, clean_env, command=command)
        setup = Setup(aider=aider(source), model=model)
        return drill.play(SCENARIOS[name], setup, lambda _: None)

    yield played
    world.close()


def failed(seen: Observed) -> list[str]:
    return [part.name for part in parts_of(seen) if part.state == "failed"]


@pytest.mark.parametrize("name", SCENARIOS)
def test_whole_everything_passes(play: Play, name: str) -> None:
    seen = play(name)
    parts = parts_of(seen)
    assert passed(parts), [part for part in parts if part.state == "failed"]
    assert tuple(part.name for part in parts) == PARTS
    assert {part.by for part in parts if part.name == "claude"} == {"recording"}


@pytest.mark.parametrize(
    ("name", "broken", "part"),
    [
        ("mid-task", "local_engine_first", "claude"),
        ("mid-task", "no_limit_is_seen", "limit seen"),
        ("mid-task", "the_brief_forgets_claude", "brief"),
        ("mid-task", "the_brief_forgets_the_project", "brief"),
        ("mid-task", "the_brief_forgets_the_task", "brief"),
        ("mid-task", "nothing_lands", "landing"),
        ("mid-task", "more_lands_than_was_made", "landing"),
        ("mid-task", "a_landing_stages", "landing"),
        ("mid-task", "an_undo_takes_too_much", "undo"),
        ("mid-task", "sticky_fallback", "return to Claude"),
        ("normal-day", "any_answer_is_a_limit", "limit seen"),
        ("session", "every_limit_is_called_usage", "limit seen"),
        ("weekly", "every_limit_is_called_usage", "limit seen"),
        ("model", "every_limit_is_called_usage", "limit seen"),
        ("credit", "every_limit_is_called_usage", "limit seen"),
        ("passing-429", "no_patience", "limit seen"),
        ("overloaded", "no_limit_is_seen", "limit seen"),
        ("server-down", "no_server_is_no_message", "Ollama"),
        ("model-missing", "no_model_is_no_message", "model"),
        ("out-of-memory", "memory_is_no_reason", "model"),
        ("cut-stream", "a_cut_answer_is_an_answer", "model"),
        ("network-down", "the_network_falls_back", "claude"),
        ("hostile-repository", "protected_paths_land", "landing"),
    ],
)
def test_what_is_broken_fails(play: Play, name: str, broken: str, part: str) -> None:
    assert part in failed(play(name, broken))


def test_every_break_and_every_scenario_is_tried() -> None:
    [mark] = [m for m in test_what_is_broken_fails.pytestmark if m.name == "parametrize"]  # type: ignore[attr-defined]
    rows = mark.args[1]
    assert {row[1] for row in rows} == set(BREAKS)
    assert {row[0] for row in rows} == set(SCENARIOS)


def test_a_broken_aider_fails(play: Play) -> None:
    assert "aider" in failed(play("mid-task", source="#!/bin/sh\necho no >&2\nexit 3\n"))


def test_a_model_that_only_talks_fails(play: Play, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stage, "_edit", lambda *_: "I would add a docstring.\n")
    assert {"model", "landing", "undo"} <= set(failed(play("mid-task")))


def test_a_model_that_changes_code_fails(play: Play) -> None:
    source = aider_that(
        "text = open('hello.py').read().replace('print', 'exit')\n"
        'text = text.replace(\'goodbye():\', \'goodbye():\\n    """Say so."""\')\n'
        "open('hello.py', 'w').write(text); say('Done.')\n"
    )
    assert "model" in failed(play("mid-task", source=source))


def test_an_ollama_that_went_away_fails(play: Play) -> None:
    gone = LocalModel("m", scenarios.closed_url(), 4096)
    assert {"limit seen", "brief", "Ollama", "model", "landing"} & set(
        failed(play("mid-task", model=gone))
    )
