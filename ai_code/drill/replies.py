"""What the stand-in of Ollama can do with a chat request: a text, or one of these values.

Replies are a list, one per request that asks for an answer; the last one repeats. The texts of
failures are Ollama's own (facts: ollama-models.md, aider.md).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class OutOfMemory:
    """500: the model does not fit. ``newer`` chooses the wording of newer servers."""

    newer: bool = False

    @property
    def message(self) -> str:
        """Ollama's words."""
        if self.newer:
            return (
                "llama-server reported out-of-memory during startup: "
                "failed to allocate buffer of size 4294967296"
            )
        return "model requires more system memory (8.4 GiB) than is available (3.1 GiB)"


@dataclass(frozen=True, slots=True)
class NotFound:
    """404, as if the model had been removed meanwhile."""


@dataclass(frozen=True, slots=True)
class HttpError:
    """Any status with a body that is sent as it is."""

    status: int
    body: str = '{"error":"something went wrong"}'


@dataclass(frozen=True, slots=True)
class CutStream:
    """The connection drops after ``text``."""

    text: str


@dataclass(frozen=True, slots=True)
class ErrorLine:
    """An ``{"error": …}`` line in mid-stream; the status was 200 already."""

    text: str
    error: str = "an error was encountered while running the model: unexpected EOF"


@dataclass(frozen=True, slots=True)
class LengthStop:
    """The answer ends at the token limit: ``done_reason`` is length."""

    text: str


@dataclass(frozen=True, slots=True)
class Slow:
    """An answer word by word; the first word waits as well (a model that is loading)."""

    text: str
    seconds_between: float = 0.1


@dataclass(frozen=True, slots=True)
class Hang:
    """Silence: for so many seconds, after ``text`` where there is any; then the connection
    drops."""

    seconds: float = 3600.0
    text: str = ""


@dataclass(frozen=True, slots=True)
class Dies:
    """The server is killed after ``text``: all connections are cut, new ones refused."""

    text: str = ""


@dataclass(frozen=True, slots=True)
class EndsWithoutDone:
    """The answer ends cleanly after ``text``, but never says that it is over: the line with
    ``done`` does not come, a whole answer has no reason."""

    text: str


@dataclass(frozen=True, slots=True)
class Call:
    """One call of a tool. ``arguments`` as text are sent as they are, whether JSON or not;
    ``free``: the tool takes a text and no JSON."""

    name: str
    arguments: Mapping[str, Any] | str
    free: bool = False

    @property
    def text(self) -> str:
        """The arguments as the model wrote them."""
        told = self.arguments
        return told if isinstance(told, str) else json.dumps(told, ensure_ascii=False)


@dataclass(frozen=True, slots=True)
class ToolCalls:
    """The model calls tools, after ``text`` where there is any."""

    calls: tuple[Call, ...]
    text: str = ""


@dataclass(frozen=True, slots=True)
class Agent:
    """A model that carries a task out with the tools it is offered, whichever they are: it reads
    ``reads``, writes ``edits`` (path → content), makes ``changes`` (path → old and new text), runs
    ``runs``, and says ``closing``, or what was refused. One turn per request: as the last reply it
    plays to the end.

    It ``looks`` at a file before it writes over it. ``saying`` stands before each call,
    ``garbled`` cuts its arguments off. A request without tools is answered with ``text``, and
    where that is empty uses up no reply.
    """

    edits: Mapping[str, str] = field(default_factory=dict)
    closing: str = "Done."
    reads: tuple[str, ...] = ()
    changes: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    runs: str = ""
    saying: str = ""
    text: str = ""
    garbled: bool = False
    looks: bool = True


Reply = (
    str
    | ToolCalls
    | Agent
    | OutOfMemory
    | NotFound
    | HttpError
    | CutStream
    | ErrorLine
    | LengthStop
    | Slow
    | Hang
    | Dies
    | EndsWithoutDone
)


def text_of(reply: Reply) -> str:
    """The text that a reply says before whatever happens; empty for those that say nothing."""
    if isinstance(reply, str):
        return reply
    if isinstance(reply, OutOfMemory | NotFound | HttpError):
        return ""
    return reply.text


def reason_of(reply: Reply) -> str:
    """Ollama's done_reason of an answer that comes to its end; empty where its runner goes away."""
    if isinstance(reply, EndsWithoutDone):
        return ""
    return "length" if isinstance(reply, LengthStop) else "stop"


def edit_block(path: str, search: str, replace: str, language: str = "python") -> str:
    """An answer in aider's ``diff`` edit format: one SEARCH/REPLACE block.

    An empty ``search`` makes a new file.
    """
    lines = [
        path,
        f"```{language}",
        "<<<<<<< SEARCH",
        *search.splitlines(),
        "=======",
        *replace.splitlines(),
        ">>>>>>> REPLACE",
        "```",
    ]
    return "\n".join(lines) + "\n"


def whole_file(path: str, content: str) -> str:
    """An answer in aider's ``whole`` edit format: the path, then the file between fences."""
    end = "" if content.endswith("\n") else "\n"
    return f"{path}\n```\n{content}{end}```\n"
