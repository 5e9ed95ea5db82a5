"""Finding a git repository and reading what it is, without running anything of it.

Git's own discovery is not used: it obeys core.worktree, GIT_DIR of the environment and
includes of the repository's settings. Formats: gitrepository-layout(5).
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple, NoReturn

_OID = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_BOOL = re.compile(r"true|false|yes|no|on|off|0|1", re.I)
_PASSED_ON = {
    "core.autocrlf": re.compile(r"input|true|false|yes|no|on|off|0|1", re.I),
    "core.eol": re.compile(r"lf|crlf|native", re.I),
    "core.filemode": _BOOL,
    "core.symlinks": _BOOL,
    "core.ignorecase": _BOOL,
    "core.precomposeunicode": _BOOL,
    "core.trustctime": _BOOL,
    "core.checkstat": re.compile(r"default|minimal", re.I),
}
"""Settings that say how files are written, which run nothing; each with its lawful values."""

_OPERATIONS = (
    ("rebase-merge", "rebase"),
    ("rebase-apply", "rebase"),
    ("MERGE_HEAD", "merge"),
    ("CHERRY_PICK_HEAD", "cherry-pick"),
    ("REVERT_HEAD", "revert"),
    ("BISECT_LOG", "bisect"),
)
_SMALL_FILE = 1024 * 1024


class Repository(NamedTuple):
    """``head`` is the commit, None where there is none yet; ``branch`` None when detached.

    ``settings``: the harmless ones of ``_PASSED_ON``. ``linked``: a linked worktree or a
    submodule. ``operation``: a rebase, merge … in progress, or the empty string."""

    root: Path
    git_dir: Path
    common_dir: Path
    head: str | None
    branch: str | None
    object_format: str
    operation: str = ""
    linked: bool = False
    settings: Mapping[str, str] = MappingProxyType({})

    @property
    def index_file(self) -> Path:
        return self.git_dir / "index"

    @property
    def objects(self) -> Path:
        return self.common_dir / "objects"

    @property
    def shallow(self) -> Path:
        return self.common_dir / "shallow"


def discover(cwd: Path, env: Mapping[str, str] | None = None) -> Repository | None:
    """The repository whose work tree ``cwd`` is in, or None. Raises GitError when there is one
    that cannot be read. ``cwd`` must exist."""
    found = _find(cwd)
    if found is None:
        return None
    try:
        return _read(*found, env)
    except PermissionError as error:
        _unreadable(found[0], error)


def find_root(cwd: Path) -> Path | None:
    """The root that ``discover`` finds, without reading more or asking git (4 ms)."""
    found = _find(cwd)
    return found[0] if found else None


def find_shared(cwd: Path) -> Path | None:
    """What all linked worktrees of the repository around ``cwd`` have in common: its git
    directory."""
    found = _find(cwd)
    return _common_dir(found[1]) if found else None


def _find(cwd: Path) -> tuple[Path, Path] | None:
    """The root of the work tree and its git directory."""
    here = cwd.resolve()
    for root in (here, *here.parents):
        try:
            git_dir = _git_dir(root / ".git")
        except PermissionError as error:
            _unreadable(root, error)
        if git_dir is not None:
            return root, git_dir
    return None


def _unreadable(root: Path, error: PermissionError) -> NoReturn:
    from ai_code.system.git import GitError

    raise GitError(
        f"the repository at {root} cannot be read",
        why=f"{error.filename}: {error.strerror}",
        hint=f"ls -ld {error.filename}",
    ) from error


def _git_dir(entry: Path) -> Path | None:
    if entry.is_dir():
        found = entry
    elif entry.is_file():
        text = small_text(entry)
        if not text.startswith("gitdir:"):
            return None
        found = entry.parent / text.removeprefix("gitdir:").strip("\n").strip()
    else:
        return None
    return found.resolve() if _layout_is_whole(found) else None


def _layout_is_whole(git_dir: Path) -> bool:
    common = _common_dir(git_dir)
    head = git_dir / "HEAD"
    return (head.is_file() or head.is_symlink()) and (common / "objects").is_dir()


def _common_dir(git_dir: Path) -> Path:
    pointer = git_dir / "commondir"
    if not pointer.is_file():
        return git_dir
    return (git_dir / small_text(pointer).strip("\n")).resolve()


def _read(root: Path, git_dir: Path, env: Mapping[str, str] | None) -> Repository:
    common = _common_dir(git_dir)
    local = _local_settings(common, env)
    head, branch = _head(git_dir, common, env)
    return Repository(
        root=root,
        git_dir=git_dir,
        common_dir=common,
        head=head,
        branch=branch,
        object_format="sha256" if local.get("extensions.objectformat") == "sha256" else "sha1",
        operation=next((name for file, name in _OPERATIONS if (git_dir / file).exists()), ""),
        linked=not (root / ".git").is_dir(),
        settings=passed_on(local),
    )


def _local_settings(common: Path, env: Mapping[str, str] | None) -> Mapping[str, str]:
    from ai_code.system.git_settings import settings_of_file

    file = common / "config"
    return settings_of_file(file, env) if file.is_file() else {}


def passed_on(settings: Mapping[str, str]) -> dict[str, str]:
    """The harmless settings among these, with lawful values only."""
    return {
        key: settings[key]
        for key, lawful in _PASSED_ON.items()
        if key in settings and lawful.fullmatch(settings[key])
    }


def _head(
    git_dir: Path, common: Path, env: Mapping[str, str] | None
) -> tuple[str | None, str | None]:
    if (common / "reftable").is_dir():
        return _head_by_git(git_dir, env)
    value = small_text(git_dir / "HEAD").strip()
    branch = None
    for depth in range(5):
        if not value.startswith("ref:"):
            break
        name = value.removeprefix("ref:").strip()
        if depth == 0 and name.startswith("refs/heads/"):
            branch = name.removeprefix("refs/heads/")
        value = _ref(git_dir, common, name)
    return (value if _OID.fullmatch(value) else None), branch


def _ref(git_dir: Path, common: Path, name: str) -> str:
    if not name.startswith("refs/") or ".." in name.split("/"):
        return ""
    for folder in (git_dir, common):
        value = small_text(folder / name).strip()
        if value:
            return value
    return _packed(common / "packed-refs", name)


def _packed(file: Path, name: str) -> str:
    if not file.is_file():
        return ""
    wanted = os.fsencode(name)
    with file.open("rb") as lines:
        for line in lines:
            oid, _, ref = line.rstrip(b"\n").partition(b" ")
            if ref == wanted:
                return oid.decode("ascii", "replace")
    return ""


def _head_by_git(git_dir: Path, env: Mapping[str, str] | None) -> tuple[str | None, str | None]:
    """For the reftable format, which only git reads."""
    from ai_code.system.git import Git

    git = Git(git_dir, env=env)
    oid = git.run("rev-parse", "-q", "--verify", "HEAD", timeout_s=10).out.decode().strip()
    name = os.fsdecode(git.run("symbolic-ref", "-q", "HEAD", timeout_s=10).out).strip()
    branch = name.removeprefix("refs/heads/") if name.startswith("refs/heads/") else None
    return (oid if _OID.fullmatch(oid) else None), branch


def small_text(path: Path) -> str:
    """A small regular file's text, or the empty string where there is none."""
    if not path.is_file() or path.stat().st_size > _SMALL_FILE:
        return ""
    return os.fsdecode(path.read_bytes())
