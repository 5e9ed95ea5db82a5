"""A repository whose every setting tries to run something. Nothing runs."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from ai_code.core.errors import NotInstalledError
from ai_code.system import tree_facts
from ai_code.system.git import Git, GitError
from ai_code.system.repository import discover
from ai_code.system.workspace import prepare
from tests.system.git_repos import Repo, picture
from tests.system.test_workspace import files_in


@pytest.fixture
def mark(tmp_path: Path) -> Path:
    return tmp_path / "it-ran"


@pytest.fixture
def hostile(repo: Repo, mark: Path, tmp_path: Path) -> Repo:
    repo.write("a.txt", "one\n")
    repo.write("b.py", "def wanted():\n    pass\n")
    repo.write(".gitattributes", "* filter=evil diff=evil merge=evil\n")
    repo.commit("first \x1b[31m subject")
    repo.write("a.txt", "two\n")
    evil = f"touch {mark}; cat"
    config = repo.root / ".git/config"
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    config.write_text(
        config.read_text()
        + f"""
[core]
    fsmonitor = "{evil}"
    hooksPath = "{repo.root}/hooks"
    pager = "{evil}"
    editor = "{evil}"
    sshCommand = "{evil}"
    askPass = "{evil}"
    worktree = /
    gitProxy = "{evil}"
    excludesFile = "{fifo}"
    attributesFile = "{fifo}"
    alternateRefsCommand = "{evil}"
[filter "evil"]
    clean = "{evil}"
    smudge = "{evil}"
    process = "{evil}"
    required = true
[diff]
    external = "{evil}"
[diff "evil"]
    textconv = "{evil}"
    command = "{evil}"
[merge "evil"]
    driver = "{evil}"
[alias]
    log = "!{evil}"
    ls-files = "!{evil}"
[log]
    showSignature = true
[gpg]
    program = "{evil}"
[include]
    path = "{fifo}"
[includeIf "gitdir:/**"]
    path = "{fifo}"
[credential]
    helper = "!{evil}"
[trace2]
    normalTarget = "{mark}"
