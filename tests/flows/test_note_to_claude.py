"""What Claude is told, found in a real journal: nothing twice, and nothing lost where Claude
answered without having been told."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from ai_code.core.changes import LandedFile
from ai_code.core.record import Attempt, RunRecord
from ai_code.core.task import Session
from ai_code.flows.note_to_claude import Note, absences, cut_off
from tests.flows.fake_world import FakeWorld

KNOWS = Attempt("claude", verdict="done", caught_up=True)
DOES_NOT = Attempt("claude", verdict="done")
LIMIT = Attempt("claude", "2.1.329", "model-1", verdict="limit", kind="session", session_id="abc")
AIDER = Attempt("aider", model="m:7b", verdict="done")
FILE = (LandedFile("a.py", "M", 1, 0),)


@pytest.fixture
def world(git_project: Path, tmp_path: Path, clean_env: dict[str, str]) -> FakeWorld:
    (tmp_path / "state").mkdir()
    return FakeWorld(git_project, tmp_path / "state", clean_env)


def add(world: FakeWorld, *attempts: Attempt, **fields: Any) -> str:
    """One run, a second after the last one; with a local engine's attempt a file landed."""
    world.clock.advance(1)
    now = world.clock.now()
    landed = FILE if any(each.engine == "aider" for each in attempts) else ()
    root = str(world.trees.root_of(world.cwd))
    values: dict[str, Any] = {"root": root, "state": "done", "landed": landed, **fields}
    made = tuple(each._replace(ended=now) for each in attempts)
    record = RunRecord(world.journal.new_run(), now, cwd=str(world.cwd), attempts=made, **values)
    world.journal.save(record)
    world.untold.mark(Path(root))
    return record.id


def told(world: FakeWorld, *by_hook: str) -> list[str]:
    root = world.trees.root_of(world.cwd)
    return [each.run_id for each in absences(world, root, frozenset(by_hook))]  # type: ignore[arg-type]


def test_since_claude_had_caught_up(world: FakeWorld) -> None:
    add(world, LIMIT, AIDER)
    add(world, KNOWS)
    first = add(world, LIMIT, AIDER)
    second = add(world, LIMIT._replace(caught_up=True), AIDER)
    assert told(world) == [second], "the first was told in the run that met the second limit"
    third = add(world, AIDER)
    assert told(world) == [second, third] and first not in told(world)


def test_an_answer_without_the_note_is_no_reason_to_forget_it(world: FakeWorld) -> None:
    """A prompt that began with a command, a session that was resumed on Claude's screen."""
    run = add(world, LIMIT, AIDER)
    add(world, DOES_NOT)
    assert told(world) == [run]


def test_a_chat_is_told_with_the_limit_of_the_screen_before_it(world: FakeWorld) -> None:
    add(world, LIMIT, interactive=True)
    add(world, AIDER, after="session", interactive=True)
    root = world.trees.root_of(world.cwd)
    assert "because your session limit was reached" in Note(world, root).text  # type: ignore[arg-type]


def test_what_a_hook_told_is_not_told_again_nor_what_came_before(world: FakeWorld) -> None:
    add(world, LIMIT, AIDER)
    second = add(world, LIMIT._replace(caught_up=True), AIDER)
    assert told(world, second) == []


def test_what_was_undone_and_what_landed_nowhere(world: FakeWorld) -> None:
    add(world, AIDER, state="undone")
    add(world, AIDER, landed=())
    add(world, AIDER, root="/elsewhere")
    assert told(world) == []
    note = Note(world, world.trees.root_of(world.cwd))  # type: ignore[arg-type]
    assert note.text == "" and not world.untold.has(world.trees.root_of(world.cwd))


def transcript(world: FakeWorld, session: str, at: float) -> None:
    name = "".join(c if c.isalnum() else "-" for c in str(world.cwd.resolve()))
    path = world.state / "claude" / "projects" / name / f"{session}.jsonl"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("{}\n")
    os.utime(path, (at, at))


def test_the_session_that_was_cut_off(world: FakeWorld) -> None:
    assert cut_off(world) is None  # type: ignore[arg-type]
    add(world, LIMIT, AIDER)
    assert cut_off(world) is None, "Claude has it no more"  # type: ignore[arg-type]
    transcript(world, "abc", world.clock.now())
    expected = Session("resume", "abc", "model-1")
    assert cut_off(world) == expected  # type: ignore[arg-type]
    transcript(world, "plain-claude", world.clock.now() + 60)
    assert cut_off(world) is None, "another one is the last"  # type: ignore[arg-type]
    os.unlink(next((world.state / "claude").rglob("plain-claude.jsonl")))
    add(world, KNOWS)
    assert cut_off(world) is None, "no limit ended the last one"  # type: ignore[arg-type]


@pytest.mark.parametrize(("runs", "many"), [(1, "1 run"), (9, "8 runs")])
def test_the_person_hears_it_in_one_short_line(world: FakeWorld, runs: int, many: str) -> None:
    """Once Claude has read it; which runs those were is for -v."""
    made = [add(world, LIMIT, AIDER) for _ in range(runs)]
    note = Note(world, world.trees.root_of(world.cwd))  # type: ignore[arg-type]
    assert world.console.shown == []
    note.told()
    line = f"Claude was told what the local model did meanwhile ({many})."
    shown = [("detail", f"told of: ai-code history show {each}") for each in made[-8:]]
    assert world.console.shown == [("note", line), *shown] and len(line) <= 80
