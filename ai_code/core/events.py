"""What an engine's reader makes of the bytes that come: small values for screen and record."""

from __future__ import annotations

from typing import NamedTuple

from ai_code.core.verdict import LimitKind


class Text(NamedTuple):
    """A piece of the answer, as it comes. Pieces join without separators."""

    text: str


class Tool(NamedTuple):
    """The engine used a tool; ``detail`` is one short line (a path, a command)."""

    name: str
    detail: str = ""


class Edited(NamedTuple):
    """The engine says that it wrote this file (a path as the engine named it)."""

    path: str


class Refused(NamedTuple):
    """The engine did not let the model use a tool. What it may not write is told beside its
    verdict (``LocalRun.refused``); ``command`` is what the model wanted to run, if it was that."""

    tool: str
    command: str = ""


class Retrying(NamedTuple):
    """The engine is trying again by itself. ``kind`` is rate or overloaded where that is why;
    ``delay_s`` is what it waits before the next attempt, 0 where unknown."""

    kind: LimitKind | None
    attempt: int = 0
    delay_s: float = 0.0
    message: str = ""
    network: bool = False
    """No answer came at all: the connection failed or dropped."""


class Recovered(NamedTuple):
    """The retries were followed by an answer: the model speaks again."""


class PaidUsage(NamedTuple):
    """The run goes on, but from here on it costs money beyond the plan."""

    message: str


class Warned(NamedTuple):
    """An early warning (93 % of the limit used) or another thing worth one line."""

    message: str
    limit_near: bool = False
    """A limit may be met soon: what goes on then can be made ready."""


class Permanent(NamedTuple):
    """An error that no retry of the engine will mend: it may be ended at once."""

    message: str


class Progress(NamedTuple):
    """Something is going on that is not text: shown only while a person waits."""

    message: str


class Answer(NamedTuple):
    """The final answer, whole, as the engine itself would have printed it at the end."""

    text: str


class RawEvent(NamedTuple):
    """One line of the engine's own event stream (bytes of one JSON object, no newline), for
    ``--output-format stream-json``. ``final`` marks the result event, which is held back until
    it is known that no other engine goes on."""

    line: bytes
    final: bool = False


Event = (
    Text
    | Tool
    | Edited
    | Refused
    | Retrying
    | Recovered
    | PaidUsage
    | Warned
    | Permanent
    | Progress
    | Answer
    | RawEvent
)
