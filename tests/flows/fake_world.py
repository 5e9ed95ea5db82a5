"""A world for the flows: engines that print what a test gives them, a clock that sleeping moves.

Every run of an engine is expected beforehand. One that nobody expected fails the test at once,
one that did not happen fails it at the end, and so does a question that was never asked.
Journal, limits, trees and files are the real ones, in a folder of the test's own.
"""

from __future__ import annotations

import json
import math
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, tzinfo
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Literal, TypeVar

import pytest

from ai_code.core.command import Command
from ai_code.core.errors import AiCodeError
from ai_code.core.exits import EndedBy, Exit
from ai_code.core.ports import (
    ClaudeFolder,
    Listener,
    LoadedModel,
    Machine,
    ModelServerError,
    NoStandbyError,
    PullProgress,
    ServedModel,
)
from ai_code.core.ports_memory import MemoryFolder
from ai_code.core.record import RunRecord
from ai_code.core.task import Program
from ai_code.flows.interactive import Interactive
from ai_code.flows.run import Run
from ai_code.flows.turns import RunOptions
from ai_code.settings import KEYS, Settings, typed_settings
from ai_code.system.catalogue_files import load_catalogue
from ai_code.system.files import SystemFiles
from ai_code.system.journal import FileJournal
from ai_code.system.limit_store import LimitStore
from ai_code.system.machine_facts import SystemFacts
from ai_code.system.memory_index import SqliteIndex
from ai_code.system.model_notes import FileModelNotes
from ai_code.system.note_files import NoteFiles
from ai_code.system.ollama_folder import SystemOllamaFolder
from ai_code.system.scratch_folder import scratch_folder
from ai_code.system.transcripts import FileTranscripts
from ai_code.system.trees import RealTrees
from ai_code.system.untold import UntoldTrees
from tests.flows.fake_terminal import FakeTerminal
from tests.recorded import recordings

T = TypeVar("T")
NOW = 1795207640
"""20 Nov 2026, 20:47:20 UTC: when the recordings were made."""
GIB = 1 << 30
ANSWER = "I added the docstring."
EDITED = 'def hello():\n    """Print a greeting."""\n    print("hello")\n'


@dataclass(frozen=True, slots=True)
class Silence:
    """Time in which an engine prints nothing, seconds."""

    seconds: float


Piece = bytes | Silence | Callable[[], object]
"""What an engine prints, a silence, or something that somebody does at that moment."""
Edits = Mapping[str, str | None]
"""Path below the folder an engine works in → its new text, None to delete it."""


@dataclass(slots=True)
class Expected:
    """One run of an engine: what it prints, changes, and how it ends."""

    engine: Literal["claude", "aider"]
    pieces: Sequence[Piece]
    exit: Exit
    edits: Edits
    meanwhile: Callable[[], None]


@dataclass(slots=True)
class FakeStandby:
    """See ``ai_code.core.ports.Standby``: ``command`` is what it was started for."""

    command: Command
    modules: tuple[str, ...]
    state: Literal["waits", "ended", "ran"] = "waits"
    failed: str = ""

    def end(self) -> None:
        if self.state == "waits":
            self.state = "ended"

    def become(self, command: Command) -> None:
        assert self.state == "waits"
        same = (command.argv[0], command.env) == (self.command.argv[0], self.command.env)
        self.state = "ran" if same else "ended"
        self.failed = "" if same else "its environment would be another one"


