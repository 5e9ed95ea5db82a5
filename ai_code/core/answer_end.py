"""How a model's answer ended, read beside whoever it is for: in any of a server's interfaces. Pure.

A server that fails once it has begun to answer cannot say so by its status any more: it writes a
row with the error, or ends without the row that every whole answer ends with.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

CUT = "the model's answer was cut off"
"""What each telling of it begins with."""
CUT_OFF = "the model's answer was cut off at its token limit"
_STREAMS = ("text/event-stream", "application/x-ndjson")
_WHOLE = "application/json"
_LONGEST = 8 << 20
"""Bytes of a row. In one that is longer nothing is looked for."""
_FEW_TOKENS = 1024
"""Who asks for no more (a title, a try whether the server answers) wants the end that it gets."""
_MOST_TOKENS = ("max_tokens", "max_completion_tokens", "max_output_tokens", "num_predict")
_AT_LIMIT = frozenset({"length", "max_tokens", "max_output_tokens"})


class AnswerEnd:
    """``feed`` it with what came, then ask. Of an answer in a form that it does not know it says
    nothing."""

    def __init__(self, content_type: str, encoding: str = "") -> None:
        kind = content_type.partition(";")[0].strip().lower()
        plain = encoding.strip().lower() in ("", "identity")
        self._is_stream = plain and kind in _STREAMS
        self._reads = self._is_stream or (plain and kind == _WHOLE)
        self._rest = b""
        self._too_long = False
        self._reasons: list[str] = []
        self._is_answer = self._is_stream
        self.error = ""
        """The server's own words in the middle of its answer."""

    def feed(self, data: bytes) -> None:
        """The next piece, which may end anywhere."""
        if not self._reads:
            return
        self._rest += data
        if self._is_stream:
            *lines, self._rest = self._rest.split(b"\n")
            for line in lines:
                self._line(line)
        if len(self._rest) > _LONGEST:
            self._rest, self._too_long = b"", True

    def close(self) -> None:
        """All has come."""
        line, self._rest = self._rest, b""
        if self._reads:
            self._line(line)

    @property
    def unfinished(self) -> bool:
        """It is over without having said so."""
        return self._is_answer and not (self._reasons or self.error or self._too_long)

    @property
    def at_limit(self) -> bool:
        """It ended where its tokens did."""
        return any(reason in _AT_LIMIT for reason in self._reasons)

    def _line(self, line: bytes) -> None:
        text = line.strip().removeprefix(b"data:").lstrip()
        if text == b"[DONE]":
            self._reasons.append("done")
        if not text.startswith(b"{"):
            return
        try:
            row = json.loads(text)
        except (ValueError, RecursionError):
            return
        self.error = self.error or error_words(row)
        self._is_answer |= _is_answer(row)
        self._reasons += _reasons(row)


def error_words(row: Any) -> str:
    """The server's words in a row or a body of any of its interfaces; empty where it is none."""
    if not isinstance(row, Mapping):
        return ""
    error = row.get("error")
    if row.get("type") == "error" and not error:
        error = row
    if row.get("type") == "response.failed":
        error = _mapping(row.get("response")).get("error")
    told = error.get("message") or error.get("type") if isinstance(error, Mapping) else error
    return str(told or "")[:500]


def _is_answer(row: Mapping[str, Any]) -> bool:
    """Of a whole body, in a form where a reason belongs. Ollama leaves it empty where the model's
    runner went away."""
    return bool(row.get("choices")) or row.get("type") == "message" or row.get("done") is False


def _reasons(row: Mapping[str, Any]) -> Iterator[str]:
    """What says that the answer is over, and why."""
    if row.get("done") is True:  # Ollama's own
        yield str(row.get("done_reason") or "stop")
    choices = row.get("choices")
    for choice in choices if isinstance(choices, list) else ():  # OpenAI's chat
        if reason := _mapping(choice).get("finish_reason"):
            yield str(reason)
    for each in (row, _mapping(row.get("delta"))):  # Anthropic's messages
        if reason := each.get("stop_reason"):
            yield str(reason)
    if row.get("type") == "message_stop":
        yield "stop"
    response = row if row.get("object") == "response" else _mapping(row.get("response"))
    match response.get("status"):  # OpenAI's responses
        case "incomplete":
            why = _mapping(response.get("incomplete_details")).get("reason")
            yield str(why or "length")
        case "completed" | "cancelled" | "failed" as status:
            yield str(status)


def asks_for_few(body: Any) -> bool:
    """Whether a request wants a few tokens only."""
    asked = _mapping(body)
    both = (asked, _mapping(asked.get("options")))
    limits = [each[name] for each in both for name in _MOST_TOKENS if name in each]
    return any(isinstance(limit, int) and 0 < limit <= _FEW_TOKENS for limit in limits)


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
