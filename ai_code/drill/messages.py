"""Anthropic's messages on the wire: the message, its events, its errors.

Used by the stand-in of Anthropic and by that of Ollama, which serves /v1/messages too.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from typing import Any

_PIECE = 12
_MAX_PIECES = 400


def new_id(prefix: str) -> str:
    """An id in Anthropic's form: ``msg_…``, ``req_…``, ``toolu_…``."""
    return f"{prefix}_{uuid.uuid4().hex[:24]}"


def message(
    model: str, content: list[dict[str, Any]], stop_reason: str, tokens_in: int, tokens_out: int
) -> dict[str, Any]:
    """A whole answer, as it is sent without streaming."""
    return {
        "id": new_id("msg"),
        "type": "message",
        "role": "assistant",
        "model": model,
        "content": content,
        "stop_reason": stop_reason,
        "stop_sequence": None,
        "usage": {"input_tokens": tokens_in, "output_tokens": tokens_out},
    }


def events(whole: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The events in which the API streams a message."""
    opening = {**whole, "content": [], "stop_reason": None}
    opening["usage"] = {**whole["usage"], "output_tokens": 1}
    yield {"type": "message_start", "message": opening}
    yield {"type": "ping"}
    for index, block in enumerate(whole["content"]):
        yield from _block_events(index, block)
    yield {
        "type": "message_delta",
        "delta": {"stop_reason": whole["stop_reason"], "stop_sequence": None},
        "usage": whole["usage"],
    }
    yield {"type": "message_stop"}


def error(kind: str, text: str) -> dict[str, Any]:
    """An error, as a body or as an event."""
    return {"type": "error", "error": {"type": kind, "message": text}}


def sse(event: dict[str, Any]) -> bytes:
    """One server-sent event, named by its own ``type``."""
    return f"event: {event['type']}\ndata: {json.dumps(event)}\n\n".encode()


def pieces(text: str) -> Iterator[str]:
    """A text in the small pieces in which a model writes, a few hundred at most."""
    size = max(_PIECE, len(text) // _MAX_PIECES)
    return (text[start : start + size] for start in range(0, len(text), size))


def token_count(raw: bytes | str) -> int:
    """About four bytes a token."""
    return len(raw) // 4 + 1


def _block_events(index: int, block: dict[str, Any]) -> Iterator[dict[str, Any]]:
    empty: dict[str, Any]
    if block["type"] == "text":
        empty, whole = {**block, "text": ""}, block["text"]
        kind, field = "text_delta", "text"
    else:
        given = block["input"]
        # As text where a model wrote what is no JSON.
        whole = given if isinstance(given, str) else json.dumps(given)
        empty = {**block, "input": {}}
        kind, field = "input_json_delta", "partial_json"
    yield {"type": "content_block_start", "index": index, "content_block": empty}
    for piece in pieces(whole):
        delta = {"type": kind, field: piece}
        yield {"type": "content_block_delta", "index": index, "delta": delta}
    yield {"type": "content_block_stop", "index": index}
