"""The terminal lent to a program: its foreground, its modes, and their return.

The program gets our own descriptors, in a process group that is the terminal's foreground: keys,
their signals and resizes are the kernel's to deliver, to it alone. What we do is what a shell
with job control does (the GNU C library's manual, "Implementing a Job Control Shell").
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import subprocess
import termios
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from ai_code.core.errors import AiCodeError, Stopped
from ai_code.core.exits import EndedBy, Exit
from ai_code.system.child import Child
from ai_code.system.child_environment import environment_of
from ai_code.system.ending_group import end_group
from ai_code.system.fenced import fenced_argv
from ai_code.system.guard import Guard, start_guard
from ai_code.system.signals import signal_group

if TYPE_CHECKING:
    from types import FrameType

    from ai_code.core.command import Command
    from ai_code.system.leftovers import Leftovers
    from ai_code.system.signals import Signals

_BESIDE_EVERY_S = 1.0
_TERMINAL = 0
"""Standard input: a person types there, or nothing is lent."""

_MEND = (
    "\x1b[?1000l\x1b[?1002l\x1b[?1003l\x1b[?1006l\x1b[?1015l\x1b[?1016l"  # mouse
    "\x1b[?1004l\x1b[?2004l\x1b[?2026l\x1b[?2031l"  # focus, paste, drawing, colours
    "\x1b[<u\x1b[>4m"  # keyboard protocols
    "\x1b7\x1b[r\x1b8\x1b[?7h\x1b(B\x0f"  # scroll region, wrapping, letters
    "\x1b[0m\x1b[?25h"
)
"""What programs with a screen of their own set, switched off; without effect where it is off."""
_LEAVE = "\x1b7\x1b[?1049l"
"""The alternate screen. Where there is none to leave, the cursor is put back where it was saved:
here; but in tmux where it was when another program came to its alternate screen before."""


class LentTerminal:
    """See ``ai_code.core.ports_terminal.Terminal``. One program at a time."""

    def __init__(self, environ: Mapping[str, str], signals: Signals, leftovers: Leftovers) -> None:
        self._environ = environ
        self._signals = signals
        self._leftovers = leftovers

    def lend(self, command: Command, beside: Callable[[int], None]) -> Exit:
        """See the port."""
        started = time.monotonic()
        _be_in_front()
        for path in command.fresh:
            path.unlink(missing_ok=True)
        mend = (_MEND + (_LEAVE if command.whole_screen else "") + "\r\n").encode()
        loan = _Loan(self._signals, b"" if self._environ.get("TERM") == "dumb" else mend)
        try:
            exit_ = loan.run(
                command, environment_of(command, self._environ), beside, self._leftovers.remember
            )
        except OSError as error:
            code = 127 if isinstance(error, FileNotFoundError) else 126
            exit_ = Exit(code, start_error=error.strerror or str(error))
        finally:
            loan.end()
            self._leftovers.forget()
        return exit_._replace(wall_s=time.monotonic() - started)

    def forget_typed(self) -> None:
        """See the port."""
        with contextlib.suppress(termios.error):
            termios.tcflush(_TERMINAL, termios.TCIFLUSH)


class _Loan:
    """One program's time with the terminal. ``_crashed`` until it ended by itself and well."""

    def __init__(self, signals: Signals, mend: bytes) -> None:
        self._signals = signals
        self._mend_with = mend
        self._guard: Guard | None = None
        self._group = 0
        self._crashed = True
        self._ours = _modes()
        self._theirs: list[Any] | None = None
        self._suspend: Any = None
        self._waking, self._woken = os.pipe()
        os.set_blocking(self._waking, False)
        os.set_blocking(self._woken, False)
        self._old_wakeup = signal.set_wakeup_fd(self._woken, warn_on_full_buffer=False)

    def run(
        self,
        command: Command,
        environ: dict[str, str],
        beside: Callable[[int], None],
        remember: Callable[[int, int], None],
    ) -> Exit:
        """From the program's start until it has ended, or a signal came to us."""
        child: subprocess.Popen[bytes] | None = None
        try:
            with self._signals.deferred():
                child = self._start(command, environ)
                remember(self._group, child.pid)
            status = self._wait(child, beside)
        except BaseException as error:
            if child is None:
                raise
            hang_up = isinstance(error, Stopped) and error.signum == signal.SIGHUP
            end_group(child, self._group, signal.SIGHUP if hang_up else signal.SIGTERM)
            if not isinstance(error, Stopped):
                raise
            return _exit(child.returncode)._replace(
                ended_by=EndedBy.PERSON, person_signal=error.signum
            )
        child.returncode = os.waitstatus_to_exitcode(status)
        self._crashed = child.returncode != 0
        return _exit(child.returncode)

    def end(self) -> None:
        """The terminal is ours and as it was; nothing of the program's group is left."""
        if self._guard is not None:
            signal_group(self._group, signal.SIGTERM)
            signal_group(self._group, signal.SIGCONT)
            # What a crashed program's terminal went on sending is no command for the shell.
            self._take(termios.TCSAFLUSH if self._crashed else termios.TCSADRAIN)
            self._mend()
            self._guard.dismiss()
        if self._suspend is not None:
            signal.signal(signal.SIGTSTP, self._suspend)
        signal.set_wakeup_fd(self._old_wakeup)
        os.close(self._waking)
        os.close(self._woken)

    def _start(self, command: Command, environ: dict[str, str]) -> subprocess.Popen[bytes]:
        """The group is there, and in front, before the program is: it never has to wait."""
        self._guard = start_guard()
        self._group = self._guard.group
        self._suspend = signal.signal(signal.SIGTSTP, self._pass_on)
        _front(self._group)
        try:
            return Child(
                fenced_argv(command, _name()),
                cwd=command.cwd,
                env=environ,
                process_group=self._group,
            )
        except OSError:
            self._crashed = False
            raise

    def _wait(self, child: subprocess.Popen[bytes], beside: Callable[[int], None]) -> int:
        next_look = time.monotonic() + _BESIDE_EVERY_S
        while True:
            pid, status = os.waitpid(child.pid, os.WNOHANG | os.WUNTRACED)
            if pid and os.WIFSTOPPED(status):
                self._stop()
                continue
            if pid:
                return status
            self._sleep(max(0.0, next_look - time.monotonic()))
            if time.monotonic() >= next_look:
                next_look = time.monotonic() + _BESIDE_EVERY_S
                beside(child.pid)

    def _sleep(self, seconds: float) -> None:
        """Ended by any signal: SIGCHLD tells that the program stopped or ended."""
        if select.select([self._waking], [], [], seconds)[0]:
            os.read(self._waking, 4096)

    def _stop(self) -> None:
        """The program was stopped (Ctrl-Z): the shell gets the terminal, and we stop. Woken by
        ``fg`` the program goes on in front. Woken by ``bg`` it goes on without the terminal: the
        kernel stops it when it reaches for it, and us with it."""
        modes = _modes()
        if self._take():
            self._theirs = modes
        signal.signal(signal.SIGTSTP, signal.SIG_DFL)
        # All that the shell calls our job; where nobody could wake us, the kernel does not stop us.
        os.killpg(os.getpgrp(), signal.SIGTSTP)
        signal.signal(signal.SIGTSTP, self._pass_on)
        if _in_front() in (os.getpgrp(), None):
            _set_modes(self._theirs, termios.TCSADRAIN)
            _front(self._group)
        signal_group(self._group, signal.SIGCONT)

    def _take(self, when: int = termios.TCSADRAIN) -> bool:
        """Ours again, in our modes. False where the terminal is somebody else's by now."""
        if _in_front() not in (self._group, os.getpgrp(), None):
            return False
        _front(os.getpgrp())
        _set_modes(self._ours, when)
        return True

    def _mend(self) -> None:
        """A program that crashed has not tidied up."""
        if self._crashed and self._mend_with and _in_front() in (os.getpgrp(), None):
            with contextlib.suppress(OSError):
                os.write(_TERMINAL, self._mend_with)

    def _pass_on(self, signum: int, _frame: FrameType | None) -> None:
        """Stopping us means stopping the program: we follow it."""
        signal_group(self._group, signum)


