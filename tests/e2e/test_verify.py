"""``fallback.verify``: a command checks what the local model made, before any of it lands."""

from __future__ import annotations

import json
import signal
import sys
from collections.abc import Sequence

import pytest

from ai_code.drill.anthropic import LimitHit
from ai_code.drill.ollama import edit_block
from tests.e2e.fakes import aider_that
from tests.e2e.world import World, wait_for

BAD, GOOD = "X = 0\n", "X = 1\n"
CHECK = "grep -q 'X = 1' made.py || { echo 'made.py: X is not 1' >&2; exit 3; }"
MENDS = (
    "again = 'checked it' in message\n"
    f"open('made.py', 'w').write({GOOD!r} if again else {BAD!r})\n"
    "say('Mended.' if again else 'Done.')\n"
)


def writes(text: str) -> str:
    return f"open('made.py', 'w').write({text!r})\nsay('Done.')\n"


@pytest.fixture
def local(world: World) -> World:
    world.ollama()
    return world


def checked(world: World, script: str, more: str = "", argv: Sequence[str] = ()) -> None:
    """The person's setting: a shell script of theirs, told which messages the model had."""
    command = [*argv] if argv else [str(world.script("check", f"#!/bin/sh\n{script}\n"))]
    world.settings(f"fallback.verify: {json.dumps(command)}\n{more}")


def made(world: World) -> str | None:
    path = world.project / "made.py"
    return path.read_text() if path.exists() else None


def kept(world: World) -> str:
    """The patch that did not land; it still applies."""
    patch = next((world.state / "runs").glob("*/*.patch"))
    world.git("apply", "--check", str(patch))
    return patch.read_text()


def test_good_work_lands_and_is_told_as_checked(local: World) -> None:
    local.script("aider", aider_that(writes(GOOD)))
    checked(local, CHECK)
    run = local.run("--local", "make it")
    assert run.code == 0 and made(local) == GOOD, run
    before, after = (run.stderr.index(each) for each in ("runs the new code", "went well"))
    assert before < after < run.stderr.index("new: made.py")
    assert local.records()[0]["checked"] == str(local.bin / "check")


def test_its_failure_goes_back_to_the_model_once(local: World) -> None:
    local.script("aider", aider_that(MENDS + "open('message.txt', 'a').write(message)\n"))
    checked(local, CHECK)
    run = local.run("--local", "make it")
    assert run.code == 0 and made(local) == GOOD, run
    assert "exit status 3: the model is told, once" in run.stderr
    told = local.text("message.txt")
    assert told.count("The task, in the person's words") == 2
    for part in (str(local.bin / "check"), "exit status 3", "made.py: X is not 1"):
        assert part in told, part
    assert "went well" in run.stderr and local.records()[0]["checked"]


def test_what_stays_wrong_does_not_land_and_is_kept(local: World) -> None:
    local.script("aider", aider_that(writes(BAD)))
    checked(local, CHECK)
    before = local.tree()
    run = local.run("--local", "make it")
    assert run.code == 1 and local.tree() == before, run
    for part in ("failed with exit status 3", "made.py: X is not 1", "git apply ",
                 "Nothing landed"):  # fmt: skip
        assert part in run.stderr, part
    assert "+X = 0" in kept(local) and not local.records()[0]["checked"]


def test_keep_lands_it_all_the_same(local: World) -> None:
    local.script("aider", aider_that(writes(BAD)))
    checked(local, CHECK, "fallback.on-suspect: keep\nfallback.auto-commit: true\n")
    run = local.run("--local", "make it")
    assert run.code == 1 and made(local) == BAD, run
    assert "not committed: the check failed" in run.stderr
    assert not local.records()[0]["checked"]
    assert local.run("undo", "--yes").code == 0 and made(local) is None


@pytest.mark.parametrize(("answer", "lands"), [(b"y", True), (b"n", False)])
def test_on_a_terminal_it_is_asked(local: World, answer: bytes, lands: bool) -> None:
    local.script("aider", aider_that(writes(BAD)))
    checked(local, CHECK)
    child = local.terminal("--local", "make it", columns=200)
    child.expect(b"all the same")
    child.sendline(answer)
    child.read()
    child.wait()
    assert child.exitstatus == 1 and (made(local) == BAD) == lands


