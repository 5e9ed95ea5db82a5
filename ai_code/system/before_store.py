"""What stood in the tree before a landing, written down and synced before anything is touched.

``before/manifest.json`` names every file with its state before and after; ``before/NNNN.old``
and ``.new`` hold the bytes. From this an undo works, after a crash in the middle too.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ai_code.core.changes import Change, Kind
from ai_code.core.errors import AiCodeError
from ai_code.system.files import private_folder
from ai_code.system.tree_files import FileState

VERSION = 1


@dataclass(frozen=True, slots=True)
class Step:
    """One file of a landing: as it stands, and as it shall stand."""

    path: str
    old: FileState
    new: FileState

    @property
    def kind(self) -> Kind:
        if self.old.absent:
            return "A"
        if self.new.absent:
            return "D"
        return "T" if self.old.link != self.new.link else "M"

    def change(self) -> Change:
        return Change(
            self.path, self.kind, self.old.mode, self.new.mode, self.old.data, self.new.data
        )


@dataclass(frozen=True, slots=True)
class Stored:
    """The steps of a landing as they were kept."""

    root: Path
    steps: tuple[Step, ...]
    made_dirs: tuple[str, ...]
    cleared_dirs: tuple[tuple[str, int], ...] = ()


def store(
    run_dir: Path,
    root: Path,
    steps: Sequence[Step],
    made_dirs: Sequence[str],
    cleared_dirs: Sequence[tuple[str, int]] = (),
) -> None:
    """Raises AiCodeError when it cannot be written; then the tree must not be touched."""
    folder = run_dir / "before"
    try:
        private_folder(folder)
        for number, step in enumerate(steps):
            for side, state in (("old", step.old), ("new", step.new)):
                if state.data is not None:
                    _write(folder / f"{number:04d}.{side}", state.data)
        _write_manifest(folder, root, steps, range(len(steps)), made_dirs, cleared_dirs)
    except OSError as error:
        raise AiCodeError(
            "nothing was landed: what is needed to undo it could not be kept",
            why=f"{folder}: {error.strerror}",
            hint=f"df -h {run_dir}",
        ) from error


def settle(
    run_dir: Path,
    root: Path,
    steps: Sequence[Step],
    done: Sequence[int],
    made_dirs: Sequence[str],
    cleared_dirs: Sequence[tuple[str, int]],
) -> None:
    """Only the steps ``done`` happened, with the permissions that they have by now. Where this
    cannot be written, the full list stays, which is harmless: undo finds the others as they
    were."""
    try:
        _write_manifest(run_dir / "before", root, steps, done, made_dirs, cleared_dirs)
    except OSError:
        return


def load(run_dir: Path) -> Stored | None:
    """None when the run landed nothing. Raises AiCodeError for a manifest we cannot read."""
    folder = run_dir / "before"
    try:
        value = json.loads((folder / "manifest.json").read_bytes())
        if value["version"] > VERSION:
            raise ValueError(f"version {value['version']}, this program knows {VERSION}")
        steps = tuple(_step(folder, row) for row in value["files"])
        made = tuple(map(str, value["made_dirs"]))
        cleared = tuple((str(path), int(perms)) for path, perms in value.get("cleared_dirs", ()))
        return Stored(Path(value["root"]), steps, made, cleared)
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise AiCodeError(
            "what this run landed cannot be read", why=f"{folder}/manifest.json: {error}"
        ) from error


def _write_manifest(
    folder: Path,
    root: Path,
    steps: Sequence[Step],
    chosen: Sequence[int],
    made_dirs: Sequence[str],
    cleared_dirs: Sequence[tuple[str, int]],
) -> None:
    rows = [_row(number, steps[number]) for number in chosen]
    value = {"version": VERSION, "root": str(root), "files": rows}
    value |= {"made_dirs": list(made_dirs), "cleared_dirs": list(cleared_dirs)}
    temporary = folder / "manifest.json.tmp"
    _write(temporary, json.dumps(value, indent=1).encode("ascii"))
    temporary.replace(folder / "manifest.json")
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _row(number: int, step: Step) -> dict[str, Any]:
    return {
        "number": number,
        "path": step.path,
        "old": {"mode": step.old.mode, "perms": step.old.perms},
        "new": {"mode": step.new.mode, "perms": step.new.perms},
    }


def _step(folder: Path, row: dict[str, Any]) -> Step:
    states = {}
    for side in ("old", "new"):
        mode = int(row[side]["mode"])
        data = (folder / f"{int(row['number']):04d}.{side}").read_bytes() if mode else None
        states[side] = FileState(mode, data, row[side]["perms"])
    return Step(str(row["path"]), states["old"], states["new"])


def _write(path: Path, data: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(descriptor)
