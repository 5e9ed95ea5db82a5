"""A signal between the end of a model's work and its landing: nothing of that work is lost."""

from __future__ import annotations

import json
import shutil
import signal
from pathlib import Path

import pytest

from tests.e2e.fakes import aider_that
from tests.e2e.world import World, argv_of, ended, wait_for

TASK = "improve hello.py"
STOPS = [signal.SIGINT, signal.SIGTERM, signal.SIGHUP]
WRITES = "open('made.py', 'w').write('X = 1\\n')\nsay('Done.')\n"
CUTS = "open('hello.py', 'w').write('# ... rest of the code\\n')\nsay('Done.')\n"
"""An edit that looks wrong, so that the person is asked."""


@pytest.fixture
def local(world: World) -> World:
    world.ollama()
    return world


def kept(world: World) -> str:
    """The patch that did not land; it still applies."""
    patch = next((world.state / "runs").glob("*/*.patch"))
    world.git("apply", "--check", str(patch))
    return patch.read_text()


def nothing_is_left_but_the_patch(world: World) -> None:
    assert world.verdicts() == ["aider interrupted"]
    assert world.records()[0]["exit_code"] >= 128
    assert not list(world.state.glob("runs/*/w"))


def git_that(world: World, command: str, body: str) -> None:
    """A git whose ``command``, after the model has worked, does ``body`` the first time."""
    done, worked = world.home / "done", f"ls {world.state}/runs/*/w/project/made.py"
    git = shutil.which("git")
    first = f"! test -e {done} && {worked} > /dev/null 2>&1"
    then = f'{first} && case "$*" in *" {command} "*) touch {done}; {body} ;; esac'
    world.script("git", f'#!/bin/sh\nif {then}\nthen :; fi\nexec {git} "$@"\n')


@pytest.mark.parametrize("command", ["ls-files", "update-index", "diff-index"])
@pytest.mark.parametrize("signum", STOPS)
def test_while_git_looks_at_what_was_made(local: World, command: str, signum: int) -> None:
    local.script("aider", aider_that(WRITES))
    # As git leaves it when it is killed.
    locks = 'if test -n "$GIT_INDEX_FILE"; then : > "$GIT_INDEX_FILE.lock"; fi'
    git_that(local, command, f"{locks}; exec sleep 300")
    before = local.tree()
    run = local.start("--local", TASK)
    wait_for(lambda: any("300" in argv_of(each) for each in local.processes()))
    run.signal(signum)
    result = run.wait()
    assert result.code == 128 + signum, result
    assert local.tree() == before and "+X = 1" in kept(local)
    assert "made.py: the run was stopped" in " ".join(result.stderr.split()), result
    assert "Stopped. Nothing landed.\n" in result.stderr
    nothing_is_left_but_the_patch(local)


def test_what_cannot_be_looked_at_stays_where_it_is(local: World) -> None:
    local.script("aider", aider_that(WRITES))
    real = shutil.which("git")
    fails = f"ls {local.state}/runs/*/w/project/made.py > /dev/null 2>&1 && exit 9"
    local.script("git", f'#!/bin/sh\n{fails}\nexec {real} "$@"\n')
    before = local.tree()
    result = local.run("--local", TASK)
    assert result.code == 1 and local.tree() == before, result
    _, _, place = result.hint.partition("what the model made is in ")
    assert Path(place, "made.py").read_text() == "X = 1\n", result


def test_at_the_question_whether_it_lands(local: World) -> None:
    local.script("aider", aider_that(CUTS))
    before = local.tree()
    child = local.terminal("--local", TASK)
    child.expect_exact("Land it all the same?")
    child.sendintr()
    result = ended(child, child.read())
    assert result.code == 130, result
    assert local.tree() == before and "+# ... rest of the code" in kept(local)
    assert "Stopped. Nothing landed." in result.stdout
    nothing_is_left_but_the_patch(local)


def test_at_the_question_after_a_check_that_failed(local: World) -> None:
    """What the check itself left in the worktree is none of the model's work."""
    local.script("aider", aider_that(WRITES))
    check = local.script("check", "#!/bin/sh\ntouch left-by-the-check\nexit 3\n")
    local.settings(f"fallback.verify: {json.dumps([str(check)])}\n")
    before = local.tree()
    child = local.terminal("--local", TASK)
    child.expect_exact("all the same?")
    child.sendintr()
    assert ended(child, child.read()).code == 130
    patch = kept(local)
    assert local.tree() == before and "+X = 1" in patch and "left-by-the-check" not in patch
    nothing_is_left_but_the_patch(local)


def test_in_the_tree_itself_it_can_be_undone(local: World) -> None:
    local.settings("fallback.where: tree\nfallback.on-suspect: ask\n")
    local.script("aider", aider_that(CUTS))
    before = local.tree()
    child = local.terminal("--local", TASK)
    child.expect_exact("Land it all the same?")
    child.sendintr()
    result = ended(child, child.read())
    assert result.code == 130, result
    assert local.text() == "# ... rest of the code\n"
    assert [each["path"] for each in local.records()[0]["landed"]] == ["hello.py"]
    undone = local.run("undo", "--yes")
    assert undone.code == 0, undone
    assert local.tree() == before
