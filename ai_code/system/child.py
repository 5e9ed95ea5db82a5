"""Programs of ours that a signal to us, at whatever moment, neither loses nor lets us wait for for
ever."""

from __future__ import annotations

import contextlib
import subprocess
from types import TracebackType
from typing import Any, Self

from ai_code.core.errors import Stopped
from ai_code.system.signals import undisturbed

_GONE_S = 1.0


class Child(subprocess.Popen[bytes]):
    """A ``Popen`` that one thread waits for.

    An exception out of a signal handler (``Stopped``) may come between any two steps of Python's
    own code. Of a start that it cuts nobody would know the process. And where ``wait`` or ``poll``
    have taken the lock that keeps two threads from waiting at once, and are cut before they can
    give it back, every later ``wait`` waits for ever (Python 3.11 to 3.14, seen with 3.11.7): where
    one thread waits it takes no lock.
    """

    def __init__(self, *args: Any, **options: Any) -> None:
        """As Popen's. Raises what that raises, and ``Stopped`` once the process is gone again."""
        try:
            with undisturbed():
                super().__init__(*args, **options)
                self._waitpid_lock = _NoLock()
        except Stopped:
            if getattr(self, "pid", None) is not None:
                self.kill()
                self.wait()
            raise


class _NoLock:
    def acquire(self, _blocking: bool = True) -> bool:
        return True

    def release(self) -> None:
        """Nothing is held."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: object, _trace: TracebackType | None
    ) -> None:
        """Nothing is held."""


def run_child(
    argv: list[str], *, stdin: bytes = b"", timeout_s: float, **options: Any
) -> subprocess.CompletedProcess[bytes]:
    """A program from its start to its end, and what it printed. Raises OSError where it does not
    start, TimeoutExpired after so many seconds. Whatever ends the wait ends the program."""
    pipe, child = subprocess.PIPE, None
    try:
        with undisturbed():
            child = Child(argv, stdin=pipe, stdout=pipe, stderr=pipe, **options)
        out, err = child.communicate(stdin, timeout=timeout_s)
    except BaseException:
        if child is not None:
            with undisturbed():
                _end(child)
        raise
    return subprocess.CompletedProcess(argv, child.returncode, out, err)


def _end(child: Child) -> None:
    child.kill()
    with contextlib.suppress(subprocess.TimeoutExpired):
        # One that the kernel holds, on a dead network drive, goes when it can.
        child.wait(_GONE_S)
    for pipe in (child.stdin, child.stdout, child.stderr):
        if pipe is not None:
            with contextlib.suppress(OSError):
                pipe.close()
