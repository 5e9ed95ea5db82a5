"""A signal between the end of a model's work and its landing: nothing of that work is lost."""

from __future__ import annotations

import json
import shutil
import signal
import time
from dataclasses import replace
from pathlib import Path

import pytest

from ai_code.system.locks import tree_lock
from tests.e2e.fakes import EDIT, aider_that
from tests.e2e.world import SMALL, Result, World, argv_of, ended, wait_for

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


def stopped_at(world: World, question: str) -> Result:
    """A run on a terminal, with Ctrl-C at a question."""
    child = world.terminal("--local", TASK)
    child.expect_exact(question)
    child.sendintr()
    result = ended(child, child.read())
    assert result.code == 130, result
    return result


def git_that(world: World, command: str, body: str, worked: str = "", once: bool = True) -> None:
    """A git whose ``command``, after the model has worked, does ``body`` (the first time).
    ``worked`` is the shell's test for that."""
    done, git = world.home / "done", shutil.which("git")
    worked = worked or f"ls {world.state}/runs/*/w/project/made.py"
    first = f"{'! test -e ' + str(done) if once else 'true'} && {worked} > /dev/null 2>&1"
    then = f'{first} && case "$*" in *" {command} "*) touch {done}; {body} ;; esac'
    world.script("git", f'#!/bin/sh\nif {then}\nthen :; fi\nexec {git} "$@"\n')


def sleeping(world: World) -> bool:
    return any("300" in argv_of(each) for each in world.processes())


@pytest.mark.parametrize("command", ["ls-files", "update-index", "diff-index"])
@pytest.mark.parametrize("signum", STOPS)
def test_while_git_looks_at_what_was_made(local: World, command: str, signum: int) -> None:
    local.script("aider", aider_that(WRITES))
    # As git leaves it when it is killed.
    locks = 'if test -n "$GIT_INDEX_FILE"; then : > "$GIT_INDEX_FILE.lock"; fi'
    git_that(local, command, f"{locks}; exec sleep 300")
    before = local.tree()
    run = local.start("--local", TASK)
    wait_for(lambda: sleeping(local))
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
    result = stopped_at(local, "Land it all the same?")
    assert local.tree() == before and "+# ... rest of the code" in kept(local)
    assert "Stopped. Nothing landed." in result.stdout
    nothing_is_left_but_the_patch(local)


def test_at_the_question_after_a_check_that_failed(local: World) -> None:
    """What the check itself left in the worktree is none of the model's work."""
    local.script("aider", aider_that(WRITES))
    check = local.script("check", "#!/bin/sh\ntouch left-by-the-check\nexit 3\n")
    local.settings(f"fallback.verify: {json.dumps([str(check)])}\n")
    before = local.tree()
    stopped_at(local, "all the same?")
    patch = kept(local)
    assert local.tree() == before and "+X = 1" in patch and "left-by-the-check" not in patch
    nothing_is_left_but_the_patch(local)


def test_in_the_tree_itself_it_can_be_undone(local: World) -> None:
    local.settings("fallback.where: tree\nfallback.on-suspect: ask\n")
    local.script("aider", aider_that(CUTS))
    before = local.tree()
    stopped_at(local, "Land it all the same?")
    assert local.text() == "# ... rest of the code\n"
    assert [each["path"] for each in local.records()[0]["landed"]] == ["hello.py"]
    undone = local.run("undo", "--yes")
    assert undone.code == 0, undone
    assert local.tree() == before


def test_in_the_tree_itself_also_what_came_after_a_check(local: World) -> None:
    """The second message's edits, of which nobody knew yet, are the run's too."""
    local.write("other.py", "B = 1\n")
    local.settings(f"fallback.where: tree\nfallback.verify: {json.dumps(['false'])}\n")
    mends = (
        "again = 'checked it' in message\n"
        "open('other.py' if again else 'hello.py', 'w').write('C = 3\\n')\nsay('Done.')\n"
    )
    local.script("aider", aider_that(mends))
    worked = f"grep -q C {local.project}/other.py"
    git_that(local, "update-index", "exec sleep 300", worked)
    before = local.tree()
    run = local.start("--local", TASK)
    wait_for(lambda: sleeping(local))
    run.signal(signal.SIGINT)
    result = run.wait()
    assert result.code == 130, result
    assert {each["path"] for each in local.records()[0]["landed"]} == {"hello.py", "other.py"}
    assert local.run("undo", "--yes").code == 0
    assert local.tree() == before


@pytest.mark.aider
def test_in_the_second_attempt_of_a_run(world: World) -> None:
    """The first model did not fit into memory, and had made nothing."""
    lighter = replace(SMALL, name="codellama:7b", size=SMALL.size - 1)
    world.aider(EDIT, models=[replace(SMALL, loads_up_to=0), lighter])
    worked = f"grep -q greeting {world.state}/runs/*/w/project/hello.py"
    git_that(world, "update-index", "exec sleep 300", worked)
    before = world.tree()
    run = world.start("--local", TASK)
    wait_for(lambda: sleeping(world), 120)
    run.signal(signal.SIGINT)
    result = run.wait()
    assert result.code == 130, result
    assert world.tree() == before and "Print a greeting" in kept(world)


def test_while_another_run_holds_the_tree(local: World) -> None:
    local.script("aider", aider_that(WRITES))
    before = local.tree()
    with tree_lock(local.state, local.project, run_id="another", wait_s=0):
        run = local.start("--local", TASK)
        wait_for(lambda: list(local.state.glob("runs/*/w/project/made.py")))
        time.sleep(1)  # Most probably it waits for the lock by now; it holds before that too.
        run.signal(signal.SIGTERM)
        result = run.wait()
    assert result.code == 143, result
    assert local.tree() == before and "+X = 1" in kept(local)
    assert "git apply /" in result.stderr, result


def test_where_git_hangs_a_later_signal_is_obeyed(local: World) -> None:
    local.script("aider", aider_that(WRITES))
    git_that(local, "update-index", "exec sleep 300", once=False)
    before = local.tree()
    run = local.start("--local", TASK)
    wait_for(lambda: sleeping(local))
    run.signal(signal.SIGINT)
    until = time.monotonic() + 60
    while run.is_running and time.monotonic() < until:
        time.sleep(0.5)
        run.signal(signal.SIGINT)
    result = run.wait()
    assert result.code == 130 and local.tree() == before, result
    _, _, place = result.stderr.partition("what the model made is in ")
    assert Path(place.splitlines()[0], "made.py").read_text() == "X = 1\n", result


def test_a_commit_is_brought_to_its_end(local: World) -> None:
    """Git leaves its lock in the person's repository when it is killed."""
    local.settings("fallback.auto-commit: true\n")
    for name in ("user.name", "user.email"):
        local.git("config", name, "p@q")
    local.script("aider", aider_that(WRITES))
    git_that(local, "commit", "sleep 2", f"test -e {local.project}/made.py")
    child = local.terminal("--local", TASK)
    wait_for((local.home / "done").exists)
    child.sendintr()
    result = ended(child, child.read())
    assert result.code == 130, result
    assert "made.py" in local.git("show", "--stat", "HEAD")
    assert local.records()[0]["commit"]