def test_what_the_check_leaves_behind_does_not_land(local: World) -> None:
    """Files of its own, and what it did to those of the model and of the person, also where the
    model worked once more afterwards."""
    local.script("aider", aider_that(MENDS + "open('other.py', 'w').write('O = 1\\n')\n"))
    spoil = "echo cache > cache.txt; echo '# formatted' >> other.py; : > hello.py; rm -f README.md"
    checked(local, f"{spoil}\n{CHECK}")
    before = local.tree()
    run = local.run("--local", "make it")
    assert run.code == 0 and "went well" in run.stderr, run
    new = {name for name in local.tree() if name not in before}
    assert new == {"made.py", "other.py"} and local.text("other.py") == "O = 1\n"
    assert {name: local.tree()[name] for name in before} == before


def test_a_model_that_changes_nothing_more_is_not_checked_again(local: World) -> None:
    body = "if 'checked it' not in message: open('made.py', 'w').write('X = 0')\nsay('I see.')\n"
    local.script("aider", aider_that(body))
    checked(local, f"echo once >> {local.base}/count\n{CHECK}")
    assert local.run("--local", "make it").code == 1
    assert (local.base / "count").read_text() == "once\n" and "+X = 0" in kept(local)


def test_a_check_that_cannot_start_is_not_the_models_fault(local: World) -> None:
    local.script("aider", aider_that(writes(GOOD)))
    checked(local, "", argv=["no-such-check", "-q"])
    run = local.run("--local", "make it")
    assert run.code == 1 and made(local) is None, run
    assert "cannot be started: no-such-check" in run.stderr and "told, once" not in run.stderr
    assert "+X = 1" in kept(local)


def test_a_check_that_hangs_is_ended_with_all_it_began(local: World) -> None:
    """The world looks for processes that are left when the test is over."""
    local.script("aider", aider_that(writes(GOOD)))
    hang = "trap '' TERM; sleep 1000 & (trap '' TERM; sleep 1000) & echo waiting; wait; sleep 1000"
    checked(local, hang, "fallback.verify-timeout: 1s\n")
    run = local.run("--local", "make it")
    assert run.code == 1 and made(local) is None, run
    assert "did not end within 1 s (fallback.verify-timeout)" in run.stderr
    assert "  waiting" in run.stderr and "+X = 1" in kept(local)


def test_a_stop_during_the_check_keeps_the_work(local: World) -> None:
    local.script("aider", aider_that(writes(GOOD)))
    checked(local, f"touch {local.base}/began; sleep 1000")
    run = local.start("--local", "make it")
    wait_for((local.base / "began").exists)
    run.signal(signal.SIGINT)
    ended = run.wait()
    assert ended.code == 130 and made(local) is None, ended
    assert "+X = 1" in kept(local)


def test_an_answer_in_prose_is_not_checked(local: World) -> None:
    local.script("aider", aider_that("say('It prints a greeting.')"))
    checked(local, "exit 1")
    run = local.run("--local", "what is it?")
    assert run.code == 0 and "checking" not in run.stderr, run


def test_in_the_tree_itself(local: World) -> None:
    local.script("aider", aider_that(writes(GOOD)))
    checked(local, f"echo mine > cache.txt; {CHECK}", "fallback.where: tree\n")
    run = local.run("--local", "make it")
    assert run.code == 0 and made(local) == GOOD and "in your tree" in run.stderr, run
    # What a check leaves there is as if the person had called it.
    assert [each["path"] for each in local.records()[0]["landed"]] == ["made.py"]
    assert local.run("undo", "--yes").code == 0 and made(local) is None


def test_a_dry_run_shows_it(local: World) -> None:
    local.script("aider", aider_that("pass"))
    checked(local, "", argv=["pytest", "-q"])
    assert "$ pytest -q   (checks it before it lands: the new code, your rights, for 600 s" in (
        local.run("--local", "--dry-run", "make it").stdout
    )


def test_a_repository_cannot_set_it(local: World) -> None:
    local.script("aider", aider_that(writes(GOOD)))
    local.write(".ai-code.yaml", f"fallback.verify: [touch, {local.base}/ran]\n")
    run = local.run("--local", "make it")
    assert run.code == 0 and not (local.base / "ran").exists(), run
    assert "fallback.verify" in run.stderr


@pytest.mark.claude
@pytest.mark.aider
def test_the_real_aider_mends_its_work(world: World) -> None:
    world.claude([LimitHit()])
    ollama = world.aider(edit_block("made.py", "", BAD), edit_block("made.py", BAD, GOOD))
    checked(world, "", argv=[sys.executable, "-c", "import made; assert made.X == 1, made.X"])
    run = world.run("make made.py with X = 1")
    assert run.code == 0 and made(world) == GOOD, run
    assert "went well" in run.stderr
    told = str(ollama.chats[-1].json["messages"])
    assert "AssertionError" in told and "X = 0" in told
    # The folder that Python made beside it stayed behind.
    assert not (world.project / "__pycache__").exists()