class FakeProcesses:
    """Plays the expected runs. ``commands`` are those that were started."""

    def __init__(self, clock: FakeClock) -> None:
        self._clock = clock
        self.expected: deque[Expected] = deque()
        self.commands: list[Command] = []
        self.messages: list[str] = []
        self.missing: set[str] = set()
        self.versions: dict[str, tuple[int, ...] | None] = {"claude": (2, 1, 329)}
        self.broken: AiCodeError | None = None
        self.standbys: list[FakeStandby] = []
        self.failing: set[str] = set()
        """Programs whose quick checks fail."""
        self.no_standby = ""
        """Why there is none."""

    def find(self, argv: Sequence[str]) -> Program | None:
        if self.broken is not None:
            raise self.broken
        if argv[0] in self.missing:
            return None
        return Program((f"/programs/{argv[0]}", *argv[1:]))

    def version(self, program: Program, *, away: bool = False, brief: bool = False) -> Program:
        return program._replace(version=self.versions.get(Path(program.argv[0]).name))

    def succeeds(self, command: Command) -> bool:
        return Path(command.argv[0]).name not in self.failing

    def standby(self, command: Command, modules: Sequence[str]) -> FakeStandby:
        if self.no_standby:
            raise NoStandbyError(self.no_standby)
        self.standbys.append(FakeStandby(command, tuple(modules)))
        return self.standbys[-1]

    def run(self, command: Command, listener: Listener, standby: FakeStandby | None = None) -> Exit:
        self.commands.append(command)
        if standby is not None:
            standby.become(command)
        if "--message-file" in command.argv:
            message = Path(option(command, "--message-file") or "")
            # What is known of the project is a file of its own beside the message.
            self.messages.append(message.read_text() + message.with_name("about.md").read_text())
        name = Path(command.argv[0]).name
        if not self.expected:
            pytest.fail(f"an unexpected run of {name}: {command.argv}")
        expected = self.expected.popleft()
        if expected.engine != name:
            pytest.fail(f"a run of {expected.engine} was expected, {name} was started")
        if rules := command.env.get("AI_CODE_FENCE"):
            # The fence makes its log when it is raised.
            Path(json.loads(rules)["told"]).touch()
        listener.started()
        started = self._clock.monotonic()
        for path, text in expected.edits.items():
            _edit(command.cwd / path, text)
        expected.meanwhile()
        ended = self._play(expected.pieces, listener, started)
        wall_s = self._clock.monotonic() - started
        if ended is not None:
            return Exit(143, ended_by=ended, wall_s=wall_s)
        return expected.exit._replace(wall_s=wall_s)

    def _play(self, pieces: Sequence[Piece], listener: Listener, started: float) -> EndedBy | None:
        for piece in pieces:
            if isinstance(piece, Silence):
                ended = self._silence(piece.seconds, listener, started)
            elif callable(piece):
                piece()
                ended = None
            else:
                listener.output("out", piece)
                ended = listener.tick(self._clock.monotonic() - started, 0.0)
            if ended is not None:
                return ended
        return None

    def _silence(self, seconds: float, listener: Listener, started: float) -> EndedBy | None:
        silent = 0.0
        while silent < seconds:
            self._clock.advance(0.25)
            silent += 0.25
            ended = listener.tick(self._clock.monotonic() - started, silent)
            if ended is not None:
                return ended
        return None


def _edit(path: Path, text: str | None) -> None:
    if text is None:
        path.unlink()
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode("utf-8", "surrogateescape"))


class FakeClock:
    """Time passes when somebody sleeps, or when a test says so."""

    def __init__(self) -> None:
        self._now = float(NOW)
        self.slept: list[float] = []

    def now(self) -> float:
        return self._now

    def monotonic(self) -> float:
        return self._now - NOW + 100.0

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self._now += max(seconds, 0.0)

    def advance(self, seconds: float) -> None:
        self._now += seconds

    def local_tz(self) -> tzinfo:
        return UTC


