"""After a fallback: what changed can be seen and taken back; what the person does meanwhile, and
what other runs do, is never lost."""

from __future__ import annotations

import subprocess

import pytest

from ai_code.drill import scenarios
from ai_code.drill.replies import Slow, edit_block
from tests.conftest import HELLO
from tests.e2e.fakes import DOCUMENTED, EDIT, aider_that, aider_writes, claude_at_its_limit
from tests.e2e.world import World, wait_for

TASK = "add a docstring to hello()"


@pytest.fixture
def limited(world: World) -> World:
    """Claude is at its limit, and a model server is there."""
    world.script("claude", claude_at_its_limit())
    world.ollama()
    return world


@pytest.mark.claude
@pytest.mark.aider
def test_undo_is_byte_for_byte(world: World) -> None:
    world.write("run.sh", b"#!/bin/sh\r\necho \xff\n", 0o755)
    world.write("secret.txt", "mine\n", 0o640)
    (world.project / "link").symlink_to("hello.py")
    before = world.tree()
    world.claude(scenarios.session())
    world.aider(EDIT + "\n" + edit_block("pkg/new.py", "", "x = 1\n"))
    run = world.run(TASK)
    assert run.code == 0, run
    assert world.text("pkg/new.py") == "x = 1\n"
    undone = world.run("undo", "--yes")
    assert undone.code == 0, undone
    assert world.tree() == before


def test_outputs_that_take_no_more(limited: World) -> None:
    """A diff says so once; an undo is done all the same."""
    limited.script("aider", aider_writes(hello__py=DOCUMENTED))
    assert limited.run(TASK).code == 0
    full = ("/bin/sh", "-c", 'exec "$@" >/dev/full', "sh")
    shown = limited.run("diff", wrap=full)
    assert shown.code == 1 and shown.hint == "df -h"
    assert len(shown.stderr.splitlines()) == 3, shown
    undone = limited.run("undo", "--yes", wrap=("/bin/sh", "-c", 'exec "$@" 2>/dev/full', "sh"))
    assert undone.code == 0 and limited.text() == HELLO


def test_diff_shows_what_landed_and_what_did_not(limited: World) -> None:
    limited.script(
        "aider",
        aider_that(
            f"open('hello.py', 'w').write({DOCUMENTED!r})\n"
            "os.makedirs('.claude'); open('.claude/settings.json', 'w').write('{}')\n"
            "say('Done.')\n"
        ),
    )
    assert limited.run(TASK).code == 0
    shown = limited.run("diff")
    assert '+    """Print a greeting."""' in shown.stdout
    assert ".claude/settings.json: the path is protected" in shown.stdout
    raw = limited.run("diff", "--raw")
    limited.git("checkout", "-q", "hello.py")
    done = subprocess.run(
        ["git", "apply", "-"], input=raw.raw, cwd=limited.project, env=limited.env, check=False
    )
    assert done.returncode == 0
    assert limited.text() == DOCUMENTED


def test_undo_restores_modes_links_and_deleted_files(limited: World) -> None:
    limited.write("gone.txt", b"\x00\xff", 0o600)
    limited.write("tool.sh", "#!/bin/sh\n", 0o755)
    (limited.project / "link").symlink_to("hello.py")
    limited.git("add", "-A")
    before = limited.tree()
    limited.script(
        "aider",
        aider_that(
            "os.remove('gone.txt'); os.remove('link'); os.symlink('README.md', 'link')\n"
            "open('tool.sh', 'a').write('echo\\n'); say('Done.')\n"
        ),
    )
    run = limited.run(TASK)
    assert run.code == 0, run
    assert not (limited.project / "gone.txt").exists()
    assert limited.run("undo", "--yes").code == 0
    assert limited.tree() == before


def test_undo_can_be_taken_back(limited: World) -> None:
    limited.script("aider", aider_writes(hello__py=DOCUMENTED))
    limited.run(TASK)
    undone = limited.run("undo", "--yes")
    again = undone.stderr.rsplit("ai-code ", 1)[1].split()
    assert limited.text() == HELLO
    assert limited.run(*again, "--yes").code == 0
    assert limited.text() == DOCUMENTED


