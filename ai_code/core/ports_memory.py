"""The ports of what is remembered: notes, the person's own memory files, and an index of both."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Literal, NamedTuple, Protocol

ScopeName = Literal["project", "global"]


class Scope(NamedTuple):
    """Whose notes: those of one repository (its linked worktrees share them), or those for all
    projects. ``title`` is the repository's folder; ``path`` is the file."""

    name: ScopeName
    title: str
    path: Path


class NoteStore(Protocol):
    """The files of notes, and of those that were forgotten, which can be taken back."""

    def any(self) -> bool:
        """Whether there may be a note at all; costs a look at one name."""

    def scopes(self, cwd: Path) -> tuple[Scope, ...]:
        """Those that count in ``cwd``: its repository's, where it is in one, and the global."""

    def all(self) -> tuple[Scope, ...]:
        """All that have a file: of other repositories too."""

    def read(self, scope: Scope) -> str:
        """The file's text, empty where there is none."""

    def forgotten(self, scope: Scope) -> Scope:
        """Where notes of this scope go when they are forgotten."""

    def change(self, scope: Scope, change: Callable[[str], str]) -> None:
        """Writes what ``change`` makes of the file's text, while nobody else changes it; an empty
        text takes the file away. Raises AiCodeError where it cannot be written."""

    def claude_file(self, cwd: Path) -> Path:
        """Where the notes lie as Claude is given them."""


class MemoryFolder(NamedTuple):
    """Claude's memory beyond the project: the person's ``folder``, and the machine's files."""

    folder: Path
    organisation: tuple[Path, ...] = ()


class Source(NamedTuple):
    """A text that can be searched. ``line`` is the first of it in its file; ``id`` is a note's."""

    shown: str
    text: str
    line: int = 1
    id: str = ""


class Hit(NamedTuple):
    """A place that has all words. ``source`` counts from 0; ``score``: more is better."""

    source: int
    score: float


class MemoryIndex(Protocol):
    """Full-text search. What it keeps can be removed at any time."""

    @property
    def plain(self) -> str:
        """Why there is no index, and texts are looked through one by one; empty where there is
        one. Known after the first search."""

    def clear(self) -> None:
        """Nothing of what it was ever told stays."""

    def search(self, sources: Sequence[Source], words: Sequence[str]) -> tuple[Hit, ...]:
        """Places with all words, the best first. What changed since is taken up first."""
