"""The one place that starts engines: pipes, process group, watch, and an end without orphans."""

from __future__ import annotations

import os
import selectors
import signal
import subprocess
import time
from typing import TYPE_CHECKING, Any

from ai_code.core.errors import Stopped
from ai_code.core.exits import EndedBy, Exit
from ai_code.system.child import Child
from ai_code.system.child_environment import environment_of
from ai_code.system.ending_group import end_group
from ai_code.system.fenced import fenced_argv
from ai_code.system.guard import Guard, start_guard
from ai_code.system.signals import signal_group

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from ai_code.core.command import Command
    from ai_code.core.ports import Listener, OutputChannel, Standby
    from ai_code.system.leftovers import Leftovers
    from ai_code.system.signals import Signals
    from ai_code.system.standby import PythonStandby

_TICK_S = 0.25
_DRAIN_S = 0.5
_MOST_DRAIN_S = 2.0
_TAIL = 4000
_CHUNK = 1 << 16


class ProcessRoom:
    """Runs one command at a time. ``leftovers`` remembers what runs for the next call."""

    def __init__(self, environ: dict[str, str], signals: Signals, leftovers: Leftovers) -> None:
        self._environ = environ
        self._signals = signals
        self._leftovers = leftovers
        self._guard: Guard | None = None
        self._standby: PythonStandby | None = None

    def run(self, command: Command, listener: Listener, standby: Standby | None = None) -> Exit:
        """See ``core.ports.Processes.run``."""
        started, conversation, early = time.monotonic(), None, None
        try:
            # The child may do much before its start is known here: a signal in between waits
            # until there is somebody who ends it, and tells what became of it.
            with self._signals.deferred():
                child = self._start(command, standby)
                conversation = _Conversation(child, command, listener, started, self._signals)
        except OSError as error:
            return Exit(
                code=126 if not isinstance(error, FileNotFoundError) else 127,
                wall_s=time.monotonic() - started,
                start_error=error.strerror or str(error),
            )
        except Stopped as stopped:
            if conversation is None:
                raise
            early = stopped
        try:
            if early is not None:
                raise early
            listener.started()
            ended_by, person = conversation.hold(), None
        except Stopped as stopped:
            ended_by, person = EndedBy.PERSON, stopped.signum
            self._end(child)
        except BaseException:
            self._end(child)
            raise
        else:
            if ended_by is not None:
                self._end(child)
                conversation.drain()
            self._sweep_group(child)
        finally:
            conversation.close()
            self._signals.group = None
        return conversation.told(ended_by, person)

    def standby(self, command: Command, modules: Sequence[str]) -> Standby:
        """See ``core.ports.Processes.standby``. There is one at a time."""
        from ai_code.system.standby import PythonStandby

        if self._standby:
            self._standby.end()
        _remove(command.fresh)
        standby = PythonStandby(command, environment_of(command, self._environ), modules)
        self._standby = standby
        self._leftovers.remember_standby(standby.child.pid)
        return standby

    def close(self) -> None:
        """Ends the guard and whatever is left in its group: nothing of ours runs any more."""
        if self._standby:
            self._standby.end()
        if self._guard:
            signal_group(self._guard.group, signal.SIGKILL)
            self._guard.dismiss()
            self._guard = None
        self._leftovers.forget()

    def _start(self, command: Command, standby: Standby | None) -> subprocess.Popen[bytes]:
        environ = environment_of(command, self._environ)
        if self._guard and not self._guard.alive():
            self._guard.dismiss()
            self._guard = None
        self._guard = self._guard or start_guard()
        guard = self._guard
        child = None
        if standby is not None and standby is self._standby:
            child = self._standby.become(command, environ, guard.group)
            self._standby = None
        if child is None:
            _remove(command.fresh)
            child = Child(
                fenced_argv(command),
                cwd=command.cwd,
                env=environ,
                stdin=subprocess.DEVNULL if command.stdin is None else subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                bufsize=0,
                process_group=guard.group,
            )
        self._signals.group = guard.group
        self._leftovers.remember(guard.group, child.pid)
        return child

    def _sweep_group(self, child: subprocess.Popen[bytes]) -> None:
        """What the engine left running in its group is ended with it."""
        if self._guard:
            signal_group(self._guard.group, signal.SIGTERM)
        child.wait()

    def _end(self, child: subprocess.Popen[bytes]) -> None:
        """TERM to the group and to what escaped from it, then KILL."""
        guard = self._guard
        if guard is not None and end_group(child, guard.group):
            guard.dismiss()
            self._guard = None


