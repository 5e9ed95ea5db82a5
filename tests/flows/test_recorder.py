"""The record of a run: what is kept, what never is, and what happens when it cannot be."""

from __future__ import annotations

import errno
import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from ai_code.core.errors import AiCodeError
from ai_code.core.record import RunRecord
from tests.flows.fake_world import ANSWER, EDITED, NOW, FakeWorld, Silence
from tests.recorded import recordings

LIMIT = "limit-5h-oauth-stream-2.1.329"


def whole_state(world: FakeWorld) -> str:
    files = [path for path in world.state.rglob("*") if path.is_file()]
    return "\n".join(f"{path}\n{path.read_bytes().decode('utf-8', 'replace')}" for path in files)


def test_a_record_of_a_fallback(world: FakeWorld) -> None:
    world.expect_recording(LIMIT)
    world.expect_aider()
    world.go("add a docstring to hello()\nand nothing else")
    record = world.record
    assert record.prompt_line == "add a docstring to hello()"
    assert record.cwd == record.root == str(world.cwd)
    assert NOW <= record.started <= (record.ended or 0)
    assert (record.state, record.exit_code) == ("done", 0)
    claude, aider = record.attempts
    assert (claude.engine, claude.version, claude.verdict) == ("claude", "2.1.329", "limit")
    assert (claude.kind, claude.resets_at, claude.exit_code) == ("session", 1795216200, 1)
    assert claude.rule and claude.excerpt and claude.model == "claude-sonnet-5-5"
    session = json.loads(recordings()[LIMIT]["stdout"].splitlines()[0])["session_id"]
    assert claude.session_id == session
    assert (aider.engine, aider.model, aider.verdict) == ("aider", "qwen2.5-coder:7b", "done")
    assert [(file.path, file.plus, file.minus) for file in record.landed] == [("hello.py", 1, 0)]


def test_the_record_is_there_before_the_first_engine_starts(world: FakeWorld) -> None:
    seen: list[RunRecord] = []
    stdout = recordings()["ok-stream-2.1.329"]["stdout"].encode()
    world.expect("claude", stdout, meanwhile=lambda: seen.append(world.record))
    world.go()
    assert seen[0].state == "running" and seen[0].id == world.record.id
    assert world.run_ids == [world.record.id]


def test_a_switch_is_in_the_record_while_the_local_model_works(world: FakeWorld) -> None:
    seen: list[RunRecord] = []
    world.expect_recording(LIMIT)
    world.expect_aider(meanwhile=lambda: seen.append(world.record))
    world.go()
    assert seen[0].state == "running"
    assert [(each.engine, each.verdict) for each in seen[0].attempts] == [("claude", "limit")]
    assert seen[0].attempts == world.record.attempts[:1]


def test_the_seconds_of_a_reply_are_recorded(world: FakeWorld) -> None:
    """From its first words to its end: what comes before them is loading and reading."""
    world.expect(
        "aider",
        b"Aider v0.86.2\n\n",
        Silence(30.0),
        b"Here is what I did to it\n",
        Silence(10.0),
        b"all of it.\n\nTokens: 1.2k sent, 120 received.\n",
        Silence(5.0),
        b"And one more.\n",
        Silence(2.0),
        b"\nTokens: 1.2k sent, 30 received.\nApplied edit to hello.py\n",
        edits={"hello.py": EDITED},
    )
    assert world.go(local_only=True).code == 0
    attempt = world.record.attempts[0]
    assert (attempt.tokens_sent, attempt.tokens_received) == (2400, 150)
    assert attempt.replying_s == 12.0


def test_answers_and_long_prompts_are_not_kept(world: FakeWorld) -> None:
    world.expect_recording(LIMIT)
    world.expect_aider("The answer is forty-two.")
    world.go("short title\n\nthe long story of the prompt")
    kept = whole_state(world)
    assert "forty-two" not in kept and "long story" not in kept