class FakeConsole:
    """Keeps what was shown: ``shown`` in order with its kind, ``stdout`` the bytes of a pipe."""

    def __init__(self) -> None:
        self.stdin_is_tty = self.stdout_is_tty = self.stderr_is_tty = False
        self.shown: list[tuple[str, str]] = []
        self.stdout = b""
        self.answers: deque[str | None] = deque()
        self.hidden: Sequence[str] = ()
        self.tells_errors = False
        self.choices: list[str] = []
        """The letters of each question."""

    def terminal(self) -> None:
        self.stdin_is_tty = self.stdout_is_tty = self.stderr_is_tty = True

    def hide(self, values: Sequence[str]) -> None:
        self.hidden = values

    def answer(self, text: str) -> None:
        self.stdout += text.encode()

    def answer_end(self) -> None:
        self.shown.append(("answer-end", ""))

    def raw(self, data: bytes) -> None:
        self.stdout += data

    def banner(self, title: str, line: str, *, switch: bool = False) -> None:
        self.shown.append(("switch" if switch else "banner", f"{title} {line}".rstrip()))

    def note(self, text: str) -> None:
        self.shown.append(("note", text))

    def important(self, text: str) -> None:
        self.shown.append(("important", text))

    def tool(self, text: str) -> None:
        self.shown.append(("tool", text))

    def detail(self, text: str) -> None:
        self.shown.append(("detail", text))

    def status(self, text: str) -> None:
        if text:
            self.shown.append(("status", text))

    def error(self, error: AiCodeError) -> None:
        if not self.tells_errors:
            pytest.fail(f"an error is app's to show: {error}")
        self.shown.append(("error", f"{error.what} {error.why} {error.hint}"))

    def ask(self, question: str, choices: Mapping[str, str]) -> str | None:
        self.shown.append(("ask", question))
        self.choices.append("".join(choices))
        if not self.answers:
            pytest.fail(f"an unexpected question: {question}")
        answer = self.answers.popleft()
        assert answer is None or answer in choices
        return answer

    def ask_line(self, question: str) -> str | None:
        self.shown.append(("ask", question))
        if not self.answers:
            pytest.fail(f"an unexpected question: {question}")
        return self.answers.popleft()

    def of(self, kind: str) -> list[str]:
        return [text for each, text in self.shown if each == kind]

    @property
    def told(self) -> str:
        """Every line of ours that a person sees, without the passing status line."""
        return "\n".join(text for kind, text in self.shown if kind not in ("status", "detail"))


@dataclass
class FakeServer:
    """An Ollama with one model, unless a test says otherwise."""

    base_url: str = "http://127.0.0.1:11434"
    served: list[ServedModel] = field(
        default_factory=lambda: [ServedModel("qwen2.5-coder:7b", 5 * GIB)]
    )
    running: list[LoadedModel] = field(default_factory=list)
    error: ModelServerError | None = None
    asked: int = 0
    headers: Mapping[str, str] = field(default_factory=dict)
    ca_file: str = ""
    preloaded: list[tuple[str, int, str | None]] = field(default_factory=list)

    def version(self) -> str:
        return "0.13.0"

    def models(self) -> Sequence[ServedModel]:
        self.asked += 1
        if self.error is not None:
            raise self.error
        return self.served

    def loaded(self) -> Sequence[LoadedModel]:
        return self.running

    def show(self, name: str) -> Mapping[str, Any]:
        return {}

    def preload(self, name: str, num_ctx: int, keep_alive: str | None) -> None:
        self.preloaded.append((name, num_ctx, keep_alive))
        self.running.append(LoadedModel(name, 5 * GIB, 0, num_ctx))

    def unload(self, name: str) -> None:
        self.running = [row for row in self.running if row.name != name]

    def delete(self, name: str) -> None:
        self.served = [row for row in self.served if row.name != name]

    def pull(self, name: str) -> Iterator[PullProgress]:
        yield PullProgress("pulling manifest")
        self.served.append(ServedModel(name, 5 * GIB))
        yield PullProgress("success")


class FakeFolder(SystemOllamaFolder):
    """Ollama's folder of models on a disk with as much room as a test says. All models of the
    server lie there."""

    def __init__(self, path: Path, free: int) -> None:
        super().__init__(path)
        self._free = free

    def free_bytes(self) -> int | None:
        return self._free

    def holds(self, name: str) -> bool:
        return True


class FakeHardware:
    def __init__(self) -> None:
        self.machine = Machine(32 * GIB, 24 * GIB)

    def memory(self) -> Machine:
        return self.machine


class FakeNotices:
    """Keeps what a person would have been told: (event, how, title, text), and timers."""

    def __init__(self) -> None:
        self.told: list[tuple[str, object, str, str]] = []
        self.timers: dict[str, int] = {}
        self.problem = ""
        self.failed: list[str] = []
        self.has_timers = True

    def failures(self) -> list[str]:
        failed, self.failed = self.failed, []
        return failed

    def tell(self, how: str | Sequence[str], title: str, text: str, event: str) -> str:
        self.told.append((event, how, title, text))
        return self.problem

    def tell_at(
        self, how: str | Sequence[str], title: str, text: str, event: str, *, at: int, account: str
    ) -> str:
        self.timers[account] = at
        return self.problem

    def forget(self, account: str) -> None:
        self.timers.pop(account, None)


