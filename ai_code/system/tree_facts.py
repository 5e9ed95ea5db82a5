"""Reading what a brief tells about a repository, through a git directory of our own."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from ai_code.core.ports_tree import TreeFacts
from ai_code.core.text import one_line
from ai_code.system.folder_walk import TooMuch, walk
from ai_code.system.git import Git
from ai_code.system.private_git import private_git
from ai_code.system.repository import Repository, discover
from ai_code.system.workspace import copy_index, is_everything

_IDENTIFIER = re.compile(r"[A-Za-z_$][\w$]{0,99}")
_MOST_NAMED = 200
_DEFINES = (
    r"(def|class|function|func|fn|fun|sub|struct|enum|trait|interface|impl|type|module|package"
    r"|const|let|var|val|static|public|private|protected|export|async|macro_rules!|#define)"
)


def facts(cwd: Path, commits: int = 10, env: Mapping[str, str] | None = None) -> TreeFacts:
    """Branch, last commit subjects and changed files of the tree around ``cwd``."""
    repository = discover(cwd, env)
    if repository is None:
        return TreeFacts(cwd.resolve(), in_git=False)
    with reading(repository, env) as git:
        return TreeFacts(
            root=repository.root,
            in_git=True,
            branch=repository.branch,
            head=repository.head,
            operation=repository.operation,
            commits=log_subjects(git, repository, commits),
            changed=status_summary(git, repository, env),
        )


def tracked_files(cwd: Path, env: Mapping[str, str] | None = None) -> tuple[str, ...]:
    """Paths that git tracks, relative to the root; outside git the files of the folder, unless
    they are too many or it is the home folder."""
    repository = discover(cwd, env)
    if repository is None:
        return _files_of(cwd.resolve(), env)
    with reading(repository, env) as git:
        return tuple(dict.fromkeys(_names(git("ls-files", "-z"))))


def grep_definitions(
    cwd: Path, identifier: str, env: Mapping[str, str] | None = None
) -> tuple[str, ...]:
    """Tracked files with a line that seems to define ``identifier``, at most 200."""
    repository = discover(cwd, env)
    if repository is None or not _IDENTIFIER.fullmatch(identifier):
        return ()
    name = re.escape(identifier)
    pattern = rf"(^|[^[:alnum:]_]){_DEFINES}[^=;(){{}}]*[^[:alnum:]_$]{name}([^[:alnum:]_$]|$)"
    args = (
        "grep",
        "-l",
        "-z",
        "-I",
        "-E",
        "--no-color",
        "--no-textconv",
        "--no-recurse-submodules",
    )
    with reading(repository, env) as git:
        answer = git.run(*args, "-e", pattern, timeout_s=10)
    return tuple(_names(answer.out))[:_MOST_NAMED] if answer.code == 0 else ()


def _files_of(folder: Path, env: Mapping[str, str] | None) -> tuple[str, ...]:
    if is_everything(folder, env):
        return ()
    try:
        return tuple(walk(folder)[0])
    except TooMuch:
        return ()


@contextmanager
def reading(repository: Repository, env: Mapping[str, str] | None = None) -> Iterator[Git]:
    """A git that reads the repository's objects and a copy of its index, and no settings."""
    with tempfile.TemporaryDirectory(prefix="ai-code-git-") as folder:
        git_dir = Path(folder, "git")
        plan = private_git(git_dir, repository, env)
        plan.write(repository.head)
        copy_index(repository, git_dir)
        yield Git(git_dir, repository.root, env, index=git_dir / "index")


def log_subjects(git: Git, repository: Repository, count: int) -> tuple[str, ...]:
    """Subjects of the last ``count`` commits, newest first, safe to show."""
    if repository.head is None:
        return ()
    args = ("log", "-z", f"--max-count={count}", "--format=%s", "--no-show-signature", "--no-color")
    answer = git.run(*args, repository.head, timeout_s=10)
    texts = answer.out.decode("utf-8", "replace").split("\0")
    return tuple(one_line(text) for text in texts if text)[:count] if answer.code == 0 else ()


def status_summary(
    git: Git, repository: Repository, env: Mapping[str, str] | None = None
) -> tuple[str, ...]:
    """Paths that differ from the last commit, new ones too, relative to the root."""
    args = ["ls-files", "-z", "-m", "-d"]
    if not is_everything(repository.root, env):
        args += ["-o", "--exclude-standard"]
    found = dict.fromkeys(_names(git(*args)))
    if repository.head is not None:
        staged = git("diff-index", "--cached", "--name-only", "-z", "--no-renames", repository.head)
    else:
        staged = git("ls-files", "-z")
    return tuple(sorted(found | dict.fromkeys(_names(staged))))


def _names(listing: bytes) -> Iterator[str]:
    return (os.fsdecode(name) for name in listing.split(b"\0") if name)
