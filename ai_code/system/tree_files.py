"""Files below a root, reached folder by folder without following any link."""

from __future__ import annotations

import errno
import os
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from ai_code.core.changes import ABSENT, EXECUTABLE, LINK, MAX_BYTES, REGULAR

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


@dataclass(frozen=True, slots=True)
class FileState:
    """What stands at a path. ``mode`` as git writes it, ``ABSENT`` for nothing; ``data`` the
    bytes or the link's target; ``perms`` the permission bits, None for links and where the
    system shall choose (umask)."""

    mode: int = ABSENT
    data: bytes | None = None
    perms: int | None = None

    @property
    def absent(self) -> bool:
        return self.mode == ABSENT

    @property
    def link(self) -> bool:
        return self.mode == LINK

    def same(self, other: FileState) -> bool:
        """The same kind of thing with the same contents; permissions are not compared."""
        return self.data == other.data and self.link == other.link and self.absent == other.absent


class InTheWay(OSError):
    """A folder, a link or a special file stands where something else was expected."""


def read(root: Path, path: str) -> FileState:
    """What stands at ``path`` now. Raises InTheWay, or OSError where it cannot be read."""
    try:
        with parent_of(root, path) as (folder, name):
            return _read_at(folder, name)
    except FileNotFoundError:
        return FileState()


@contextmanager
def parent_of(root: Path, path: str) -> Iterator[tuple[int, str]]:
    """A descriptor of the folder that ``path`` is in, and the last name of it."""
    *folders, name = path.split("/")
    here = os.open(root, _FOLDER & ~os.O_NOFOLLOW)
    try:
        for part in folders:
            here = _enter(here, part)
        yield here, name
    finally:
        os.close(here)


def make_folders(root: Path, path: str) -> None:
    """Makes the folders above ``path`` that are missing."""
    here = os.open(root, _FOLDER & ~os.O_NOFOLLOW)
    try:
        for part in path.split("/")[:-1]:
            with suppress(FileExistsError):
                os.mkdir(part, dir_fd=here)
            here = _enter(here, part)
    finally:
        os.close(here)


def missing_folders(root: Path, path: str) -> list[str]:
    """The folders above ``path`` that do not exist, outermost first."""
    parts = path.split("/")[:-1]
    names = ["/".join(parts[: count + 1]) for count in range(len(parts))]
    return [name for name in names if not os.path.lexists(root / name)]


def put(root: Path, path: str, wanted: FileState, expected: FileState) -> int | None:
    """Brings ``path`` to ``wanted``, whole or not at all, if it still is as ``expected``. The
    permission bits that the file has got; None where there is no file.

    Raises InTheWay when it is not, OSError when it cannot be done; the file is then as it was."""
    if wanted.absent:
        with parent_of(root, path) as (folder, name):
            _still(folder, name, expected)
            os.unlink(name, dir_fd=folder)
            _sync(folder)
        return None
    make_folders(root, path)
    with parent_of(root, path) as (folder, name):
        temporary = f".ai-code-{secrets.token_hex(6)}.tmp"
        try:
            perms = _create(folder, temporary, name, wanted)
            _still(folder, name, expected)
            os.rename(temporary, name, src_dir_fd=folder, dst_dir_fd=folder)
        except BaseException:
            _unlink(folder, temporary)
            raise
        _sync(folder)
    return perms


def make_folder(root: Path, path: str, perms: int) -> None:
    """Makes a folder with these permission bits, where its place is free and its parent there;
    one that stands there gets the bits."""
    with suppress(OSError), parent_of(root, path) as (above, name):
        with suppress(FileExistsError):
            os.mkdir(name, dir_fd=above)
        here = os.open(name, _FOLDER, dir_fd=above)
        try:
            os.fchmod(here, perms)
        finally:
            os.close(here)


def remove_empty_folder(root: Path, path: str) -> bool:
    """Removes the folder at ``path`` where it is one and empty."""
    try:
        with parent_of(root, path) as (folder, name):
            os.rmdir(name, dir_fd=folder)
    except OSError:
        return False
    return True


def _enter(here: int, part: str) -> int:
    """The descriptor of a folder in ``here``, which is closed."""
    try:
        inner = os.open(part, _FOLDER, dir_fd=here)
    except OSError as error:
        if error.errno in (errno.ELOOP, errno.ENOTDIR, errno.EMLINK):
            raise InTheWay(errno.ENOTDIR, "a link or a file stands where a folder was") from error
        raise
    os.close(here)
    return inner


def _read_at(folder: int, name: str) -> FileState:
    found = os.stat(name, dir_fd=folder, follow_symlinks=False)
    if stat.S_ISLNK(found.st_mode):
        return FileState(LINK, os.fsencode(os.readlink(name, dir_fd=folder)))
    if not stat.S_ISREG(found.st_mode):
        raise InTheWay(errno.EISDIR, "a folder or a special file is there")
    if found.st_size > MAX_BYTES:
        raise InTheWay(errno.EFBIG, "the file there is too big")
    descriptor = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=folder)
    with os.fdopen(descriptor, "rb") as file:
        data = file.read()
    perms = stat.S_IMODE(found.st_mode)
    return FileState(EXECUTABLE if perms & 0o100 else REGULAR, data, perms)


def _still(folder: int, name: str, expected: FileState) -> None:
    try:
        now = _read_at(folder, name)
    except FileNotFoundError:
        now = FileState()
    if not now.same(expected):
        raise InTheWay(errno.EBUSY, "it was changed in the same moment")


def _create(folder: int, temporary: str, name: str, wanted: FileState) -> int | None:
    data = wanted.data or b""
    if wanted.link:
        os.symlink(os.fsdecode(data), temporary, dir_fd=folder)
        return None
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    if wanted.perms is None:
        create_mode = 0o777 if wanted.mode == EXECUTABLE else 0o666
    else:
        create_mode = 0o600
    descriptor = os.open(temporary, flags, create_mode, dir_fd=folder)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        if wanted.perms is not None:
            _keep_owner(descriptor, folder, name)
            os.fchmod(descriptor, wanted.perms)
        os.fsync(descriptor)
        return stat.S_IMODE(os.fstat(descriptor).st_mode)


def _keep_owner(descriptor: int, folder: int, name: str) -> None:
    """Root who works in somebody's tree must not take their files over."""
    try:
        old = os.stat(name, dir_fd=folder, follow_symlinks=False)
        new = os.fstat(descriptor)
        if (old.st_uid, old.st_gid) != (new.st_uid, new.st_gid):
            os.fchown(descriptor, old.st_uid, old.st_gid)
    except (FileNotFoundError, PermissionError):
        return


def _unlink(folder: int, name: str) -> None:
    try:
        os.unlink(name, dir_fd=folder)
    except OSError:
        return


def _sync(folder: int) -> None:
    """A rename is durable only when its folder is; some file systems refuse to say so."""
    try:
        os.fsync(folder)
    except OSError:
        return
