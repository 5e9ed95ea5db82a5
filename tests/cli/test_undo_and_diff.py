"""``ai-code undo`` and ``ai-code diff`` over a real tree, journal and landing."""

from __future__ import annotations

import json
import subprocess
import sys
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace

import pytest
from click.testing import CliRunner, Result

from ai_code.cli.diff import diff
from ai_code.cli.undo import undo
from ai_code.core.changes import Change, Changes, LandedFile
from ai_code.core.errors import UsageError
from ai_code.core.record import RecordedLeftOut, RunRecord
from ai_code.core.reply import chosen
from ai_code.flows.landing import decide, land
from ai_code.system.journal import FileJournal
from ai_code.system.trees import RealTrees
from tests.system.git_repos import picture

REGULAR = 0o100644


@dataclass
class Here:
    cwd: Path
    trees: RealTrees
    journal: FileJournal
    tty: bool = False

    def call(self, command: object, *args: str, input: str | None = None) -> Result:
        console = SimpleNamespace(
            stdin_is_tty=self.tty,
            stderr_is_tty=self.tty,
            stdout_is_tty=False,
            ask=lambda question, choices: (
                sys.stderr.write(f"{question}\n") and chosen(input or "", choices)
            ),
            raw=lambda data: sys.stdout.buffer.write(data),
            important=lambda line: sys.stderr.write(line + "\n"),
        )
        world = SimpleNamespace(
            cwd=self.cwd,
            environ={},
            trees=self.trees,
            journal=self.journal,
            console=console,
            clock=SimpleNamespace(now=lambda: 1.8e9),
            undisturbed=nullcontext,
        )
        return CliRunner().invoke(command, args, obj=world, input=input)  # type: ignore[arg-type]

    def land(self, *changes: Change) -> str:
        run_id = self.journal.new_run()
        plan = decide(Changes(changes), on_suspect="drop")
        landed = land(plan, self.trees, root=self.cwd, run_dir=self.journal.run_dir(run_id))
        record = RunRecord(
            run_id,
            1.8e9,
            str(self.cwd),
            str(self.cwd),
            prompt_line="do \x1b[31mit",
            landed=landed.files,
            left_out=tuple(RecordedLeftOut(left.path, left.reason) for left in landed.left_out),
            state="done",
        )
        self.journal.save(record)
        return run_id


@pytest.fixture
def here(tmp_path: Path) -> Here:
    tree, state = tmp_path / "tree", tmp_path / "state"
    for folder in (tree, state):
        folder.mkdir()
    (tree / "a.txt").write_bytes(b"one\ntwo\n")
    return Here(tree, RealTrees(state), FileJournal(state))


EDIT = Change("a.txt", "M", REGULAR, REGULAR, b"one\ntwo\n", b"one\n2 \x1b[31m\r\n")
NEW = Change("sub/new.txt", "A", 0, REGULAR, None, b"new\n")
BAD = Change("b.txt", "M", REGULAR, REGULAR, b"1\n2\n", b"")


def test_undo_and_its_undo(here: Here) -> None:
    before = picture(here.cwd)
    run_id = here.land(EDIT, NEW)
    after = picture(here.cwd)
    done = here.call(undo, "--yes")
    assert done.exit_code == 0, done.output
    assert picture(here.cwd) == before and "\x1b" not in done.output
    assert here.journal.load(run_id).state == "undone"
    (undo_run,) = [each.id for each in here.journal.list() if each.undo_of == run_id]
    assert undo_run in done.output
    assert here.call(undo, undo_run, "--yes").exit_code == 0
    assert picture(here.cwd) == after
    assert here.journal.load(run_id).state == "done"
    assert here.call(undo, "--yes").exit_code == 0
    assert picture(here.cwd) == before


def test_undo_walks_back_run_by_run(here: Here) -> None:
    here.land(EDIT)
    here.land(NEW)
    here.call(undo, "--yes")
    assert not (here.cwd / "sub").exists() and (here.cwd / "a.txt").read_bytes() == EDIT.after
    here.call(undo, "--yes")
    assert (here.cwd / "a.txt").read_bytes() == EDIT.before
    assert isinstance(here.call(undo, "--yes").exception, UsageError)


def test_undo_asks_on_a_terminal_and_else_needs_yes(here: Here) -> None:
    run_id = here.land(EDIT)
    refused = here.call(undo)
    assert isinstance(refused.exception, UsageError)
    assert refused.exception.hint == f"ai-code undo {run_id} --yes"
    here.tty = True
    said_no = here.call(undo, input="\n")
    assert said_no.exit_code == 1 and (here.cwd / "a.txt").read_bytes() == EDIT.after
    assert "a.txt" in said_no.output
    assert here.call(undo, input="y\n").exit_code == 0
    assert (here.cwd / "a.txt").read_bytes() == EDIT.before


