"""Signals to us: they raise ``Stopped`` wherever we are, or wait while files are written."""

from __future__ import annotations

import os
import select
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from ai_code.core.errors import Stopped

_STOPPING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Signals:
    """The process's signal handlers. One instance, installed by app for a run's lifetime.

    A signal that was ignored when we started (nohup, a background job of a script) stays
    ignored. The second signal, while the first is being obeyed, raises again: nobody waits for
    a tidy end against their will.
    """

    def __init__(self) -> None:
        self._deferred = 0
        self._pending: int | None = None
        self.group: int | None = None
        """Process group of the running engine: stopped and continued together with us."""
        self.on_pause: Callable[[], None] | None = None

    def install(self) -> None:
        for signum in _STOPPING:
            if signal.getsignal(signum) is not signal.SIG_IGN:
                signal.signal(signum, self._stop)
        if signal.getsignal(signal.SIGTSTP) is not signal.SIG_IGN:
            signal.signal(signal.SIGTSTP, self._suspend)
        signal.signal(signal.SIGCHLD, _wake)

    def ignore(self) -> None:
        """For the very end: what is left to do takes milliseconds and must not be cut."""
        for signum in _STOPPING:
            signal.signal(signum, signal.SIG_IGN)

    @contextmanager
    def deferred(self) -> Iterator[None]:
        """Inside, a signal waits: for the few steps that must not be left half done."""
        self._deferred += 1
        try:
            yield
        finally:
            self._deferred -= 1
            if not self._deferred and self._pending is not None:
                signum, self._pending = self._pending, None
                raise Stopped(signum)

    def _stop(self, signum: int, _frame: FrameType | None) -> None:
        if self._deferred:
            self._pending = signum
            return
        raise Stopped(signum)

    def _suspend(self, _signum: int, _frame: FrameType | None) -> None:
        """Ctrl-Z: the engine's group is stopped with us, and goes on with us."""
        group = self.group
        if group:
            signal_group(group, signal.SIGSTOP)
        signal.signal(signal.SIGTSTP, signal.SIG_DFL)
        os.kill(os.getpid(), signal.SIGTSTP)
        # Here we were asleep; SIGCONT has woken us.
        signal.signal(signal.SIGTSTP, self._suspend)
        if group:
            signal_group(group, signal.SIGCONT)
        if self.on_pause:
            self.on_pause()


def wait_readable(descriptor: int) -> None:
    """Until there is something to read, or its end; what a signal raises comes out of here at
    once. For the main thread.

    A plain ``read`` may sleep through a signal: one that comes in the instant before the system
    call, or that the system hands to another thread, interrupts nothing. What is written to the
    wakeup descriptor stays there until somebody looks.
    """
    waking, woken = os.pipe()
    os.set_blocking(woken, False)
    old = signal.set_wakeup_fd(woken, warn_on_full_buffer=False)
    try:
        while descriptor not in select.select([descriptor, waking], [], [])[0]:
            os.read(waking, 4096)  # Its handler has not raised: SIGCHLD, or Ctrl-Z and fg.
    finally:
        signal.set_wakeup_fd(old)
        os.close(waking)
        os.close(woken)


def _wake(_signum: int, _frame: FrameType | None) -> None:
    """SIGCHLD only has to end a wait (through the wakeup descriptor)."""


def signal_group(group: int, signum: int) -> None:
    """Sends a signal to a process group; nothing where it is gone."""
    try:
        os.killpg(group, signum)
    except (ProcessLookupError, PermissionError):
        return
