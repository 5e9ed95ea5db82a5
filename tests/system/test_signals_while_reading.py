"""A signal that interrupts no system call of ours is obeyed all the same, while somebody types."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from ai_code.core.errors import Stopped
from ai_code.system.console import TerminalConsole
from ai_code.system.signals import Signals, wait_readable
from ai_code.system.stdin import read_piped

QUIET = signal.SIGCHLD
"""The signal that ``Signals`` takes without a word."""


@pytest.fixture(autouse=True)
def handlers() -> Iterator[None]:
    old = {each: signal.getsignal(each) for each in signal.valid_signals()}
    Signals().install()
    yield
    for number, handler in old.items():
        if signal.getsignal(number) != handler:
            signal.signal(number, handler)


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
        assert os.read(far, 1000) == b"Do it? [y] yes, [n] no: \r\n"


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
