"""The ports: all that flows and commands see of the world outside."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, Protocol

from ai_code.core.machine import Machine as Machine
from ai_code.core.task import ClaudeFolder as ClaudeFolder

if TYPE_CHECKING:
    from ai_code.core.command import Command
    from ai_code.core.errors import AiCodeError
    from ai_code.core.events import Event
    from ai_code.core.exits import EndedBy, Exit
    from ai_code.core.ports_memory import MemoryFolder
    from ai_code.core.task import Program

OutputChannel = Literal["out", "err"]


class Clock(Protocol):
    """Wall clock (epoch seconds), monotonic seconds, and sleep that a signal ends."""

    def now(self) -> float: ...
    def monotonic(self) -> float: ...
    def sleep(self, seconds: float) -> None: ...
    def local_tz(self) -> tzinfo: ...


class Reader(Protocol):
    """Makes events of an engine's bytes, which come in arbitrary pieces. Pure."""

    def feed(self, channel: OutputChannel, data: bytes) -> Sequence[Event]: ...


class Listener(Protocol):
    """What the process room calls back while a program runs."""

    def started(self) -> None:
        """Called once, when the program runs: what can be done beside it is done now."""

    def output(self, channel: OutputChannel, data: bytes) -> None: ...
    def tick(self, elapsed_s: float, silence_s: float) -> EndedBy | None:
        """Called about four times a second and after output; a reason ends the program."""


class Standby(Protocol):
    """A process that has imported what a command will need, and waits to become it."""

    @property
    def failed(self) -> str:
        """Why the command was started anew instead, in words; empty where it was not."""

    def end(self) -> None:
        """Ends the process where it has not become the command. May be called again."""


class NoStandbyError(Exception):
    """No process can wait for the command, which starts as ever; why, in words."""


class Processes(Protocol):
    """Finds and runs programs."""

    def run(self, command: Command, listener: Listener, standby: Standby | None = None) -> Exit:
        """Starts the program in a group of its own and stays until it ended. Never raises for
        what the program does; a signal to us ends its group and is told in the Exit. With
        ``standby`` that process becomes the command, if it still lives, is the same program and
        has the same environment; else it is ended, and the program starts as ever."""

    def standby(self, command: Command, modules: Sequence[str]) -> Standby:
        """Starts the Python of ``command``'s program, with the command's environment and away
        from its folder; it imports ``modules`` (the first one must be there) and waits. The
        arguments and the folder may be other ones by the time it is run. Raises
        NoStandbyError where it is not certain which Python that is. From any thread."""

    def find(self, argv: Sequence[str]) -> Program | None:
        """The program with its absolute path, or None. Raises CannotStartError where it is
        there but not executable. No version."""

    def version(self, program: Program, *, away: bool = False, brief: bool = False) -> Program:
        """The same program with its version, cached by path, size and mtime. ``away``: it is
        asked where no project's files can lead it, and what it logs is gone (goose 1.50 keeps a
        log of it). ``brief``: it is worth two seconds once, and no more."""

    def succeeds(self, command: Command) -> bool:
        """Whether a quick check ends with 0; asked once in our life. Nothing of it is shown."""


class Console(Protocol):
    """The person's terminal, or the pipe in its place. Text is made safe to show."""

    stdin_is_tty: bool
    stdout_is_tty: bool
    stderr_is_tty: bool

    def hide(self, values: Sequence[str]) -> None:
        """Values that no line of ours may show from now on."""

    def answer(self, text: str) -> None: ...
    def answer_end(self) -> None: ...
    def raw(self, data: bytes) -> None: ...
    def banner(self, title: str, line: str, *, switch: bool = False) -> None: ...
    def note(self, text: str) -> None: ...
    def important(self, text: str) -> None: ...
    def tool(self, text: str) -> None: ...
    def detail(self, text: str) -> None: ...
    def status(self, text: str) -> None: ...
    def error(self, error: AiCodeError) -> None: ...
    def ask(self, question: str, choices: Mapping[str, str]) -> str | None:
        """One letter of ``choices`` (letter → meaning), or None where nobody can answer."""

    def ask_line(self, question: str) -> str | None:
        """One line that the person types, without blanks around it; None where nobody can."""


@dataclass(frozen=True, slots=True)
class ServedModel:
    """A model as /api/tags names it; ``size`` in bytes. ``modified_at`` is the epoch at which it
    was pulled or made (0: not told)."""

    name: str
    size: int
    digest: str = ""
    modified_at: float = 0.0


@dataclass(frozen=True, slots=True)
class LoadedModel:
    """A model as /api/ps names it; sizes in bytes, context in tokens (0: not told).
    ``expires_at`` is the epoch at which it leaves memory (0: not told)."""

    name: str
    size: int
    size_vram: int
    context: int
    expires_at: float = 0.0


class PullProgress(NamedTuple):
    """One line of /api/pull: what is being done, and of a download its digest and bytes."""

    status: str
    digest: str = ""
    total: int = 0
    completed: int = 0


class AskedServer(Protocol):
    """What an Ollama server tells. Each call has a short time limit and raises
    ModelServerError."""

    base_url: str

    def version(self) -> str: ...
    def models(self) -> Sequence[ServedModel]: ...
    def loaded(self) -> Sequence[LoadedModel]: ...
    def show(self, name: str) -> Mapping[str, Any]: ...


class ModelServer(AskedServer, Protocol):
    """The same, and what it can be told to do."""

    def preload(self, name: str, num_ctx: int, keep_alive: str | None) -> None: ...
    def unload(self, name: str) -> None:
        """Has the model leave memory now."""

    def derive(self, name: str, of: str, num_ctx: int) -> None:
        """Makes the model ``name`` of another one: the same weights, with that context in
        tokens."""

    def delete(self, name: str) -> None:
        """Removes an installed model."""

    def pull(self, name: str) -> Iterator[PullProgress]:
        """Downloads a model, told step by step; what was there already is gone on with. Ends
        when the server says success, and raises ModelServerError otherwise. Closing the
        iterator cancels."""


class Relay(Protocol):
    """Passes an engine's requests on to the model's server, and sees what fails."""

    @property
    def url(self) -> str: ...
    @property
    def trouble(self) -> str:
        """The server's own words, once no retry will mend it; empty while all is well."""

    @property
    def last_failure(self) -> str:
        """What the last answer failed with; empty where it did not."""

    def start(self) -> None:
        """After the engine was started: requests that came meanwhile wait."""

    def close(self) -> None: ...


class ModelServerError(Exception):
    """``kind``: ``refused``, ``timeout``, ``http`` (with ``status``), ``garbage``, or
    ``certificate`` where https was not trusted."""

    def __init__(self, kind: str, message: str, status: int = 0) -> None:
        super().__init__(message)
        self.kind = kind
        self.status = status


class Hardware(Protocol):
    """The machine's memory."""

    def memory(self) -> Machine: ...


class ClaudeHome(Protocol):
    """The person's Claude configuration, read only."""

    @property
    def config_dir(self) -> Path: ...
    def mcp_servers(self) -> str:
        """The MCP servers of the person's own record, as a JSON object; empty where there are
        none."""

    def managed(self) -> bool:
        """Whether an organisation's settings stand above all others on this machine."""

    def look(self, cwd: Path) -> ClaudeFolder: ...

    def memory(self) -> MemoryFolder:
        """Where Claude's memory beyond a project lies."""

    def may_import(self, cwd: Path) -> bool:
        """Whether the person let this project's CLAUDE.md import files from outside it, when
        Claude asked."""
