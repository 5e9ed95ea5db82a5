"""Reading and writing small files, whole or not at all."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path


class SystemFiles:
    """The port ``ContextFiles``, and reads that never block or leave a folder."""

    def read(self, path: Path, root: Path, most_bytes: int) -> str | None:
        """The beginning of a regular file whose real path lies in ``root``; else None."""
        try:
            real = path.resolve(strict=True)
            if not real.is_relative_to(root.resolve()):
                return None
            # A FIFO must not be waited for.
            handle = os.open(real, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        except (OSError, RuntimeError):
            return None
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            os.close(handle)
            return None
        with os.fdopen(handle, "rb") as stream:
            data = stream.read(most_bytes)
        text = data.decode("utf-8", "replace")
        # A cut through the last character is not a fault of the file's.
        return text.rstrip("�") if len(data) == most_bytes else text

    def exact(self, path: Path, root: Path) -> bytes | None:
        """All bytes of a regular file whose real path lies in ``root``; None where nothing is
        there. Raises OSError: it leads elsewhere, or is no file."""
        if not os.path.lexists(path):
            return None
        return _real(path, root).read_bytes()

    def replace(self, path: Path, root: Path, before: bytes | None, after: bytes) -> bool:
        """Writes ``after`` in the place of ``before``, mode and links kept; False where something
        else stands there by now. Raises OSError."""
        if self.exact(path, root) != before:
            return False
        if before is None:
            write_whole(path, after, 0o666 & ~_umask())
            return True
        real = _real(path, root)
        write_whole(real, after, stat.S_IMODE(real.stat().st_mode))
        return True

    def below(self, folder: Path, root: Path, most: int) -> tuple[Path, ...]:
        """Markdown files below a folder whose real path lies in ``root``, by name, ``most`` of
        them at most. Links to further folders are not followed."""
        try:
            if not folder.resolve(strict=True).is_relative_to(root.resolve()):
                return ()
        except (OSError, RuntimeError):
            return ()
        found: list[Path] = []
        for here, folders, names in os.walk(folder):
            folders.sort()
            found += [Path(here) / name for name in sorted(names) if name.endswith(".md")]
            if len(found) >= most:
                break
        return tuple(found[:most])

    def size(self, path: Path) -> int | None:
        try:
            told = path.stat()
        except (OSError, ValueError):
            return None
        return told.st_size if stat.S_ISREG(told.st_mode) else None

    def remove(self, path: Path) -> None:
        import shutil

        shutil.rmtree(path, ignore_errors=True)

    def link(self, path: Path, target: Path) -> None:
        private_folder(path.parent)
        temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
        temporary.unlink(missing_ok=True)
        temporary.symlink_to(target)
        temporary.replace(path)

    def folder(self, path: Path) -> None:
        private_folder(path)

    def write(self, path: Path, text: str) -> None:
        private_folder(path.parent)
        write_whole(path, text.encode("utf-8", "replace"))


def _real(path: Path, root: Path) -> Path:
    real = path.resolve(strict=True)
    if not real.is_relative_to(root.resolve()):
        raise OSError(errno.EXDEV, f"it leads to {real}", str(path))
    if not stat.S_ISREG(real.stat().st_mode):
        raise OSError(errno.EINVAL, "it is no file", str(path))
    return real


def _umask() -> int:
    mask = os.umask(0o077)
    os.umask(mask)
    return mask


def private_folder(path: Path) -> None:
    """Makes a folder that only we may read, and what is missing above it likewise: the mode that
    ``mkdir`` is given is for the last one alone. Raises OSError."""
    missing = []
    while not path.is_dir():
        missing.append(path)
        path = path.parent
    for folder in reversed(missing):
        folder.mkdir(mode=0o700, exist_ok=True)


def write_whole(path: Path, data: bytes, mode: int = 0o600) -> None:
    """Writes ``data`` to ``path`` so that a reader sees the old file or the new one, never a
    part. Raises OSError; then the old file is as it was."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, mode)
        with os.fdopen(handle, "wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(handle)
        temporary.replace(path)
    except OSError:
        temporary.unlink(missing_ok=True)
        raise
