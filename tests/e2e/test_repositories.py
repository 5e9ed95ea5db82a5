"""Folders and repositories as they come: the edit lands, or a clear error says why not."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.conftest import HELLO
from tests.e2e.fakes import (
    DOCUMENTED,
    EDIT,
    aider_that,
    aider_writes,
    claude_at_its_limit,
    claude_that_notes,
)
from tests.e2e.world import World

TASK = "add a docstring to hello()"
NO_RIGHTS = ("setpriv", "--bounding-set=-dac_override,-dac_read_search,-fowner")
"""Root without its right to pass over permissions: like anybody else, as the owner of its files."""


@pytest.fixture
def limited(world: World) -> World:
    """Claude is at its limit; a fake aider does the task."""
    world.script("claude", claude_at_its_limit())
    world.script("aider", aider_writes(hello__py=DOCUMENTED))
    world.ollama()
    return world


def lands(world: World, path: str = "hello.py", cwd: Path | None = None) -> None:
    """A fallback in this state of things brings its edit home, and undo takes it back."""
    before = world.tree()
    run = world.run(TASK, cwd=cwd)
    assert run.code == 0, run
    assert world.text(path) == DOCUMENTED
    assert world.run("undo", "--yes", cwd=cwd).code == 0
    assert world.tree() == before


def test_no_repository(limited: World) -> None:
    shutil.rmtree(limited.project / ".git")
    lands(limited)
    assert not (limited.project / ".git").exists()


@pytest.mark.aider
def test_no_repository_with_the_real_aider(world: World) -> None:
    shutil.rmtree(world.project / ".git")
    world.aider(EDIT)
    run = world.run("--local", "add a docstring in hello.py")
    assert run.code == 0, run
    assert run.stdout.startswith("hello.py\n```python\n<<<<")
    assert world.text() == DOCUMENTED
    assert sorted(os.listdir(world.project)) == ["CLAUDE.md", "README.md", "hello.py"]


def test_an_unborn_branch(bare: World) -> None:
    bare.files(commit=False)
    bare.script("claude", claude_at_its_limit())
    bare.script("aider", aider_writes(hello__py=DOCUMENTED))
    bare.ollama()
    lands(bare)


def test_a_detached_head_in_a_rebase(limited: World) -> None:
    limited.write("README.md", "one\n")
    limited.git("commit", "-qam", "second")
    limited.git("checkout", "-q", "-b", "side", "HEAD~1")
    limited.write("README.md", "two\n")
    limited.git("commit", "-qam", "other")
    with pytest.raises(subprocess.CalledProcessError):
        limited.git("rebase", "main")
    lands(limited)
    assert "rebase in progress" in limited.git("status")


def test_a_subfolder(limited: World) -> None:
    limited.write("pkg/sub/x.py", "x = 1\n")
    lands(limited, cwd=limited.project / "pkg/sub")


def test_a_submodule(limited: World, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    limited.git("init", "-q", cwd=other)
    (other / "x.txt").write_text("x")
    limited.git("add", "-A", cwd=other)
    limited.git("commit", "-qm", "other", cwd=other)
    limited.git("submodule", "--quiet", "add", str(other), "sub")
    limited.git("commit", "-qm", "with a submodule")
    lands(limited)
    limited.script("aider", aider_writes(x__txt="y"))
    assert limited.run(TASK, cwd=limited.project / "sub").code == 0
    assert limited.text("sub/x.txt") == "y"


def test_a_linked_worktree(limited: World, tmp_path: Path) -> None:
    linked = tmp_path / "linked"
    limited.git("worktree", "add", "-q", str(linked), "-b", "side")
    before = limited.tree()
    run = limited.run(TASK, cwd=linked)
    assert run.code == 0, run
    assert (linked / "hello.py").read_text() == DOCUMENTED
    assert limited.tree() == before


def test_pointers_of_lfs(limited: World) -> None:
    """The filter would fetch and convert: it is not run, and the pointer stays a pointer."""
    pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:" + "0" * 64 + "\nsize 9\n"
    limited.write("big.bin", pointer)
    limited.write(".gitattributes", "*.bin filter=lfs diff=lfs merge=lfs -text\n")
    limited.git("add", "-A")
    limited.git("commit", "-qm", "lfs")
    for name in ("clean", "smudge", "process"):
        limited.git("config", f"filter.lfs.{name}", f"touch {limited.base}/ran; cat")
    limited.git("config", "filter.lfs.required", "true")
    lands(limited)
    assert limited.text("big.bin") == pointer
    assert not (limited.base / "ran").exists()


def test_names_that_are_hard_to_write(limited: World) -> None:
    names = ["with space.txt", "new\nline.txt", "esc\x1b[31m.txt", "-dash.txt", "quo\"te'.txt"]
    for name in names:
        limited.write(name, "old\n")
    limited.git("add", "-A")
    limited.git("commit", "-qm", "names")
    before = limited.tree()
    limited.script(
        "aider",
        aider_that(f"for n in {names!r}: open(n, 'a').write('new\\n')\nsay('Done.')"),
    )
    run = limited.run(TASK)
    assert run.code == 0, run
    assert all(limited.text(name) == "old\nnew\n" for name in names)
    assert "\x1b" not in run.stderr
    assert "esc^[[31m.txt" in run.stderr
    shown = limited.run("diff")
    assert "\x1b" not in shown.stdout
    assert limited.run("undo", "--yes").code == 0
    assert limited.tree() == before


def test_a_new_name_that_fools_a_terminal_is_left_out(limited: World) -> None:
    limited.script("aider", aider_that("open('x\\x1b[2J.txt', 'w').write('x'); say('Done.')"))
    run = limited.run(TASK)
    assert run.code == 1
    assert "the name holds control characters" in run.stderr
    assert "\x1b" not in run.stderr


def test_a_folder_that_cannot_be_written(limited: World) -> None:
    prefix = NO_RIGHTS if os.geteuid() == 0 else ()
    if prefix and not shutil.which(prefix[0]):
        pytest.skip("needs setpriv")
    limited.project.chmod(0o555)
    (limited.project / "hello.py").chmod(0o444)
    try:
        run = limited.run(TASK, wrap=prefix)
    finally:
        limited.project.chmod(0o755)
    assert run.code == 1, run
    assert limited.text() == HELLO
    assert "hello.py" in run.stderr
    assert "Print a greeting." in next(limited.state.glob("runs/*/*.patch")).read_text()


def test_a_state_folder_that_cannot_be_written(limited: World) -> None:
    prefix = NO_RIGHTS if os.geteuid() == 0 else ()
    if prefix and not shutil.which(prefix[0]):
        pytest.skip("needs setpriv")
    state = limited.home / ".local/state"
    state.mkdir(parents=True)
    state.chmod(0o555)
    before = limited.tree()
    run = limited.run(TASK, wrap=prefix)
    assert run.code in (1, 75), run
    assert "cannot be written" in run.stderr
    assert limited.tree() == before
    limited.script("claude", claude_that_notes())
    assert limited.run(TASK, wrap=prefix).stdout == "Noted.\n"
    state.chmod(0o755)


@pytest.mark.parametrize("how", ["link", "folder", "huge", "fifo"])
def test_a_claude_md_that_is_none(limited: World, tmp_path: Path, how: str) -> None:
    path = limited.project / "CLAUDE.md"
    path.unlink()
    if how == "link":
        (tmp_path / "outside.md").write_text("the secret of another project\n")
        path.symlink_to(tmp_path / "outside.md")
    elif how == "folder":
        path.mkdir()
    elif how == "fifo":
        os.mkfifo(path)
    else:
        path.write_text("a rule of this project\n" * 500_000)
    limited.script(
        "aider",
        aider_that(
            "read = [open(argv[i + 1]).read() for i, a in enumerate(argv) if a == '--read']\n"
            "say(f'{len(read)} files, secret: {\"secret\" in str(read)}')\n"
            "say(max(map(len, read)) < 50_000)\n"
            f"open('hello.py', 'w').write({DOCUMENTED!r})\n"
        ),
    )
    run = limited.run(TASK)
    assert run.code == 0, run
    # README.md; or the beginning of CLAUDE.md, which takes all the room there is.
    # What is known of the project, and README.md.
    assert run.stdout.startswith("2 files, secret: False\nTrue")
    assert ("only its beginning fits" in run.stderr) == (how == "huge")
    assert limited.text() == DOCUMENTED


def test_no_identity_is_needed(limited: World) -> None:
    """Nothing of ours commits in the person's name."""
    before = (limited.project / ".git/config").read_text()
    assert limited.run(TASK).code == 0
    assert (limited.project / ".git/config").read_text() == before
