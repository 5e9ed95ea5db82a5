from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from ai_code.core.errors import AiCodeError
from ai_code.system.workspace import PreparedWorkspace, discard_workspace, prepare
from tests.system.git_repos import NAMES, Repo, picture


def files_in(workspace: PreparedWorkspace) -> dict[str, bytes]:
    top = workspace.path
    return {
        each.relative_to(top).as_posix(): each.read_bytes()
        for each in top.rglob("*")
        if each.is_file() and not each.is_symlink() and ".git" not in each.relative_to(top).parts
    }


def rich(repo: Repo) -> None:
    """A tree with every state that git knows."""
    repo.write("same.txt", "same\n")
    repo.write("staged.txt", "one\n")
    repo.write("edited.txt", "one\n")
    repo.write("gone.txt", "one\n")
    repo.write("staged-gone.txt", "one\n")
    repo.write("run.sh", "#!/bin/sh\n", 0o755)
    repo.write("folder/becomes-file/x", "x\n")
    repo.write("becomes-folder", "x\n")
    repo.write(".gitignore", "*.log\nbuild/\n")
    (repo.root / "link").symlink_to("same.txt")
    for name in NAMES:
        repo.write(name, name.encode())
    repo.commit()
    repo.write("staged.txt", "two\n")
    repo.git("add", "staged.txt")
    repo.write("staged.txt", "three\n")
    repo.write("edited.txt", "two\n")
    (repo.root / "gone.txt").unlink()
    repo.git("rm", "-q", "staged-gone.txt")
    (repo.root / "folder/becomes-file/x").unlink()
    (repo.root / "folder/becomes-file").rmdir()
    repo.write("folder/becomes-file", "now a file\n")
    (repo.root / "becomes-folder").unlink()
    repo.write("becomes-folder/x", "now in a folder\n")
    repo.write("untracked.txt", "new\n")
    repo.write("noise.log", "ignored\n")
    repo.write("build/out", "ignored\n")
    repo.write("intent.txt", "to add\n")
    repo.git("add", "-N", "intent.txt")


def test_the_worktree_is_the_tree_and_the_repository_stays_byte_identical(
    repo: Repo, run_dir: Path
) -> None:
    rich(repo)
    repo.git("stash", "list")
    before = picture(repo.root)
    workspace = prepare(repo.root, run_dir, env=repo.env)
    there = files_in(workspace)
    expected = {
        each.relative_to(repo.root).as_posix(): each.read_bytes()
        for each in repo.root.rglob("*")
        if each.is_file() and not each.is_symlink() and ".git" not in each.parts
    }
    del expected["noise.log"], expected["build/out"]
    assert there == expected
    assert os.readlink(workspace.path / "link") == "same.txt"
    assert os.access(workspace.path / "run.sh", os.X_OK)
    assert not workspace.changes()
    assert picture(repo.root) == before


def test_engines_see_an_ordinary_repository_with_its_history(repo: Repo, run_dir: Path) -> None:
    rich(repo)
    workspace = prepare(repo.root, run_dir, env=repo.env)
    assert workspace.path.name == "project"
    assert repo.git("status", "--porcelain", cwd=workspace.path) == ""
    subjects = repo.git("log", "--format=%s", cwd=workspace.path).splitlines()
    assert subjects == ["ai-code: state of the tree", "a commit"]
    assert repo.git("branch", "--show-current", cwd=workspace.path).strip() == "main"


def test_changes_tell_kind_modes_and_bytes(repo: Repo, run_dir: Path) -> None:
    rich(repo)
    workspace = prepare(repo.root, run_dir, env=repo.env)
    top = workspace.path
    (top / "edited.txt").write_bytes(b"engine\n")
    (top / "untracked.txt").unlink()
    (top / "run.sh").chmod(0o644)
    (top / "new dir").mkdir()
    (top / "new dir/日本 \n.py").write_bytes(b"")
    (top / "same.txt").unlink()
    (top / "same.txt").symlink_to("edited.txt")
    (top / "link").unlink()
    (top / "link").symlink_to("/etc/passwd")
    found = {each.path: each for each in workspace.changes().items}
    assert {path: each.kind for path, each in found.items()} == {
        "edited.txt": "M",
        "untracked.txt": "D",
        "run.sh": "M",
        "new dir/日本 \n.py": "A",
        "same.txt": "T",
        "link": "M",
    }
    edited = found["edited.txt"]
    assert (edited.before, edited.after) == (b"two\n", b"engine\n")
    assert (found["run.sh"].old_mode, found["run.sh"].new_mode) == (0o100755, 0o100644)
    assert (found["same.txt"].before, found["same.txt"].after) == (b"same\n", b"edited.txt")
    assert (found["link"].before, found["link"].after) == (b"same.txt", b"/etc/passwd")
    assert found["new dir/日本 \n.py"].after == b""


