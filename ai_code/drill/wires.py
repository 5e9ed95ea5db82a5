"""The forms in which Ollama sends one and the same answer: its own two, OpenAI's, Anthropic's."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Protocol

from ai_code.drill import messages
from ai_code.drill.replies import Call
from ai_code.drill.responses import OpenAIResponses

_CREATED_AT = "2026-08-01T12:00:00.000000Z"
_CREATED = 1785585600
_NS = 1_000_000


@dataclass(frozen=True, slots=True)
class Answered:
    """An answer to be sent. ``reason`` is Ollama's done_reason: stop, length, load, unload, or
    nothing where the model's runner went away.
    ``calls`` are the tools that it calls, by id. ``tells_usage``: a stream of OpenAI's chat ends
    with the tokens, for a client that asked for them."""

    model: str
    text: str
    reason: str
    tokens_in: int
    calls: tuple[tuple[str, Call], ...] = ()
    tells_usage: bool = False

    @property
    def tokens_out(self) -> int:
        """How many tokens the text and the calls are, about."""
        said = self.text + "".join(call.text for _, call in self.calls)
        return messages.token_count(said) if said else 0


class Wire(Protocol):
    """One form: how a stream opens, says a piece, fails and closes, and the whole answer."""

    @property
    def content_type(self) -> str: ...
    @property
    def streams_by_default(self) -> bool: ...
    def opening(self, answer: Answered) -> bytes: ...
    def piece(self, answer: Answered, text: str) -> bytes: ...
    def closing(self, answer: Answered) -> bytes: ...
    def whole(self, answer: Answered) -> dict[str, Any]: ...
    def error(self, text: str) -> dict[str, Any]: ...
    def error_line(self, text: str) -> bytes: ...


@dataclass(frozen=True, slots=True)
class Native:
    """/api/chat and /api/generate: JSON lines. ``chat`` tells them apart."""

    chat: bool
    content_type: str = "application/x-ndjson"
    streams_by_default: bool = True

    def opening(self, answer: Answered) -> bytes:
        return b""

    def piece(self, answer: Answered, text: str) -> bytes:
        return _line({**self._said(answer, text), "done": False})

    def closing(self, answer: Answered) -> bytes:
        called = self._called(answer)
        before = _line({**self._said(answer, "", called), "done": False}) if called else b""
        return before + _line({**self._said(answer, ""), **_done(answer)})

    def whole(self, answer: Answered) -> dict[str, Any]:
        return {**self._said(answer, answer.text, self._called(answer)), **_done(answer)}

    def error(self, text: str) -> dict[str, Any]:
        return {"error": text}

    def error_line(self, text: str) -> bytes:
        return _line(self.error(text))

    def _said(
        self, answer: Answered, text: str, called: list[dict[str, Any]] | None = None
    ) -> dict[str, Any]:
        head: dict[str, Any] = {"model": answer.model, "created_at": _CREATED_AT}
        if self.chat:
            calls = {"tool_calls": called} if called else {}
            return {**head, "message": {"role": "assistant", "content": text, **calls}}
        return {**head, "response": text}

    def _called(self, answer: Answered) -> list[dict[str, Any]]:
        """Arguments are an object here: Ollama takes what is no JSON for text."""
        return [
            {
                "id": made,
                "function": {"index": n, "name": call.name, "arguments": _object(call)},
            }
            for n, (made, call) in enumerate(answer.calls)
        ]


@dataclass(frozen=True, slots=True)
class OpenAIChat:
    """/v1/chat/completions."""

    content_type: str = "text/event-stream"
    streams_by_default: bool = False

    def opening(self, answer: Answered) -> bytes:
        return self._chunk(answer, {"role": "assistant", "content": ""}, None)

    def piece(self, answer: Answered, text: str) -> bytes:
        return self._chunk(answer, {"content": text}, None)

    def closing(self, answer: Answered) -> bytes:
        head = _openai_head(answer, "chat.completion.chunk")
        usage = _data({**head, "choices": [], "usage": self._usage(answer)})
        # Ollama sends each call in one piece.
        delta = {"role": "assistant", "content": "", "tool_calls": self._called(answer)}
        return b"".join(
            (
                self._chunk(answer, delta, None) if answer.calls else b"",
                self._chunk(answer, {}, self._reason(answer)),
                usage if answer.tells_usage else b"",
                b"data: [DONE]\n\n",
            )
        )

    def whole(self, answer: Answered) -> dict[str, Any]:
        said: dict[str, Any] = {"role": "assistant", "content": answer.text}
        if answer.calls:
            said["tool_calls"] = self._called(answer)
        choice = {"index": 0, "message": said, "finish_reason": self._reason(answer)}
        return {
            **_openai_head(answer, "chat.completion"),
            "choices": [choice],
            "usage": self._usage(answer),
        }

    def _usage(self, answer: Answered) -> dict[str, int]:
        return {
            "prompt_tokens": answer.tokens_in,
            "completion_tokens": answer.tokens_out,
            "total_tokens": answer.tokens_in + answer.tokens_out,
        }

    def _reason(self, answer: Answered) -> str | None:
        return "tool_calls" if answer.calls else answer.reason or None

    def _called(self, answer: Answered) -> list[dict[str, Any]]:
        return [
            {
                "id": made,
                "index": n,
                "type": "function",
                "function": {"name": call.name, "arguments": call.text},
            }
            for n, (made, call) in enumerate(answer.calls)
        ]

    def error(self, text: str) -> dict[str, Any]:
        return {"error": {"message": text, "type": "api_error", "param": None, "code": None}}

    def error_line(self, text: str) -> bytes:
        return _data(self.error(text))

    def _chunk(self, answer: Answered, delta: dict[str, Any], reason: str | None) -> bytes:
        choice = {"index": 0, "delta": delta, "finish_reason": reason}
        return _data({**_openai_head(answer, "chat.completion.chunk"), "choices": [choice]})


@dataclass(frozen=True, slots=True)
class Anthropic:
    """/v1/messages."""

    content_type: str = "text/event-stream"
    streams_by_default: bool = False

    def opening(self, answer: Answered) -> bytes:
        return _joined(self._events(answer)[: self._before(answer)])

    def piece(self, answer: Answered, text: str) -> bytes:
        delta = {"type": "text_delta", "text": text}
        return messages.sse({"type": "content_block_delta", "index": 0, "delta": delta})

    def closing(self, answer: Answered) -> bytes:
        rest = self._events(answer)[self._before(answer) :]
        # The pieces of the text are said already, those of the calls are not.
        return _joined([row for row in rest if row.get("delta", {}).get("type") != "text_delta"])

    def whole(self, answer: Answered) -> dict[str, Any]:
        text = [{"type": "text", "text": answer.text}] if self._has_text(answer) else []
        calls = [
            {"type": "tool_use", "id": made, "name": call.name, "input": call.arguments}
            for made, call in answer.calls
        ]
        ended = {"length": "max_tokens", "": ""}.get(answer.reason, "end_turn")
        return messages.message(
            answer.model,
            [*text, *calls],
            "tool_use" if calls else ended,
            answer.tokens_in,
            answer.tokens_out,
        )

    def error(self, text: str) -> dict[str, Any]:
        return messages.error("api_error", text)

    def error_line(self, text: str) -> bytes:
        return messages.sse(self.error(text))

    def _events(self, answer: Answered) -> list[dict[str, Any]]:
        return list(messages.events(self.whole(answer)))

    def _before(self, answer: Answered) -> int:
        """How many events come before the first piece of text."""
        return 3 if self._has_text(answer) else 2

    def _has_text(self, answer: Answered) -> bool:
        return bool(answer.text) or not answer.calls


WIRES: dict[str, Wire] = {
    "/api/chat": Native(chat=True),
    "/api/generate": Native(chat=False),
    "/v1/chat/completions": OpenAIChat(),
    "/v1/responses": OpenAIResponses(),
    "/v1/messages": Anthropic(),
}


def _done(answer: Answered) -> dict[str, Any]:
    if not answer.reason:
        return {"done": False}
    done: dict[str, Any] = {"done": True, "done_reason": answer.reason}
    if answer.reason in ("load", "unload"):
        return done
    return {
        **done,
        "total_duration": 900 * _NS,
        "load_duration": 100 * _NS,
        "prompt_eval_count": answer.tokens_in,
        "prompt_eval_duration": 300 * _NS,
        "eval_count": answer.tokens_out,
        "eval_duration": 500 * _NS,
    }


def _object(call: Call) -> Any:
    return {"text": call.arguments} if isinstance(call.arguments, str) else call.arguments


def _openai_head(answer: Answered, kind: str) -> dict[str, Any]:
    return {"id": "chatcmpl-0", "object": kind, "created": _CREATED, "model": answer.model}


def _line(value: dict[str, Any]) -> bytes:
    return json.dumps(value).encode() + b"\n"


def _data(value: dict[str, Any]) -> bytes:
    return b"data: " + json.dumps(value).encode() + b"\n\n"


def _joined(several: list[dict[str, Any]]) -> bytes:
    return b"".join(messages.sse(event) for event in several)