def _be_in_front() -> None:
    """Started in the background we wait for ``fg``, as every program does that wants to read."""
    group = os.getpgrp()
    if _in_front() not in (group, None):
        os.killpg(group, signal.SIGTTIN)
        if _in_front() not in (group, None):
            raise AiCodeError(
                "the terminal is another program's",
                why="ai-code was started in the background.",
                hint="fg",
            )


def _in_front() -> int | None:
    """The group in the terminal's foreground; None where it is not our controlling terminal, or
    gone."""
    try:
        return os.tcgetpgrp(_TERMINAL)
    except OSError:
        return None


def _name() -> str:
    """The terminal's device; where another container made it, it has no name here."""
    try:
        return os.ttyname(_TERMINAL)
    except OSError:
        return os.ctermid()


def _front(group: int) -> None:
    """Puts a group in front. From the background the kernel would stop us for it."""
    with _blocked(signal.SIGTTOU), contextlib.suppress(OSError):
        os.tcsetpgrp(_TERMINAL, group)


def _modes() -> list[Any] | None:
    try:
        return termios.tcgetattr(_TERMINAL)
    except termios.error:
        return None


def _set_modes(modes: list[Any] | None, when: int) -> None:
    if modes is None:
        return
    with _blocked(signal.SIGTTOU), contextlib.suppress(termios.error):
        termios.tcsetattr(_TERMINAL, when, modes)


@contextmanager
def _blocked(signum: signal.Signals) -> Iterator[None]:
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signum})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _exit(code: int) -> Exit:
    return Exit(code if code >= 0 else None, signal=-code if code < 0 else None)
