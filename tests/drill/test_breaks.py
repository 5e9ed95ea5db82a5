"""Each part of a drill fails when the part that it proves is broken; whole, everything passes.

The recorded Claude and a small aider: the real ones are in tests/e2e/test_drill.py."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from ai_code.core.drill import SCENARIOS, Local, Observed, Part, Setup, part_names
from ai_code.core.drill_parts import parts_of, passed
from ai_code.core.task import LocalModel, Program
from ai_code.drill import playing, scenarios
from ai_code.drill.player import PAUSE_S
from ai_code.drill.replies import edit_block
from ai_code.drill.stage import Stage
from ai_code.wiring import SystemWorld
from tests.drill.broken import BREAKS
from tests.e2e.fakes import aider_that, aider_that_asks

ROOT = Path(__file__).resolve().parents[2]
BROKEN = Path(__file__).with_name("broken.py")

GOOD = edit_block("hello.py", "def goodbye():\n", 'def goodbye():\n    """Say so."""\n')
HALF = edit_block("hello.py", "def goodbye():\n", "def goodbye():  # says so\n")
CHANGED = GOOD + edit_block("hello.py", '    print("goodbye")\n', '    exit("goodbye")\n')
WRECK = edit_block("hello.py", '\n\ndef goodbye():\n    print("goodbye")\n', "")

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
        # Where Claude asks again, the time between is what is shown.
        pause_s = PAUSE_S if name in ("overloaded", "passing-429") else 0.01
        drill = Stage(world.processes, clean_env, command=command, pause_s=pause_s)
        setup = Setup(program=aider(source), model=model)
        return drill.play(SCENARIOS[name], setup, lambda _: None)

    yield played
    world.close()


def failed(seen: Observed) -> list[str]:
    return [part.name for part in parts_of(seen) if part.state == "failed"]


_WHOLE: dict[str, Observed] = {}
"""Of each scenario, what was seen where nothing is broken: played once, only looked at."""


def whole(play: Play, name: str) -> Observed:
    if name not in _WHOLE:
        _WHOLE[name] = play(name)
    return _WHOLE[name]


@pytest.mark.parametrize("name", SCENARIOS)
def test_whole_everything_passes(play: Play, name: str) -> None:
    seen = whole(play, name)
    parts = parts_of(seen)
    assert passed(parts), [part for part in parts if part.state == "failed"]
    assert tuple(part.name for part in parts) == part_names("aider")
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
    found = failed(play(name, broken))
    assert part in found
    # Where the network falls back, the tree was changed besides, which nothing may hide.
    assert found == [part] or broken == "the_network_falls_back", found


def test_every_break_and_every_scenario_is_tried() -> None:
    [mark] = [m for m in test_what_is_broken_fails.pytestmark if m.name == "parametrize"]  # type: ignore[attr-defined]
    rows = mark.args[1]
    assert {row[1] for row in rows} == set(BREAKS)
    assert {row[0] for row in rows} == set(SCENARIOS)


def only(seen: Observed, name: str) -> Part:
    """The one part that failed."""
    [part] = [part for part in parts_of(seen) if part.state == "failed"]
    assert part.name == name, part
    return part


def not_reached(seen: Observed) -> set[str]:
    return {part.name for part in parts_of(seen) if part.state == "not reached"}


AFTER_MODEL = {"landing", "undo"}
AFTER_AIDER = {"brief", "model", *AFTER_MODEL}


def test_a_broken_aider_is_one_failure_in_its_own_words(play: Play) -> None:
    seen = play("mid-task", source="#!/bin/sh\necho no module named litellm >&2\nexit 3\n")
    part = only(seen, "aider")
    assert "exit code 3: no module named litellm" in part.note and part.cause == "engine"
    assert not_reached(seen) == AFTER_AIDER


def test_an_aider_that_does_nothing_is_not_the_models_fault(play: Play) -> None:
    part = only(play("mid-task", source=aider_that("pass")), "aider")
    assert "never asked the model" in part.note


@pytest.mark.parametrize(
    ("answer", "note", "landed"),
    [
        ("I would add a docstring.\n", "changed nothing; it said: I would add", False),
        (HALF, "did not do the task: no docstring", True),
        (WRECK, "was left out: hello.py: ", False),
        (CHANGED, "changed code that was not its to change", True),
        (GOOD + edit_block("more.py", "", "x = 1\n"), "nobody asked for: more.py", True),
    ],
    ids=["prose", "half", "wrecks", "changes code", "one more file"],
)
def test_a_model_that_fails_is_one_failure(
    play: Play, monkeypatch: pytest.MonkeyPatch, answer: str, note: str, landed: bool
) -> None:
    monkeypatch.setattr(playing, "_edit", lambda *_: answer)
    seen = play("mid-task")
    assert note in only(seen, "model").note
    assert ("undo" in not_reached(seen)) is not landed
    assert bool(seen.diff) is (landed or answer is WRECK)
    if answer is WRECK:
        assert "left out of run" in seen.diff and '-    print("goodbye")' in seen.diff
        reason = only(seen, "model").note.split("hello.py: ", 1)[1]
        assert reason in seen.diff


@pytest.mark.parametrize(
    ("local", "name", "note"),
    [("memory", "model", "requires more system memory"), ("cut", "Ollama", "closed the conn")],
)
def test_a_server_that_fails_is_one_failure(
    play: Play, monkeypatch: pytest.MonkeyPatch, local: Local, name: str, note: str
) -> None:
    broken = replace(SCENARIOS["mid-task"], local=local)
    monkeypatch.setitem(SCENARIOS, "broken", broken)
    assert note in only(play("broken"), name).note


def test_an_ollama_that_went_away_is_one_failure(play: Play) -> None:
    gone = LocalModel("m", scenarios.closed_url(), 4096)
    seen = play("mid-task", model=gone)
    assert "Ollama" in only(seen, "Ollama").note
    assert not_reached(seen) == {"aider", *AFTER_AIDER}


def test_without_aider_what_it_does_is_not_reached(play: Play) -> None:
    seen = replace(whole(play, "mid-task"), setup=Setup(program=None, fault="it cannot be run"))
    assert only(seen, "aider").note == "it cannot be run"
    assert not_reached(seen) == {"Ollama", *AFTER_AIDER}
