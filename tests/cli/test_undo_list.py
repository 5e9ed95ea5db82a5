"""``ai-code undo --list``: over a real tree, journal and landing."""

from __future__ import annotations

import json
import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result

from ai_code.cli.undo import undo
from ai_code.core.changes import Change
from ai_code.core.errors import UsageError
from ai_code.core.record import Attempt, RunRecord
from ai_code.core.text import columns
from tests.flows.fake_world import FakeWorld

REGULAR = 0o100644
AIDER = Attempt("aider", model="qwen2.5-coder:7b", verdict="done")
JAPANESE = "挨拶の関数に説明文を付けて、" * 9
DAY_S = 86_400


def call(world: FakeWorld, *arguments: str) -> Result:
    world.clock.advance(1)
    loaded = SimpleNamespace(settings=world.settings, warnings=())
    world.config = SimpleNamespace(load=lambda _: loaded)  # type: ignore[attr-defined]
    result = CliRunner().invoke(undo, arguments, obj=world)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def listed(world: FakeWorld, *arguments: str) -> list[dict[str, Any]]:
    value = json.loads(call(world, "--list", "--json", *arguments).stdout)
    assert value["version"] == 1 and value["root"] == str(world.cwd)
    runs: list[dict[str, Any]] = value["runs"]
    return runs


def put(world: FakeWorld, path: str, data: bytes) -> None:
    full = Path(world.cwd) / path
    full.parent.mkdir(parents=True, exist_ok=True)
    full.write_bytes(data)


def land(world: FakeWorld, path: str, before: bytes | None, after: bytes, **more: Any) -> str:
    """A run that wrote this one file, as the flow of a run records it."""
    world.clock.advance(1)
    run_id, root = world.journal.new_run(), Path(world.cwd)
    kind = "M" if before is not None else "A"
    change = Change(path, kind, REGULAR if before is not None else 0, REGULAR, before, after)
    written = world.trees.write(root, world.journal.run_dir(run_id), [change])
    assert written.files
    fields = {"prompt_line": "add a docstring", "attempts": (AIDER,), "state": "done", **more}
    now = world.clock.now()
    record = RunRecord(run_id, now, str(root), str(root), landed=written.files, **fields)
    world.journal.save(record)
    return run_id


def test_the_newest_first_with_engine_prompt_and_files(world: FakeWorld) -> None:
    assert "no run has landed anything here" in call(world, "--list").stdout
    put(world, "a.txt", b"1\n")
    first = land(world, "a.txt", b"1\n", b"2\n")
    last = land(world, "日本/語.txt", None, b"x\n", prompt_line=JAPANESE)
    world.journal.save(RunRecord(world.journal.new_run(), 1.8e9, "/x", "/x"))
    rows = listed(world)
    assert [row["id"] for row in rows] == [last, first]
    assert rows[1] == {
        "id": first,
        "started": rows[1]["started"],
        "engine": "aider",
        "model": "qwen2.5-coder:7b",
        "prompt_line": "add a docstring",
        "state": "landed",
        "files": [{"path": "a.txt", "kind": "M", "plus": 1, "minus": 1}],
        "wholly_undoable": True,
        "would_leave": [],
        "error": "",
        "kept_until": rows[1]["started"] + 90 * DAY_S,
        "command": f"ai-code undo {first}",
    }
    assert [row["id"] for row in listed(world, "-n", "1")] == [last]


def test_landed_partly_undone_undone_and_put_back(world: FakeWorld) -> None:
    put(world, "a.txt", b"1\n")
    put(world, "b.txt", b"1\n")
    one = land(world, "a.txt", b"1\n", b"2\n")
    both = land(world, "b.txt", b"1\n", b"2\n")
    call(world, one, "--yes")
    (row,) = [each for each in listed(world) if each["id"] == one]
    assert row["state"] == "undone" and row["wholly_undoable"]
    assert call(world, *row["command"].split()[2:], "--yes").exit_code == 0
    assert {each["state"] for each in listed(world)} == {"landed"}
    # and once more: the chain of undos does not confuse who is in force
    call(world, one, "--yes")
    row = next(each for each in listed(world) if each["id"] == one)
    assert row["state"] == "undone"
    put(world, "a.txt", b"mine\n")
    row = next(each for each in listed(world) if each["id"] == one)
    assert [each["path"] for each in row["would_leave"]] == ["a.txt"]
    assert next(each for each in listed(world) if each["id"] == both)["wholly_undoable"]


