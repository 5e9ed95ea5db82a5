"""What a run of ours left behind when it was killed: the next call ends it.

While an engine runs, a small file names our process and the engine's group, each with its
start time, so that a number that was given to another process meanwhile is never hit. A lock
beside it is held for as long as we live: who shares the folder from a container, where our
number means nothing, sees by it that we are alive.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import sys
from pathlib import Path

from ai_code.core.left_behind import LeftBehind
from ai_code.system.files import private_folder


class Leftovers:
    """Files ``<pid>.json`` in ``folder``; made when an engine starts, removed when it ended."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._file = folder / f"{os.getpid()}-{os.urandom(4).hex()}.json"
        self._lock: int | None = None
        self._run_id = ""
        self._running: tuple[int, int] | None = None
        self._standby: int | None = None

    def belong_to(self, run_id: str) -> None:
        """Names the run; also for a process that was started a moment ago."""
        self._run_id = run_id
        if self._running:
            self.remember(*self._running)

    def remember_standby(self, child: int) -> None:
        """A process that waits in a group of its own, beside the engine that runs."""
        self._standby = child
        if self._running:
            self.remember(*self._running)

    def remember(self, group: int, child: int) -> None:
        self._running = group, child
        waiting = self._standby or 0
        record = {
            "run": self._run_id,
            "owner": [os.getpid(), start_time(os.getpid())],
            "group": [group, start_time(group)],
            "child": [child, start_time(child)],
            "standby": [waiting, start_time(waiting) if waiting else 0],
        }
        # Whole or not at all, for a sweep may read it now. A full disk or a read-only folder
        # must not leave an engine without us: the guard is there all the same.
        with contextlib.suppress(OSError):
            private_folder(self._folder)
            if self._lock is None:
                self._lock = _locked(self._file.with_suffix(".lock"), create=True)
            # A standby is remembered beside the main thread.
            half = self._file.with_suffix(f".{os.urandom(4).hex()}.half")
            half.write_text(json.dumps(record))
            half.replace(self._file)

    def forget(self) -> None:
        self._running = None
        with contextlib.suppress(OSError):
            self._file.unlink(missing_ok=True)
            self._file.with_suffix(".lock").unlink(missing_ok=True)
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def sweep(self) -> list[str]:
        """Ends what dead runs left running; the ids of those runs."""
        if not self._folder.is_dir():
            return []
        return [run for path in sorted(self._folder.glob("*.json")) if (run := _sweep(path))]

    def look(self) -> LeftBehind:
        """What a sweep and a ``tidy`` would find, beside what is our own. Changes nothing."""
        if not self._folder.is_dir():
            return LeftBehind()
        others = sorted(path for path in self._folder.glob("*.json") if path != self._file)
        rows = [_look(path) for path in others]
        return LeftBehind(
            tuple(run for run, lives, _ in rows if lives),
            tuple(run for run, lives, _ in rows if not lives),
            sum(running for _, lives, running in rows if not lives),
            tuple(self._orphans()),
        )

    def tidy(self) -> None:
        """Removes locks and half-written files that belong to nobody any more."""
        for path in self._orphans():
            path.unlink(missing_ok=True)

    def _orphans(self) -> list[Path]:
        """Locks that nobody holds, halves that nobody writes on, without the file they were for."""
        found = []
        for path in sorted((*self._folder.glob("*.lock"), *self._folder.glob("*.half"))):
            if path.with_suffix(".json").exists():
                continue
            lock = _locked(path.with_suffix(".lock"))
            if lock is not None:
                found.append(path)
                if lock >= 0:
                    os.close(lock)
        return found


def _locked(path: Path, *, create: bool = False) -> int | None:
    """The descriptor of a locked file; None where somebody else holds the lock. Without
    ``create`` a file that is not there counts as locked by nobody (-1)."""
    import fcntl

    try:
        lock = os.open(path, os.O_RDWR | os.O_CLOEXEC | (os.O_CREAT if create else 0), 0o600)
    except FileNotFoundError:
        return -1
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(lock)
        return None
    return lock


def _sweep(path: Path) -> str:
    lock = _locked(path.with_suffix(".lock"))
    if lock is None:
        return ""
    if lock >= 0:
        os.close(lock)
    try:
        record = json.loads(path.read_text())
        owner, group, child = record["owner"], record["group"], record["child"]
        if _alive(*owner):
            return ""
        if _alive(*group):
            _kill_group(group[0])
        elif _alive(*child):
            _kill_group(os.getpgid(child[0]))
        waiting = record.get("standby", [0, 0])
        if _alive(*waiting):
            _kill_group(os.getpgid(waiting[0]))
        run = str(record["run"])
    except (OSError, ValueError, KeyError, TypeError):
        # Half a file, or one of a version we do not know: it names nothing we could end.
        run = ""
    path.unlink(missing_ok=True)
    path.with_suffix(".lock").unlink(missing_ok=True)
    return run


def _look(path: Path) -> tuple[str, bool, bool]:
    """The run of a file, whether its ai-code lives, and whether something of it still runs."""
    lock = _locked(path.with_suffix(".lock"))
    if lock is not None and lock >= 0:
        os.close(lock)
    try:
        record = json.loads(path.read_text())
        lives = lock is None or _alive(*record["owner"])
        return str(record["run"]), lives, _alive(*record["group"]) or _alive(*record["child"])
    except (OSError, ValueError, KeyError, TypeError):
        return "", lock is None, False


def _kill_group(group: int) -> None:
    if group == os.getpgrp():
        return
    try:
        os.killpg(group, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        return


def _alive(pid: int, started: float) -> bool:
    return started != 0 and start_time(pid) == started


def start_time(pid: int) -> float:
    """When a process started, in a unit of the system's own; 0 when there is none.

    Linux: field 22 of /proc/PID/stat (clock ticks since boot, proc(5)); a zombie counts as
    gone. Elsewhere psutil's epoch seconds."""
    if sys.platform == "linux":
        try:
            fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
        except (OSError, IndexError):
            return 0
        return 0 if fields[0] in "ZX" else float(fields[19])
    import psutil

    try:
        return psutil.Process(pid).create_time()
    except psutil.Error:
        return 0
