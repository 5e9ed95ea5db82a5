"""Committing what landed: those paths alone, and nothing of the repository's runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from ai_code.system.commit import commit_paths
from ai_code.system.git import GitError
from tests.system.git_repos import Repo


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    root = tmp_path / "project"
    root.mkdir()
    made = Repo(root, tmp_path / "home")
    made.git("init", "-q")
    made.git("config", "user.name", "Person")
    made.git("config", "user.email", "person@example.org")
    (root / "a.txt").write_text("a\n")
    (root / "b.txt").write_text("b\n")
    made.git("add", "-A")
    made.git("commit", "-qm", "first")
    return made


def commit(repo: Repo, *paths: str) -> str:
    return commit_paths(repo.root, paths, "title\n\nbody", repo.env)


def test_only_the_named_paths(repo: Repo) -> None:
    (repo.root / "a.txt").write_text("changed\n")
    (repo.root / "b.txt").write_text("mine\n")
    (repo.root / "new file.txt").write_text("new\n")
    repo.git("add", "b.txt")
    made = commit(repo, "a.txt", "new file.txt")
    assert repo.git("rev-parse", "--short", "HEAD").strip() == made
    assert repo.git("show", "--name-only", "--format=%an %s").split("\n")[0] == "Person title"
    listed = repo.git("show", "--name-only", "--format=").split("\n")
    assert [name for name in listed if name] == ["a.txt", "new file.txt"]
    assert repo.git("status", "--short") == "M  b.txt\n"


@pytest.mark.parametrize("name", ["evil", "a=b", "with space"])
def test_no_hook_and_no_filter_runs(repo: Repo, name: str) -> None:
    mark = repo.root.parent / "ran"
    script = repo.root.parent / "run.sh"
    script.write_text(f"#!/bin/sh\ntouch {mark}\ncat\n")
    script.chmod(0o755)
    hook = repo.root / ".git/hooks/pre-commit"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(script.read_text())
    hook.chmod(0o755)
    config = repo.root / ".git/config"
    config.write_text(f'{config.read_text()}[filter "{name}"]\n\tclean = {script}\n')
    (repo.root / ".git/info").mkdir(exist_ok=True)
    (repo.root / ".git/info/attributes").write_text(f"b.txt filter={name}\n")
    (repo.root / "a.txt").write_text("changed\n")
    (repo.root / "b.txt").touch()
    commit(repo, "a.txt")
    assert not mark.exists()


def test_what_a_filter_stores_otherwise_is_not_committed(repo: Repo) -> None:
    (repo.root / ".gitattributes").write_text("*.txt filter=lfs\n")
    (repo.root / "a.txt").write_text("changed\n")
    with pytest.raises(GitError, match="filter"):
        commit(repo, "a.txt")


def test_outside_git_and_in_the_middle_of_a_merge(repo: Repo, tmp_path: Path) -> None:
    with pytest.raises(GitError):
        commit_paths(tmp_path, ["a.txt"], "title", repo.env)
    head = repo.git("rev-parse", "HEAD").strip()
    (repo.root / ".git/MERGE_HEAD").write_text(f"{head}\n")
    with pytest.raises(GitError, match="merge"):
        commit(repo, "a.txt")
