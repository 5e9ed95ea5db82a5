"""Signals to us: they raise ``Stopped`` wherever we are, or wait while files are written."""

from __future__ import annotations

import math
import os
import select
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from ai_code.core.errors import Stopped

_STOPPING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_SOON_S = 0.002


_installed: Signals | None = None


class Signals:
    """The process's signal handlers. One instance, installed by app for a run's lifetime.

    A signal that was ignored when we started (nohup, a background job of a script) stays
    ignored. The second signal, while the first is being obeyed, raises again: nobody waits for
    a tidy end against their will.

    Where Python would not let ``Stopped`` through, it is raised a moment later: an import makes
    another exception of it or drops it, and what comes out of a finalizer is dropped too.
    """

    def __init__(self) -> None:
        self._deferred = 0
        self._deferred_until = math.inf
        self._pending: int | None = None
        self._soon: int | None = None
        self._over = False
        self.group: int | None = None
        """Process group of the running engine: stopped and continued together with us."""
        self.on_pause: Callable[[], None] | None = None

    def install(self) -> None:
        global _installed
        _installed = self
        for signum in _STOPPING:
            if signal.getsignal(signum) is not signal.SIG_IGN:
                signal.signal(signum, self._stop)
        if signal.getsignal(signal.SIGTSTP) is not signal.SIG_IGN:
            signal.signal(signal.SIGTSTP, self._suspend)
        signal.signal(signal.SIGCHLD, _wake)
        signal.signal(signal.SIGALRM, self._raise_soon)
        sys.unraisablehook = self._dropped

    def ignore(self) -> None:
        """For the very end: what is left to do takes milliseconds and must not be cut."""
        self._over = True
        for signum in _STOPPING:
            signal.signal(signum, signal.SIG_IGN)

    @contextmanager
    def deferred(self, seconds: float = math.inf) -> Iterator[None]:
        """Inside, a signal waits: for the few steps that must not be left half done. After so many
        ``seconds`` another one waits no more. In another thread than the main one, where nothing
        is ever raised, it does nothing."""
        if not in_main_thread():
            yield
            return
        until, self._deferred_until = self._deferred_until, time.monotonic() + seconds
        self._deferred += 1
        try:
            yield
        finally:
            self._deferred -= 1
            self._deferred_until = until
            if not self._deferred and self._pending is not None:
                signum, self._pending = self._pending, None
                raise Stopped(signum)

    def _stop(self, signum: int, frame: FrameType | None) -> None:
        if self._over:
            return
        if self._deferred and time.monotonic() <= self._deferred_until:
            self._pending = signum
            return
        if _drops(frame):
            self._stop_soon(signum)
            return
        self._soon = None
        raise Stopped(signum)

    def _stop_soon(self, signum: int) -> None:
        self._soon = signum
        signal.setitimer(signal.ITIMER_REAL, _SOON_S)

    def _raise_soon(self, _signum: int, frame: FrameType | None) -> None:
        signum, self._soon = self._soon, None
        if signum is not None:
            self._stop(signum, frame)

    def _dropped(self, lost: sys.UnraisableHookArgs) -> None:
        if isinstance(lost.exc_value, Stopped):
            self._stop_soon(lost.exc_value.signum)
        else:
            sys.__unraisablehook__(lost)

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


_HOOK = Signals._dropped.__code__


@contextmanager
def undisturbed() -> Iterator[None]:
    """As ``Signals.deferred`` of those that are installed."""
    if _installed is None:
        yield
    else:
        with _installed.deferred():
            yield


def in_main_thread() -> bool:
    """Whether this is the thread that handlers run in, and the only one they disturb."""
    return threading.current_thread() is threading.main_thread()


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


def _drops(frame: FrameType | None) -> bool:
    """Whether an import, or our hook for what was dropped, is under way in this thread."""
    while frame is not None:
        code = frame.f_code
        if code is _HOOK or code.co_filename.startswith("<frozen importlib"):
            return True
        frame = frame.f_back
    return False


def _wake(_signum: int, _frame: FrameType | None) -> None:
    """SIGCHLD only has to end a wait (through the wakeup descriptor)."""


def signal_group(group: int, signum: int) -> None:
    """Sends a signal to a process group; nothing where it is gone."""
    try:
        os.killpg(group, signum)
    except (ProcessLookupError, PermissionError):
        return
