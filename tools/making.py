"""How one environment is made: once, by one at a time, visibly, and again after any failure.

An environment is one folder with a stamp that says what it was made from. Without the stamp, or
with another one, it is made anew: so whatever interrupted it, the next call mends it. Standard
library only: this runs before anything is installed.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import hashlib
import os
import re
import selectors
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

Command = Sequence[str | Path]

_STAMP = ".made-from"
_INSTALLED = ".installed-from"
_LINE_EVERY_S = 20.0
_TAIL = 60
_DISK_FULL = re.compile(r"No space left on device|ENOSPC|Disk quota exceeded|EDQUOT")
_NO_NETWORK = re.compile(
    r"name resolution|Name or service not known|NewConnectionError|Network is unreachable"
    r"|Connection refused|ConnectTimeout|ReadTimeout|Max retries exceeded|ProxyError"
    r"|ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|dns error|error sending request"
)
_CAUSE = re.compile(
    r"\[Errno -?\d+\] [\w ,]+|\b(?:ENOTFOUND|EAI_AGAIN|ECONN\w+|ETIMEDOUT)\b|dns error|timed out"
)
"""Of a failure on the network, the words that a person can search for."""
_WRONG = re.compile(r"\s*(ERROR|Error|error|npm error code|npm ERR! code)\b")
_NO_TRUST = re.compile(r"CERTIFICATE_VERIFY_FAILED|UNABLE_TO_\w+|SELF_SIGNED_CERT|UnknownIssuer")
# What a person's shell may hold, and what would lead pip out of the environment.
_LEFT_OUT = frozenset(
    {
        *("PYTHONPATH", "PYTHONHOME", "PYTHONDONTWRITEBYTECODE", "PYTHONSTARTUP"),
        *("PIP_TARGET", "PIP_PREFIX", "PIP_ROOT", "PIP_USER", "PIP_NO_DEPS", "PIP_QUIET"),
    }
)


class SetUpError(Exception):
    """It could not be made. ``hint`` is the command that mends it."""

    def __init__(self, what: str, hint: str, why: str = "") -> None:
        super().__init__(what)
        self.what, self.why, self.hint = what, why, hint

    def __str__(self) -> str:
        return "\n".join([f"ai-code: {self.what}", *filter(None, [self.why]), f"hint: {self.hint}"])


class DiskFullError(SetUpError):
    """No room is left."""


class Stopped(Exception):
    """A signal asks us to end."""

    def __init__(self, signum: int) -> None:
        super().__init__(signum)
        self.signum = signum


@dataclass(frozen=True)
class Environment:
    """What is made, and how. ``install`` fills the empty folder; ``finish`` may be repeated and
    is what is left to do when it was interrupted there."""

    folder: Path
    name: str
    size: str
    needs_mb: int
    made_from: str
    command: Callable[[], str]
    """The command that makes it, for hints."""
    install: Callable[[Work], None]
    finish: Callable[[Work], None] | None = None

    @property
    def again(self) -> str:
        return self.command()

    @property
    def digest(self) -> str:
        place = self.folder.parent.resolve() / self.folder.name
        text = f"{self.made_from}{tuple(sys.version_info[:2])}{place}"
        return hashlib.sha256(text.encode()).hexdigest()

    @property
    def log(self) -> Path:
        """What the programs that made it said; kept where it failed."""
        return self.folder.parent / f".{self.folder.name.lstrip('.')}.log"

    def is_ready(self) -> bool:
        """Made from what it should be, and its Python is still there."""
        has_python = (self.folder / "bin" / "python").exists()
        whole = has_python or not (self.folder / "pyvenv.cfg").exists()
        return whole and _read(self.folder / _STAMP) == self.digest

    def confirm(self) -> None:
        """The stamp is newer than what it was made from: the launcher looks at the times."""
        with contextlib.suppress(OSError):
            (self.folder / _STAMP).touch()

    def make(self) -> None:
        """Makes it where it is not there yet. Raises SetUpError, Stopped or KeyboardInterrupt."""
        if self.is_ready():
            self.confirm()
            return
        try:
            self.folder.parent.mkdir(parents=True, exist_ok=True)
            with _alone(self) as lock:
                if not self.is_ready():
                    self._make(lock)
        except OSError as error:
            raise self._failed_to_write(error) from error

    def _make(self, lock: int) -> None:
        _check_space(self)
        started = time.monotonic()
        with (
            self.log.open("w", encoding="utf-8", errors="replace") as log,
            # venv's ensurepip leaves its wheels in /tmp where a Ctrl-C ends it.
            tempfile.TemporaryDirectory(prefix="ai-code-", ignore_cleanup_errors=True) as scratch,
        ):
            progress = Progress(f"making {self.name}", f"{self.size}, only once")
            work = Work(self, lock, log, progress, scratch)
            try:
                # What was installed whole and only not finished is not fetched again.
                if _read(self.folder / _INSTALLED) != self.digest:
                    if self.folder.exists():
                        shutil.rmtree(self.folder)
                    self.install(work)
                    (self.folder / _INSTALLED).write_text(self.digest)
                if self.finish:
                    self.finish(work)
                (self.folder / _STAMP).write_text(self.digest)
            except BaseException as error:
                work.progress.end()
                if isinstance(error, DiskFullError) or _is_disk_full(error):
                    # Half an environment is of no use, and its place is wanted.
                    shutil.rmtree(self.folder, ignore_errors=True)
                raise
        work.progress.end(f"made {self.name} in {time.monotonic() - started:.0f} s")
        self.log.unlink(missing_ok=True)

    def _failed_to_write(self, error: OSError) -> SetUpError:
        if _is_disk_full(error):
            return _disk_full(self)
        where = error.filename or self.folder
        return SetUpError(
            f"{self.name} cannot be made: {where}: {error.strerror}",
            f"ls -ld {shlex.quote(str(self.folder.parent))}",
        )


class Progress:
    """What is being made and for how long: on a terminal a line that changes, elsewhere a line
    now and then."""

    def __init__(self, title: str, about: str = "") -> None:
        self._stream = sys.stderr
        self._title, self._doing = title, ""
        self._started = self._told = time.monotonic()
        self._live = self._stream.isatty() and os.environ.get("TERM", "dumb") != "dumb"
        self._say(f"{title} ({about}) …" if about else f"{title} …")

    def doing(self, what: str) -> None:
        """The part that is being done now."""
        self._doing = what
        self.tick()

    def tick(self) -> None:
        """Called now and then while a program works."""
        now = time.monotonic()
        text = " · ".join(filter(None, [self._title, f"{now - self._started:.0f} s", self._doing]))
        if self._live:
            with contextlib.suppress(OSError):
                text = text[: os.get_terminal_size(self._stream.fileno()).columns - 1]
            self._write(f"\r\x1b[K{text}")
        elif now - self._told >= _LINE_EVERY_S:
            self._told = now
            self._say(text)

    def end(self, text: str = "") -> None:
        """The live line goes; ``text`` stays."""
        if self._live:
            self._write("\r\x1b[K")
        if text:
            self._say(text)

    def _say(self, text: str) -> None:
        self._write(text + "\n")

    def _write(self, text: str) -> None:
        # A screen that is gone does not end the work.
        with contextlib.suppress(OSError, ValueError):
            self._stream.write(text)
            self._stream.flush()


class Work:
    """Runs the programs that make one environment."""

    def __init__(
        self, made: Environment, lock: int, log: IO[str], progress: Progress, scratch: str
    ) -> None:
        self._made, self._lock, self._log = made, lock, log
        self._scratch = scratch
        self.folder, self.progress = made.folder, progress

    def run(
        self,
        command: Command,
        *,
        ok: Sequence[int] = (0,),
        doing: str = "",
        told: Callable[[str], str] | None = None,
        env: Mapping[str, str] | None = None,
    ) -> list[str]:
        """Runs a program to its end; its last lines. ``told`` makes of a line of its output what
        it is doing, or nothing. Raises SetUpError where it fails."""
        self.progress.doing(doing)
        argv = [str(part) for part in command]
        self._log.write(f"$ {' '.join(argv)}\n")
        try:
            # It keeps the lock too: where we are killed, the next one waits for its end.
            child = subprocess.Popen(
                argv,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                env={**_environ(), "TMPDIR": self._scratch, **(env or {})},
                pass_fds=[self._lock],
            )
        except OSError as error:
            raise SetUpError(f"{argv[0]}: {error.strerror}", self._made.again) from error
        tail: list[str] = []
        try:
            for line in _lines(child, self.progress.tick):
                self._log.write(line + "\n")
                tail = [*tail[-_TAIL:], line]
                if told and (what := told(line)):
                    self.progress.doing(what)
            code = child.wait()
        except BaseException as error:
            _end(child, reached=isinstance(error, KeyboardInterrupt))
            raise
        self._log.flush()
        if code not in ok or (code and _DISK_FULL.search("\n".join(tail))):
            raise self._failure(argv, code, tail)
        return tail

    def _failure(self, argv: list[str], code: int, tail: list[str]) -> SetUpError:
        made, text = self._made, "\n".join(tail)
        if _DISK_FULL.search(text):
            return _disk_full(made)
        name = " ".join([Path(argv[0]).name, *argv[1:4]])
        wrong = [line.strip() for line in tail if _WRONG.match(line)] or tail or ["(nothing)"]
        cause = [found.group() for found in _CAUSE.finditer(text)] or [wrong[-1].strip()]
        why = f"{name} ended with {code}: {cause[-1][:300]}\nall it said: {made.log}"
        if _NO_NETWORK.search(text):
            return SetUpError(
                f"{made.name} cannot be fetched: no way to the package index", made.again, why
            )
        if _NO_TRUST.search(text):
            return SetUpError(
                f"{made.name} cannot be fetched: the package index's certificate is not trusted",
                f"pip config set global.cert /etc/ssl/certs/ca-certificates.crt && {made.again}",
                why,
            )
        return SetUpError(f"{made.name} could not be made", made.again, why)


def need(program: str, package: str) -> None:
    """Raises SetUpError where a program is not installed."""
    if shutil.which(program) is None:
        raise SetUpError(f"{program} is not installed", f"sudo apt install {package}")


def _lines(child: subprocess.Popen[bytes], tick: Callable[[], None]) -> Iterator[str]:
    """The lines of a program as they come; ``tick`` is called while it is silent."""
    assert child.stdout is not None
    rest = b""
    with selectors.DefaultSelector() as waiting:
        waiting.register(child.stdout, selectors.EVENT_READ)
        while True:
            if waiting.select(timeout=0.5):
                data = os.read(child.stdout.fileno(), 65536)
                if not data:
                    break
                *lines, rest = (rest + data).split(b"\n")
                yield from (line.decode("utf-8", "replace").rstrip() for line in lines)
            tick()
    if rest:
        yield rest.decode("utf-8", "replace")


def _end(child: subprocess.Popen[bytes], *, reached: bool) -> None:
    """A Ctrl-C has ``reached`` it too; then it gets a moment to clean up by itself."""
    if not reached:
        child.terminate()
    for end in (child.terminate, child.kill):
        with contextlib.suppress(subprocess.TimeoutExpired, KeyboardInterrupt):
            child.wait(timeout=2.0)
            return
        end()
    child.wait()


@contextlib.contextmanager
def _alone(made: Environment) -> Iterator[int]:
    """The lock of this environment. Who has to wait is told."""
    path = made.folder.parent / f".{made.folder.name.lstrip('.')}.lock"
    with path.open("w") as lock:
        progress = None
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                progress = progress or Progress(f"another call makes {made.name}: waiting for it")
                progress.tick()
                time.sleep(0.5)
            except OSError as error:
                # A file system without locks: two at once are rare, a set-up is needed.
                if error.errno not in (errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP):
                    raise
                break
        if progress:
            progress.end()
        yield lock.fileno()


def _check_space(made: Environment) -> None:
    free = shutil.disk_usage(made.folder.parent).free // 1_000_000
    if free < made.needs_mb and not made.folder.exists():
        raise SetUpError(
            f"the disk has {free} MB left, {made.name} needs {made.needs_mb} MB",
            f"df -h {shlex.quote(str(made.folder.parent))}",
        )


def _disk_full(made: Environment) -> DiskFullError:
    places = shlex.join([str(made.folder.parent), os.environ.get("TMPDIR", "/tmp")])
    return DiskFullError(
        f"the disk is full: {made.name} needs {made.needs_mb} MB",
        f"df -h {places}",
        "What was half made is gone again. With more room the same command goes on.",
    )


def _is_disk_full(error: BaseException) -> bool:
    return isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT)


def _environ() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name not in _LEFT_OUT}
    return {**kept, "PYTHONUNBUFFERED": "1", "PIP_NO_COLOR": "1", "NO_COLOR": "1"}


def _read(path: Path) -> str:
    try:
        return path.read_text()
    except (OSError, ValueError):
        return ""