def test_undo_keeps_what_the_person_did_since(limited: World) -> None:
    limited.script("aider", aider_writes(hello__py=DOCUMENTED))
    limited.run(TASK)
    limited.write("hello.py", DOCUMENTED + "\n\n\n\nmine = 1\n")
    assert limited.run("undo", "--yes").code == 0
    assert limited.text() == HELLO + "\n\n\n\nmine = 1\n"


def test_undo_asks_and_needs_somebody_who_answers(limited: World) -> None:
    limited.script("aider", aider_writes(hello__py=DOCUMENTED))
    limited.run(TASK)
    refused = limited.run("undo")
    assert (refused.code, limited.text()) == (2, DOCUMENTED)
    assert "--yes" in refused.hint
    terminal = limited.terminal("undo")
    terminal.expect_exact("Undo this? [y] yes, [n] no:")
    terminal.sendline("y")
    terminal.read()
    assert limited.text() == HELLO


@pytest.mark.claude
@pytest.mark.aider
@pytest.mark.parametrize(
    ("mine", "then"),
    [
        (HELLO + "\n\nmine = 1\n", DOCUMENTED + "\n\nmine = 1\n"),
        ('def hello():\n    """Mine."""\n    print("hello")\n', None),
    ],
    ids=["merged", "conflict"],
)
def test_the_person_edits_the_same_file_meanwhile(
    world: World, mine: str, then: str | None
) -> None:
    world.claude(scenarios.session())
    ollama = world.aider(Slow(EDIT, 0.1))
    run = world.start(TASK)
    wait_for(lambda: ollama.chats)
    world.write("hello.py", mine)
    result = run.wait()
    assert world.text() == (then or mine), result
    if then is None:
        assert result.code == 1
        assert "not merged: hello.py" in result.stderr
        (patch,) = (world.state / "runs").glob("*/*.patch")
        assert "Print a greeting." in patch.read_text()
    assert world.git("diff", "--cached") == ""


def test_the_person_deletes_and_makes_files_meanwhile(limited: World) -> None:
    limited.script(
        "aider",
        aider_that(
            "open('hello.py', 'a').write('# theirs\\n'); open('new.txt', 'w').write('theirs\\n')\n"
            f"while not os.path.exists({str(limited.base / 'go-on')!r}): time.sleep(0.02)\n"
            "say('Done.')\n"
        ),
    )
    run = limited.start(TASK)
    wait_for(lambda: list(limited.state.glob("runs/*/w/project/new.txt")))
    (limited.project / "hello.py").unlink()
    limited.write("new.txt", "mine\n")
    (limited.base / "go-on").touch()
    result = run.wait()
    assert result.code == 1, result
    assert not (limited.project / "hello.py").exists()
    assert limited.text("new.txt") == "mine\n"
    assert "hello.py" in result.stderr
    assert "new.txt" in result.stderr


def test_two_runs_at_once(limited: World) -> None:
    """Both land; each file has both edits, each run is in the journal."""
    lines = "".join(f"line {n}\n" for n in range(20))
    limited.write("both.txt", lines)
    limited.git("add", "-A")
    limited.git("commit", "-qm", "both")
    limited.script(
        "aider",
        aider_that(
            "word = 'first' if 'first' in message else 'last'\n"
            "text = open('both.txt').read()\n"
            "text = word + '\\n' + text if word == 'first' else text + word + '\\n'\n"
            "open('both.txt', 'w').write(text); open(word + '.txt', 'w').write(word)\n"
            "time.sleep(0.5); say('Done.')\n"
        ),
    )
    runs = [limited.start("put a line first"), limited.start("put a line at the end")]
    assert [run.wait().code for run in runs] == [0, 0]
    assert limited.text("both.txt") == f"first\n{lines}last\n"
    assert (limited.text("first.txt"), limited.text("last.txt")) == ("first", "last")
    assert len(limited.records()) == 2


