"""Reading what a brief tells about a repository, through a git directory of our own."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from ai_code.core.ports_tree import TreeFacts
from ai_code.core.text import one_line
from ai_code.system.git import Git
from ai_code.system.private_git import private_git
from ai_code.system.repository import Repository, discover
from ai_code.system.workspace import copy_index, is_everything

_IDENTIFIER = re.compile(r"[A-Za-z_$][\w$]{0,99}")
_MOST_NAMED = 200
_DIFFERS = frozenset("CR?")
"""Tags of ``ls-files -t``: changed, removed, other (untracked)."""
_DEFINES = (
    r"(def|class|function|func|fn|fun|sub|struct|enum|trait|interface|impl|type|module|package"
    r"|const|let|var|val|static|public|private|protected|export|async|macro_rules!|#define)"
)


def facts(cwd: Path, commits: int = 10, env: Mapping[str, str] | None = None) -> TreeFacts:
    """What git tells of the tree around ``cwd``; nothing outside git."""
    repository = discover(cwd, env)
    if repository is None:
        return TreeFacts(cwd.resolve(), in_git=False)
    with reading(repository, env) as git:
        listed = _listed(git, repository, env)
        return TreeFacts(
            root=repository.root,
            in_git=True,
            branch=repository.branch,
            head=repository.head,
            operation=repository.operation,
            commits=log_subjects(git, repository, commits),
            changed=listed.changed,
            tracked=listed.tracked,
        )


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


class _Listed(NamedTuple):
    """Paths relative to the root. ``changed`` differ from the last commit, new ones too."""

    tracked: tuple[str, ...]
    changed: tuple[str, ...]


def _listed(git: Git, repository: Repository, env: Mapping[str, str] | None) -> _Listed:
    args = ["ls-files", "-z", "-t", "-c", "-m", "-d"]
    if not is_everything(repository.root, env):
        args += ["-o", "--exclude-standard"]
    rows = [row.partition(" ")[::2] for row in _names(git(*args))]
    tracked = dict.fromkeys(path for tag, path in rows if tag not in _DIFFERS)
    changed = dict.fromkeys(path for tag, path in rows if tag in _DIFFERS)
    if repository.head is not None:
        args = ["diff-index", "--cached", "--name-only", "-z", "--no-renames", repository.head]
        changed |= dict.fromkeys(_names(git(*args)))
    else:
        changed |= tracked
    return _Listed(tuple(tracked), tuple(sorted(changed)))


def _names(listing: bytes) -> Iterator[str]:
    return (os.fsdecode(name) for name in listing.split(b"\0") if name)
