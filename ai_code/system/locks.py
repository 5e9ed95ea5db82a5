"""One run at a time per tree, one writer at a time per file of ours."""

from __future__ import annotations

import errno
import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ai_code.core.errors import TryLaterError
from ai_code.core.text import one_line
from ai_code.system.files import private_folder

_POLL_S = 0.1


@contextmanager
def tree_lock(state_dir: Path, root: Path, *, run_id: str, wait_s: float) -> Iterator[None]:
    """Holds the tree at ``root`` for this process; the kernel lets go when the process ends,
    however it ends. Raises TryLaterError when another holds it for longer than ``wait_s``."""
    folder = state_dir / "locks"
    private_folder(folder)
    # Not at the top: it brings OpenSSL, 5 MB that a run in which Claude answers never needs.
    import hashlib

    name = hashlib.sha256(os.fsencode(root)).hexdigest()
    path = folder / f"{name}.lock"
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        _take(descriptor, root, wait_s)
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()} {run_id}\n".encode(), 0)
        yield
    finally:
        # The file stays: removing it would let two runs lock two files of one name.
        os.close(descriptor)


@contextmanager
def file_lock(path: Path) -> Iterator[None]:
    """Held while a file of ours is read, changed and written anew; waits for other writers.
    The lock is a file beside it, for ``path`` itself is replaced."""
    private_folder(path.parent)
    lock = path.with_name(path.name + ".lock")
    descriptor = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _take(descriptor: int, root: Path, wait_s: float) -> None:
    deadline = time.monotonic() + wait_s
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            if error.errno not in (errno.EWOULDBLOCK, errno.EACCES):
                raise
        else:
            return
        if time.monotonic() >= deadline:
            raise _busy(descriptor, root)
        time.sleep(_POLL_S)


def _busy(descriptor: int, root: Path) -> TryLaterError:
    holder = os.pread(descriptor, 200, 0).decode("utf-8", "replace").split()
    pid, run = (*holder, "?", "?")[:2]
    return TryLaterError(
        f"another run works on {root}",
        why=one_line(f"process {pid}, run {run}"),
        hint=f"ps -p {pid}" if pid.isdigit() else "",
    )
