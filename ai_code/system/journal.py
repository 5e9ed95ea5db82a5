"""Run records in the state folder: one folder per run, readable by nobody else."""

from __future__ import annotations

import json
import os
import re
import time
from collections.abc import Callable, Iterator, Sequence
from itertools import islice, takewhile
from pathlib import Path

from ai_code.core.errors import AiCodeError, UsageError
from ai_code.core.record import RecordError, RunRecord, from_json, to_json
from ai_code.core.text import visible
from ai_code.system.files import private_folder

_ID = re.compile(r"\d{8}-\d{6}-[0-9a-f]{4}")
_LIST = "ai-code history --all"
"""What lists the runs that there are."""
_MOST_BYTES = 16 * 1024 * 1024
_DAY_S = 86_400.0
_LONGEST_WAIT_DAYS = 40
"""Longer than any reset lies ahead."""


class FileJournal:
    """See ``ai_code.core.ports_tree.Journal``. ``warn`` is told of records that are passed over."""

    def __init__(
        self,
        state_dir: Path,
        *,
        warn: Callable[[str], None] = lambda _: None,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._runs = state_dir / "runs"
        self._warn = warn
        self._now = now

    def new_run(self) -> str:
        """An id of the form 20261120-231245-ab12, in UTC so that ids sort through a change to
        summer time: three hex digits of milliseconds, one drawn."""
        try:
            private_folder(self._runs)
            while True:
                now = self._now()
                stamp = time.strftime("%Y%m%d-%H%M%S", time.gmtime(now))
                run_id = f"{stamp}-{int(now % 1 * 1000):03x}{os.urandom(1)[0] % 16:x}"
                try:
                    (self._runs / run_id).mkdir(mode=0o700)
                except FileExistsError:
                    time.sleep(0.001)
                    continue
                return run_id
        except OSError as error:
            raise AiCodeError(
                "the journal cannot be written",
                why=f"{self._runs}: {error.strerror}",
                hint=f"ls -ld {self._runs}",
            ) from error

    def run_dir(self, run_id: str) -> Path:
        if not _ID.fullmatch(run_id):
            raise UsageError(f"{visible(run_id)!r} is no run", hint=_LIST)
        return self._runs / run_id

    def save(self, record: RunRecord) -> None:
        """Written whole or not at all."""
        folder = self.run_dir(record.id)
        private_folder(folder)
        temporary = folder / f"record.{os.getpid()}.tmp"
        text = json.dumps(to_json(record), indent=1) + "\n"
        try:
            descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(descriptor, "w", encoding="ascii") as file:
                file.write(text)
                file.flush()
                if record.landed:
                    # Only what an undo needs has to outlive a power failure: on a busy disk
                    # this takes longer than all else that we do.
                    os.fsync(descriptor)
            temporary.replace(folder / "record.json")
        except OSError as error:
            temporary.unlink(missing_ok=True)
            raise AiCodeError(
                "the record of this run cannot be written",
                why=f"{folder}: {error.strerror}",
                hint=f"df -h {self._runs}",
            ) from error

    def load(self, run_id: str) -> RunRecord:
        found = [each for each in self._ids() if each.startswith(run_id)] if run_id else []
        if run_id in found:
            found = [run_id]
        if not found:
            raise UsageError(f"there is no run {visible(run_id)!r}", hint=_LIST)
        if len(found) > 1:
            listed = ", ".join(found[:5])
            raise UsageError(f"more than one run begins with {run_id}", why=listed, hint=_LIST)
        record = self._read(found[0])
        if record is None:
            raise UsageError(f"the record of run {found[0]} cannot be read", hint=_LIST)
        return record

    def latest(self, root: Path, *, landed: bool = True) -> RunRecord | None:
        wanted = str(root)
        for record in self._records():
            if record.root == wanted and (not landed or self._in_tree(record)):
                return record
        return None

    def list(self, limit: int = 20) -> Sequence[RunRecord]:
        """The newest first."""
        return tuple(islice(self._records(), limit))

    def newest(self) -> Iterator[RunRecord]:
        return self._records()

    def tidy(self, keep_days: float, keep_runs: int = 0) -> int:
        """``prune``, at most once a day; how many runs went. Costs a look at one file."""
        stamp = self._runs.parent / "pruned"
        try:
            if abs(self._now() - stamp.stat().st_mtime) < _DAY_S:
                return 0
        except FileNotFoundError:
            pass
        # First, so that several runs do not do it beside each other.
        stamp.touch(mode=0o600)
        os.utime(stamp, (self._now(), self._now()))
        return self.prune(keep_days, keep_runs)

    def prune(self, keep_days: float, keep_runs: int = 0) -> int:
        """Removes runs that were begun more than ``keep_days`` ago, all but the newest
        ``keep_runs`` (0 each: no limit), and reports of bugs of that age; how many runs. Kept are
        what the undo of a younger run needs, and a run that may still work (one that waits for a
        reset)."""
        ids = self._ids()
        limit = self._stamp(keep_days) if keep_days else ""
        if 0 < keep_runs < len(ids):
            limit = max(limit, ids[keep_runs - 1])
        old = [run_id for run_id in ids if run_id < limit]
        if old:
            from ai_code.system.private_git import remove

            old = [run_id for run_id in old if not self._is_needed(run_id, limit, keep_days)]
            for run_id in old:
                remove(self._runs / run_id)
        reports = (self._runs.parent / "reports").glob("bug-*.txt") if keep_days else ()
        for report in reports:
            if report.stat().st_mtime < self._now() - keep_days * _DAY_S:
                report.unlink(missing_ok=True)
        return len(old)

    def _is_needed(self, run_id: str, limit: str, keep_days: float) -> bool:
        """Whether an old run has to stay. Taking back the undo of a run puts that run into force
        again."""
        record = self._read(run_id)
        if record is None:
            return False
        if record.state == "running":
            return run_id >= self._stamp(keep_days + _LONGEST_WAIT_DAYS)
        if record.state != "undone":
            return False
        younger = takewhile(lambda each: each.id >= limit, self._records())
        return any(each.undo_of == run_id for each in younger)

    def _stamp(self, days_ago: float) -> str:
        return time.strftime("%Y%m%d-%H%M%S", time.gmtime(self._now() - days_ago * _DAY_S))

    def _in_tree(self, record: RunRecord) -> bool:
        """A run that was killed while it landed has no list of files, but a manifest."""
        if record.state == "undone" or record.undo_of:
            return False
        return bool(record.landed) or (self.run_dir(record.id) / "before/manifest.json").is_file()

    def _ids(self) -> Sequence[str]:
        if not self._runs.is_dir():
            return []
        return sorted(filter(_ID.fullmatch, _names(self._runs)), reverse=True)

    def _records(self) -> Iterator[RunRecord]:
        for run_id in self._ids():
            record = self._read(run_id)
            if record is not None:
                yield record

    def _read(self, run_id: str) -> RunRecord | None:
        path = self._runs / run_id / "record.json"
        try:
            if path.stat().st_size > _MOST_BYTES:
                raise RecordError("it is too large")
            record = from_json(json.loads(path.read_bytes()))
            if record.id != run_id:
                raise RecordError(f"it names another run, {record.id}")
        except FileNotFoundError:
            return None
        except (OSError, ValueError, RecursionError) as error:
            self._warn(f"the record of run {run_id} is passed over: {visible(str(error))}")
            return None
        return record


def _names(folder: Path) -> list[str]:
    return [entry.name for entry in folder.iterdir()]