"""
    )
    for folder in (repo.root / "hooks", repo.root / ".git/hooks"):
        folder.mkdir(exist_ok=True)
        for name in ("post-checkout", "post-index-change", "pre-commit", "reference-transaction"):
            (folder / name).write_text(f"#!/bin/sh\n{evil}\n")
            (folder / name).chmod(0o755)
    (repo.root / ".git/info/attributes").write_text("* filter=evil diff=evil\n")
    return repo


def test_preparing_and_reading_runs_nothing(hostile: Repo, run_dir: Path, mark: Path) -> None:
    before = picture(hostile.root)
    workspace = prepare(hostile.root, run_dir, env=hostile.env)
    assert workspace.root == hostile.root
    assert files_in(workspace)["a.txt"] == b"two\n"
    (workspace.path / "a.txt").write_bytes(b"three\n")
    assert [each.path for each in workspace.changes().items] == ["a.txt"]
    assert not mark.exists()
    assert picture(hostile.root) == before


def test_git_as_an_engine_runs_it_in_the_worktree_runs_nothing(
    hostile: Repo, run_dir: Path, mark: Path
) -> None:
    workspace = prepare(hostile.root, run_dir, env=hostile.env)
    (workspace.path / "a.txt").write_bytes(b"three\n")
    for args in (
        ["status"],
        ["add", "-A"],
        ["diff", "HEAD"],
        ["log", "-p"],
        ["commit", "-qm", "x"],
    ):
        hostile.git(*args, cwd=workspace.path)
    assert not mark.exists()
    assert [each.path for each in workspace.changes().items] == ["a.txt"]


def test_the_facts_of_a_brief_run_nothing(hostile: Repo, mark: Path) -> None:
    before = picture(hostile.root)
    facts = tree_facts.facts(hostile.root, env=hostile.env)
    assert facts.branch == "main" and facts.commits == ("first ^[[31m subject",)
    assert "a.txt" in facts.changed and "b.py" not in facts.changed
    assert "b.py" in facts.tracked
    assert tree_facts.grep_definitions(hostile.root, "wanted", hostile.env) == ("b.py",)
    assert tree_facts.grep_definitions(hostile.root, "want", hostile.env) == ()
    assert not mark.exists()
    assert picture(hostile.root) == before


def test_dot_git_as_a_link_and_as_rubbish(repo: Repo, run_dir: Path, tmp_path: Path) -> None:
    repo.write("a.txt", "a\n")
    repo.commit()
    (repo.root / ".git").rename(tmp_path / "elsewhere")
    (repo.root / ".git").symlink_to(tmp_path / "elsewhere")
    assert files_in(prepare(repo.root, run_dir, env=repo.env)) == {"a.txt": b"a\n"}
    (repo.root / ".git").unlink()
    for text in ("", "gitdir:", "gitdir: /nowhere\n", "\0" * 50, "gitdir: \n" * 9):
        (repo.root / ".git").write_text(text)
        assert discover(repo.root, repo.env) is None
    (repo.root / ".git").unlink()
    os.mkfifo(repo.root / ".git")
    assert discover(repo.root, repo.env) is None


def test_broken_repositories_are_a_clear_error(repo: Repo, run_dir: Path) -> None:
    repo.write("a.txt", "a\n")
    repo.commit()
    (repo.root / ".git/index").write_bytes(b"rubbish")
    with pytest.raises(GitError) as caught:
        prepare(repo.root, run_dir, env=repo.env)
    assert caught.value.why
    (repo.root / ".git/config").write_text("[[[")
    with pytest.raises(GitError) as caught:
        discover(repo.root, repo.env)
    assert "config" in caught.value.what


def test_a_git_in_the_folder_itself_is_not_taken(tmp_path: Path, monkeypatch: object) -> None:
    (tmp_path / "git").write_text("#!/bin/sh\ntouch ran\n")
    (tmp_path / "git").chmod(0o755)
    with pytest.raises(NotInstalledError) as caught:
        Git(env={"PATH": f".::{os.path.relpath(tmp_path)}"})
    assert "apt install git" in caught.value.hint


def test_a_git_that_hangs_is_ended(tmp_path: Path) -> None:
    (tmp_path / "git").write_text("#!/bin/sh\nexec sleep 60\n")
    (tmp_path / "git").chmod(0o755)
    with pytest.raises(GitError, match="longer than"):
        Git(env={"PATH": f"{tmp_path}:/usr/bin:/bin"}).run("status", timeout_s=0.2)


def test_a_repository_that_may_not_be_read(tmp_path: Path) -> None:
    """As a user without privileges."""
    folder = Path(tempfile.mkdtemp(prefix="ai-code-test-", dir="/tmp"))
    repo = Repo(folder / "project", tmp_path / "home").init()
    repo.write("a.txt", "a\n")
    repo.commit()
    folder.chmod(0o755)
    code = f"""
import os, sys
from pathlib import Path
sys.path[:0] = {sys.path!r}
from ai_code.system.repository import discover
from ai_code.system.workspace import prepare
from ai_code.core.errors import AiCodeError
root = Path({str(repo.root)!r})
Path("{folder}/run").mkdir(mode=0o777)
Path("{folder}/run").chmod(0o777)
if os.getuid() == 0:
    os.setgid(65534); os.setuid(65534)
assert discover(root).head
{{body}}
"""
    attempt = "try: {}\nexcept AiCodeError as e: assert {!r} in e.why, e.why\nelse: 1/0"
    cases = {
        "HEAD": attempt.format("discover(root)", "HEAD"),
        "index": attempt.format("prepare(root, Path('RUN'))", "index"),
    }
    # owned by somebody else: read all the same, for nothing of its settings is in force
    fine = "assert (prepare(root, Path('RUN')).path / 'a.txt').read_bytes() == b'a\\n'"
    _as_nobody(code.replace("{body}", fine.replace("RUN", f"{folder}/run")))
    for name, body in cases.items():
        subprocess.run(["rm", "-rf", f"{folder}/run"], check=True)
        (repo.root / ".git" / name).chmod(0)
        text = code.replace("assert discover(root).head", "")
        _as_nobody(text.replace("{body}", body.replace("RUN", f"{folder}/run")))
        (repo.root / ".git" / name).chmod(0o644)
    subprocess.run(["rm", "-rf", str(folder)], check=True)


def _as_nobody(code: str) -> None:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd="/")
    assert done.returncode == 0, done.stderr
