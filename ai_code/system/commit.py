"""Committing what landed, for those who ask for it (``fallback.auto-commit``)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from ai_code.system.git import Git, GitError
from ai_code.system.repository import discover


def commit_paths(
    root: Path, paths: Sequence[str], message: str, env: Mapping[str, str] | None = None
) -> str:
    """Commits these paths and nothing else; the new commit's short id.

    The person's name and mail are taken from their own settings. Hooks and filters do not run,
    and nothing is signed: neither may ask or start anything unattended. So a path that a filter
    stores differently (LFS) is not committed. Raises GitError; then nothing was committed."""
    repository = discover(root, env)
    if repository is None:
        raise GitError("there is no git repository to commit to")
    if repository.operation:
        raise GitError(f"a {repository.operation} is in progress")
    git = Git(repository.git_dir, repository.root, env, own_settings=True)
    _refuse_filtered(git, paths)
    listing = "\0".join(paths).encode("utf-8", "surrogateescape")
    blank = _without_filters(git)
    from_stdin = ("--pathspec-from-file=-", "--pathspec-file-nul")
    git("--literal-pathspecs", "add", "--intent-to-add", *from_stdin, stdin=listing, env=blank)
    options = ("--only", "--no-verify", "--no-gpg-sign", "--quiet", "--message", message)
    git("--literal-pathspecs", "commit", *options, *from_stdin, stdin=listing, env=blank)
    return git("rev-parse", "--short", "HEAD").decode().strip()


def _refuse_filtered(git: Git, paths: Sequence[str]) -> None:
    listing = "\0".join(paths).encode("utf-8", "surrogateescape") + b"\0"
    fields = git("check-attr", "-z", "--stdin", "filter", stdin=listing).split(b"\0")
    for path, value in zip(fields[0::3], fields[2::3], strict=False):
        if value not in (b"unspecified", b"unset"):
            name = path.decode("utf-8", "replace")
            raise GitError(f"{name} is stored through a filter ({value.decode()})")


def _without_filters(git: Git) -> dict[str, str]:
    """Blank values for every filter the settings define, so that none can start. As variables:
    a name with ``=`` in it would be taken apart on a command line."""
    told = git("config", "-z", "--name-only", "--get-regexp", r"^filter\.", ok=(0, 1))
    names = dict.fromkeys(told.decode("utf-8", "surrogateescape").split("\0"))
    names.pop("", None)
    blank = {"GIT_CONFIG_COUNT": str(len(names))}
    for number, name in enumerate(names):
        blank |= {f"GIT_CONFIG_KEY_{number}": name, f"GIT_CONFIG_VALUE_{number}": ""}
    return blank
