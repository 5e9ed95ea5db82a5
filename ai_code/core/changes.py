"""What an engine changed, and which of it must not reach the tree unasked."""

from __future__ import annotations

import posixpath
import unicodedata
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal, NamedTuple

from ai_code.core.text import visible

Kind = Literal["A", "M", "D", "T"]

REGULAR, EXECUTABLE, LINK, GITLINK, ABSENT = 0o100644, 0o100755, 0o120000, 0o160000, 0
"""File modes as git writes them into a tree; 0 where there is no file."""

BIG_BYTES = 5 * 1024 * 1024
MAX_BYTES = 64 * 1024 * 1024
"""Above ``BIG_BYTES`` a file is not looked into; above ``MAX_BYTES`` it is not carried."""

_BINARY_WINDOW = 8000  # git's own rule: a NUL in the first 8000 bytes (xdiff-interface.c)


@dataclass(frozen=True, slots=True)
class Change:
    """One path that differs. Contents are the bytes of the working tree (line ends as checked
    out), of a link its target; None where there is no file.

    ``path`` is relative to the root, with ``/``; bytes that are no UTF-8 are surrogates.
    ``perms``: exact permission bits to give (undo); None leaves them as they are.
    ``perms_before``: the bits that go with ``before``; None where they are not known.
    """

    path: str
    kind: Kind
    old_mode: int
    new_mode: int
    before: bytes | None
    after: bytes | None
    too_big: bool = False
    """Larger than ``MAX_BYTES`` on one side: the contents are not here."""
    perms: int | None = None
    perms_before: int | None = None

    @property
    def binary(self) -> bool:
        return is_binary(self.before) or is_binary(self.after)

    @property
    def big(self) -> bool:
        return self.too_big or max(len(self.before or b""), len(self.after or b"")) > BIG_BYTES


@dataclass(frozen=True, slots=True)
class Changes:
    """All that an engine left. ``escaped``: names that appeared beside the private worktree;
    ``ignored``: new files that the project's ignore rules keep out (they do not land);
    ``unfit``: what no landing can bring home, each with its reason."""

    items: tuple[Change, ...] = ()
    escaped: tuple[str, ...] = ()
    ignored: tuple[str, ...] = ()
    unfit: tuple[LeftOut, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.items)


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A path that was not taken, and why. ``change`` is there where its content is known."""

    path: str
    reason: str
    change: Change | None = None


class LandedFile(NamedTuple):
    """A file that landed, with lines added and removed (0 and 0 for a binary file)."""

    path: str
    kind: Kind
    plus: int
    minus: int


@dataclass(frozen=True, slots=True)
class Doubt:
    """A change that landed although it is suspicious: it is named all the same."""

    path: str
    reason: str


@dataclass(frozen=True, slots=True)
class LandingPlan:
    """What shall land, what not, and what lands in spite of a doubt."""

    land: tuple[Change, ...] = ()
    left_out: tuple[LeftOut, ...] = ()
    doubts: tuple[Doubt, ...] = ()


@dataclass(frozen=True, slots=True)
class Landed:
    """What became of a plan. ``patch_path`` holds what was left out or conflicts, for
    ``git apply``; None when there is nothing of that kind."""

    files: tuple[LandedFile, ...] = ()
    left_out: tuple[LeftOut, ...] = ()
    conflicts: tuple[LeftOut, ...] = ()
    doubts: tuple[Doubt, ...] = ()
    patch_path: str | None = None


def reverse(change: Change, perms: int | None = None, perms_before: int | None = None) -> Change:
    """The change that takes ``change`` back; ``perms`` are the bits to restore, and
    ``perms_before`` those that it left."""
    kinds: dict[Kind, Kind] = {"A": "D", "D": "A", "M": "M", "T": "T"}
    return Change(
        change.path,
        kinds[change.kind],
        change.new_mode,
        change.old_mode,
        change.after,
        change.before,
        change.too_big,
        perms,
        perms_before,
    )


def is_binary(data: bytes | None) -> bool:
    """Git's own rule."""
    return data is not None and b"\0" in data[:_BINARY_WINDOW]


