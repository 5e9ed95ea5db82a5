"""A signal in the moment in which a program starts: it is known already, and so is its work."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from ai_code.core.command import Command
from ai_code.core.errors import Stopped
from ai_code.core.exits import EndedBy
from ai_code.system.leftovers import Leftovers
from ai_code.system.process import ProcessRoom
from ai_code.system.signals import Signals
from tests.system.programs_under_test import Collected, until_gone

STOPS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Signalled(Leftovers):
    """Notes the child, when a signal has just come."""

    signum = signal.SIGINT
    pid = 0

    def remember(self, group: int, pid: int) -> None:
        self.pid = pid
        os.kill(os.getpid(), self.signum)
        super().remember(group, pid)


@pytest.mark.parametrize("signum", STOPS)
def test_it_is_ended_and_told(signals: Signals, tmp_path: Path, signum: signal.Signals) -> None:
    leftovers = Signalled(tmp_path / "running")
    leftovers.signum = signum
    room = ProcessRoom(dict(os.environ), signals, leftovers)
    try:
        told = room.run(Command(("sleep", "600"), tmp_path), Collected())
        assert (told.ended_by, told.person_signal) == (EndedBy.PERSON, signum)
        until_gone(leftovers.pid)
    finally:
        room.close()


def test_where_nothing_started_the_signal_is_what_counts(signals: Signals, tmp_path: Path) -> None:
    def fails(*_: object) -> None:
        os.kill(os.getpid(), signal.SIGINT)
        raise FileNotFoundError

    room = ProcessRoom(dict(os.environ), signals, Leftovers(tmp_path / "running"))
    room._start = fails  # type: ignore[assignment]
    with pytest.raises(Stopped):
        room.run(Command(("sleep", "600"), tmp_path), Collected())
    room.close()
