"""A guard process: it leads the engine's process group and ends it when we are gone.

It is a fork of ours that holds nothing but the reading end of a pipe. When we die, however
that happens (kill -9 included), the pipe closes and the guard ends the group: TERM, then KILL.
Works on Linux and macOS alike, for the engine's children too, and since the guard is a member
of the group, the group's number cannot be given to anybody else meanwhile.
"""

from __future__ import annotations

import contextlib
import os
import signal
import time

_GRACE_S = 2.0
_IGNORED = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGTSTP, signal.SIGPIPE)


class Guard:
    """A running guard; ``group`` is the process group it leads."""

    def __init__(self, group: int, pipe: int) -> None:
        self.group = group
        self._pipe = pipe

    def alive(self) -> bool:
        """False once something killed it: an engine that ends with ``kill -9 0``, say."""
        try:
            return os.waitpid(self.group, os.WNOHANG) == (0, 0)
        except ChildProcessError:
            return False

    def dismiss(self) -> None:
        """Ends the guard alone; what else is in the group goes on."""
        # Where the group was killed, the guard is gone already: nothing to dismiss.
        with contextlib.suppress(OSError):
            os.write(self._pipe, b"q")
        os.close(self._pipe)
        try:
            os.waitpid(self.group, 0)
        except ChildProcessError:
            return


def start_guard() -> Guard:
    """Forks the guard. Call it while no other thread runs."""
    reading, writing = os.pipe()
    blocked = signal.pthread_sigmask(signal.SIG_BLOCK, _IGNORED)
    pid = os.fork()
    if pid == 0:
        try:
            _keep_watch(reading)
        finally:
            os._exit(0)
    try:
        os.close(reading)
        # Both sides set the group, so that it exists before either goes on.
        os.setpgid(pid, pid)
    except OSError:
        pass
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, blocked)
    return Guard(pid, writing)


def _keep_watch(pipe: int) -> None:
    signal.set_wakeup_fd(-1)
    for signum in _IGNORED:
        signal.signal(signum, signal.SIG_IGN)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _IGNORED)
    os.setpgid(0, 0)
    os.closerange(0, pipe)
    os.closerange(pipe + 1, 65536)
    if os.read(pipe, 1):
        return
    os.killpg(0, signal.SIGTERM)
    os.killpg(0, signal.SIGCONT)
    time.sleep(_GRACE_S)
    os.killpg(0, signal.SIGKILL)