_PRIVATE_STARTS = (".env", ".aider")
_PRIVATE_NAMES = frozenset(
    {
        ".mcp.json",
        # What other engines take from a project and run, or are led by: plugins, servers, hooks.
        # opencode 1.18.33 ran a plugin of the project's with all that switches them off.
        *(".opencode", "opencode.json", "opencode.jsonc", ".qwen", ".vibe", ".pi", ".codex"),
        *(".goose", ".gemini", ".agents"),
    }
)
_PROTECTED_NAMES = frozenset(
    {
        ".git",
        ".mcp.json",
        ".ai-code.yaml",
        ".ai-code.yml",
        ".gitmodules",
        ".gitattributes",
        # package managers: registries, scripts, hooks into an install
        *(".npmrc", ".yarnrc", ".yarnrc.yml", ".pnpmfile.cjs"),
        # hooks and continuous integration
        *(".pre-commit-config.yaml", "lefthook.yml", ".lefthook.yml", ".gitlab-ci.yml"),
        *("jenkinsfile", ".travis.yml", "appveyor.yml", ".appveyor.yml", ".drone.yml"),
        *("azure-pipelines.yml", "bitbucket-pipelines.yml"),
        # editors that run what lies in a folder
        *(".exrc", ".nvim.lua"),
    }
)
_PROTECTED_FOLDERS = frozenset(
    {
        *(".git", "git~1", ".claude", ".ai-code", ".direnv"),
        *(".vscode", ".idea", ".zed", ".cursor", ".devcontainer"),
        *(".husky", ".githooks", ".circleci", ".ci", ".buildkite"),
    }
)
_PROTECTED_PAIRS = frozenset({(".github", "workflows"), (".github", "actions")})


def is_private(path: str) -> bool:
    """True for what is never put into a private worktree: ``.env*``, ``.aider*``,
    ``.claude/settings*``, ``.mcp.json`` and what other engines take from a project
    (``.opencode``, ``.qwen`` and the like), at any level, in any case."""
    parts = _parts(path)
    if any(part.startswith(_PRIVATE_STARTS) or part in _PRIVATE_NAMES for part in parts):
        return True
    return any(
        folder == ".claude" and name.startswith("settings") for folder, name in pairwise(parts)
    )


def is_protected(path: str) -> bool:
    """True for paths that run something or decide what may run: they land only when asked for.

    Compared without case and as careless file systems read them (trailing dots and spaces,
    invisible characters: the names git itself refuses for ``.git``, CVE-2014-9390)."""
    parts = _parts(path)
    if is_private(path) or any(part in _PROTECTED_FOLDERS for part in parts):
        return True
    if parts and parts[-1] in _PROTECTED_NAMES:
        return True
    return any(pair in _PROTECTED_PAIRS for pair in pairwise(parts))


def unsafe_path(path: str) -> str:
    """Why ``path`` may not be written below a root, or the empty string."""
    if not path or "\0" in path:
        return "the name is empty or holds a NUL"
    if path.startswith("/"):
        return "the path is absolute"
    if any(part in ("", ".", "..") for part in path.split("/")):
        return "the path leaves its folder"
    return ""


def unshowable_path(path: str) -> str:
    """Why no *new* file should get this name, or the empty string: control and direction
    characters fool whoever reads the name on a terminal."""
    if visible(path) != path or "\n" in path or "\t" in path:
        return "the name holds control characters"
    return ""


def link_leaves(path: str, target: str) -> bool:
    """True when a link at ``path`` with this target points out of the tree or at git's own."""
    if target.startswith("/"):
        return True
    where = posixpath.normpath(posixpath.join(posixpath.dirname(path), target))
    return where == ".." or where.startswith("../") or is_protected(where)


def _parts(path: str) -> list[str]:
    return [_folded(part) for part in path.split("/")]


def _folded(part: str) -> str:
    if not part.isascii():
        part = "".join(char for char in part if unicodedata.category(char) != "Cf")
    return part.casefold().rstrip(" .") or part
