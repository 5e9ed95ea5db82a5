"""What a brief tells of a tree: what git knows, and what differs from the last commit."""

from __future__ import annotations

from pathlib import Path

import pytest

from ai_code.system.tree_facts import facts
from tests.system.git_repos import NAMES, Repo


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    return Repo(tmp_path / "project", tmp_path / "home").init()


def test_what_git_knows_and_what_differs(repo: Repo) -> None:
    for name in ("same", "changed", "gone", "staged", "taken back", "hidden"):
        repo.write(name, "x\n")
    repo.write(".gitignore", "*.log\n")
    repo.commit("first")
    head = repo.commit("second")
    for name in ("changed", "staged", "taken back", "new", "ignored.log"):
        repo.write(name, "another\n")
    (repo.root / "gone").unlink()
    repo.git("add", "staged", "taken back")
    repo.write("taken back", "x\n")
    repo.write("staged and new", "x\n")
    repo.git("add", "staged and new")
    repo.git("rm", "-q", "--cached", "hidden")
    found = facts(repo.root, env=repo.env)
    assert (found.in_git, found.branch, found.head) == (True, "main", head)
    assert found.commits == ("second", "first")
    assert found.changed == (
        *("changed", "gone", "hidden", "new", "staged", "staged and new", "taken back"),
    )
    assert set(found.tracked) == {
        *(".gitignore", "same", "changed", "gone", "staged", "taken back", "staged and new")
    }


@pytest.mark.parametrize("name", NAMES)
def test_a_name_is_told_as_it_is(repo: Repo, name: str) -> None:
    repo.write(name, "x\n")
    repo.commit()
    assert facts(repo.root, env=repo.env).tracked == (name,)
    repo.write(name, "another\n")
    repo.write(f"? {name}", "x\n")
    assert set(facts(repo.root, env=repo.env).changed) == {name, f"? {name}"}


def test_before_the_first_commit(repo: Repo) -> None:
    repo.write("a", "x\n")
    repo.git("add", "a")
    repo.write("b", "x\n")
    found = facts(repo.root, env=repo.env)
    assert (found.head, found.commits) == (None, ())
    assert (found.tracked, found.changed) == (("a",), ("a", "b"))


def test_a_conflict_is_one_file(repo: Repo) -> None:
    repo.write("a", "one\n")
    repo.commit()
    repo.git("switch", "-qc", "other")
    repo.write("a", "two\n")
    repo.commit()
    repo.git("switch", "-q", "main")
    repo.write("a", "three\n")
    repo.commit()
    repo.git("merge", "other", ok=False)
    found = facts(repo.root, env=repo.env)
    assert (found.operation, found.tracked, found.changed) == ("merge", ("a",), ("a",))


def test_marks_of_the_index_hide_what_they_hide_from_git(repo: Repo) -> None:
    """As in ``git status``: what is skipped or assumed to be unchanged is tracked and the same."""
    for name in ("skipped", "assumed", "meant"):
        repo.write(name, "x\n")
    repo.git("add", "skipped", "assumed")
    repo.git("commit", "-qm", "x")
    repo.git("add", "-N", "meant")
    repo.git("update-index", "--skip-worktree", "skipped")
    repo.git("update-index", "--assume-unchanged", "assumed")
    repo.write("assumed", "another\n")
    (repo.root / "skipped").unlink()
    found = facts(repo.root, env=repo.env)
    assert (found.tracked, found.changed) == (("assumed", "meant", "skipped"), ("meant",))


def test_outside_git_there_is_nothing_to_tell(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("x\n")
    found = facts(tmp_path, env={"HOME": str(tmp_path / "home"), "PATH": "/usr/bin:/bin"})
    assert (found.root, found.in_git) == (tmp_path, False)
    assert found.tracked == found.changed == ()