def test_secrets_and_settings_of_tools_are_not_put_there(repo: Repo, run_dir: Path) -> None:
    private = (".env", ".env.local", "sub/.ENV", ".aider.conf.yml", ".mcp.json", "sub/.mcp.json")
    private += (".claude/settings.json", ".claude/settings.local.json", "sub/.aider.tags/x")
    for path in private[:4]:
        repo.write(path, "secret\n")
    repo.write(".claude/commands/x.md", "kept\n")
    repo.commit()
    for path in private[4:]:
        repo.write(path, "secret\n")
    workspace = prepare(repo.root, run_dir, include=[".env"], env=repo.env)
    assert files_in(workspace) == {".claude/commands/x.md": b"kept\n"}
    assert ".env" in {left.path for left in workspace.left_out}
    assert not workspace.changes()
    for path in private:
        assert (repo.root / path).is_file()


def test_named_ignored_files_are_there_and_watched(repo: Repo, run_dir: Path) -> None:
    rich(repo)
    workspace = prepare(
        repo.root / "folder",
        run_dir,
        include=["../noise.log", repo.root / "build/out", "../build/later", "/etc/passwd", ".."],
        env=repo.env,
    )
    assert workspace.cwd == workspace.path / "folder"
    assert (workspace.path / "noise.log").read_bytes() == b"ignored\n"
    reasons = {left.path: left.reason for left in workspace.left_out}
    assert reasons["/etc/passwd"] == "it is not in the project"
    (workspace.path / "noise.log").write_bytes(b"edited\n")
    (workspace.path / "build/later").write_bytes(b"named, new\n")
    (workspace.path / "build/other").write_bytes(b"not named\n")
    changes = workspace.changes()
    assert {each.path: each.kind for each in changes.items} == {
        "noise.log": "M",
        "build/later": "A",
    }
    assert changes.ignored


def test_huge_untracked_files_are_left_out_and_named(repo: Repo, run_dir: Path) -> None:
    with repo.write("huge.bin").open("wb") as file:
        file.truncate(11 * 1024 * 1024)
    workspace = prepare(repo.root, run_dir, env=repo.env)
    assert not (workspace.path / "huge.bin").exists()
    assert [left.path for left in workspace.left_out] == ["huge.bin"]


def test_an_edit_in_the_same_second_as_the_index_is_seen(repo: Repo, run_dir: Path) -> None:
    """Git takes an entry for clean by its time; a copied index must keep its own."""
    for _ in range(5):
        repo.write("a.txt", "aaaa\n")
        repo.commit()
        repo.write("a.txt", "bbbb\n")
        workspace = prepare(repo.root, run_dir, env=repo.env)
        assert files_in(workspace)["a.txt"] == b"bbbb\n"
        discard_workspace(run_dir)


def test_what_leaves_the_worktree_is_reported(repo: Repo, run_dir: Path) -> None:
    repo.write("a.txt", "a\n")
    workspace = prepare(repo.root, run_dir, env=repo.env)
    (workspace.path / "../outside.txt").write_bytes(b"x")
    assert workspace.changes().escaped == ("../outside.txt",)


def test_what_engines_leave_behind_is_no_change(repo: Repo, run_dir: Path) -> None:
    repo.write("a.py", "a\n")
    repo.write("kept.orig", "mine\n")
    workspace = prepare(repo.root, run_dir, env=repo.env)
    for path in (".aider.tags.cache.v4/x", "__pycache__/a.pyc", "a.py.orig", ".aider.chat"):
        (workspace.path / path).parent.mkdir(exist_ok=True)
        (workspace.path / path).write_bytes(b"x")
    (workspace.path / "kept.orig").write_bytes(b"edited\n")
    assert [each.path for each in workspace.changes().items] == ["kept.orig"]


