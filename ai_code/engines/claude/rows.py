"""A session as its transcript tells it, row by row: what was asked and done, and whether it
stands at a limit. The rows are read as the events of a run, by the same rules."""

from __future__ import annotations

from datetime import tzinfo

from ai_code.core.exits import Exit
from ai_code.core.text import one_line
from ai_code.core.verdict import PASSING_KINDS, LimitReached
from ai_code.engines.claude.fields import (
    SYNTHETIC,
    Json,
    dict_of,
    epoch_of,
    json_object,
    text_of,
    words_of,
)
from ai_code.engines.claude.judge import judge
from ai_code.engines.claude.prompts import typed
from ai_code.engines.claude.stream import Stream

_SAID = 300
_TYPED = 1500
_MENTIONED = (b'"assistant"', b'"user"')


class SessionRows:
    """Rows written at ``since`` (epoch) or later; earlier ones are of another sitting."""

    def __init__(self, since: float) -> None:
        self._since = since
        self._stream = Stream(None)
        self._limited: LimitReached | None = None
        self.prompt = ""
        """What the person typed last."""
        self.first_prompt = ""
        self.said = ""
        self.model = ""
        self.version = ""
        self.answered = False
        """Whether the model has spoken at all."""

    @property
    def edited(self) -> tuple[str, ...]:
        """Files that Claude wrote, as it named them."""
        return self._stream.observed().edited

    @property
    def limit(self) -> LimitReached | None:
        """The limit that the session stands at; None once the model has spoken again. Another
        failure after it says nothing of a limit that does not pass."""
        return self._limited

    def feed(self, line: bytes, tz: tzinfo) -> None:
        """One row. ``tz`` tells which day a time of day in a limit's text is of."""
        # Most of a transcript are snapshots of requests, and they are large.
        if not any(kind in line[-4096:] or kind in line[:4096] for kind in _MENTIONED):
            return
        row = json_object(line)
        at = epoch_of(row) if row else None
        if row is None or at is None or at < self._since or row.get("isSidechain") is True:
            return
        if row["type"] == "user":
            self._user(row, line)
        elif row["type"] == "assistant":
            self._assistant(row, line, at, tz)

    def _user(self, row: Json, line: bytes) -> None:
        self._stream.user_line(line)
        if words := typed(row):
            self.prompt = words[:_TYPED]
            self.first_prompt = self.first_prompt or self.prompt

    def _assistant(self, row: Json, line: bytes, at: float, tz: tzinfo) -> None:
        if _is_filler(row):
            return
        self._stream.event(_as_event(row), line)
        seen = self._stream.observed(events=1)
        self.version = text_of(row.get("version")) or self.version
        if seen.error is None:
            self._limited, self.answered = None, True
            message = dict_of(row.get("message"))
            self.model = text_of(message.get("model")) or self.model
            self.said = one_line(words_of(message.get("content")), _SAID) or self.said
            return
        verdict = judge(seen, Exit(1), now=int(at), tz=tz)
        if isinstance(verdict, LimitReached):
            self._limited = verdict
        elif self._limited is not None and self._limited.kind in PASSING_KINDS:
            self._limited = None


def _is_filler(row: Json) -> bool:
    """A row in the model's place that is no error ("No response requested."): nobody spoke."""
    synthetic = dict_of(row.get("message")).get("model") == SYNTHETIC
    return synthetic and row.get("isApiErrorMessage") is not True and not row.get("error")


def _as_event(row: Json) -> Json:
    """A row of the transcript in the names that ``--output-format stream-json`` has."""
    refused = row.get("apiErrorParams") or {"rate_limit_info": row.get("quotaLimits")}
    return {
        "type": row["type"],
        "message": row.get("message"),
        "error": row.get("error"),
        "is_api_error_message": row.get("isApiErrorMessage"),
        "api_error_status": row.get("apiErrorStatus"),
        "api_error": row.get("apiError"),
        "api_error_params": refused,
    }
