"""What is kept of a run: which engines, which verdicts, which files. Of the prompt only its
first line, of the answer nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, get_args

if TYPE_CHECKING:
    from ai_code.core.changes import LandedFile

VERSION = 1
"""Of the form on disk. It only grows; a record of a higher version is not read."""

State = Literal["running", "done", "crashed", "undone"]
_PROMPT_CHARS = 200


class Attempt(NamedTuple):
    """One engine's turn. ``verdict`` is the word of ``verdict_name``; ``wall_s`` in seconds,
    ``resets_at`` and ``ended`` Unix epochs (0: not known); ``excerpt`` is the bounded evidence,
    never an answer. Tokens as the engine told them, 0 where it did not; ``replying_s`` are the
    seconds in which the received ones came, each reply from its first words on. ``caught_up``:
    Claude's model itself said something, be it before a limit, and knew by then what local
    engines had done here. Of a local model:
    ``context`` it was loaded with and ``prompt_tokens``, the longest prompt as its server counted
    it (0: not told)."""

    engine: str
    version: str = ""
    model: str = ""
    verdict: str = ""
    kind: str = ""
    reason: str = ""
    rule: str = ""
    excerpt: str = ""
    resets_at: int | None = None
    exit_code: int | None = None
    signal: int | None = None
    wall_s: float = 0.0
    session_id: str = ""
    context: int = 0
    prompt_tokens: int = 0
    ended: float = 0.0
    tokens_sent: int = 0
    tokens_received: int = 0
    replying_s: float = 0.0
    caught_up: bool = False


class RecordedLeftOut(NamedTuple):
    """A path that did not land, and why."""

    path: str
    reason: str


class RunRecord(NamedTuple):
    """One run. ``started`` and ``ended`` are Unix epochs in seconds; ``cwd`` and ``root``
    absolute paths; ``prompt_line`` the prompt's first line, bounded; ``undo_of`` the run that
    this one took back. ``interactive``: an engine's own screen, with a person at it."""

    id: str
    started: float
    cwd: str
    root: str
    ended: float | None = None
    prompt_line: str = ""
    attempts: tuple[Attempt, ...] = ()
    landed: tuple[LandedFile, ...] = ()
    left_out: tuple[RecordedLeftOut, ...] = ()
    exit_code: int | None = None
    state: State = "running"
    undo_of: str = ""
    commit: str = ""
    """Where what landed was committed by us."""
    checked: str = ""
    """The command that checked what landed, and found it good."""
    interactive: bool = False
    after: str = ""
    """The kind of the limit at which Claude's screen was left for this chat."""
    after_resets_at: int | None = None
    """Its reset (epoch), where it is known."""

    def with_state(self, state: State) -> RunRecord:
        return self._replace(state=state)


class RecordError(ValueError):
    """The text is no record, or one of a version that this program does not know."""


def prompt_line(prompt: str) -> str:
    """The first line of a prompt that is not empty, at most 200 characters of it."""
    for line in prompt.splitlines():
        if line.strip():
            return line.strip()[:_PROMPT_CHARS]
    return ""


def to_json(record: RunRecord) -> dict[str, Any]:
    """The record as plain values for JSON."""
    return {
        "version": VERSION,
        **record._asdict(),
        "attempts": [each._asdict() for each in record.attempts],
        "landed": [each._asdict() for each in record.landed],
        "left_out": [each._asdict() for each in record.left_out],
    }


def from_json(value: object) -> RunRecord:
    """The record that ``to_json`` wrote, also by an older or a slightly newer program: unknown
    fields are passed over. Raises RecordError."""
    from ai_code.core.changes import LandedFile

    if not isinstance(value, Mapping):
        raise RecordError("not an object")
    version = value.get("version")
    if not isinstance(version, int) or isinstance(version, bool) or version > VERSION:
        raise RecordError(f"version {version!r}, this program knows {VERSION}")
    try:
        known = _known(RunRecord, value)
        known["attempts"] = tuple(Attempt(**_known(Attempt, a)) for a in known.get("attempts", ()))
        known["landed"] = tuple(
            LandedFile(**_known(LandedFile, f)) for f in known.get("landed", ())
        )
        known["left_out"] = tuple(
            RecordedLeftOut(**_known(RecordedLeftOut, f)) for f in known.get("left_out", ())
        )
        record = RunRecord(**known)
    except (TypeError, AttributeError) as error:
        raise RecordError(str(error)) from error
    _check(record)
    return record


def _known(kind: type[Any], value: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value[name] for name in value.keys() & set(kind._fields)}


def _check(record: RunRecord) -> None:
    texts = (record.id, record.cwd, record.root, record.prompt_line, record.undo_of, record.commit)
    if not all(isinstance(text, str) for text in (*texts, record.after)) or not record.id:
        raise RecordError("a text is missing")
    numbers = (record.started, record.ended or 0, record.after_resets_at or 0)
    if not all(isinstance(number, int | float) for number in numbers):
        raise RecordError("a time is no number")
    if not all(_numbers(attempt) for attempt in record.attempts):
        raise RecordError("an attempt's time is no number")
    if record.state not in get_args(State):
        raise RecordError(f"state {record.state!r}")
    if not all(isinstance(file.path, str) for file in record.landed + record.left_out):
        raise RecordError("a path is no text")


def _numbers(attempt: Attempt) -> bool:
    told = (attempt.wall_s, attempt.ended, attempt.tokens_sent, attempt.tokens_received)
    resets_at = 0 if attempt.resets_at is None else attempt.resets_at
    return all(isinstance(number, int | float) for number in (*told, attempt.replying_s, resets_at))
