"""A drill: which day is played, what was seen of it, and what that proves. Values only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, NamedTuple

from ai_code.core.verdict import LimitKind, UnavailableReason

if TYPE_CHECKING:
    from ai_code.core.record import RunRecord
    from ai_code.core.task import LocalModel, Program

By = Literal["real", "stand-in", "recording", ""]
"""Who played a part; empty where nobody did."""
State = Literal["passed", "failed", "not needed", "not reached"]
"""A scenario has no such part: not needed. A part before it failed: not reached."""
Cause = Literal["", "claude", "limit", "engine", "Ollama", "model", "memory", "slow", "ai-code"]
"""What has to be mended where a part failed; empty where no command mends it."""
Local = Literal["answers", "down", "missing", "memory", "cut"]
"""What the local side does: it works, the server is down, has no model, no memory for it, or
cuts the model's answer off."""
Outcome = Literal["lands", "stays", "refused"]
"""The local model's edit lands; Claude goes on by itself; nothing lands, and it is said why."""

PARTS = (
    "claude",
    "limit seen",
    "brief",
    "Ollama",
    "model",
    "engine",
    "landing",
    "undo",
    "return to Claude",
)
"""The parts of a fallback, in the order of the table."""


def part_names(engine: str) -> tuple[str, ...]:
    """Their names in the table: the engine's part has its own."""
    return tuple(engine if each == "engine" else each for each in PARTS)


FILE = "hello.py"
BEFORE = 'def hello():\n    print("hello")\n\n\ndef goodbye():\n    print("goodbye")\n'
TASK = "Add a docstring to hello() and to goodbye() in hello.py."
MEMORY = "Docstrings in this project are one short sentence in the imperative mood."
"""What the scratch project's CLAUDE.md says; the local model has to be told."""
BY_CLAUDE = "Print a greeting."
BY_MODEL = "Print a farewell."


class Mend(NamedTuple):
    """A command to paste, and apart from it what it is for."""

    command: str
    about: str = ""


@dataclass(frozen=True, slots=True)
class Scenario:
    """One day. ``api`` names what the API does (``drill.scenarios``), ``kind`` the limit that
    has to be seen, ``reason`` why Claude is unavailable instead; ``says`` are texts that the
    person has to read, ``retries`` how often Claude may ask again (its own ten take three minutes),
    ``mid_task`` says that Claude has edited before the limit."""

    name: str
    told: str
    api: str
    outcome: Outcome = "lands"
    local: Local = "answers"
    kind: LimitKind | None = None
    reason: UnavailableReason | None = None
    says: tuple[str, ...] = ()
    options: tuple[str, ...] = ()
    retries: int | None = None
    mid_task: bool = False
    hostile: bool = False


SCENARIOS = {
    each.name: each
    for each in (
        Scenario("mid-task", "the 5-hour limit in the middle of a task", "mid-task",
                 kind=LimitKind.SESSION, mid_task=True),
        Scenario("normal-day", "Claude has room: nothing falls back", "normal-day",
                 outcome="stays"),
        Scenario("session", "the 5-hour limit at once", "session", kind=LimitKind.SESSION),
        Scenario("weekly", "the weekly limit", "weekly", kind=LimitKind.WEEKLY),
        Scenario("model", "the limit of one model", "model", kind=LimitKind.MODEL),
        Scenario("credit", "out of credit", "credit", kind=LimitKind.CREDIT),
        Scenario("passing-429", "two 429 that pass: Claude is waited for", "passing-429",
                 outcome="stays"),
        Scenario("overloaded", "a 529 that does not pass", "overloaded",
                 kind=LimitKind.OVERLOADED, options=("--patience", "2")),
        Scenario("server-down", "a limit, and Ollama is not running", "session",
                 outcome="refused", local="down", kind=LimitKind.SESSION,
                 says=("Ollama is not running at", "hint: ")),
        Scenario("model-missing", "a limit, and Ollama has no model", "session",
                 outcome="refused", local="missing", kind=LimitKind.SESSION,
                 says=("Ollama has no model installed", "hint: ai-code models pull")),
        Scenario("out-of-memory", "a limit, and the model does not fit", "session",
                 outcome="refused", local="memory", kind=LimitKind.SESSION,
                 says=("requires more system memory", "hint: ollama ps")),
        Scenario("cut-stream", "a limit, and the model's answer breaks off", "session",
                 outcome="refused", local="cut", kind=LimitKind.SESSION,
                 says=("the model's answer was cut off", "hint: ")),
        Scenario("network-down", "Claude cannot be reached: no limit, no fallback",
                 "network-down", outcome="refused", reason=UnavailableReason.NETWORK,
                 says=("Claude Code: API Error", "hint: ai-code --local"), retries=1),
        Scenario("hostile-repository", "a limit in a repository full of traps", "session",
                 kind=LimitKind.SESSION, hostile=True),
    )
}  # fmt: skip
"""All scenarios by name; the first is the default."""


