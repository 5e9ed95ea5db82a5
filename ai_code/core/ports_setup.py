"""What ``ai-code setup`` sees of the machine besides programs and servers, and where it keeps
what it changed."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Literal, Protocol

from ai_code.core.setup import Change

NixKind = Literal["", "nixos", "home-manager"]


class Site(Protocol):
    """The system that programs are installed on."""

    @property
    def macos(self) -> bool: ...
    @property
    def wsl(self) -> bool:
        """Linux inside Windows."""

    @property
    def nix(self) -> NixKind:
        """Whether programs come from a Nix configuration here."""

    @property
    def own_python(self) -> str:
        """The interpreter that runs us."""

    @property
    def own_command(self) -> tuple[str, ...]:
        """How ai-code is started from anywhere: absolute paths."""

    @property
    def lingers(self) -> bool:
        """Whether the person's services run while nobody is logged in."""

    @property
    def user_units(self) -> Path:
        """Where a person's own systemd units lie."""

    @property
    def home(self) -> Path: ...
    def python(self, minors: Sequence[int]) -> str | None:
        """The first Python 3.``minor`` that starts and can make environments."""

    def free_bytes(self, path: Path) -> int | None:
        """Of the disk that the path lies on, or would lie on."""

    def unit_template(self, name: str) -> str:
        """The text of a systemd unit that comes with the program."""

    def text(self, path: Path) -> str | None:
        """A small text file, or None."""

    def there(self, path: Path) -> bool:
        """Whether there is anything of that name, a link that leads nowhere too."""

    def link_target(self, path: Path) -> Path | None: ...
    def delete(self, path: Path) -> None:
        """Removes a file or link; nothing where there is none. Raises OSError."""

    def prune(self, path: Path) -> None:
        """Removes a folder if it is empty."""

    def bytes_below(self, path: Path) -> int:
        """What a folder of ours takes of the disk, about."""

    def alone(self) -> AbstractContextManager[None]:
        """Held while one setup works. Raises TryLaterError where another one does."""


class SetupLog(Protocol):
    """What setup changed, the oldest first."""

    def changes(self) -> Sequence[Change]:
        """Raises ConfigError where the file cannot be understood."""

    def add(self, change: Change) -> None:
        """Keeps it, in the place of one of the same kind and name."""

    def drop(self, change: Change) -> None: ...