def test_the_private_worktree_is_gone_afterwards(limited: World) -> None:
    limited.script("aider", aider_writes(new__txt="x"))
    limited.run(TASK)
    (run,) = (limited.state / "runs").iterdir()
    assert not (run / "w").exists() and not (run / "git").exists()
    assert limited.git("worktree", "list").count("\n") == 1
    assert limited.git("stash", "list") == ""
    assert limited.git("for-each-ref", "--format=%(refname)").split() == ["refs/heads/main"]


def test_what_is_staged_stays_staged(limited: World) -> None:
    limited.write("hello.py", HELLO + "staged = 1\n")
    limited.git("add", "hello.py")
    limited.write("hello.py", HELLO + "staged = 1\nnot_staged = 2\n")
    limited.script("aider", aider_that("open('hello.py', 'a').write('theirs = 3\\n'); say('ok')"))
    index = limited.git("ls-files", "--stage")
    assert limited.run(TASK).code == 0
    assert limited.text() == HELLO + "staged = 1\nnot_staged = 2\ntheirs = 3\n"
    assert limited.git("ls-files", "--stage") == index


def test_auto_commit_takes_only_what_landed(limited: World) -> None:
    limited.settings("fallback:\n  auto-commit: true\n")
    limited.git("config", "user.name", "Person")
    limited.git("config", "user.email", "p@q")
    limited.write("README.md", "changed by me\n")
    limited.script("aider", aider_writes(new__txt="x\n"))
    run = limited.run(TASK)
    assert "committed as" in run.stderr, run
    assert limited.git("show", "--name-only", "--format=%s").split() == [*TASK.split(), "new.txt"]
    assert limited.git("status", "--short") == " M README.md\n"


def test_landing_in_the_tree_itself(limited: World) -> None:
    """fallback.where: tree, with the same record for undo."""
    limited.settings("fallback:\n  where: tree\n")
    before = limited.tree()
    limited.script("aider", aider_that(f"open('hello.py', 'w').write({DOCUMENTED!r}); say('ok')"))
    assert limited.run(TASK).code == 0
    assert limited.text() == DOCUMENTED
    assert limited.run("undo", "--yes").code == 0
    assert limited.tree() == before


@pytest.mark.aider
def test_the_tree_itself_without_a_git_identity(world: World) -> None:
    """aider would write an identity into the repository's settings; it is given one."""
    world.settings("fallback:\n  where: tree\n")
    world.aider(EDIT)
    settings = (world.project / ".git/config").read_bytes()
    run = world.run("--local", TASK)
    assert run.code == 0, run
    assert "refused" not in run.stderr
    assert world.text() == DOCUMENTED
    assert (world.project / ".git/config").read_bytes() == settings


def test_a_second_undo_names_the_first(limited: World) -> None:
    limited.script("aider", aider_writes(new__txt="x\n"))
    assert limited.run(TASK).code == 0
    assert limited.run("undo", "--yes").code == 0
    undo, run = (each["id"] for each in limited.records())
    again = limited.run("undo", "--yes")
    assert again.code == 2
    assert f"run {run} is undone already" in again.stderr
    assert again.hint.startswith(f"ai-code undo {undo} ")
    assert limited.run("undo", undo, "--yes").code == 0
    assert limited.text("new.txt") == "x\n"


def test_what_did_not_land_is_told_under_q_and_shown_by_diff(limited: World) -> None:
    body = "os.makedirs('.claude'); open('.claude/settings.json', 'w').write('{}'); say('Done.')"
    limited.script("aider", aider_that(body))
    run = limited.run("-q", TASK)
    assert run.code == 1, run
    assert "left out: .claude/settings.json: the path is protected" in run.stderr
    assert "Nothing landed. See: ai-code diff" in run.stderr
    shown = limited.run("diff")
    assert shown.code == 0 and ".claude/settings.json: the path is protected" in shown.stdout
    nothing = limited.run("undo", "--yes")
    assert nothing.code == 2 and "no run has landed anything here" in nothing.stderr


def test_old_times_are_no_obstacle(limited: World) -> None:
    """A file changed within the second of the index, of the same size: git's racy case."""
    limited.git("add", "-A")
    limited.write("hello.py", HELLO.replace("hello", "HELLO"))
    limited.script("aider", aider_that("say(open('hello.py').read())"))
    assert "HELLO" in limited.run(TASK).stdout
