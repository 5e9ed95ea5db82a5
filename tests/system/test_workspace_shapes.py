"""Repositories of every shape, and folders that are none."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ai_code.core.errors import AiCodeError
from ai_code.system import folder_walk
from ai_code.system.repository import discover
from ai_code.system.workspace import prepare
from tests.system.git_repos import Repo, picture
from tests.system.test_workspace import files_in


def test_unborn_branch(repo: Repo, run_dir: Path) -> None:
    repo.write("a.txt", "a\n")
    repo.git("add", "a.txt")
    repo.write("b.txt", "b\n")
    workspace = prepare(repo.root, run_dir, env=repo.env)
    assert files_in(workspace) == {"a.txt": b"a\n", "b.txt": b"b\n"}
    (workspace.path / "a.txt").write_bytes(b"edited\n")
    assert [each.path for each in workspace.changes().items] == ["a.txt"]


def test_empty_repository(repo: Repo, run_dir: Path) -> None:
    workspace = prepare(repo.root, run_dir, env=repo.env)
    (workspace.path / "new.txt").write_bytes(b"x")
    assert [(each.kind, each.path) for each in workspace.changes().items] == [("A", "new.txt")]


def test_detached_head(repo: Repo, run_dir: Path) -> None:
    repo.write("a.txt", "a\n")
    repo.git("checkout", "-q", "--detach", repo.commit())
    found = discover(repo.root, repo.env)
    assert found is not None and found.branch is None and found.head is not None
    workspace = prepare(repo.root, run_dir, env=repo.env)
    assert repo.git("branch", "--show-current", cwd=workspace.path).strip() == ""
    assert files_in(workspace) == {"a.txt": b"a\n"}


def test_rebase_with_conflicts_in_progress(repo: Repo, run_dir: Path) -> None:
    repo.write("a.txt", "base\n")
    repo.write("both.txt", "base\n")
    base = repo.commit()
    repo.write("a.txt", "main\n")
    (repo.root / "both.txt").unlink()
    repo.commit()
    repo.git("checkout", "-q", "-b", "topic", base)
    repo.write("a.txt", "topic\n")
    repo.write("both.txt", "topic\n")
    repo.commit()
    repo.git("rebase", "main", ok=False)
    before = picture(repo.root)
    found = discover(repo.root, repo.env)
    assert found is not None and found.operation == "rebase"
    workspace = prepare(repo.root, run_dir, env=repo.env)
    assert b"<<<<<<<" in files_in(workspace)["a.txt"]
    assert files_in(workspace)["both.txt"] == b"topic\n"
    (workspace.path / "a.txt").write_bytes(b"solved\n")
    assert [each.path for each in workspace.changes().items] == ["a.txt"]
    assert picture(repo.root) == before


def test_linked_worktree_and_packed_refs(repo: Repo, run_dir: Path, tmp_path: Path) -> None:
    repo.write("a.txt", "a\n")
    repo.commit()
    repo.git("worktree", "add", "-q", "-b", "side/branch", str(tmp_path / "linked"))
    repo.git("pack-refs", "--all")
    linked = tmp_path / "linked"
    (linked / "b.txt").write_text("b\n")
    before = picture(repo.root)
    found = discover(linked, repo.env)
    assert found is not None and found.linked and found.branch == "side/branch" and found.head
    workspace = prepare(linked, run_dir, env=repo.env)
    assert files_in(workspace) == {"a.txt": b"a\n", "b.txt": b"b\n"}
    assert picture(repo.root) == before


def test_shallow_clone(repo: Repo, run_dir: Path, tmp_path: Path) -> None:
    for text in ("one\n", "two\n", "three\n"):
        repo.write("a.txt", text)
        repo.commit(text)
    repo.git("clone", "-q", "--depth=1", repo.root.as_uri(), str(tmp_path / "shallow"))
    workspace = prepare(tmp_path / "shallow", run_dir, env=repo.env)
    assert files_in(workspace) == {"a.txt": b"three\n"}
    log = repo.git("log", "--format=%s", cwd=workspace.path)
    assert log.splitlines() == ["ai-code: state of the tree", "three"]


def test_partial_clone_without_contents(repo: Repo, run_dir: Path, tmp_path: Path) -> None:
    repo.write("a.txt", "a\n")
    repo.write("b.txt", "b\n")
    repo.commit()
    repo.git("config", "uploadpack.allowFilter", "true")
    clone = tmp_path / "partial"
    repo.git("clone", "-q", "--no-checkout", "--filter=blob:none", repo.root.as_uri(), str(clone))
    repo.git("reset", "-q", cwd=clone)
    (clone / "a.txt").write_text("mine\n")
    repo.root.rename(tmp_path / "unreachable")
    workspace = prepare(clone, run_dir, env=repo.env)
    assert files_in(workspace) == {"a.txt": b"mine\n"}
    assert not workspace.changes()


def test_sha256_repository(tmp_path: Path, run_dir: Path) -> None:
    repo = Repo(tmp_path / "project", tmp_path / "home").init("--object-format=sha256")
    repo.write("a.txt", "a\n")
    repo.commit()
    repo.write("a.txt", "b\n")
    workspace = prepare(repo.root, run_dir, env=repo.env)
    assert len(workspace.snapshot) == 64
    (workspace.path / "a.txt").write_bytes(b"c\n")
    (change,) = workspace.changes().items
    assert (change.before, change.after) == (b"b\n", b"c\n")


def test_split_index_and_flags_that_hide_edits(repo: Repo, run_dir: Path) -> None:
    repo.write("a.txt", "a\n")
    repo.write("hidden.txt", "h\n")
    repo.commit()
    repo.git("update-index", "--split-index")
    repo.git("update-index", "--assume-unchanged", "hidden.txt")
    repo.write("hidden.txt", "mine\n")
    before = picture(repo.root)
    workspace = prepare(repo.root, run_dir, env=repo.env)
    assert files_in(workspace) == {"a.txt": b"a\n", "hidden.txt": b"mine\n"}
    (workspace.path / "hidden.txt").write_bytes(b"engine\n")
    (change,) = workspace.changes().items
    assert (change.before, change.after) == (b"mine\n", b"engine\n")
    assert picture(repo.root) == before


def test_git_variables_of_the_environment_lead_nowhere(
    repo: Repo, run_dir: Path, tmp_path: Path
) -> None:
    repo.write("a.txt", "a\n")
    repo.commit()
    bare = Repo(tmp_path / "bare.git", repo.home).init("--bare")
    env = repo.env | {
        "GIT_DIR": str(bare.root),
        "GIT_INDEX_FILE": "/nowhere",
        "GIT_WORK_TREE": "/",
        "GIT_OBJECT_DIRECTORY": "/nowhere",
        "GIT_CONFIG_PARAMETERS": "'core.bare'='true'",
        "GIT_EXTERNAL_DIFF": "false",
    }
    assert files_in(prepare(repo.root, run_dir, env=env)) == {"a.txt": b"a\n"}


@pytest.mark.parametrize("autocrlf", ["true", "input", "false"])
def test_line_ends_are_as_git_checks_them_out(repo: Repo, run_dir: Path, autocrlf: str) -> None:
    (repo.home / ".gitconfig").write_text(f"[core]\nautocrlf={autocrlf}\n")
    repo.write(".gitattributes", "*.bat text eol=crlf\n")
    repo.write("a.txt", b"one\r\ntwo\r\n" if autocrlf == "true" else b"one\ntwo\n")
    repo.write("run.bat", b"one\r\ntwo\r\n")
    repo.commit()
    workspace = prepare(repo.root, run_dir, env=repo.env)
    ends = b"\r\n" if autocrlf == "true" else b"\n"
    assert files_in(workspace)["a.txt"] == ends.join([b"one", b"two", b""])
    assert files_in(workspace)["run.bat"] == b"one\r\ntwo\r\n"
    # aider writes LF, whatever was there
    (workspace.path / "run.bat").write_bytes(b"one\n2\n")
    (workspace.path / "a.txt").write_bytes(b"one\n2\n")
    (workspace.path / ".gitattributes").unlink()
    found = {each.path: (each.before, each.after) for each in workspace.changes().items}
    assert found["run.bat"] == (b"one\r\ntwo\r\n", b"one\r\n2\r\n")
    assert found["a.txt"] == (ends.join([b"one", b"two", b""]), ends.join([b"one", b"2", b""]))


def test_the_persons_own_ignore_file_counts(repo: Repo, run_dir: Path) -> None:
    (repo.home / ".gitconfig").write_text("[core]\nexcludesFile=~/ignore-me\n")
    (repo.home / "ignore-me").write_text("*.mine\n")
    (repo.root / ".git/info").mkdir(exist_ok=True)
    (repo.root / ".git/info/exclude").write_text("*.local\n")
    for name in ("a.txt", "a.mine", "a.local"):
        repo.write(name, "x\n")
    assert files_in(prepare(repo.root, run_dir, env=repo.env)) == {"a.txt": b"x\n"}


# --- where the engine works in the tree itself --------------------------------------------


def test_in_the_tree_itself_bytes_are_exact(repo: Repo, run_dir: Path) -> None:
    repo.write(".gitattributes", "* text=auto\n")
    repo.write("mixed.txt", b"one\r\ntwo\n")
    repo.commit()
    repo.write(".env", "SECRET=1\n")
    with repo.write("huge.bin").open("wb") as file:
        file.truncate(11 * 1024 * 1024)
    workspace = prepare(repo.root, run_dir, where="tree", env=repo.env)
    assert workspace.path == repo.root and not (run_dir / "w").exists()
    assert not workspace.changes()
    repo.write("mixed.txt", b"one\r\n2\n")
    repo.write("new.txt", b"n\n")
    changes = workspace.changes().items
    assert [(each.path, each.before, each.after) for each in changes] == [
        ("mixed.txt", b"one\r\ntwo\n", b"one\r\n2\n"),
        ("new.txt", None, b"n\n"),
    ]


def test_in_a_plain_folder_itself(tmp_path: Path, run_dir: Path) -> None:
    folder = tmp_path / "plain"
    (folder / "node_modules/x").mkdir(parents=True)
    (folder / "node_modules/x/y.js").write_text("x")
    (folder / "a.txt").write_text("a\n")
    workspace = prepare(folder, run_dir, where="tree", env={"PATH": os.environ["PATH"]})
    (folder / "a.txt").write_text("b\n")
    assert [each.path for each in workspace.changes().items] == ["a.txt"]
    assert not (folder / ".git").exists()


# --- no repository ------------------------------------------------------------------------


def test_a_plain_folder_is_copied_and_stays_plain(tmp_path: Path, run_dir: Path) -> None:
    folder = tmp_path / "plain"
    for path in ("a.py", "sub/b.py", "node_modules/x.js", ".venv/lib.py", ".env", "é\n.txt"):
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text("x\n")
    inner = Repo(folder / "inner", tmp_path / "home").init()
    inner.write("z", "z")
    before = picture(folder)
    workspace = prepare(folder, run_dir, env=inner.env)
    assert sorted(files_in(workspace)) == ["a.py", "sub/b.py", "é\n.txt"]
    assert not workspace.in_git and not workspace.partial
    (workspace.path / "a.py").write_text("y\n")
    assert [each.path for each in workspace.changes().items] == ["a.py"]
    assert picture(folder) == before


def test_beyond_the_limits_only_named_and_context_files(
    tmp_path: Path, run_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(folder_walk, "MOST_FILES", 3)
    folder = tmp_path / "plain"
    folder.mkdir()
    for name in ("a.py", "b.py", "c.py", "d.py", "README.md"):
        (folder / name).write_text("x\n")
    env = {"PATH": os.environ["PATH"], "HOME": str(tmp_path)}
    workspace = prepare(folder, run_dir, include=["b.py"], env=env)
    assert workspace.partial and sorted(files_in(workspace)) == ["README.md", "b.py"]
    with pytest.raises(AiCodeError) as caught:
        prepare(folder, run_dir / "other", env=env)
    assert caught.value.hint


def test_the_home_folder_is_never_copied(tmp_path: Path, run_dir: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    (home / "private.txt").write_text("x\n")
    (home / "named.txt").write_text("x\n")
    env = {"PATH": os.environ["PATH"], "HOME": str(home)}
    workspace = prepare(home, run_dir, include=["named.txt"], env=env)
    assert sorted(files_in(workspace)) == ["named.txt"]
    inside = prepare(home, run_dir / "tree", include=["named.txt"], where="tree", env=env)
    (home / "named.txt").write_text("y\n")
    (home / "private.txt").write_text("y\n")
    assert [each.path for each in inside.changes().items] == ["named.txt"]


def test_a_home_that_is_a_repository_shows_its_tracked_files_only(
    tmp_path: Path, run_dir: Path
) -> None:
    repo = Repo(tmp_path / "home", tmp_path / "home").init()
    repo.write(".bashrc", "x\n")
    repo.commit()
    repo.write("private.txt", "x\n")
    assert sorted(files_in(prepare(repo.root, run_dir, env=repo.env))) == [".bashrc"]
