"""A signal is obeyed also where it interrupts no system call, and where Python would drop what its
handler raises."""

from __future__ import annotations

import importlib
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from ai_code.core.errors import Stopped
from ai_code.system.console import TerminalConsole
from ai_code.system.signals import wait_readable
from ai_code.system.stdin import read_piped

pytestmark = pytest.mark.usefixtures("signals")

QUIET = signal.SIGCHLD
"""The signal that ``Signals`` takes without a word."""


@pytest.fixture
def terminal() -> Iterator[tuple[int, int]]:
    """A terminal: its far end, and the end that a program reads."""
    ends = os.openpty()
    yield ends
    for end in ends:
        os.close(end)


def elsewhere(work: Callable[[], None]) -> None:
    """Carries out ``work`` in a thread, once the main thread is likely to wait: the outcome is
    the same if it does not yet."""
    timer = threading.Timer(0.1, work)
    timer.daemon = True
    timer.start()


def to_this_thread(number: int) -> None:
    """As the system may do with a signal for the process: the main thread's call sleeps on."""
    signal.pthread_kill(threading.get_ident(), number)


def test_a_question_on_the_terminal(terminal: tuple[int, int]) -> None:
    far, near = terminal
    with ExitStack() as stack:
        stdin = stack.enter_context(os.fdopen(os.dup(near), encoding="utf-8"))
        stderr = stack.enter_context(os.fdopen(os.dup(near), "w", encoding="utf-8"))
        console = TerminalConsole({"TERM": "xterm"}, stdin=stdin, stdout=stderr, stderr=stderr)
        elsewhere(lambda: to_this_thread(signal.SIGINT))
        with pytest.raises(Stopped) as stopped:
            console.ask("Do it?", {"y": "yes", "n": "no"})
        assert stopped.value.signum == signal.SIGINT
        told = b""
        while not told.endswith(b"\n"):
            told += os.read(far, 1000)
        assert told == b"Do it? [y] yes, [n] no: \r\n"


def test_a_pipe_that_stays_open() -> None:
    reading, writing = os.pipe()
    os.write(writing, b"the first half")
    elsewhere(lambda: to_this_thread(signal.SIGTERM))
    with pytest.raises(Stopped):
        read_piped(reading)
    os.close(reading)
    os.close(writing)


def test_what_is_typed_after_a_quiet_signal_is_read(terminal: tuple[int, int]) -> None:
    far, near = terminal

    def typed() -> None:
        to_this_thread(QUIET)
        os.write(far, b"y\n")

    elsewhere(typed)
    wait_readable(near)
    assert os.read(near, 10) == b"y\n"


def test_the_wakeup_descriptor_of_others_is_theirs_again(terminal: tuple[int, int]) -> None:
    far, near = terminal
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    signal.set_wakeup_fd(writing)
    os.write(far, b"y\n")
    wait_readable(near)
    assert signal.set_wakeup_fd(-1) == writing
    os.close(reading)
    os.close(writing)


# What Python drops -----------------------------------------------------------------------------

RAISES = "import os, signal\nos.kill(os.getpid(), signal.SIGINT)\n"


def module(folder: Path, monkeypatch: pytest.MonkeyPatch, text: str) -> str:
    """The name of a module with this text."""
    monkeypatch.syspath_prepend(str(folder))
    name = f"module_{folder.name}"
    (folder / f"{name}.py").write_text(text)
    return name


def a_moment() -> None:
    """Long enough for what comes soon; on a slow machine too it is what ends it."""
    time.sleep(60)


def test_an_import_is_brought_to_its_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In the middle of a class, Python 3.11 makes a RuntimeError of it: a bug, in our words."""
    field = f"class Sent:\n    def __set_name__(self, *_):\n        {RAISES.split(chr(10))[1]}\n"
    text = f"import os, signal\n{field}class Has:\n    sent = Sent()\nover = True\n"
    name = module(tmp_path, monkeypatch, text)
    with pytest.raises(Stopped):
        importlib.import_module(name)
        a_moment()
    assert sys.modules[name].over


def test_what_a_finalizer_drops_is_raised_again() -> None:
    class Dropping:
        def __del__(self) -> None:
            os.kill(os.getpid(), signal.SIGTERM)

    dropping = [Dropping()]
    with pytest.raises(Stopped) as stopped:
        dropping.clear()
        a_moment()
    assert stopped.value.signum == signal.SIGTERM


def test_other_things_that_are_dropped_are_told(capfd: pytest.CaptureFixture[str]) -> None:
    class Failing:
        def __del__(self) -> None:
            raise ValueError("what it says")

    failing = [Failing()]
    failing.clear()
    assert "ValueError: what it says" in capfd.readouterr().err
