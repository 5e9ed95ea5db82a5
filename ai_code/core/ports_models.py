"""Ports around installed models: the folder where a local Ollama keeps them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple, Protocol


class Blob(NamedTuple):
    """A file that a model's manifest names: ``digest`` is ``sha256:…``, ``size`` bytes."""

    digest: str
    size: int


class Manifest(NamedTuple):
    """What a model is made of. ``digest`` is that of the manifest itself, as /api/tags has it."""

    digest: str
    blobs: tuple[Blob, ...]


class OllamaFolder(Protocol):
    """The folder of models of a server on this machine. Nothing in it is ever changed."""

    @property
    def path(self) -> Path: ...
    @property
    def there(self) -> bool:
        """Whether it is there at all: a server in a container keeps its models elsewhere."""

    @property
    def nearest(self) -> Path:
        """The folder itself, or the nearest above it that is there: what ``df`` takes."""

    def free_bytes(self) -> int | None:
        """Bytes that the disk has left there; None where that cannot be told."""

    def holds(self, name: str) -> bool:
        """Whether a model is there, as far as we may look."""

    def manifest(self, name: str) -> Manifest | None:
        """The manifest of a model; None where it cannot be read, ValueError where it is none."""

    def size(self, blob: Blob) -> int | None:
        """Bytes of the file as it is; None where there is none. Raises OSError where its folder
        cannot be looked into."""

    def sha256(self, blob: Blob, tell: Callable[[int], None]) -> str:
        """The digest of the file as it is, in the form of ``Blob.digest``; ``tell`` is called
        with the bytes read so far. Raises OSError."""