def test_what_was_changed_since_is_left_alone_and_named(here: Here) -> None:
    run_id = here.land(EDIT, NEW)
    (here.cwd / "a.txt").write_bytes(b"mine\n")
    done = here.call(undo, "--yes")
    assert done.exit_code == 1 and "left alone: a.txt" in done.output
    assert (here.cwd / "a.txt").read_bytes() == b"mine\n" and not (here.cwd / "sub").exists()
    assert here.journal.load(run_id).state == "done"
    assert "left-out.patch" in done.output


def test_where_nothing_can_be_undone_nobody_is_asked_and_the_later_run_is_named(
    here: Here,
) -> None:
    first = here.land(EDIT)
    assert EDIT.after is not None
    second = here.land(Change("a.txt", "M", REGULAR, REGULAR, EDIT.after, b"else\n"))
    here.tty = True
    told = here.call(undo, first)
    assert told.exit_code == 1 and "Undo this?" not in told.output, told.output
    assert f"nothing of run {first} was undone" in told.output
    assert f"undo it first: ai-code undo {second}" in told.output
    assert "  leave " not in told.output and told.output.count("left alone: a.txt") == 1
    assert here.call(undo, second, "--yes").exit_code == 0
    assert here.call(undo, first, "--yes").exit_code == 0
    assert (here.cwd / "a.txt").read_bytes() == EDIT.before


def test_undo_of_a_run_that_was_killed_while_it_landed(here: Here) -> None:
    before = picture(here.cwd)
    run_id = here.land(EDIT, NEW)
    record = here.journal.load(run_id)
    here.journal.save(RunRecord(run_id, record.started, record.cwd, record.root))
    assert here.call(undo, "--yes").exit_code == 0
    assert picture(here.cwd) == before


def test_runs_that_cannot_be_undone(here: Here) -> None:
    assert isinstance(here.call(undo, "--yes").exception, UsageError)
    assert isinstance(here.call(undo, "2026", "--yes").exception, UsageError)
    empty = here.journal.new_run()
    here.journal.save(
        RunRecord(
            empty, 1.0, "/", str(here.cwd), landed=(LandedFile("a", "M", 1, 1),), state="done"
        )
    )
    assert isinstance(here.call(undo, "--yes").exception, UsageError)


def test_diff_shows_what_landed_and_what_did_not(here: Here) -> None:
    (here.cwd / "b.txt").write_bytes(b"1\n2\n")
    here.land(EDIT, NEW, BAD)
    shown = here.call(diff).output
    assert "+2 ^[[31m^M\n" in shown and "\x1b" not in shown
    landed, left_out = shown.split("left out of run")
    assert "+++ b/sub/new.txt" in landed and "b.txt: it was emptied" in left_out
    assert "-1\n-2\n" in left_out
    stat = here.call(diff, "--stat").output
    assert stat == " a.txt | +1 -1\n sub/new.txt | +1 -0\n b.txt | left out: it was emptied\n"


def test_the_raw_diff_is_a_patch(here: Here, tmp_path: Path) -> None:
    run_id = here.land(EDIT, NEW)
    text = here.call(diff, run_id[:-1], "--raw").stdout_bytes
    here.call(undo, "--yes")
    subprocess.run(
        ["git", "apply", "--whitespace=nowarn", "-"], cwd=here.cwd, input=text, check=True
    )
    assert (here.cwd / "a.txt").read_bytes() == EDIT.after


def test_a_diff_for_a_script(here: Here) -> None:
    (here.cwd / "b.txt").write_bytes(b"1\n2\n")
    picture_of_noise = Change("絵.png", "A", 0, REGULAR, None, b"\x89PNG\x00")
    run_id = here.land(EDIT, NEW, BAD, picture_of_noise)
    told = json.loads(here.call(diff, "--json").stdout)
    assert (told["version"], told["run"]) == (1, run_id)
    rows = {each["path"]: each for each in told["changes"]}
    assert (rows["a.txt"]["kind"], rows["a.txt"]["added"], rows["a.txt"]["removed"]) == ("M", 1, 1)
    assert rows["絵.png"]["binary"] and rows["絵.png"]["added"] is None
    assert told["patch"].encode() == here.call(diff, "--raw").stdout_bytes
    assert told["left_out"] == [{"path": "b.txt", "reason": "it was emptied"}]
    assert "-1\n-2\n" in told["left_out_patch"]
    for other in ("--raw", "--stat"):
        assert isinstance(here.call(diff, "--json", other).exception, UsageError)


@pytest.mark.parametrize(("command", "done"), [(undo, "taken back"), (diff, "shown")])
def test_a_run_is_asked_for_only_where_there_is_one(
    here: Here, tmp_path: Path, command: object, done: str
) -> None:
    nothing = here.call(command)
    assert isinstance(nothing.exception, UsageError)
    assert "no local model has changed anything yet" in nothing.exception.why
    told = f'ai-code "PROMPT"   (what a local model then changes can be {done})'
    assert nothing.exception.hint == told
    here.land(NEW)
    here.cwd = tmp_path / "elsewhere"
    here.cwd.mkdir()
    elsewhere = here.call(command)
    assert isinstance(elsewhere.exception, UsageError)
    assert elsewhere.exception.hint.endswith(" RUN   (the id that the run printed)")
