"""Where an Ollama server on this machine keeps its models. Read only.

Form: ``manifests/HOST/NAMESPACE/MODEL/TAG`` (JSON) and ``blobs/sha256-…``, as Ollama's
server/modelpath.go and types/model/name.go have it.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

from ai_code.core.ports_models import Blob, Manifest

_PLACES = (
    "/usr/share/ollama/.ollama/models",
    "/var/lib/ollama/models",
    "/var/lib/ollama/.ollama/models",
    "/var/lib/private/ollama/models",
)
"""Of Ollama's own installer, of distributions, and of NixOS."""
_PIECE = 1 << 20
_LARGEST_MANIFEST = 1 << 20


class SystemOllamaFolder:
    """See ``ai_code.core.ports_models.OllamaFolder``."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @property
    def there(self) -> bool:
        return _is_there(self.path)

    @property
    def nearest(self) -> Path:
        folder = self.path
        while not _is_there(folder) and folder != folder.parent:
            folder = folder.parent
        return folder

    def free_bytes(self) -> int | None:
        try:
            return shutil.disk_usage(self.nearest).free
        except OSError:
            return None

    def manifest(self, name: str) -> Manifest | None:
        try:
            data = self._manifest_path(name).read_bytes()[:_LARGEST_MANIFEST]
        except OSError:
            return None
        content = json.loads(data)
        rows = [content["config"], *content["layers"]] if _has_layers(content) else None
        if rows is None or not all(_is_blob(row) for row in rows):
            raise ValueError("it names no files")
        blobs = tuple(Blob(row["digest"], row["size"]) for row in rows)
        return Manifest(hashlib.sha256(data).hexdigest(), blobs)

    def holds(self, name: str) -> bool:
        """Whether a model's manifest is there."""
        return _is_there(self._manifest_path(name))

    def size(self, blob: Blob) -> int | None:
        try:
            return self._blob_path(blob).stat().st_size
        except FileNotFoundError:
            return None

    def sha256(self, blob: Blob, tell: Callable[[int], None]) -> str:
        found, done = hashlib.sha256(), 0
        with self._blob_path(blob).open("rb") as file:
            while piece := file.read(_PIECE):
                found.update(piece)
                done += len(piece)
                tell(done)
        return f"sha256:{found.hexdigest()}"

    def _blob_path(self, blob: Blob) -> Path:
        return self.path / "blobs" / blob.digest.replace(":", "-")

    def _manifest_path(self, name: str) -> Path:
        path, _, tag = name.rpartition(":") if ":" in name.rsplit("/", 1)[-1] else (name, "", "")
        parts = path.split("/")
        if len(parts) == 1:
            parts = ["library", *parts]
        if len(parts) == 2:
            parts = ["registry.ollama.ai", *parts]
        # A name comes from a server: it must not lead out of the folder.
        safe = [part for part in (*parts, tag or "latest") if part not in ("", ".", "..")]
        return self.path.joinpath("manifests", *safe)


def find_ollama_folder(said: str, home: Path, names: Sequence[str]) -> SystemOllamaFolder:
    """``said``, where that is a whole path, or the places that installers use; of several the one
    that has one of these models. Where none is there yet, the one that Ollama would make."""
    own = home / ".ollama" / "models"
    if said.startswith("/"):
        return SystemOllamaFolder(Path(said))
    there = [SystemOllamaFolder(path) for path in (own, *map(Path, _PLACES)) if _is_there(path)]
    held = [folder for folder in there if any(folder.holds(name) for name in names)]
    return next(iter((*held, *there)), SystemOllamaFolder(own))


def _is_there(path: Path) -> bool:
    try:
        path.stat()
    except OSError:
        return False
    return True


def _has_layers(content: object) -> bool:
    return (
        isinstance(content, dict)
        and isinstance(content.get("config"), dict)
        and isinstance(content.get("layers"), list)
    )


def _is_blob(row: object) -> bool:
    if not isinstance(row, dict) or not isinstance(row.get("size"), int):
        return False
    digest = row.get("digest")
    kind, _, hexes = digest.partition(":") if isinstance(digest, str) else ("", "", "")
    return kind == "sha256" and len(hexes) == 64 and hexes.isalnum()
