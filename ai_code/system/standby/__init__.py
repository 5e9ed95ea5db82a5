"""A process on standby: a program's Python, started early, that becomes the program later.

It waits in a process group of its own, since whatever ends another engine's group must not end
it, and joins the guard's group when it becomes the command. Until then it hangs on a pipe of ours:
when we die, however that happens, the pipe closes and it is gone.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import select
import signal
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ai_code.core.ports import NoStandbyError
from ai_code.system.child import Child
from ai_code.system.signals import signal_group

if TYPE_CHECKING:
    from ai_code.core.command import Command

_WAITING = Path(__file__).with_name("waiting.py")
_NEUTRAL = "/"
"""Where it stands until it knows its folder."""
_READY_S = 30.0
"""What is still to be imported takes no longer than a start from the beginning, and that takes 19 s
where an aider was installed without its bytecode."""
_HEAD_BYTES = 1024
_DIRECT = re.compile(rb"#![ \t]*(/\S+)[ \t]*\n")
"""A console script as pip, uv and pipx write it. One with an option for Python, or ``env``, or a
shell, is started by something that we do not know for certain."""
_LONG = re.compile(rb"#!/bin/sh\n'''exec' (\"/[^\"\n]+\"|/\S+) \"\$0\" \"\$@\"\n' '''\n")
"""The same where Python's path is too long for the kernel, or has a space in it."""
_PYTHON = re.compile(r"python(3(\.\d+)?)?")


def interpreter_of(script: Path) -> Path | None:
    """The Python that a console script names, or None where that is not certain: another kind
    of program, a wrapper, options for Python."""
    try:
        with script.open("rb") as file:
            head = file.read(_HEAD_BYTES)
    except OSError:
        return None
    found = _LONG.match(head) or _DIRECT.match(head)
    if found is None:
        return None
    python = Path(os.fsdecode(found[1].strip(b'"')))
    named = _PYTHON.fullmatch(python.name) is not None
    return python if named and python.is_file() and os.access(python, os.X_OK) else None


class PythonStandby:
    """See ``core.ports.Standby``. ``become`` is the process room's."""

    def __init__(
        self, command: Command, environ: Mapping[str, str], modules: Sequence[str]
    ) -> None:
        """Starts it. ``environ`` is the command's whole environment. Raises NoStandbyError."""
        self.failed = ""
        self._program = Path(command.argv[0])
        self._environ = {**_placeless(environ), "PWD": _NEUTRAL}
        python = interpreter_of(self._program)
        if python is None or not modules:
            raise NoStandbyError(f"which Python starts {self._program} is not certain")
        self._identity = _identity(self._program)
        orders, self._orders = os.pipe()
        self._told, told = os.pipe()
        argv = [str(python), str(_WAITING), str(self._program), str(orders), str(told), *modules]
        try:
            self.child = Child(
                argv,
                cwd=_NEUTRAL,
                env=self._environ,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                bufsize=0,
                process_group=0,
                pass_fds=(orders, told),
            )
        except OSError as error:
            os.close(self._orders)
            os.close(self._told)
            raise NoStandbyError(f"{python}: {error.strerror}") from error
        finally:
            os.close(orders)
            os.close(told)
        self._waits = True

    def become(
        self, command: Command, environ: Mapping[str, str], group: int
    ) -> subprocess.Popen[bytes] | None:
        """The process as the command's, in the process group ``group``. None where it would not
        do (``failed`` says why); then it is ended."""
        try:
            self.failed = self._unfit(command, environ) or self._hand_over(
                command, group, environ["PWD"]
            )
        except BaseException:
            self.end()
            raise
        if self.failed:
            self.end()
            return None
        self._forget()
        return self.child

    def end(self) -> None:
        if not self._waits:
            return
        self._forget()
        # It leads a group of its own, and has left that if it was about to become the command.
        signal_group(self.child.pid, signal.SIGKILL)
        self.child.kill()
        self.child.wait()
        for pipe in (self.child.stdout, self.child.stderr):
            if pipe:
                pipe.close()

    def _forget(self) -> None:
        self._waits = False
        for descriptor in (self._orders, self._told):
            with contextlib.suppress(OSError):
                os.close(descriptor)

    def _unfit(self, command: Command, environ: Mapping[str, str]) -> str:
        if not self._waits or self.child.poll() is not None:
            return "the process that waited is gone"
        if Path(command.argv[0]) != self._program or _identity(self._program) != self._identity:
            return f"{self._program} is another program by now"
        if command.stdin is not None:
            return "it is to read something"
        if _placeless(environ) != _placeless(self._environ):
            return "its environment would be another one"
        return ""

    def _hand_over(self, command: Command, group: int, pwd: str) -> str:
        orders = {"argv": command.argv, "cwd": str(command.cwd), "pwd": pwd, "group": group}
        line = json.dumps(orders).encode() + b"\n"
        try:
            # One that is stopped reads nothing, and a pipe holds 64 KiB at most.
            os.set_blocking(self._orders, False)
            if os.write(self._orders, line) < len(line):
                return "the process that waited does not listen"
        except OSError:
            return "the process that waited is gone"
        ready, _, _ = select.select([self._told], [], [], _READY_S)
        if not ready:
            return "the process that waited is not ready"
        return "" if os.read(self._told, 1) else "the process that waited has ended"


def _placeless(environ: Mapping[str, str]) -> dict[str, str]:
    """What is the same wherever the program stands."""
    return {name: value for name, value in environ.items() if name not in ("PWD", "OLDPWD")}


def _identity(program: Path) -> tuple[int, int, int] | None:
    """What changes when a program is installed anew."""
    try:
        told = program.stat()
    except OSError:
        return None
    return told.st_ino, told.st_size, told.st_mtime_ns