@dataclass(frozen=True, slots=True)
class Setup:
    """What the drill found on this machine. ``claude`` None: it is played from a recording;
    ``model`` None: a stand-in plays Ollama and the model; ``program``, the engine's, None:
    ``fault`` says why it cannot be started. ``title`` is the engine's name in a banner;
    ``by_tools``: its model calls tools. ``settings`` are further ones of the person's that
    count."""

    program: Program | None
    engine: str = "aider"
    title: str = "Ollama + Aider"
    by_tools: bool = False
    claude: Program | None = None
    model: LocalModel | None = None
    claude_args: tuple[str, ...] = ()
    engine_args: tuple[str, ...] = ()
    edit_format: str = "diff"
    stall_timeout_s: float = 300.0
    settings: Mapping[str, object] = field(default_factory=dict)
    fault: str = "it is not installed, so nothing can go on locally"

    def named(self, part: str) -> str:
        """The name of one of ``PARTS`` in the table."""
        return part_names(self.engine)[PARTS.index(part)]


@dataclass(frozen=True, slots=True)
class Seen:
    """One run of ai-code in the drill. ``lines`` are its stderr, each with the time it came at,
    ``answer`` its stdout; times are seconds of the same monotonic clock everywhere. ``tree`` is
    the project afterwards: path → content, git's own files aside; ``git`` a digest of HEAD,
    index and settings; ``timed_out`` says that the drill ended the run."""

    code: int
    began: float
    ended: float
    lines: tuple[tuple[float, str], ...]
    tree: Mapping[str, bytes] = field(repr=False, default_factory=dict)
    git: str = ""
    record: RunRecord | None = None
    answer: str = field(repr=False, default="")
    timed_out: bool = False

    @property
    def text(self) -> str:
        """All of stderr."""
        return "\n".join(line for _, line in self.lines)

    def first(self, start: str) -> float | None:
        """When the first line that begins like this came."""
        return next((at for at, line in self.lines if line.startswith(start)), None)


@dataclass(frozen=True, slots=True)
class Chat:
    """One request for an answer of the local model: when it came, when the answer was out, and
    all that the model was told."""

    at: float
    until: float
    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Observed:
    """What a scenario was seen to do. ``asked`` are the times at which Claude asked its API,
    ``local_asked`` those at which anybody asked the model server (beginning, end); ``chats``
    None where a real server was asked directly, so that nobody could read along. ``sprung`` are
    traps that went off, or files that were written outside the project. ``diff`` is what
    ``ai-code diff`` shows of the main run: what landed, then what was left out and why."""

    scenario: Scenario
    setup: Setup
    before: Mapping[str, bytes] = field(repr=False)
    git_before: str
    main: Seen
    asked: tuple[float, ...] = ()
    local_asked: tuple[tuple[float, float], ...] = ()
    chats: tuple[Chat, ...] | None = ()
    diff: str = ""
    undo: Seen | None = None
    again: Seen | None = None
    sprung: tuple[str, ...] = ()

    @property
    def seconds(self) -> float:
        """All of it, from the first run's start to the last one's end."""
        return (self.again or self.undo or self.main).ended - self.main.began


@dataclass(frozen=True, slots=True)
class Part:
    """A row of the table. ``seconds`` None where nothing was timed; ``cause`` is what has to be
    mended where it failed. ``stands``: it failed whatever failed before it (something was
    damaged, which no other failure excuses)."""

    name: str
    by: By
    state: State
    seconds: float | None = None
    note: str = ""
    cause: Cause = ""
    stands: bool = False
