"""Small programs that are asked something. Threads ask them too, and a thread learns nothing of
Ctrl-C: whoever ends the world ends them."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import threading
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from ai_code.system.child import Child


class Asked:
    """Those that run now, each in a group of its own."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._groups: set[int] = set()
        self._over = False

    @contextlib.contextmanager
    def start(
        self, argv: Sequence[str], environ: Mapping[str, str], *, stderr: int, cwd: Path | None
    ) -> Iterator[subprocess.Popen[bytes]]:
        """A program without input, whose group is ended with the block: it may be a script with
        children of its own. Raises OSError where it does not start."""
        with self._lock:
            if self._over:
                raise InterruptedError("ai-code ends")
            child = Child(
                argv,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=stderr,
                env=environ,
                cwd=cwd,
                start_new_session=True,
            )
            self._groups.add(child.pid)
        try:
            with child:
                try:
                    yield child
                finally:
                    _end(child.pid)
        finally:
            with self._lock:
                self._groups.discard(child.pid)

    def end_all(self) -> None:
        """At the very end: what still runs is ended, and nothing is started any more."""
        with self._lock:
            self._over = True
            for group in self._groups:
                _end(group)


def _end(group: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, signal.SIGKILL)
