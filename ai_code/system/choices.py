"""Choices that commands make for a person (``ai-code models use``): JSON in the state folder."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from ai_code.core.errors import ConfigError
from ai_code.system.files import write_whole
from ai_code.system.locks import file_lock

_LARGEST = 256 * 1024


def change_choices(path: Path, changes: Mapping[str, object]) -> None:
    """Sets these keys, or with None takes them back; others stay. A file that is not ours to
    understand counts as empty, as it does when settings are read. Raises ConfigError."""
    try:
        with file_lock(path):
            kept = {**_read(path), **changes}
            rows = {key: value for key, value in kept.items() if value is not None}
            data = json.dumps(rows, indent=1, sort_keys=True, ensure_ascii=False)
            write_whole(path, (data + "\n").encode("utf-8", "replace"))
    except OSError as error:
        raise ConfigError(
            f"cannot write {path}",
            why=error.strerror or str(error),
            hint="ai-code config path",
        ) from error


def _read(path: Path) -> dict[str, object]:
    try:
        with path.open("rb") as file:
            content = json.loads(file.read(_LARGEST))
    except (FileNotFoundError, ValueError, RecursionError):
        return {}
    return content if isinstance(content, dict) else {}
