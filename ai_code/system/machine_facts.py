"""The port ``MachineFacts`` on this machine."""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import socket
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Literal, TypeVar

from ai_code.core.errors import CannotStartError
from ai_code.core.ports_machine import Bound, Disk, Entry, Ran, Waiting
from ai_code.core.task import Program
from ai_code.system.asked import Asked
from ai_code.system.background import start

T = TypeVar("T")
_MOST_OUT = 4 << 20
_LSOF_S = 3.0
_VARIABLES = (
    "OLLAMA_", "CUDA_", "HIP_", "ROCR_", "HSA_", "GGML_", "GPU_", "LD_LIBRARY_PATH",
)  # fmt: skip
"""How the names begin of variables that steer Ollama. No other variable leaves this file."""
_LISTEN = "0A"
"""TCP_LISTEN, as /proc/net/tcp writes it."""


class SystemFacts:
    """See ``core.ports_machine.MachineFacts``. ``find`` looks for programs, ``proc`` is where the
    kernel tells of processes."""

    system: Literal["linux", "darwin"] = "darwin" if sys.platform == "darwin" else "linux"

    def __init__(
        self,
        environ: Mapping[str, str],
        find: Callable[[Sequence[str]], Program | None],
        proc: Path = Path("/proc"),
        asked: Asked | None = None,
    ) -> None:
        self._asked = asked or Asked()
        self._environ = dict(environ)
        self._find = find
        self._proc = proc

    def beside(self, work: Callable[[], T]) -> Waiting[T]:
        return start(work)

    def run(
        self,
        argv: Sequence[str],
        timeout_s: float,
        cwd: Path | None = None,
        env: Mapping[str, str] = MappingProxyType({}),
    ) -> Ran:
        try:
            program = self._find(argv)
            if program is None:
                return Ran(None, problem="missing")
            with self._asked.start(
                program.argv, {**self._environ, **env}, stderr=subprocess.PIPE, cwd=cwd
            ) as child:
                out, err = child.communicate(timeout=timeout_s)
        except CannotStartError as error:
            return Ran(None, problem=error.what)
        except subprocess.TimeoutExpired:
            return Ran(None, problem="timeout")
        except OSError as error:
            return Ran(None, problem=error.strerror or str(error))
        return Ran(child.returncode, _text(out), _text(err))

    def bound(self, port: int) -> Sequence[Bound]:
        if self.system == "darwin":
            return self._bound_by_lsof(port)
        rows = dict(self._rows("tcp", port)) | dict(self._rows("tcp6", port))
        if not rows:
            return ()
        owners = self._owners(set(rows))
        return [Bound(address, *owners.get(inode, (0, ""))) for inode, address in rows.items()]

    def _rows(self, name: str, port: int) -> Iterator[tuple[str, str]]:
        """Inode and address of each listening socket. See proc_net(5): addresses are in the
        host's byte order, in words of 32 bits."""
        try:
            lines = (self._proc / "net" / name).read_text().splitlines()[1:]
        except OSError:
            return
        for line in lines:
            fields = line.split()
            if len(fields) < 10 or fields[3] != _LISTEN:
                continue
            packed, _, number = fields[1].rpartition(":")
            if int(number, 16) == port:
                yield fields[9], _address(packed)

    def _owners(self, inodes: set[str]) -> dict[str, tuple[int, str]]:
        """Process id and program of sockets, as far as we may look. A child that was just forked
        holds what its parent does: of both it is the parent's."""
        wanted = {f"socket:[{inode}]": inode for inode in inodes}
        found: dict[str, dict[int, str]] = {}
        for folder in self._proc.glob("[0-9]*"):
            with contextlib.suppress(OSError):
                held = [wanted[name] for name in _open_files(folder) if name in wanted]
                program = (folder / "comm").read_text().strip() if held else ""
                for inode in held:
                    found.setdefault(inode, {})[int(folder.name)] = program
        return {inode: self._eldest(holders) for inode, holders in found.items()}

    def _eldest(self, holders: Mapping[int, str]) -> tuple[int, str]:
        """The first whose parent is not among them."""
        pids = sorted(holders)
        alone = [pid for pid in pids if self._parent(pid) not in holders] if pids[1:] else pids
        chosen = (alone or pids)[0]
        return chosen, holders[chosen]

    def _parent(self, pid: int) -> int:
        try:
            # proc_pid_stat(5): the name, in brackets, may hold anything.
            fields = (self._proc / str(pid) / "stat").read_text().rpartition(")")[2].split()
            return int(fields[1])
        except (OSError, ValueError, IndexError):
            return 0

    def _bound_by_lsof(self, port: int) -> Sequence[Bound]:
        told = self.run(("lsof", "-nP", f"-iTCP:{port}", "-sTCP:LISTEN", "-Fpcn"), _LSOF_S)
        found, pid, program = [], 0, ""
        for line in told.out.splitlines():
            match line[:1]:
                case "p":
                    pid = int(line[1:] or 0)
                case "c":
                    program = line[1:]
                case "n":
                    address = line[1:].rpartition(":")[0].strip("[]")
                    found.append(Bound("0.0.0.0" if address == "*" else address, pid, program))  # noqa: S104
        return found

    def server_variables(self, pid: int) -> Mapping[str, str]:
        try:
            pairs = (self._proc / str(pid) / "environ").read_bytes().split(b"\0")
        except OSError:
            return {}
        found = (_text(pair).partition("=") for pair in pairs)
        return {name: value for name, _, value in found if name.startswith(_VARIABLES)}

    def disk(self, path: Path) -> Disk | None:
        for folder in (path, *path.parents):
            try:
                told = shutil.disk_usage(folder)
            except FileNotFoundError:
                continue
            except OSError:
                return None
            return Disk(told.total, told.free)
        return None

    def entry(self, path: Path) -> Entry | None:
        try:
            told = path.lstat()
        except OSError:
            return None
        kinds = ((stat.S_ISREG, "file"), (stat.S_ISDIR, "folder"), (stat.S_ISLNK, "link"))
        kind = next((name for holds, name in kinds if holds(told.st_mode)), "other")
        return Entry(
            kind,  # type: ignore[arg-type]
            stat.S_IMODE(told.st_mode),
            told.st_uid == os.geteuid(),
            told.st_size,
            os.access(path, os.W_OK),
            os.path.realpath(path),
        )

    def names(self, folder: Path) -> Sequence[str]:
        try:
            return sorted(each.name for each in folder.iterdir())
        except OSError:
            return ()

    def tail(self, path: Path, most_bytes: int) -> str | None:
        try:
            handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        except OSError:
            return None
        with os.fdopen(handle, "rb") as stream:
            told = os.fstat(handle)
            if not stat.S_ISREG(told.st_mode):
                return None
            try:
                stream.seek(max(0, told.st_size - most_bytes))
                return stream.read(most_bytes).decode("utf-8", "replace")
            except OSError:
                return None

    def sha256(self, path: Path) -> str | None:
        try:
            with path.open("rb") as stream:
                return hashlib.file_digest(stream, "sha256").hexdigest()
        except OSError:
            return None


def _open_files(process: Path) -> Iterator[str]:
    """What its descriptors lead to. One that is closed meanwhile is no reason to miss the others.
    Raises OSError where we may not look."""
    with os.scandir(process / "fd") as files:
        for each in files:
            with contextlib.suppress(FileNotFoundError):
                yield os.readlink(each.path)  # noqa: PTH115


def _address(packed: str) -> str:
    """``0100007F`` is 127.0.0.1 on a little-endian machine."""
    words = [int(packed[i : i + 8], 16) for i in range(0, len(packed), 8)]
    raw = b"".join(word.to_bytes(4, sys.byteorder) for word in words)
    return socket.inet_ntop(socket.AF_INET6 if len(raw) == 16 else socket.AF_INET, raw)


def _text(data: bytes) -> str:
    return data[-_MOST_OUT:].decode("utf-8", "replace")
