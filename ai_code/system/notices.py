"""Notifications on the desktop or by a command of the person's, now or at a moment to come.

notify-send: https://specifications.freedesktop.org/notification-spec
osascript: https://developer.apple.com/library/archive/documentation/AppleScript/
systemd-run: https://www.freedesktop.org/software/systemd/man/latest/systemd-run.html
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from ai_code.core.errors import AiCodeError
from ai_code.core.text import visible
from ai_code.system.child import Child

if TYPE_CHECKING:
    from ai_code.core.task import Program

_LONGEST_S = 10
"""A command of the person's: long enough for a message over a slow network."""
_SYSTEMD_S = 1.0
_TOO_LONG = -signal.SIGKILL
# The process group ends itself when the time is over, whether we are still there or not. The
# subshell's TERM takes its sleep along: by KILL, since a child that dash has just forked has the
# trap's handler for a moment, and loses what comes then. Before there is a sleep, $! is the
# command; without a sleep on this machine nothing is ended.
_WATCHED = """\
"$@" & told=$!
(trap 'test $! = $told || kill -KILL $!; exit' TERM
 PATH="$PATH:/bin:/usr/bin" sleep {seconds} & wait $! && kill -KILL 0) &
watch=$!; wait $told; code=$?; kill $watch; exit $code
"""
_TIMER_RUNS_S = 30
"""A program of the timer's that hangs is ended by systemd."""
_SCRIPT = (
    "on run argv",
    "display notification (item 2 of argv) with title (item 1 of argv)",
    "end run",
)
"""The text comes as an argument: in the script it could become a part of it."""


class SystemNotices:
    """See ``flows.world.Notices``. ``find`` finds a program by its name; ``longest_s`` are the
    seconds that a command of the person's may take."""

    def __init__(
        self,
        environ: Mapping[str, str],
        find: Callable[[Sequence[str]], Program | None],
        platform: str = sys.platform,
        longest_s: float = _LONGEST_S,
    ) -> None:
        self._environ = dict(environ)
        self._find = find
        self._platform = platform
        self._longest_s = longest_s
        self._telling: list[tuple[str, subprocess.Popen[bytes]]] = []

    @property
    def has_timers(self) -> bool:
        """See the port."""
        return self._platform == "linux" and self._path("systemd-run") is not None

    def tell(self, how: str | Sequence[str], title: str, text: str, event: str) -> str:
        """See the port."""
        argv = self._argv(how, title, text)
        if isinstance(argv, str):
            return argv
        watched = ["/bin/sh", "-c", _WATCHED.format(seconds=self._longest_s), "sh", *argv]
        child = _started(watched, {**self._environ, "AI_CODE_EVENT": event})
        if isinstance(child, str):
            return child
        self._telling.append((argv[0], child))
        return ""

    def failures(self) -> list[str]:
        """See the port."""
        ended = [(name, child.poll()) for name, child in self._telling]
        self._telling = [each for each in self._telling if each[1].returncode is None]
        return [self._failure(name, code) for name, code in ended if code]

    def _failure(self, name: str, code: int) -> str:
        if code == _TOO_LONG:
            return f"{name} took longer than {self._longest_s:g} s and was ended"
        return f"{name} ended with {code}"

    def tell_at(
        self, how: str | Sequence[str], title: str, text: str, event: str, *, at: int, account: str
    ) -> str:
        """By a transient timer of the person's systemd, which survives us and the end of the
        session's shell, not a logout or a restart."""
        argv = self._argv(how, title, text)
        if isinstance(argv, str):
            return argv
        run = self._path("systemd-run")
        if run is None or not self.has_timers:
            return "no systemd-run on this machine"
        from datetime import UTC, datetime

        moment = datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
        self.forget(account)
        timer = [
            run, "--user", "--collect", "--quiet", f"--unit={_unit(account)}",
            f"--on-calendar={moment}", "--timer-property=AccuracySec=1s",
            f"--property=RuntimeMaxSec={_TIMER_RUNS_S}",
            f"--setenv=AI_CODE_EVENT={event}", f"--setenv=PATH={self._environ.get('PATH', '')}",
            "--", *(word.replace("$", "$$") for word in argv),
        ]  # fmt: skip
        return _run(timer, self._environ)

    def forget(self, account: str) -> None:
        """See the port."""
        ctl = self._path("systemctl")
        if ctl is not None and self._platform == "linux":
            unit = _unit(account)
            _run([ctl, "--user", "--quiet", "stop", f"{unit}.timer"], self._environ)

    def _argv(self, how: str | Sequence[str], title: str, text: str) -> list[str] | str:
        """The command line, or why there is none."""
        title, text = visible(title), visible(text)
        if not isinstance(how, str):
            path = self._path(how[0])
            return (
                f"there is no program {how[0]}" if path is None else [path, *how[1:], title, text]
            )
        if self._platform == "darwin":
            path = self._path("osascript")
            script = [part for line in _SCRIPT for part in ("-e", line)]
            return "there is no osascript" if path is None else [path, *script, title, text]
        path = self._path("notify-send")
        if path is None:
            return "there is no notify-send (package libnotify)"
        return [path, "--app-name=ai-code", "--", title, _unmarked(text)]

    def _path(self, name: str) -> str | None:
        try:
            program = self._find((name,))
        except AiCodeError:
            return None
        return program.argv[0] if program else None


def _started(argv: Sequence[str], env: Mapping[str, str]) -> subprocess.Popen[bytes] | str:
    """In a session of its own: nothing that the terminal sends reaches it."""
    try:
        return Child(
            argv,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=dict(env),
            start_new_session=True,
        )
    except (OSError, ValueError) as error:
        return f"{argv[0]}: {error}"


def _run(argv: Sequence[str], env: Mapping[str, str]) -> str:
    """A command of systemd's, which is quick; what went wrong, or nothing."""
    child = _started(argv, env)
    if isinstance(child, str):
        return child
    code: int | None = None
    try:
        code = child.wait(_SYSTEMD_S)
    except subprocess.TimeoutExpired:
        return f"{argv[0]} took longer than {_SYSTEMD_S:g} s and was ended"
    finally:
        if code is None:
            # Too slow, or a signal to us ended the wait.
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(child.pid, signal.SIGKILL)
            child.wait()
    return f"{argv[0]} ended with {code}" if code else ""


def _unmarked(text: str) -> str:
    """For notify-send: it resolves backslashes in the text (g_strcompress), and the desktop reads
    markup in it (Desktop Notifications Specification, "Markup")."""
    for char, instead in (("\\", "\\\\"), ("&", "&amp;"), ("<", "&lt;"), (">", "&gt;")):
        text = text.replace(char, instead)
    return text


def _unit(account: str) -> str:
    """One for each account, so that a later reset takes the place of an earlier one."""
    import hashlib

    return "ai-code-reset-" + hashlib.sha256(account.encode()).hexdigest()[:12]