@pytest.mark.parametrize("engine", ["claude", "aider"])
def test_answers_are_kept_where_asked(world: FakeWorld, engine: str) -> None:
    world.set(journal_keep_answers=True)
    if engine == "claude":
        world.expect_recording("ok-stream-2.1.329")
    else:
        world.expect_aider()
    world.go(local_only=engine == "aider")
    path = world.journal.run_dir(world.record.id) / "answer.txt"
    result = json.loads(recordings()["ok-stream-2.1.329"]["stdout"].splitlines()[-1])["result"]
    assert path.read_text() == (result if engine == "claude" else ANSWER) + "\n"
    assert path.stat().st_mode & 0o777 == 0o600


def test_an_error_is_recorded_with_its_exit_code(world: FakeWorld) -> None:
    world.processes.missing.add("claude")
    world.go()
    assert (world.record.exit_code, world.record.state) == (127, "done")
    assert world.record.attempts[0].reason == "missing"


def test_a_bug_is_recorded_as_ended(world: FakeWorld) -> None:
    def crash() -> None:
        raise ZeroDivisionError

    world.expect("claude", meanwhile=crash)
    with pytest.raises(ZeroDivisionError):
        world.go()
    assert (world.record.state, world.record.exit_code) == ("done", None)


# what cannot be written -------------------------------------------------------------------------


class BrokenJournal:
    """A journal on a disk that is full, from the ``after``-th write on."""

    def __init__(self, journal: Any, after: int) -> None:
        self._journal = journal
        self._left = after

    def __getattr__(self, name: str) -> Any:
        return getattr(self._journal, name)

    def new_run(self) -> str:
        if self._left <= 0:
            raise AiCodeError("the journal cannot be written", why="No space left on device")
        return str(self._journal.new_run())

    def save(self, record: RunRecord) -> None:
        self._left -= 1
        if self._left < 0:
            raise AiCodeError("the record cannot be written", why="No space left on device")
        self._journal.save(record)


def test_claude_runs_without_a_journal(world: FakeWorld) -> None:
    world.journal = BrokenJournal(world.journal, 0)
    world.expect_recording("ok-stream-2.1.329")
    assert world.go().code == 0
    [told] = world.console.of("important")
    assert told == (
        "This run is not recorded: the journal cannot be written (No space left on device)"
    )


def test_a_record_that_cannot_be_completed_is_told(world: FakeWorld) -> None:
    world.journal = BrokenJournal(world.journal, 1)
    world.expect_recording("ok-stream-2.1.329")
    assert world.go().code == 0
    assert world.console.of("important")[0].startswith("The record of this run is incomplete: ")


def test_without_a_journal_no_local_engine_works(world: FakeWorld) -> None:
    world.journal = BrokenJournal(world.journal, 0)
    world.expect_recording(LIMIT)
    ended = world.go()
    assert ended.code != 0 and "cannot be written" in ended.text


