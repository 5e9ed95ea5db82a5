"""Sparse checkouts: files outside of one are neither deleted nor made again."""

from __future__ import annotations

from pathlib import Path

import pytest

from ai_code.system.before_store import load
from ai_code.system.landing_files import undo_change, would_leave, write_changes
from ai_code.system.workspace import prepare
from tests.system.git_repos import Repo, picture
from tests.system.test_workspace import files_in

KINDS = pytest.mark.parametrize(
    "options", [["--cone"], ["--no-cone"], ["--cone", "--sparse-index"]], ids=" ".join
)


def narrow(repo: Repo, options: list[str]) -> None:
    repo.git("sparse-checkout", "set", *options, "in" if "--cone" in options else "/in/")


@KINDS
def test_landing_and_undo_in_a_sparse_checkout(
    repo: Repo, run_dir: Path, options: list[str]
) -> None:
    for path in ("in/a.txt", "in/日本語.txt", "out/b.txt", "out/deep/c.txt"):
        repo.write(path, f"{path}\n")
    repo.commit()
    narrow(repo, options)
    assert not (repo.root / "out").exists()
    before = picture(repo.root)
    workspace = prepare(repo.root, run_dir, env=repo.env)
    assert sorted(files_in(workspace)) == ["in/a.txt", "in/日本語.txt"]
    assert not workspace.changes()
    assert picture(repo.root) == before
    (workspace.path / "in/a.txt").write_bytes(b"engine\n")
    (workspace.path / "in/日本語.txt").unlink()
    (workspace.path / "out").mkdir()
    (workspace.path / "out/b.txt").write_bytes(b"engine\n")
    (workspace.path / "out/new.txt").write_bytes(b"engine\n")
    changes = workspace.changes().items
    assert [(each.kind, each.path) for each in changes] == [
        ("M", "in/a.txt"), ("D", "in/日本語.txt"), ("M", "out/b.txt"), ("A", "out/new.txt"),
    ]  # fmt: skip
    written = write_changes(repo.root, run_dir, changes, env=repo.env)
    assert [(each.path, each.reason) for each in written.conflicts] == [
        ("out/b.txt", "it lies outside of the sparse checkout")
    ]
    assert not (repo.root / "out/b.txt").exists()
    stored = load(run_dir)
    assert stored is not None
    back = [*map(undo_change, stored.steps)]
    assert not would_leave(repo.root, back, repo.env)
    write_changes(repo.root, run_dir / "undo", back, stored.made_dirs, env=repo.env)
    assert picture(repo.root) == before


@KINDS
def test_a_checkout_that_was_narrowed_after_the_run(
    repo: Repo, run_dir: Path, options: list[str]
) -> None:
    """What git keeps out of the tree by now is not made again, and said as that."""
    for path in ("in/a.txt", "out/b.txt", "out/gone.txt"):
        repo.write(path, f"{path}\n")
    repo.commit()
    workspace = prepare(repo.root, run_dir, env=repo.env)
    for path in ("in/a.txt", "out/b.txt"):
        (workspace.path / path).write_bytes(b"engine\n")
    (workspace.path / "out/gone.txt").unlink()
    assert write_changes(repo.root, run_dir, workspace.changes().items, env=repo.env).files
    repo.git("commit", "-qm", "what the run made, but for what it removed", "--", "in", "out/b.txt")
    narrow(repo, options)
    assert not (repo.root / "out").exists()
    stored = load(run_dir)
    assert stored is not None
    back = [*map(undo_change, stored.steps)]
    written = write_changes(repo.root, run_dir / "undo", back, env=repo.env)
    assert {each.reason for each in written.conflicts} == {"it lies outside of the sparse checkout"}
    assert {each.path for each in written.conflicts} == {"out/b.txt", "out/gone.txt"}
    assert [file.path for file in written.files] == ["in/a.txt"]
    assert not (repo.root / "out").exists()
    assert repo.git("status", "--short") == " M in/a.txt\n"


@pytest.mark.parametrize("linked", [False, True], ids=["main tree", "linked worktree"])
def test_in_the_tree_itself(repo: Repo, run_dir: Path, tmp_path: Path, linked: bool) -> None:
    repo.write("in/a.txt", "a\n")
    repo.write("out/b.txt", "b\n")
    repo.write(".gitattributes", "* text=auto\n")
    repo.commit()
    root = repo.root
    if linked:
        root = tmp_path / "linked"
        repo.git("worktree", "add", "-q", "--detach", str(root))
    repo.git("sparse-checkout", "set", "in", cwd=root)
    workspace = prepare(root, run_dir, where="tree", env=repo.env)
    assert not workspace.changes()
    (root / "in/a.txt").write_bytes(b"engine\n")
    assert [each.path for each in workspace.changes().items] == ["in/a.txt"]
