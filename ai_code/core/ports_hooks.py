"""Claude Code's settings file of a person, as ``ai-code hooks`` reads and writes it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple, Protocol

from ai_code.core.json_edit import Insertion


class SettingsFile(NamedTuple):
    """``text`` None: there is no file yet. ``problem`` says why it cannot be changed, in words;
    ``managed`` where Nix made it."""

    path: Path
    text: str | None
    problem: str = ""
    managed: bool = False


class Installed(NamedTuple):
    """What we put into a file: ``digest`` of the file as we left it, ``made`` the file or folder
    that was not there before (its first missing part), ``had`` what was (core/claude_hooks.py)."""

    path: Path
    digest: str
    insertions: tuple[Insertion, ...]
    had: tuple[str, ...] = ()
    made: str = ""


class ClaudeSettings(Protocol):
    """The file, and what is remembered of it."""

    @property
    def path(self) -> Path:
        """The one that this environment's Claude reads."""

    def look(self, path: Path) -> SettingsFile: ...
    def missing(self, path: Path) -> str:
        """The first part of the path that is not there; empty where all of it is."""

    def write(self, path: Path, text: str, before: str | None) -> None:
        """Writes it through links, whole or not at all, with the mode it has. Raises OSError,
        and TryLaterError where the file is not ``before`` any more."""

    def delete(self, path: Path, made: str) -> None:
        """Removes a file that we made, and folders from ``made`` on that are empty."""

    def installed(self) -> Sequence[Installed]:
        """Of every file that has our hooks. What cannot be read counts as nothing: our hooks are
        found by their form, too."""

    def remember(self, installed: Installed) -> None: ...
    def forget(self, path: Path) -> None: ...
