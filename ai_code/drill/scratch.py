"""The scratch folder of a drill: a home, a project in git, settings, and an environment in which
nothing of the person's is left but the way to their programs."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import json
import os
import re
import shlex
import shutil
import stat
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from ai_code.core.command import Command
from ai_code.core.drill import BEFORE, FILE, MEMORY
from ai_code.core.errors import AiCodeError, Stopped
from ai_code.core.record import RecordError, RunRecord, from_json
from ai_code.drill.hostile import git_settings, local_traps, tracked_traps
from ai_code.drill.listening import Lines

if TYPE_CHECKING:
    from ai_code.core.exits import Exit
    from ai_code.core.ports import Processes

_KEPT = frozenset(
    {"PATH", "LANG", "LANGUAGE", "TZ", "USER", "LOGNAME", "SHELL", "NO_COLOR"}
    | {"LOCALE_ARCHIVE", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "SYSTEMROOT"}
)
"""Names of the environment that a drill passes on: no key, no token, no proxy, no option."""
_GIT_S = 30.0
_AIDERS = ".aider.conf.yml"
_CONFIG = ".config/ai-code/config.yaml"
_MOST_SETTINGS = 1 << 20
_PREFIX = "ai-code-drill-"
_LOCK, _LOCK_OF_KEPT = "lock", "lock-of-kept"
NO_PROJECT = "the scratch project of the drill could not be made"
_FULL = re.compile(r"No space left on device|Disk quota exceeded|Out of diskspace")
_NO_ROOM = 128 << 10
"""Bytes left: with fewer a program that failed has failed for them, whatever it says."""
_README = "# A scratch project of ai-code drill\n\nSays hello, and goodbye.\n"


class Scratch:
    """A folder below ``where`` for the length of a ``with`` block; ``keep`` leaves it there.

    A lock in it is held for as long as we live: by it the next drill knows what a killed one
    left behind."""

    def __init__(
        self, processes: Processes, environ: Mapping[str, str], where: Path, *, keep: bool
    ) -> None:
        self._processes = processes
        self._environ = environ
        self._keep = keep
        self.folder = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=where)).resolve()
        self._lock = self.folder / (_LOCK_OF_KEPT if keep else _LOCK)
        self.home = self.folder / "home"
        self.project = self.folder / "project"
        self.marks = self.folder / "marks"
        self._tmp = self.folder / "tmp"
        try:
            self._locked = _hold(self._lock)
            for path in (self.home, self.project, self.marks, self._tmp):
                path.mkdir(mode=0o700)
        except OSError:
            _remove(self.folder)
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._keep:
            _without_settings(self.folder)
            self._lock.unlink(missing_ok=True)
        else:
            _remove(self.folder)
        os.close(self._locked)

    @property
    def _config(self) -> Path:
        return self.home / _CONFIG

    # The project --------------------------------------------------------------------------

    def fill(self, *, hostile: bool, elsewhere: str, model: str) -> None:
        """The files of the project, committed; with ``hostile`` all traps."""
        self._write(FILE, BEFORE)
        self._write("CLAUDE.md", f"{MEMORY}\n")
        self._write("README.md", _README)
        traps = tracked_traps(self.project, self.marks, elsewhere, model) if hostile else {}
        for name, text in traps.items():
            self._write(name, text)
        self._git("init", "--quiet")
        self._git("add", "--all")
        self._git("commit", "--quiet", "--message=Say hello, and goodbye")
        if hostile:
            for key, value in git_settings(self.marks).items():
                self._git("config", key, value)
            for name, text in local_traps(self.marks).items():
                self._write(name, text).chmod(0o755)

    def tree(self) -> Mapping[str, bytes]:
        """Path → content (or a link's target) of every file of the project, git's own aside."""
        found = {}
        for path in sorted(self.project.rglob("*")):
            name = path.relative_to(self.project)
            mode = path.lstat().st_mode
            if name.parts[0] == ".git" or stat.S_ISDIR(mode):
                continue
            found[name.as_posix()] = (
                os.fsencode(path.readlink()) if stat.S_ISLNK(mode) else path.read_bytes()
            )
        return found

    def git_state(self) -> str:
        """A digest of all that git keeps about the project, its objects aside."""
        digest = hashlib.sha256()
        for path in sorted((self.project / ".git").rglob("*")):
            name = path.relative_to(self.project / ".git")
            if path.is_file() and name.parts[0] != "objects":
                digest.update(f"{name}\0{path.stat().st_mode}\0".encode())
                digest.update(path.read_bytes())
        return digest.hexdigest()

    def sprung(self) -> list[str]:
        """Traps that went off, and what lies where nothing should."""
        known = {self.home.name, self.project.name, self.marks.name, "tmp", "play.json"}
        known.add(self._lock.name)
        beside = [path.name for path in self.folder.iterdir() if path.name not in known]
        return [*sorted(path.name for path in self.marks.iterdir()), *sorted(beside)]

    def _write(self, name: str, text: str) -> Path:
        path = self.project / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    def _git(self, *args: str) -> None:
        person = {
            f"GIT_{role}_{what}": value
            for role in ("AUTHOR", "COMMITTER")
            for what, value in (("NAME", "drill"), ("EMAIL", "drill@localhost"))
        }
        lines = Lines()
        settings = ("-c", "init.defaultBranch=main", "-c", "core.hooksPath=/dev/null")
        exit_ = self.run(("git", *settings, *args), lines, env=person, deadline_s=_GIT_S)
        if exit_.code != 0:
            why = exit_.start_error or lines.text.strip() or f"exit {exit_.code}"
            check_room(self.folder.parent, why)
            raise AiCodeError(NO_PROJECT, why=f"git {args[0]}: {why}", hint="git --version")

    # Programs -----------------------------------------------------------------------------

    def settings(self, values: Mapping[str, Any]) -> None:
        """Writes ai-code's settings file (JSON is YAML), and brings the person's own settings
        for aider along, which are in force in every run."""
        self._config.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._config.touch(mode=0o600)
        self._config.write_text(json.dumps(values), encoding="utf-8")
        theirs = Path(self._environ.get("HOME", "/nowhere"), _AIDERS)
        if theirs.is_file() and theirs.stat().st_size <= _MOST_SETTINGS:
            ours = self.home / _AIDERS
            ours.touch(mode=0o600)
            ours.write_bytes(theirs.read_bytes())

    def run(
        self,
        argv: Sequence[str],
        lines: Lines,
        *,
        env: Mapping[str, str] | None = None,
        deadline_s: float,
    ) -> Exit:
        """Runs a program in the project, in an environment that has nothing of the person's.
        Raises Stopped where a signal ended it."""
        changes: dict[str, str | None] = {
            name: None
            for name in self._environ
            if name not in _KEPT and not name.startswith(("LC_", "NIX_"))
        }
        changes |= {
            "HOME": str(self.home),
            "TMPDIR": str(self._tmp),
            "XDG_CONFIG_HOME": str(self.home / ".config"),
            "XDG_DATA_HOME": str(self.home / ".local/share"),
            "XDG_STATE_HOME": str(self.home / ".local/state"),
            "XDG_CACHE_HOME": str(self.home / ".cache"),
            "GIT_CONFIG_NOSYSTEM": "1",
            "TERM": "dumb",
            "NO_PROXY": "*",
            "no_proxy": "*",
            **(env or {}),
        }
        command = Command(tuple(argv), self.project, changes, deadline_s=deadline_s)
        exit_ = self._processes.run(command, lines)
        if exit_.person_signal is not None:
            raise Stopped(exit_.person_signal)
        return exit_

    def record(self) -> RunRecord | None:
        """The newest record of the scratch journal."""
        runs = self.home / ".local/state/ai-code/runs"
        for path in sorted(runs.glob("*/record.json"), reverse=True):
            try:
                return from_json(json.loads(path.read_bytes()))
            except (OSError, ValueError, RecordError):
                return None
        return None


def room(environ: Mapping[str, str]) -> Path:
    """The folder for temporary files. Python's own search ends with the folder one stands in,
    which is the person's; and it passes over a full disk without a word."""
    for name in (environ.get("TMPDIR", ""), "/tmp", "/var/tmp"):  # noqa: S108  mkdtemp goes in
        if name and _takes_a_folder(name):
            return Path(name).absolute()
    raise AiCodeError(
        "there is no folder for temporary files",
        why="neither TMPDIR nor /tmp nor /var/tmp can be written to",
        hint="ls -ld /tmp",
    )


def _takes_a_folder(name: str) -> bool:
    """Tried, not asked: what may be written to is no folder yet that takes one (/proc)."""
    try:
        Path(tempfile.mkdtemp(prefix=_PREFIX, dir=name)).rmdir()
    except OSError as error:
        # A full disk is told of, and not passed over.
        return is_full(error)
    return True


def is_full(error: OSError) -> bool:
    """No space, or none for this person."""
    return error.errno in (errno.ENOSPC, errno.EDQUOT)


def disk_full(where: Path) -> AiCodeError:
    """``where`` is the folder for temporary files."""
    return AiCodeError(
        "the disk is full",
        why=f"{where} has no room; TMPDIR=FOLDER moves the drill",
        hint=shlex.join(["df", "-h", str(where)]),
    )


def check_room(where: Path, said: str) -> None:
    """After a failure: raises AiCodeError where the disk is full, by what a program ``said`` of
    it or by what is left."""
    if _FULL.search(said) or shutil.disk_usage(where).free < _NO_ROOM:
        raise disk_full(where)


def sweep(where: Path) -> None:
    """Removes what drills left behind that were killed (``kill -9``, SIGQUIT). Of one with
    ``--keep`` only settings go, which may hold keys."""
    for folder in where.glob(f"{_PREFIX}*"):
        with contextlib.suppress(OSError):
            told = folder.lstat()
            if stat.S_ISDIR(told.st_mode) and told.st_uid == os.getuid():
                _sweep(folder)


def _sweep(folder: Path) -> None:
    kept = (folder / _LOCK_OF_KEPT).is_file()
    lock = folder / (_LOCK_OF_KEPT if kept else _LOCK)
    handle = _hold(lock, create=False)
    try:
        if kept:
            _without_settings(folder)
            lock.unlink(missing_ok=True)
        else:
            _remove(folder)
    finally:
        os.close(handle)


def _hold(lock: Path, *, create: bool = True) -> int:
    """The descriptor of a file that is locked by us. Raises OSError where another process has
    it, or where it is not there. It gets its name when it is locked: no sweep comes between."""
    import fcntl

    new = lock.with_suffix(".new") if create else lock
    handle = os.open(new, os.O_RDWR | os.O_CLOEXEC | (os.O_CREAT if create else 0), 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if create:
            new.replace(lock)
    except OSError:
        os.close(handle)
        raise
    return handle


def _without_settings(folder: Path) -> None:
    """They may hold keys of the person's; what is kept is the project."""
    for name in (_CONFIG, _AIDERS):
        (folder / "home" / name).unlink(missing_ok=True)


def _remove(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
