"""What commands see of the settings on this machine; the cellar has the class behind it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

from ai_code.settings.typed import Loaded, SourceFile

FileRole = Literal["user file", "project file", "choices", "trust"]


@dataclass(frozen=True, slots=True)
class FileInfo:
    """A file of ours, there or not. ``target`` is where a link leads; ``managed`` is a file in
    the Nix store, which only its Home Manager configuration changes."""

    role: FileRole
    path: Path
    exists: bool
    writable: bool = False
    target: Path | None = None
    managed: bool = False


class Trust(Protocol):
    """Which project files the person trusts, by path and content."""

    def is_trusted(self, path: Path, content: bytes) -> bool: ...
    def trust(self, path: Path, content: bytes) -> None: ...
    def revoke(self, path: Path) -> bool: ...
    def entries(self) -> Mapping[str, str]: ...


class Config(Protocol):
    """The settings files of one run: read when asked for; only trust and choices are written.

    Methods raise ConfigError where a file of the user cannot be read."""

    @property
    def trust(self) -> Trust: ...
    def load(self, flags: Mapping[str, object]) -> Loaded: ...
    def user_text(self) -> str | None: ...
    def user(self) -> SourceFile | None: ...
    def project(self) -> SourceFile | None: ...
    def project_path(self) -> Path: ...
    def choices(self) -> SourceFile | None: ...
    def choose(self, changes: Mapping[str, object]) -> None:
        """Keeps choices made by a command, by key; None takes one back."""

    def read(self, path: Path) -> SourceFile: ...
    def files(self) -> tuple[FileInfo, ...]: ...
