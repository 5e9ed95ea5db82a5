"""/v1/responses, OpenAI's newer form: the events that clients wait for, no more."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ai_code.drill import messages
from ai_code.drill.replies import Call

if TYPE_CHECKING:
    from ai_code.drill.wires import Answered

_CREATED = 1785585600
_MESSAGE = "msg_0"


@dataclass(frozen=True, slots=True)
class OpenAIResponses:
    """The wire. An answer is a list of items: a message where it has a text, then the calls."""

    content_type: str = "text/event-stream"
    streams_by_default: bool = False

    def opening(self, answer: Answered) -> bytes:
        begun = {**self.whole(answer), "status": "in_progress", "output": []}
        created = messages.sse({"type": "response.created", "response": begun})
        if not _has_message(answer):
            return created
        item = {"id": _MESSAGE, "type": "message", "role": "assistant", "content": []}
        part = {"type": "output_text", "text": ""}
        return b"".join(
            (
                created,
                _event("response.output_item.added", output_index=0, item=item),
                _event("response.content_part.added", part=part, **_PLACE),
            )
        )

    def piece(self, answer: Answered, text: str) -> bytes:
        return _event("response.output_text.delta", delta=text, **_PLACE)

    def closing(self, answer: Answered) -> bytes:
        whole = self.whole(answer)
        events = [
            _event("response.output_item.done", output_index=index, item=item)
            if item["type"] == "message"
            else _called(index, item)
            for index, item in enumerate(whole["output"])
        ]
        end = "completed" if whole["status"] == "completed" else "incomplete"
        return b"".join([*events, _event(f"response.{end}", response=whole)])

    def whole(self, answer: Answered) -> dict[str, Any]:
        part = {"type": "output_text", "text": answer.text, "annotations": []}
        message = {
            "id": _MESSAGE,
            "type": "message",
            "status": "completed",
            "role": "assistant",
            "content": [part],
        }
        return {
            "id": "resp_0",
            "object": "response",
            "created_at": _CREATED,
            "status": "incomplete" if answer.reason == "length" else "completed",
            "model": answer.model,
            "output": [
                *([message] if _has_message(answer) else []),
                *(_item(made, call) for made, call in answer.calls),
            ],
            "usage": {
                "input_tokens": answer.tokens_in,
                "output_tokens": answer.tokens_out,
                "total_tokens": answer.tokens_in + answer.tokens_out,
            },
        }

    def error(self, text: str) -> dict[str, Any]:
        return {"error": {"message": text, "type": "api_error", "param": None, "code": None}}

    def error_line(self, text: str) -> bytes:
        return _event("error", message=text, code="api_error")


_PLACE: dict[str, Any] = {"item_id": _MESSAGE, "output_index": 0, "content_index": 0}


def _has_message(answer: Answered) -> bool:
    return bool(answer.text) or not answer.calls


def _item(made: str, call: Call) -> dict[str, Any]:
    head = {"id": f"fc_{made}", "call_id": made, "name": call.name, "status": "completed"}
    if call.free:
        return {**head, "type": "custom_tool_call", "input": call.text}
    return {**head, "type": "function_call", "arguments": call.text}


def _called(index: int, item: dict[str, Any]) -> bytes:
    """The events of one call; its arguments in one piece, as Ollama sends them."""
    field = "input" if item["type"] == "custom_tool_call" else "arguments"
    kind = "custom_tool_call_input" if field == "input" else "function_call_arguments"
    begun = {**item, "status": "in_progress", field: ""}
    place = {"item_id": item["id"], "output_index": index}
    return b"".join(
        (
            _event("response.output_item.added", output_index=index, item=begun),
            _event(f"response.{kind}.delta", delta=item[field], **place),
            _event(f"response.{kind}.done", **{field: item[field]}, **place),
            _event("response.output_item.done", output_index=index, item=item),
        )
    )


def _event(kind: str, **fields: Any) -> bytes:
    return messages.sse({"type": kind, **fields})