class _Conversation:
    """Reads and feeds one child until it has ended or has to be ended."""

    def __init__(
        self,
        child: subprocess.Popen[bytes],
        command: Command,
        listener: Listener,
        started: float,
        signals: Signals,
    ) -> None:
        self._child = child
        self._command = command
        self._listener = listener
        self._started = started
        self._last_output = started
        self._tails: dict[OutputChannel, bytes] = {"out": b"", "err": b""}
        self._selector = selectors.DefaultSelector()
        self._unsent = memoryview(command.stdin or b"")
        self._open = 0
        signals.on_pause = self._woken
        self._wake_reading, self._wake_writing = os.pipe()
        os.set_blocking(self._wake_reading, False)
        os.set_blocking(self._wake_writing, False)
        self._old_wakeup = signal.set_wakeup_fd(self._wake_writing, warn_on_full_buffer=False)
        self._register()

    def hold(self) -> EndedBy | None:
        """Until the child has ended (None) or a reason to end it came up."""
        gone_since: float | None = None
        while True:
            got_output = self._step(_TICK_S)
            now = time.monotonic()
            reason = self._reason(now)
            if reason is not None:
                return reason
            if self._child.poll() is None:
                continue
            gone_since = gone_since or now
            # A grandchild may hold the pipe open for ever, and write into it for ever too.
            silent = not got_output and now - gone_since > _DRAIN_S
            if not self._open or silent or now - gone_since > _MOST_DRAIN_S:
                return None

    def drain(self) -> None:
        """Takes what is still in the pipes of a child that was ended."""
        until = time.monotonic() + _DRAIN_S
        while self._open and time.monotonic() < until and self._step(0.05):
            pass

    def told(self, ended_by: EndedBy | None, person: int | None) -> Exit:
        code = self._child.returncode
        return Exit(
            code=code if code is not None and code >= 0 else None,
            signal=-code if code is not None and code < 0 else None,
            ended_by=ended_by,
            wall_s=time.monotonic() - self._started,
            stdout_tail=self._tails["out"].decode("utf-8", "replace"),
            stderr_tail=self._tails["err"].decode("utf-8", "replace"),
            person_signal=person,
        )

    def close(self) -> None:
        signal.set_wakeup_fd(self._old_wakeup)
        self._selector.close()
        os.close(self._wake_reading)
        os.close(self._wake_writing)
        for pipe in (self._child.stdin, self._child.stdout, self._child.stderr):
            if pipe:
                _close_quietly(pipe)

    def _register(self) -> None:
        self._selector.register(self._wake_reading, selectors.EVENT_READ, "wake")
        for name, pipe in (("out", self._child.stdout), ("err", self._child.stderr)):
            assert pipe is not None
            os.set_blocking(pipe.fileno(), False)
            self._selector.register(pipe, selectors.EVENT_READ, name)
            self._open += 1
        if self._child.stdin:
            os.set_blocking(self._child.stdin.fileno(), False)
            self._selector.register(self._child.stdin, selectors.EVENT_WRITE, "in")

    def _step(self, timeout: float) -> bool:
        got_output = False
        for key, _ in self._selector.select(timeout):
            match key.data:
                case "wake":
                    os.read(self._wake_reading, 1024)
                case "in":
                    self._feed()
                case _:
                    got_output |= self._read(key)
        return got_output

    def _read(self, key: selectors.SelectorKey) -> bool:
        channel: OutputChannel = key.data
        try:
            data = os.read(key.fd, _CHUNK)
        except BlockingIOError:
            return False
        except OSError:
            data = b""
        if not data:
            self._selector.unregister(key.fileobj)
            self._open -= 1
            return False
        self._last_output = time.monotonic()
        self._tails[channel] = (self._tails[channel] + data)[-_TAIL:]
        self._listener.output(channel, data)
        return True

    def _feed(self) -> None:
        stdin = self._child.stdin
        assert stdin is not None
        try:
            self._unsent = self._unsent[os.write(stdin.fileno(), self._unsent[:_CHUNK]) :]
        except BlockingIOError:
            return
        except OSError:
            # The program closed its input early: that is its right.
            self._unsent = memoryview(b"")
        if not self._unsent:
            self._selector.unregister(stdin)
            _close_quietly(stdin)

    def _reason(self, now: float) -> EndedBy | None:
        silence = now - self._last_output
        reason = self._listener.tick(now - self._started, silence)
        if reason is not None:
            return reason
        stall, deadline = self._command.stall_timeout_s, self._command.deadline_s
        if deadline and now - self._started >= deadline:
            return EndedBy.DEADLINE
        if stall and silence >= stall and self._child.poll() is None:
            return EndedBy.STALL
        return None

    def _woken(self) -> None:
        """After Ctrl-Z and fg: the time asleep was not the engine's silence."""
        self._last_output = time.monotonic()


def _remove(paths: Iterable[Path]) -> None:
    for path in paths:
        path.unlink(missing_ok=True)


def _close_quietly(pipe: Any) -> None:
    try:
        pipe.close()
    except OSError:
        return