class FullDisk:
    """Limits that cannot be remembered."""

    def current(self, *_: object) -> list[object]:
        return []

    over = current

    def record(self, *_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    clear = record


@pytest.mark.parametrize("recording", ["ok-stream-2.1.329", LIMIT])
def test_limits_that_cannot_be_remembered_stop_nothing(world: FakeWorld, recording: str) -> None:
    world.limits = FullDisk()
    world.expect_recording(recording)
    if recording == LIMIT:
        world.expect_aider()
    assert world.go().code == 0
    assert any("No space left" in line for line in world.console.of("detail"))


# the run before ---------------------------------------------------------------------------------


def test_a_run_that_was_killed_is_marked_and_swept(world: FakeWorld) -> None:
    killed = world.journal.new_run()
    root = str(world.cwd)
    world.journal.save(RunRecord(id=killed, started=float(NOW), cwd=root, root=root))
    folder: Path = world.journal.run_dir(killed)
    world.files.write(folder / "aider" / "model-settings.yml", "a key of somebody's")
    world.files.write(folder / "w" / "project" / "x.py", "half")
    world.leftovers = [killed]
    world.expect_recording("ok-stream-2.1.329")
    assert world.go().code == 0
    assert world.journal.load(killed).state == "crashed"
    assert [path.name for path in folder.iterdir()] == ["record.json"]


def test_a_run_that_was_killed_in_the_tree_itself_keeps_its_only_copy(world: FakeWorld) -> None:
    killed = world.journal.new_run()
    root = str(world.cwd)
    world.journal.save(RunRecord(id=killed, started=float(NOW), cwd=root, root=root))
    folder: Path = world.journal.run_dir(killed)
    before = world.read("hello.py")
    world.trees.prepare(world.cwd, folder, where="tree")
    (world.cwd / "hello.py").write_text("half an edit")
    world.leftovers = [killed]
    world.expect_recording("ok-stream-2.1.329")
    assert world.go().code == 0
    [told] = world.console.of("important")
    assert f"Run {killed} was killed while it worked in your tree" in told
    command = told.partition("What was there before: ")[2].split(" diff HEAD")[0].split()
    shown = subprocess.run(
        [*command, "show", "HEAD:hello.py"], capture_output=True, text=True, check=True
    )
    assert shown.stdout == before


def test_a_run_that_was_killed_while_its_worktree_was_made_was_not_in_the_tree(
    world: FakeWorld,
) -> None:
    killed = world.journal.new_run()
    root = str(world.cwd)
    world.journal.save(RunRecord(id=killed, started=float(NOW), cwd=root, root=root))
    folder: Path = world.journal.run_dir(killed)
    world.files.write(folder / "git" / "HEAD", "ref: refs/heads/main")
    world.leftovers = [killed]
    world.expect_recording("ok-stream-2.1.329")
    assert world.go().code == 0
    assert world.console.of("important") == []
    assert [path.name for path in folder.iterdir()] == ["record.json"]


def test_a_killed_run_that_had_finished_stays_done(world: FakeWorld) -> None:
    world.expect_recording("ok-stream-2.1.329")
    world.go()
    first = world.record.id
    world.leftovers = [first]
    world.expect_recording("ok-stream-2.1.329")
    world.go()
    assert world.journal.load(first).state == "done"


def test_a_killed_run_without_a_record_is_no_hindrance(world: FakeWorld) -> None:
    world.leftovers = ["20200101-000000-0000"]
    world.expect_recording("ok-stream-2.1.329")
    assert world.go().code == 0


def test_old_records_go_when_there_is_time(world: FakeWorld) -> None:
    world.expect_recording("ok-stream-2.1.329")
    world.go()
    first = world.record.id
    world.clock.advance(91 * 86_400)
    world.expect_recording("529-stream-2.1.329")
    world.expect_aider()
    world.set(patience_s=0.0)
    world.go()
    assert [record.id for record in world.journal.list(9)] == [world.record.id]
    assert world.record.id != first
    world.set(journal_keep_days=0)
    world.clock.advance(900 * 86_400)
    world.expect_recording("529-stream-2.1.329")
    world.expect_aider("No.", edits={})
    world.go()
    assert len(world.journal.list(9)) == 2


def test_only_so_many_records_are_kept(world: FakeWorld) -> None:
    world.set(journal_keep_days=0, journal_keep_runs=1)
    for _ in range(2):
        world.expect_recording("ok-stream-2.1.329")
        world.go()
        world.clock.advance(2 * 86_400)
    assert [record.id for record in world.journal.list(9)] == [world.record.id]


def test_records_of_long_ago_go_at_the_end_of_any_run(world: FakeWorld) -> None:
    world.expect_recording("ok-stream-2.1.329")
    world.go()
    old = world.record.id
    world.clock.advance(91 * 86_400)
    world.expect_recording("ok-stream-2.1.329")
    world.go()
    assert old not in [record.id for record in world.journal.list()]
