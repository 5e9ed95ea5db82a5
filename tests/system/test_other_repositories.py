"""Submodules, folders that are repositories, linked worktrees: what lands there, what does not,
and that an undo leaves each of them as it was."""

from __future__ import annotations

from pathlib import Path

import pytest

from ai_code.core.changes import Changes
from ai_code.core.ports_tree import Where
from ai_code.flows.landing import decide, land
from ai_code.system.before_store import load
from ai_code.system.journal import FileJournal
from ai_code.system.landing_files import undo_change, write_changes
from ai_code.system.trees import RealTrees
from ai_code.system.workspace import prepare
from tests.system.git_repos import NAMES, Repo, picture
from tests.system.test_workspace import files_in


@pytest.fixture
def outer(repo: Repo, tmp_path: Path) -> Repo:
    """A project with a submodule at ``libs/サブ``, whose file is edited."""
    other = Repo(tmp_path / "other", repo.home).init()
    other.write("inner.txt", "inner\n")
    other.commit()
    repo.write("a.txt", "a\n")
    add = ("submodule", "add", "-q", str(other.root), "libs/サブ")
    repo.git("-c", "protocol.file.allow=always", *add)
    repo.commit()
    repo.write("libs/サブ/inner.txt", "edited\n")
    return repo


def unfit(changes: Changes) -> dict[str, bytes | None]:
    return {each.path: each.change.after if each.change else None for each in changes.unfit}


def test_submodules_are_empty_folders_and_nothing_in_them_lands(outer: Repo, run_dir: Path) -> None:
    before = picture(outer.root)
    workspace = prepare(outer.root, run_dir, env=outer.env)
    assert sorted(files_in(workspace)) == [".gitmodules", "a.txt"]
    assert not workspace.changes() and not workspace.changes().unfit
    (workspace.path / "libs/サブ/inner.txt").write_bytes(b"engine\n")
    (workspace.path / "libs/サブ/deep").mkdir()
    (workspace.path / "libs/サブ/deep/new.txt").write_bytes(b"new\n")
    (workspace.path / "libs/サブ/.aider.tags.cache.v4").write_bytes(b"x")
    (workspace.path / "a.txt").write_bytes(b"engine\n")
    changes = workspace.changes()
    assert [each.path for each in changes.items] == ["a.txt"]
    assert unfit(changes) == {
        "libs/サブ/deep/new.txt": b"new\n", "libs/サブ/inner.txt": b"engine\n",
    }  # fmt: skip
    assert "submodule: start ai-code in that folder" in changes.unfit[0].reason
    plan = decide(changes)
    landed = land(plan, RealTrees(run_dir, outer.env), root=outer.root, run_dir=run_dir)
    assert [file.path for file in landed.files] == ["a.txt"]
    assert landed.patch_path and b"+engine" in Path(landed.patch_path).read_bytes()
    stored = load(run_dir)
    assert stored is not None
    write_changes(outer.root, run_dir / "undo", [*map(undo_change, stored.steps)])
    assert picture(outer.root) == before


@pytest.mark.parametrize("how", ["removed", "a file", "a link", "a repository"])
def test_an_engine_that_replaces_a_submodule(outer: Repo, run_dir: Path, how: str) -> None:
    workspace = prepare(outer.root, run_dir, env=outer.env)
    folder = workspace.path / "libs/サブ"
    folder.rmdir()
    if how == "a file":
        folder.write_bytes(b"x")
    elif how == "a link":
        folder.symlink_to("../a.txt")
    elif how == "a repository":
        Repo(folder, outer.home).init().write("x.txt", "x")
    changes = workspace.changes()
    assert not changes.items
    assert len(changes.unfit) == (0 if how == "removed" else 1)


def test_a_repository_that_the_engine_made_is_named(repo: Repo, run_dir: Path) -> None:
    repo.write("a.txt", "a\n")
    repo.commit()
    workspace = prepare(repo.root, run_dir, env=repo.env)
    made = Repo(workspace.path / "made", repo.home).init()
    made.write("x.txt", "x\n")
    assert [(each.path, each.reason) for each in workspace.changes().unfit] == [
        ("made", "it is a repository of its own")
    ]
    made.commit()
    assert not workspace.changes().items and len(workspace.changes().unfit) == 1


def test_a_new_file_does_not_land_in_a_repository_of_the_persons(repo: Repo, run_dir: Path) -> None:
    repo.write("a.txt", "a\n")
    repo.commit()
    nested = Repo(repo.root / "nested", repo.home).init()
    nested.write("x.txt", "x\n")
    nested.commit()
    workspace = prepare(repo.root, run_dir, env=repo.env)
    (workspace.path / "nested/deep").mkdir(parents=True)
    (workspace.path / "nested/deep/new.txt").write_bytes(b"new\n")
    changes = workspace.changes()
    assert not changes.items and unfit(changes) == {"nested/deep/new.txt": b"new\n"}
    named = prepare(repo.root, run_dir / "named", include=["nested/x.txt"], env=repo.env)
    (named.path / "nested/x.txt").write_bytes(b"y\n")
    (named.path / "nested/new.txt").write_bytes(b"new\n")
    assert [each.path for each in named.changes().items] == ["nested/new.txt", "nested/x.txt"]


