"""The forms in which Ollama sends one and the same answer: its own two, OpenAI's, Anthropic's."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Protocol

from ai_code.drill import messages

_CREATED_AT = "2026-08-01T12:00:00.000000Z"
_CREATED = 1785585600
_NS = 1_000_000


@dataclass(frozen=True, slots=True)
class Answered:
    """An answer to be sent. ``reason`` is Ollama's done_reason: stop, length, load, unload."""

    model: str
    text: str
    reason: str
    tokens_in: int

    @property
    def tokens_out(self) -> int:
        """How many tokens the text is, about."""
        return messages.token_count(self.text) if self.text else 0


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
        return _line({**self._said(answer, ""), **_done(answer)})

    def whole(self, answer: Answered) -> dict[str, Any]:
        return {**self._said(answer, answer.text), **_done(answer)}

    def error(self, text: str) -> dict[str, Any]:
        return {"error": text}

    def error_line(self, text: str) -> bytes:
        return _line(self.error(text))

    def _said(self, answer: Answered, text: str) -> dict[str, Any]:
        head: dict[str, Any] = {"model": answer.model, "created_at": _CREATED_AT}
        if self.chat:
            return {**head, "message": {"role": "assistant", "content": text}}
        return {**head, "response": text}


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
        return self._chunk(answer, {}, answer.reason) + b"data: [DONE]\n\n"

    def whole(self, answer: Answered) -> dict[str, Any]:
        said = {"role": "assistant", "content": answer.text}
        choice = {"index": 0, "message": said, "finish_reason": answer.reason}
        return {
            **_openai_head(answer, "chat.completion"),
            "choices": [choice],
            "usage": {
                "prompt_tokens": answer.tokens_in,
                "completion_tokens": answer.tokens_out,
                "total_tokens": answer.tokens_in + answer.tokens_out,
            },
        }

    def error(self, text: str) -> dict[str, Any]:
        return {"error": {"message": text, "type": "api_error", "param": None, "code": None}}

    def error_line(self, text: str) -> bytes:
        return _data(self.error(text))

    def _chunk(self, answer: Answered, delta: dict[str, Any], reason: str | None) -> bytes:
        choice = {"index": 0, "delta": delta, "finish_reason": reason}
        return _data({**_openai_head(answer, "chat.completion.chunk"), "choices": [choice]})


@dataclass(frozen=True, slots=True)
class OpenAIResponses:
    """/v1/responses: the events that clients wait for, no more."""

    content_type: str = "text/event-stream"
    streams_by_default: bool = False

    def opening(self, answer: Answered) -> bytes:
        begun = {**self.whole(answer), "status": "in_progress", "output": []}
        item = {"id": "msg_0", "type": "message", "role": "assistant", "content": []}
        part = {"type": "output_text", "text": ""}
        place = {"item_id": "msg_0", "output_index": 0, "content_index": 0}
        return b"".join(
            (
                messages.sse({"type": "response.created", "response": begun}),
                messages.sse(
                    {"type": "response.output_item.added", "output_index": 0, "item": item}
                ),
                messages.sse({"type": "response.content_part.added", "part": part, **place}),
            )
        )

    def piece(self, answer: Answered, text: str) -> bytes:
        place = {"item_id": "msg_0", "output_index": 0, "content_index": 0}
        return messages.sse({"type": "response.output_text.delta", "delta": text, **place})

    def closing(self, answer: Answered) -> bytes:
        whole = self.whole(answer)
        item = {"type": "response.output_item.done", "output_index": 0, "item": whole["output"][0]}
        end = "completed" if whole["status"] == "completed" else "incomplete"
        return messages.sse(item) + messages.sse({"type": f"response.{end}", "response": whole})

    def whole(self, answer: Answered) -> dict[str, Any]:
        part = {"type": "output_text", "text": answer.text, "annotations": []}
        return {
            "id": "resp_0",
            "object": "response",
            "created_at": _CREATED,
            "status": "incomplete" if answer.reason == "length" else "completed",
            "model": answer.model,
            "output": [
                {
                    "id": "msg_0",
                    "type": "message",
                    "status": "completed",
                    "role": "assistant",
                    "content": [part],
                }
            ],
            "usage": {
                "input_tokens": answer.tokens_in,
                "output_tokens": answer.tokens_out,
                "total_tokens": answer.tokens_in + answer.tokens_out,
            },
        }

    def error(self, text: str) -> dict[str, Any]:
        return OpenAIChat().error(text)

    def error_line(self, text: str) -> bytes:
        return messages.sse({"type": "error", "message": text, "code": "api_error"})


@dataclass(frozen=True, slots=True)
class Anthropic:
    """/v1/messages."""

    content_type: str = "text/event-stream"
    streams_by_default: bool = False

    def opening(self, answer: Answered) -> bytes:
        return _joined(self._before_and_after(answer)[:3])

    def piece(self, answer: Answered, text: str) -> bytes:
        delta = {"type": "text_delta", "text": text}
        return messages.sse({"type": "content_block_delta", "index": 0, "delta": delta})

    def closing(self, answer: Answered) -> bytes:
        return _joined(self._before_and_after(answer)[3:])

    def whole(self, answer: Answered) -> dict[str, Any]:
        return messages.message(
            answer.model,
            [{"type": "text", "text": answer.text}],
            "max_tokens" if answer.reason == "length" else "end_turn",
            answer.tokens_in,
            answer.tokens_out,
        )

    def error(self, text: str) -> dict[str, Any]:
        return messages.error("api_error", text)

    def error_line(self, text: str) -> bytes:
        return messages.sse(self.error(text))

    def _before_and_after(self, answer: Answered) -> list[dict[str, Any]]:
        """All events but the pieces: three before them, three after."""
        every = messages.events(self.whole(answer))
        return [event for event in every if event["type"] != "content_block_delta"]


WIRES: dict[str, Wire] = {
    "/api/chat": Native(chat=True),
    "/api/generate": Native(chat=False),
    "/v1/chat/completions": OpenAIChat(),
    "/v1/responses": OpenAIResponses(),
    "/v1/messages": Anthropic(),
}


def _done(answer: Answered) -> dict[str, Any]:
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


def _openai_head(answer: Answered, kind: str) -> dict[str, Any]:
    return {"id": "chatcmpl-0", "object": kind, "created": _CREATED, "model": answer.model}


def _line(value: dict[str, Any]) -> bytes:
    return json.dumps(value).encode() + b"\n"


def _data(value: dict[str, Any]) -> bytes:
    return b"data: " + json.dumps(value).encode() + b"\n\n"


def _joined(several: list[dict[str, Any]]) -> bytes:
    return b"".join(messages.sse(event) for event in several)