def test_nothing_that_was_written_into_our_git_folder_is_believed(
    repo: Repo, run_dir: Path, tmp_path: Path
) -> None:
    repo.write("a.txt", "a\n")
    repo.write(".gitattributes", "*.txt filter=evil diff=evil\n")
    repo.commit()
    workspace = prepare(repo.root, run_dir, env=repo.env)
    mark = tmp_path / "ran"
    git = workspace.path / "../../git"
    evil = f"sh -c 'touch {mark}; cat'"
    git.joinpath("config").write_text(
        f'[core]\nfsmonitor="{evil}"\n[filter "evil"]\nclean="{evil}"\nsmudge="{evil}"\n'
        f"[include]\npath=/dev/tty\n[core]\nworktree=/tmp\n"
    )
    git.joinpath("hooks").mkdir()
    hook = git / "hooks/post-index-change"
    hook.write_text(f"#!/bin/sh\ntouch {mark}\n")
    hook.chmod(0o755)
    git.joinpath("info/attributes").write_text("* filter=evil\n")
    git.joinpath("commondir").write_text("/tmp\n")
    git.joinpath("HEAD").write_text("garbage")
    git.joinpath("index").write_bytes(b"garbage")
    git.joinpath("index.lock").write_bytes(b"")
    (workspace.path / ".git").write_text("gitdir: /nowhere\n")
    (workspace.path / "a.txt").write_bytes(b"b\n")
    assert [each.path for each in workspace.changes().items] == ["a.txt"]
    assert not mark.exists()


def test_a_repository_made_by_the_engine_inside_is_no_change(repo: Repo, run_dir: Path) -> None:
    repo.write("a.txt", "a\n")
    repo.commit()
    workspace = prepare(repo.root, run_dir, env=repo.env)
    inner = Repo(workspace.path / "inner", repo.home).init()
    inner.write("x", "x")
    (workspace.path / "a.txt").write_bytes(b"b\n")
    assert [each.path for each in workspace.changes().items] == ["a.txt"]


def test_links_out_of_the_tree_are_not_put_there(repo: Repo, run_dir: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "notes.md").write_text("mine\n")
    links = {
        "absolute.md": str(outside / "notes.md"),
        "relative": "../outside",
        "into-git": ".git/config",
        "chain": "deep/up/../outside",
        "inside": "a.txt",
        "broken": "nowhere",
    }
    repo.write("a.txt", "a\n")
    repo.write("deep/er/x", "x\n")
    (repo.root / "deep/up").symlink_to("er")
    for name, target in links.items():
        (repo.root / name).symlink_to(target)
    repo.commit()
    (repo.root / "untracked").symlink_to(outside)
    workspace = prepare(repo.root, run_dir, env=repo.env)
    there = {each.name for each in workspace.path.iterdir() if each.is_symlink()}
    assert there == {"inside", "broken", "chain"}
    assert {left.path for left in workspace.left_out} == {
        "absolute.md",
        "relative",
        "into-git",
        "untracked",
    }
    assert not workspace.changes()


def test_discard_keeps_what_undo_needs(repo: Repo, run_dir: Path) -> None:
    repo.write("folder/a.txt", "a\n")
    workspace = prepare(repo.root, run_dir, env=repo.env)
    (run_dir / "before").mkdir()
    (run_dir / "record.json").write_text("{}")
    (workspace.path / "folder").chmod(0o500)
    (workspace.path / "out").symlink_to(repo.root)
    discard_workspace(run_dir)
    assert sorted(each.name for each in run_dir.iterdir()) == ["before", "record.json"]
    assert (repo.root / "folder/a.txt").is_file()
    discard_workspace(run_dir)


def test_a_full_disk_is_said(repo: Repo, tmp_path: Path) -> None:
    small = tmp_path / "small"
    small.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1m", "none", str(small)], capture_output=True
    )
    if mounted.returncode:
        pytest.skip("mounting a tmpfs needs root")
    try:
        for number in range(40):
            repo.write(f"{number}.bin", os.urandom(50_000))
        repo.commit()
        before = picture(repo.root)
        with pytest.raises(AiCodeError) as caught:
            prepare(repo.root, small / "run", env=repo.env)
        assert "room" in caught.value.what or "No space" in caught.value.why
        assert picture(repo.root) == before
    finally:
        subprocess.run(["umount", str(small)], check=True)
