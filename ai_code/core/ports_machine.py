"""The port of the machine as a doctor sees it: small programs, sockets, disks, files. It changes
nothing but by the programs that it is told to run."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal, NamedTuple, Protocol, TypeVar

from ai_code.core.ports import ModelServer

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


class Ran(NamedTuple):
    """How a small program ended: ``code`` None where it did not run (``problem`` says why:
    ``missing``, ``timeout``, or the system's words). Outputs are bounded."""

    code: int | None
    out: str = ""
    err: str = ""
    problem: str = ""


class Bound(NamedTuple):
    """A listening TCP socket. ``pid`` 0 and ``program`` empty: it belongs to somebody else, and
    the system does not say whom."""

    address: str
    pid: int = 0
    program: str = ""


class Disk(NamedTuple):
    """Bytes of the file system that a path lies on, or would lie on."""

    total: int
    free: int


class Entry(NamedTuple):
    """A path that is there. ``mode`` are the permission bits, ``mine`` whether we own it;
    ``real`` is where links lead in the end."""

    kind: Literal["file", "folder", "link", "other"]
    mode: int
    mine: bool
    size: int
    writable: bool
    real: str


class Waiting(Protocol[T_co]):
    """Gives the value of work that goes on beside, or raises what it raised; TimeoutError where
    it is not there within ``seconds``. May be asked by many, and again."""

    def __call__(self, seconds: float | None = None) -> T_co: ...


class MachineFacts(Protocol):
    """Looks; each call ends within seconds and raises nothing for what it sees."""

    system: Literal["linux", "darwin"]

    def beside(self, work: Callable[[], T]) -> Waiting[T]:
        """Starts ``work`` beside us."""

    def run(
        self,
        argv: Sequence[str],
        timeout_s: float,
        cwd: Path | None = None,
        env: Mapping[str, str] = MappingProxyType({}),
    ) -> Ran:
        """A small program, found on the PATH, without input; ended with its children when its
        time is over. ``env`` is added to the environment."""

    def bound(self, port: int) -> Sequence[Bound]:
        """Who listens on a TCP port of this machine, whatever its address."""

    def server_variables(self, pid: int) -> Mapping[str, str]:
        """What a process of ours has of the variables that steer Ollama and its GPUs; nothing of
        its other variables."""

    def disk(self, path: Path) -> Disk | None: ...

    def entry(self, path: Path) -> Entry | None:
        """What is at a path; a link is not followed."""

    def names(self, folder: Path) -> Sequence[str]:
        """Sorted names in a folder; none where it cannot be read."""

    def tail(self, path: Path, most_bytes: int) -> str | None:
        """The end of a regular file as text, or None."""

    def sha256(self, path: Path) -> str | None:
        """The digest (hex) of a file's content, or None where it cannot be read."""


class ServerProbe(ModelServer, Protocol):
    """What a doctor asks an Ollama server beyond ``ports.ModelServer``. Raises
    ModelServerError."""

    def loaded_rows(self) -> Sequence[Mapping[str, Any]]:
        """The rows of /api/ps as they are."""

    def generate(self, name: str, prompt: str, tokens: int, context: int, timeout_s: float) -> str:
        """A few tokens of an answer; ``context`` 0 is the server's own."""
