"""Claude Code's settings file of a person, and ``hooks.json`` with what we wrote into it."""

from __future__ import annotations

import errno
import json
import os
import stat
from collections.abc import Sequence
from pathlib import Path

from ai_code.core.errors import TryLaterError
from ai_code.core.json_edit import Insertion
from ai_code.core.ports_hooks import Installed, SettingsFile
from ai_code.system.files import private_folder, write_whole
from ai_code.system.locks import file_lock

_VERSION = 1
_LARGEST = 4 << 20
_NIX_STORE = Path("/nix/store")


class FileClaudeSettings:
    """See ``ai_code.core.ports_hooks.ClaudeSettings``. ``log`` is ours."""

    def __init__(self, config_dir: Path, log: Path) -> None:
        self.path = config_dir.absolute() / "settings.json"
        self._log = log

    def look(self, path: Path) -> SettingsFile:
        try:
            real = path.resolve()
        except (OSError, RuntimeError):  # a loop of links
            return SettingsFile(path, None, "it is a link that leads in a circle")
        managed = real.is_relative_to(_NIX_STORE)
        try:
            text = _read(real)
        except FileNotFoundError:
            if path.is_symlink():
                return SettingsFile(path, None, f"it is a link to {real}, which is not there")
            return SettingsFile(path, None, _no_folder(real))
        except UnicodeDecodeError:
            return SettingsFile(path, None, "it is not UTF-8")
        except OSError as error:
            return SettingsFile(path, None, error.strerror or str(error), managed)
        if managed:
            return SettingsFile(path, text, "it is made by Nix", managed=True)
        writable = os.access(real, os.W_OK) and os.access(real.parent, os.W_OK)
        return SettingsFile(path, text, "" if writable else "it cannot be written")

    def missing(self, path: Path) -> str:
        parts = (*reversed(path.parents), path)
        return str(next((each for each in parts if not os.path.lexists(each)), ""))

    def write(self, path: Path, text: str, before: str | None) -> None:
        there = self.look(path)
        if there.text != before or there.problem:
            raise TryLaterError(
                f"{path} was changed while you were asked", why="nothing was written"
            )
        real = path.resolve()
        private_folder(real.parent)
        mode = stat.S_IMODE(real.stat().st_mode) if before is not None else 0o600
        write_whole(real, text.encode(), mode)
        if before is not None:
            # What the umask took.
            real.chmod(mode)

    def delete(self, path: Path, made: str) -> None:
        path.unlink(missing_ok=True)
        for folder in path.parents:
            if not folder.is_relative_to(made) or any(folder.iterdir()):
                return
            folder.rmdir()

    def installed(self) -> Sequence[Installed]:
        try:
            content = json.loads(self._log.read_text("utf-8"))
            return [_installed(row) for row in content["files"]]
        except (OSError, ValueError, KeyError, TypeError, RecursionError):
            return []

    def remember(self, installed: Installed) -> None:
        self._change(installed.path, installed)

    def forget(self, path: Path) -> None:
        if self._log.exists():
            self._change(path, None)

    def _change(self, path: Path, now: Installed | None) -> None:
        with file_lock(self._log):
            rows = [each for each in self.installed() if each.path != path]
            rows += [now] if now else []
            if not rows:
                self._log.unlink(missing_ok=True)
                return
            value = {
                "version": _VERSION,
                "files": [{**r._asdict(), "path": str(r.path)} for r in rows],
            }
            write_whole(self._log, json.dumps(value, indent=1).encode())


def _read(path: Path) -> str:
    """A regular file, whole; a FIFO is not waited for."""
    handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(handle, "rb") as stream:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise OSError(errno.EINVAL, "it is no regular file")
        data = stream.read(_LARGEST + 1)
    if len(data) > _LARGEST:
        raise OSError(errno.EFBIG, "it is larger than 4 MiB")
    return data.decode("utf-8")


def _no_folder(path: Path) -> str:
    """Why a new file cannot be made there; empty where it can."""
    folder = next((each for each in path.parents if each.exists()), path.parent)
    if not folder.is_dir():
        return f"{folder} is no folder"
    return "" if os.access(folder, os.W_OK) else f"{folder} cannot be written"


def _installed(row: dict[str, object]) -> Installed:
    insertions, had = row["insertions"], row["had"]
    if not isinstance(insertions, list) or not isinstance(had, list):
        raise TypeError("a list is missing")
    return Installed(
        Path(str(row["path"])),
        str(row["digest"]),
        tuple(Insertion(int(at), str(text)) for at, text in insertions),
        tuple(map(str, had)),
        str(row["made"]),
    )