def test_an_undo_that_left_something_makes_it_partly(world: FakeWorld) -> None:
    put(world, "a.txt", b"1\n")
    run_id = land(world, "a.txt", b"1\n", b"2\n")
    root = Path(world.cwd)
    # the same run wrote a second file
    steps = [Change("a.txt", "M", REGULAR, REGULAR, b"2\n", b"3\n"),
             Change("new.txt", "A", 0, REGULAR, None, b"x\n")]  # fmt: skip
    written = world.trees.write(root, world.journal.run_dir(run_id), steps)
    world.journal.save(world.journal.load(run_id)._replace(landed=written.files))
    put(world, "a.txt", b"mine\n")
    text = call(world, "--list").stdout
    assert (
        "would stay as it is: a.txt (somebody else changed the same place meanwhile)"
        in " ".join(text.split())
    )
    done = call(world, "--yes")
    assert done.exit_code == 1 and not (root / "new.txt").exists()
    (undo_run,) = [each for each in world.journal.list() if each.undo_of]
    told = "\n".join(text for _, text in world.console.shown)
    assert "  leave    a.txt (somebody else changed" in told and "  remove   new.txt" in told
    assert f"to look at it: ai-code diff {undo_run.id}" in told
    (row,) = listed(world)
    assert row["state"] == "partly" and not row["wholly_undoable"]
    assert "partly undone" in call(world, "--list").stdout
    # The undo is taken back: the run is in force again, and the rest can still be undone.
    assert call(world, undo_run.id, "--yes").exit_code == 0
    assert listed(world)[0]["state"] == "landed" and (root / "new.txt").exists()


def test_undoing_to_and_fro_leaves_the_states_right(world: FakeWorld) -> None:
    put(world, "a.txt", b"1\n")
    run_id = land(world, "a.txt", b"1\n", b"2\n")
    last = run_id
    for turn in range(5):
        call(world, last, "--yes")
        text = (Path(world.cwd) / "a.txt").read_bytes()
        assert text == (b"1\n" if turn % 2 == 0 else b"2\n")
        assert world.journal.load(run_id).state == ("undone" if turn % 2 == 0 else "done")
        last = world.journal.list(1)[0].id
    assert [row["state"] for row in listed(world)] == ["undone"]


def test_a_run_that_was_killed_while_it_landed(world: FakeWorld) -> None:
    run_id = land(world, "a.txt", None, b"1\n", attempts=(), state="crashed")
    world.journal.save(world.journal.load(run_id)._replace(landed=()))
    (row,) = listed(world)
    assert (row["state"], row["engine"]) == ("killed", "")
    assert row["files"] == [{"path": "a.txt", "kind": "A", "plus": 1, "minus": 0}]


def test_what_cannot_be_read_does_not_hide_the_others(world: FakeWorld) -> None:
    good = land(world, "a.txt", None, b"1\n")
    bad = land(world, "b.txt", None, b"1\n")
    (world.journal.run_dir(bad) / "before/manifest.json").write_text("{")
    rows = listed(world)
    assert [row["id"] for row in rows] == [bad, good]
    assert rows[0]["error"] and not rows[0]["wholly_undoable"] and rows[1]["wholly_undoable"]
    assert "cannot be told" in call(world, "--list").stdout


@pytest.mark.parametrize("colour", [False, True])
def test_rows_fit_the_screen_and_are_safe(
    world: FakeWorld, monkeypatch: pytest.MonkeyPatch, colour: bool
) -> None:
    for number, prompt in enumerate((JAPANESE, "\x1b[2Jboo", "x " * 200)):
        model = "ollama.com/" + "日本" * 40
        name = "と" * 30 + f"/{number}.txt"
        land(
            world, name, None, b"x\n", prompt_line=prompt, attempts=(Attempt("aider", model=model),)
        )
        put(world, name, b"mine")
    if colour:
        monkeypatch.setattr("ai_code.cli.undo.Screen", lambda _: Coloured())
    text = call(world, "--list").stdout
    assert ("\x1b[32mlanded\x1b[0m" in text) == colour
    plain = re.sub("\x1b" + r"\[\d+m", "", text)
    assert "\x1b" not in plain and "^[[2Jboo" in plain
    lines = plain.splitlines()
    assert max(map(columns, lines)) <= 80
    assert len({line.index("1 file") for line in lines if "1 file" in line}) == 1
    assert lines[-1].startswith("kept for 90 days (journal.keep-days), the last of these until ")


class Coloured:
    """A screen that is a terminal with colours."""

    def line(self, text: str) -> None:
        click.echo(text, color=True)


def test_words_that_do_not_go_together(world: FakeWorld) -> None:
    for arguments in (["--json"], ["--list", "2026"], ["--list", "--yes"]):
        with pytest.raises(UsageError) as caught:
            call(world, *arguments)
        assert caught.value.hint


def test_what_is_kept_goes_with_its_record_and_nothing_else(world: FakeWorld) -> None:
    """What can still be undone within ``journal.keep-days`` stays, and is said; then all of it
    goes at once."""
    old = land(world, "a.txt", None, b"1\n")
    world.clock.advance(89 * DAY_S)
    new = land(world, "b.txt", None, b"1\n")
    assert world.journal.prune(90) == 0
    assert [row["id"] for row in listed(world)] == [new, old]
    world.clock.advance(2 * DAY_S)
    assert world.journal.prune(90) == 1
    assert not world.journal.run_dir(old).exists()
    assert [row["id"] for row in listed(world)] == [new]
    assert call(world, "--yes").exit_code == 0
    assert (Path(world.cwd) / "a.txt").exists() and not (Path(world.cwd) / "b.txt").exists()
