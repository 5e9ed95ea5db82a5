"""The end of a program that we started: its group, and what escaped from it."""

from __future__ import annotations

import signal
import subprocess

from ai_code.core.errors import Stopped
from ai_code.system.signals import signal_group

GRACE_S = 3.0


def end_group(child: subprocess.Popen[bytes], group: int, first: int = signal.SIGTERM) -> bool:
    """``first`` to the group, then KILL to it and to what escaped from it. True where the group
    was killed, and with it whoever leads it."""
    import psutil

    try:
        family = psutil.Process(child.pid).children(recursive=True)
    except psutil.Error:
        family = []
    try:
        signal_group(group, first)
        signal_group(group, signal.SIGCONT)
        _wait(child, GRACE_S)
    except Stopped:
        # Asked a second time: no more grace.
        pass
    killed = child.poll() is None
    if killed:
        signal_group(group, signal.SIGKILL)
        child.wait()
    for process in family:
        try:
            process.kill()
        except psutil.Error:
            continue
    return killed


def _wait(child: subprocess.Popen[bytes], seconds: float) -> None:
    try:
        child.wait(seconds)
    except subprocess.TimeoutExpired:
        return
