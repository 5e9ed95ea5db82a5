"""The whole command in repositories with submodules, linked worktrees and sparse checkouts; and
its list of what can be undone."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.conftest import HELLO
from tests.e2e.fakes import DOCUMENTED, aider_that, aider_writes, claude_at_its_limit
from tests.e2e.world import World

TASK = "hello() に説明文を付ける"


@pytest.fixture
def limited(world: World) -> World:
    """Claude is at its limit; a fake aider does the task."""
    world.script("claude", claude_at_its_limit())
    world.script("aider", aider_writes(hello__py=DOCUMENTED))
    world.ollama()
    return world


def test_what_a_model_writes_into_a_submodule(limited: World, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    limited.git("init", "-q", cwd=other)
    (other / "x.txt").write_text("x\n")
    limited.git("add", "-A", cwd=other)
    limited.git("commit", "-qm", "other", cwd=other)
    limited.git("submodule", "--quiet", "add", str(other), "sub")
    limited.git("commit", "-qm", "with a submodule")
    before = limited.tree()
    writes = (
        f"open('sub/x.txt', 'w').write('model\\n'); open('hello.py', 'w').write({DOCUMENTED!r})"
    )
    limited.script("aider", aider_that(writes + "; say('Done.')\n"))
    run = limited.run(TASK)
    assert "left out: sub/x.txt: it lies in a submodule: start ai-code in that folder" in run.stderr
    assert limited.text("sub/x.txt") == "x\n" and limited.text() == DOCUMENTED
    (patch,) = limited.state.glob("runs/*/*.patch")
    assert "+model" in patch.read_text()
    assert limited.run("undo", "--yes").code == 0
    assert limited.tree() == before
    run = limited.run("--file", "sub/x.txt", TASK)
    assert run.code == 0 and limited.text("sub/x.txt") == "model\n", run
    assert limited.run("undo", "--yes").code == 0
    assert limited.tree() == before


def test_a_run_in_a_linked_worktree_is_undone_there(limited: World, tmp_path: Path) -> None:
    linked = tmp_path / "枝"
    limited.git("worktree", "add", "-q", str(linked), "-b", "side")
    before, here = limited.tree(), limited.tree(linked)
    assert limited.run(TASK, cwd=linked).code == 0
    assert "no run has landed anything here" in limited.run("undo", "--list").stdout
    assert limited.run("undo", "--yes").code == 2
    assert "landed" in limited.run("undo", "--list", cwd=linked).stdout
    assert limited.run("undo", "--yes", cwd=linked).code == 0
    assert limited.tree(linked) == here and limited.tree() == before


def test_a_file_outside_of_a_sparse_checkout(limited: World) -> None:
    limited.write("out/b.txt", "b\n")
    limited.git("add", "-A")
    limited.git("commit", "-qm", "more")
    limited.git("sparse-checkout", "set", "nothing-else")
    before = limited.tree()
    writes = f"open('hello.py', 'w').write({DOCUMENTED!r})\n"
    writes += "os.makedirs('out'); open('out/b.txt', 'w').write('x')"
    limited.script("aider", aider_that(writes + "; say('Done.')\n"))
    run = limited.run(TASK)
    assert "not merged: out/b.txt: it lies outside of the sparse checkout" in run.stderr
    assert not (limited.project / "out").exists() and limited.text() == DOCUMENTED
    assert limited.run("undo", "--yes").code == 0
    assert limited.tree() == before


def test_what_would_stay_is_listed_left_and_shown(limited: World) -> None:
    writes = f"open('hello.py', 'w').write({DOCUMENTED!r}); open('新.py', 'w').write('x = 1\\n')"
    limited.script("aider", aider_that(writes + "; say('Done.')\n"))
    assert limited.run(TASK).code == 0
    (row,) = json.loads(limited.run("undo", "--list", "--json").stdout)["runs"]
    assert (row["state"], row["wholly_undoable"]) == ("landed", True)
    assert (row["engine"], row["prompt_line"]) == ("aider", TASK)
    mine = HELLO.replace("def hello():", 'def hello():\n    """Mine."""')
    limited.write("hello.py", mine)
    listed = limited.run("undo", "--list").stdout
    assert TASK in listed and "新.py" in listed
    assert "would stay as it is: hello.py" in listed
    undone = limited.run("undo", "--yes")
    assert undone.code == 1 and limited.text() == mine
    assert not (limited.project / "新.py").exists()
    command = undone.stderr.split("to look at it: ai-code ")[1].splitlines()[0]
    assert "-    " in limited.run(*command.split()).stdout
    assert "partly undone" in limited.run("undo", "--list").stdout
    # What was in the way is gone: the same undo does the rest.
    limited.write("hello.py", DOCUMENTED)
    assert limited.run("undo", row["id"], "--yes").code == 0
    assert limited.text() == HELLO
    assert limited.git("for-each-ref", "--format=%(refname)").split() == ["refs/heads/main"]