def test_a_file_of_a_submodule_that_the_request_names_lands(outer: Repo, run_dir: Path) -> None:
    before = picture(outer.root)
    workspace = prepare(outer.root, run_dir, include=["libs/サブ/inner.txt"], env=outer.env)
    (workspace.path / "libs/サブ/inner.txt").write_bytes(b"engine\n")
    changes = workspace.changes()
    assert not changes.unfit
    assert write_changes(outer.root, run_dir, changes.items, env=outer.env).files
    assert (outer.root / "libs/サブ/inner.txt").read_bytes() == b"engine\n"
    stored = load(run_dir)
    assert stored is not None
    write_changes(outer.root, run_dir / "undo", [*map(undo_change, stored.steps)])
    assert picture(outer.root) == before


def test_inside_a_submodule(outer: Repo, run_dir: Path) -> None:
    inside = prepare(outer.root / "libs/サブ", run_dir, env=outer.env)
    assert files_in(inside) == {"inner.txt": b"edited\n"}


def test_in_the_tree_itself_what_undo_cannot_know_is_named(outer: Repo, run_dir: Path) -> None:
    nested = Repo(outer.root / "nested", outer.home).init()
    nested.write("x.txt", "x\n")
    nested.write("y.txt", "x\n")
    workspace = prepare(outer.root, run_dir, where="tree", env=outer.env)
    assert not workspace.changes().unfit
    outer.write("a.txt", "engine\n")
    outer.write("libs/サブ/inner.txt", "engine\n")
    nested.write("x.txt", "engine\n")
    changes = workspace.changes()
    assert [each.path for each in changes.items] == ["a.txt"]
    assert sorted(unfit(changes)) == ["libs/サブ/inner.txt", "nested/x.txt"]
    assert "undo and diff do not know" in changes.unfit[0].reason


@pytest.mark.parametrize("where", ["worktree", "tree"])
def test_a_linked_worktree_is_a_tree_of_its_own(repo: Repo, tmp_path: Path, where: Where) -> None:
    """A run in one lands in it and is undone in it; the main tree, its index and its refs do not
    move, and neither has the other's runs."""
    for name in ("a.txt", *NAMES):
        repo.write(name, "a\n")
    repo.commit()
    linked = tmp_path / "リンク"
    repo.git("worktree", "add", "-q", "-b", "side/枝", str(linked))
    (linked / "a.txt").write_text("dirty\n")
    before_main, before = picture(repo.root), picture(linked)
    refs = repo.git("for-each-ref")
    state = tmp_path / "state"
    journal, trees = FileJournal(state), RealTrees(state, repo.env)
    assert trees.root_of(linked) == linked
    run_dir = journal.run_dir(journal.new_run())
    workspace = trees.prepare(linked, run_dir, where=where)
    for name in ("a.txt", *NAMES):
        (workspace.path / name).write_bytes(b"engine\n")
    plan = decide(workspace.changes())
    landed = land(plan, trees, root=linked, run_dir=run_dir, in_place=where == "tree")
    assert len(landed.files) == 1 + len(NAMES)
    assert (linked / "日本語.txt").read_bytes() == b"engine\n"
    assert {p: s for p, s in picture(repo.root).items() if not p.startswith(".git")} == {
        p: s for p, s in before_main.items() if not p.startswith(".git")
    }
    work = trees.undo_work(run_dir)
    undone = trees.write(linked, journal.run_dir(journal.new_run()), work.changes, work.made_dirs)
    assert not undone.conflicts and picture(linked) == before
    assert picture(repo.root) == before_main and repo.git("for-each-ref") == refs


def test_nothing_of_a_run_or_its_undo_stays_in_the_repository(repo: Repo, tmp_path: Path) -> None:
    """No refs, no objects, no worktree entries: what an undo needs lies in the state folder."""
    repo.write("a.txt", "a\n")
    repo.commit()
    repo.write("a.txt", "dirty\n")
    git_before = picture(repo.root / ".git")
    state = tmp_path / "state"
    journal, trees = FileJournal(state), RealTrees(state, repo.env)
    run_dir = journal.run_dir(journal.new_run())
    workspace = trees.prepare(repo.root, run_dir, where="worktree")
    (workspace.path / "a.txt").write_bytes(b"engine\n")
    assert land(decide(workspace.changes()), trees, root=repo.root, run_dir=run_dir).files
    trees.discard(run_dir)
    work = trees.undo_work(run_dir)
    trees.write(repo.root, journal.run_dir(journal.new_run()), work.changes)
    assert (repo.root / "a.txt").read_bytes() == b"dirty\n"
    assert picture(repo.root / ".git") == git_before