class FakeClaudeHome:
    def __init__(self, config_dir: Path) -> None:
        self.imports_approved = False
        self.is_managed = False
        self.folder = ClaudeFolder(
            has_folder_settings=False,
            trusted=False,
            permission_mode=None,
            subscription=True,
            config_dir=config_dir,
            auth="subscription",
        )

    def look(self, cwd: Path) -> ClaudeFolder:
        return self.folder

    def managed(self) -> bool:
        return self.is_managed

    def memory(self) -> MemoryFolder:
        return MemoryFolder(self.folder.config_dir)

    def may_import(self, cwd: Path) -> bool:
        return self.imports_approved


@dataclass
class Outcome:
    """How a run ended: its exit code, and the error that app would show."""

    code: int
    error: AiCodeError | None = None

    @property
    def text(self) -> str:
        return f"{self.error.what}\n{self.error.why}\n{self.error.hint}" if self.error else ""


class FakeWorld:
    """See ``ai_code.flows.world.World``; ``settings`` and ``options`` are a run's."""

    def __init__(self, cwd: Path, state: Path, environ: Mapping[str, str]) -> None:
        self.cwd = cwd
        self.state = state
        self.environ: dict[str, str] = dict(environ)
        self.shown_as = ""
        self.clock = FakeClock()
        self.console = FakeConsole()
        self.processes = FakeProcesses(self.clock)
        self.hardware = FakeHardware()
        self.server = FakeServer()
        self.servers: dict[str, FakeServer] = {}
        self.ca_bundle: Path | None = None
        self.notices = FakeNotices()
        self.claude_home = FakeClaudeHome(Path("/home/person/.claude"))
        self.transcripts = FileTranscripts(state / "claude")
        self.untold = UntoldTrees(state)
        self.terminal = FakeTerminal(state / "claude" / "projects", self.clock)
        self.trees = RealTrees(state, environ)
        self.journal: Any = FileJournal(state, now=self.clock.now)
        self.limits: Any = LimitStore(state / "limits.json")
        self.files = SystemFiles()
        self.catalogue = load_catalogue(state / "models.yaml")
        self.model_notes = FileModelNotes(state / "models.json")
        self.notes = NoteFiles(state)
        self.memory_index = SqliteIndex(state / "memory" / "index.sqlite3")
        self.site: Any = SimpleNamespace(macos=False, nix="")
        self.fence_dir = Path("/fence")
        self.has_kernel_fence = self.has_network_fence = True
        self.disk_free = 1000 * 10**9
        """Bytes, where Ollama keeps its models."""
        self.leftovers: list[str] = []
        self.settings = typed_settings({name: key.default for name, key in KEYS.items()})
        self.run_ids: list[str] = []
        self._ids = 0

    # the port -----------------------------------------------------------------------------

    def model_server(
        self, base_url: str, headers: Mapping[str, str], ca_file: str = ""
    ) -> FakeServer:
        server = self.servers.get(base_url, self.server)
        server.base_url, server.headers, server.ca_file = base_url, headers, ca_file
        return server

    def patient_server(
        self, base_url: str, headers: Mapping[str, str], ca_file: str = ""
    ) -> FakeServer:
        return self.model_server(base_url, headers, ca_file)

    def ollama_folder(self, names: Sequence[str], said: str = "") -> FakeFolder:
        return FakeFolder(self.state / "ollama" / "models", self.disk_free)

    @property
    def machine_facts(self) -> SystemFacts:
        return SystemFacts(self.environ, lambda _argv: None)

    @contextmanager
    def scratch(self) -> Iterator[Path]:
        with scratch_folder({"TMPDIR": str(self.state)}) as folder:
            yield folder

    def local_soon(self) -> None:
        """All is here."""

    def background(self, work: Callable[[], T]) -> Callable[[], T]:
        try:
            value = work()
        except Exception as error:  # noqa: BLE001  it is raised where it is asked for
            raised = error

            def fail() -> T:
                raise raised

            return fail
        return lambda: value

    @contextmanager
    def undisturbed(self, seconds: float = math.inf) -> Iterator[None]:
        yield

    def new_id(self) -> str:
        self._ids += 1
        return f"session-{self._ids}"

    def running(self, run_id: str) -> None:
        self.run_ids.append(run_id)

    def sweep_leftovers(self) -> Sequence[str]:
        return self.leftovers

    # what a test says ---------------------------------------------------------------------

    def set(self, **changes: object) -> None:
        """Changes settings, by attribute."""
        settings: Settings = self.settings._replace(**changes)  # type: ignore[arg-type]
        self.settings = settings

    def expect(
        self,
        engine: Literal["claude", "aider"],
        *pieces: Piece,
        exit: Exit | int = 0,
        edits: Edits | None = None,
        meanwhile: Callable[[], None] = lambda: None,
    ) -> None:
        ended = Exit(exit) if isinstance(exit, int) else exit
        self.processes.expected.append(Expected(engine, pieces, ended, edits or {}, meanwhile))

    def expect_recording(self, name: str, *before: Piece, edits: Edits | None = None) -> None:
        """Claude as it was recorded, after ``before``."""
        row = recordings()[name]
        code = row["exit_code"]
        ended = Exit(code) if code is not None else Exit(None, signal=9)
        self.expect("claude", *before, row["stdout"].encode(), exit=ended, edits=edits)

    def expect_aider(
        self,
        answer: str = ANSWER,
        *,
        edits: Edits | None = None,
        exit: Exit | int = 0,
        meanwhile: Callable[[], None] = lambda: None,
    ) -> None:
        """aider that answers, and edits ``hello.py`` unless told otherwise."""
        changed = {"hello.py": EDITED} if edits is None else edits
        output = aider_output(answer, tuple(changed))
        self.expect("aider", output, exit=exit, edits=changed, meanwhile=meanwhile)

    def go(self, prompt: str = "add a docstring to hello()", **options: Any) -> Outcome:
        self.clock.advance(0.01)  # ids of runs sort by their time
        try:
            return Outcome(Run(self, self.settings, RunOptions(prompt, **options)).go())
        except AiCodeError as error:
            return Outcome(int(error.exit_code), error)

    def chat(self, **options: Any) -> Outcome:
        """``ai-code chat``."""
        self.clock.advance(0.01)
        try:
            return Outcome(Interactive(self, self.settings, RunOptions("", **options)).go())
        except AiCodeError as error:
            return Outcome(int(error.exit_code), error)

    @property
    def command(self) -> Command:
        """The last command that was started."""
        return self.processes.commands[-1]

    @property
    def record(self) -> RunRecord:
        """The newest record of the journal."""
        record: RunRecord = self.journal.list(1)[0]
        return record

    def read(self, name: str) -> str:
        return (self.cwd / name).read_text()

    def message(self) -> str:
        """What the last aider was told."""
        return self.processes.messages[-1]

    def done(self) -> None:
        """Everything that was expected has happened."""
        left = [each.engine for each in (*self.processes.expected, *self.terminal.expected)]
        assert not left, f"expected runs that did not happen: {left}"
        assert not self.console.answers, "questions that were never asked"


def aider_output(answer: str, applied: Sequence[str] = ()) -> bytes:
    """What aider 0.86.2 prints around an answer."""
    lines = [
        "Aider v0.86.2",
        "Model: ollama_chat/qwen2.5-coder:7b with diff edit format",
        "Git repo: .git with 3 files",
        "Repo-map: using 1024 tokens, auto refresh",
        "Added hello.py to the chat.",
        "",
        answer,
        "",
        "Tokens: 1.2k sent, 120 received.",
        *(f"Applied edit to {path}" for path in applied),
    ]
    return ("\n".join(lines) + "\n").encode()


def option(command: Command, name: str) -> str | None:
    """The value that a command line gives an option, or None."""
    argv = command.argv
    return argv[argv.index(name) + 1] if name in argv else None
