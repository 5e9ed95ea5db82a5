"""Which project files the person trusts: a JSON file in the state folder.

Trust is bound to the file's absolute path and to the SHA-256 of its content, so a change, by
whoever, asks again."""

from __future__ import annotations

import fcntl
import hashlib
import hmac
import json
import os
import stat
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from ai_code.core.errors import ConfigError
from ai_code.system.files import private_folder, write_whole

_LARGEST = 4 * 1024 * 1024
_VERSION = 1


class TrustStore:
    """Reads on every question, writes whole or not at all; safe with several runs at once.

    A file that is broken, or that others could have written, trusts nothing. Methods that write
    raise ConfigError where the state folder cannot be written."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def is_trusted(self, path: Path, content: bytes) -> bool:
        """Whether this content at this path is what the person agreed to."""
        known = self.entries().get(_name(path), "")
        return hmac.compare_digest(known.encode(), _digest(content).encode())

    def trust(self, path: Path, content: bytes) -> None:
        """Remembers exactly this content; what was trusted at this path before is forgotten."""
        with self._locked():
            self._write({**self.entries(), _name(path): _digest(content)})

    def revoke(self, path: Path) -> bool:
        """Forgets the path; False where it was not known."""
        with self._locked():
            entries = dict(self.entries())
            if entries.pop(_name(path), None) is None:
                return False
            self._write(entries)
            return True

    def entries(self) -> Mapping[str, str]:
        """SHA-256 (hex) by absolute path."""
        data = self._read()
        if not isinstance(data, dict) or data.get("version") != _VERSION:
            return {}
        files = data.get("files")
        if not isinstance(files, dict):
            return {}
        return {
            path: digest
            for path, digest in files.items()
            if isinstance(digest, str) and digest.isascii()
        }

    def _read(self) -> object:
        try:
            descriptor = os.open(self.path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        except OSError:
            return None
        with os.fdopen(descriptor, "rb") as file:
            info = os.fstat(descriptor)
            ours = info.st_uid == os.geteuid() and not info.st_mode & 0o022
            if not ours or not stat.S_ISREG(info.st_mode) or info.st_size > _LARGEST:
                return None
            try:
                data: object = json.loads(file.read(_LARGEST))
            except (OSError, ValueError, RecursionError):
                return None
        return data

    def _write(self, entries: Mapping[str, str]) -> None:
        data = json.dumps({"version": _VERSION, "files": dict(entries)}, indent=1, sort_keys=True)
        try:
            write_whole(self.path, (data + "\n").encode("ascii"))
        except OSError as error:
            raise self._unwritable(error) from error

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """One writer at a time. The lock is a file of its own: the other one is replaced."""
        try:
            private_folder(self.path.parent)
            flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
            descriptor = os.open(self.path.with_name(self.path.name + ".lock"), flags, 0o600)
        except OSError as error:
            raise self._unwritable(error) from error
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)

    def _unwritable(self, error: OSError) -> ConfigError:
        return ConfigError(
            f"cannot write {self.path}",
            why=error.strerror or str(error),
            hint="ai-code config path",
        )


def _name(path: Path) -> str:
    return os.path.abspath(path)  # noqa: PTH100  (no link is followed: the name is what counts)


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
