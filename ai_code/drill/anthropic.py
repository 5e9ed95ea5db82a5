"""A stand-in of the Anthropic Messages API on loopback, good enough for the real Claude Code.

    with AnthropicStandIn([Say("hello")]) as server:
        ...  # ANTHROPIC_BASE_URL=server.url

Answers POST /v1/messages (SSE and whole), /v1/messages/count_tokens, HEAD and GET /, and a
benign 404 to all else. Side requests of Claude Code (quota probe, warm-up of agents, titles)
get a harmless answer and do not use up the scenario's steps.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

from ai_code.drill.conversation import fill_cwd, is_main, working_directory
from ai_code.drill.messages import error, events, message, new_id, sse, token_count
from ai_code.drill.serving import Exchange, Recorded, StandIn
from ai_code.drill.steps import (
    AuthFailed,
    CreditTooLow,
    CutStream,
    Hang,
    LimitHit,
    Overage,
    Overloaded,
    RateLimited,
    Refusal,
    Say,
    ServerError,
    SlowSay,
    SpendCap,
    Step,
    StreamError,
    UseTool,
    UseTools,
    Warning,
    refusal,
    success_headers,
)

__all__ = [
    "AnthropicStandIn",
    "AuthFailed",
    "CreditTooLow",
    "CutStream",
    "Hang",
    "LimitHit",
    "Overage",
    "Overloaded",
    "RateLimited",
    "Recorded",
    "Say",
    "ServerError",
    "SlowSay",
    "SpendCap",
    "Step",
    "StreamError",
    "UseTool",
    "UseTools",
    "Warning",
]


class AnthropicStandIn(StandIn):
    """Plays ``scenario``, a list of steps: one per main request, the last one repeats."""

    def __init__(self, scenario: Sequence[Step], *, port: int = 0) -> None:
        super().__init__(port=port)
        if not scenario:
            raise ValueError("a scenario needs at least one step")
        self.scenario = tuple(scenario)
        self._main: list[Recorded] = []

    @property
    def main_requests(self) -> list[Recorded]:
        """The requests that used up steps, in order; retries are requests of their own."""
        return list(self._main)

    def respond(self, exchange: Exchange) -> None:
        """Routes one request."""
        match exchange.request:
            case Recorded(method="POST", path="/v1/messages"):
                self._message(exchange)
            case Recorded(method="POST", path="/v1/messages/count_tokens"):
                exchange.send_json(200, {"input_tokens": token_count(exchange.request.raw)})
            case Recorded(method="GET" | "HEAD", path="/"):
                exchange.send_json(200, {})
            case _:
                exchange.send_json(404, {})

    def _message(self, exchange: Exchange) -> None:
        if not is_main(exchange.request.json):
            self._answer(exchange, Say("OK"))
            return
        with self._lock:
            step = self.scenario[min(len(self._main), len(self.scenario) - 1)]
            self._main.append(exchange.request)
        self._play(exchange, step)

    def _play(self, exchange: Exchange, step: Step) -> None:
        refused = refusal(step, streams=exchange.request.json.get("stream") is True)
        if refused is not None:
            _refuse(exchange, refused)
        elif isinstance(step, Hang):
            self.pause(step.seconds)
            exchange.drop()
        else:
            self._answer(exchange, step)

    def _answer(self, exchange: Exchange, step: Step) -> None:
        headers = {"request-id": new_id("req"), **success_headers(step)}
        whole = _message_of(step, exchange.request)
        if exchange.request.json.get("stream") is True:
            exchange.start_stream("text/event-stream; charset=utf-8", headers)
            self._stream(exchange, step, whole)
        elif isinstance(step, CutStream):
            exchange.drop()
        else:
            exchange.send_json(200, whole, headers)

    def _stream(self, exchange: Exchange, step: Step, whole: dict[str, Any]) -> None:
        gap = step.seconds_between if isinstance(step, SlowSay) else 0.0
        for event in events(whole):
            if event["type"] == _omitted_from(step):
                break
            exchange.write(sse(event))
            if gap and event["type"] == "content_block_delta":
                self.pause(gap)
        if isinstance(step, CutStream) and not step.clean:
            exchange.drop()
            return
        if isinstance(step, StreamError):
            exchange.write(sse(error(step.type, step.message)))
        exchange.end()


def _omitted_from(step: Step) -> str:
    """The type of the event that a step does not send any more; empty: it sends them all."""
    match step:
        case CutStream(clean=True):
            return "message_delta"
        case CutStream() | StreamError():
            # Inside the block: 2.0.77 takes a block that was closed for an answer, now and then.
            return "content_block_stop"
        case _:
            return ""


def _message_of(step: Step, request: Recorded) -> dict[str, Any]:
    """The whole message that a step answers with."""
    text = getattr(step, "text", "")
    content: list[dict[str, Any]] = [{"type": "text", "text": text}] if text else []
    calls = _calls(step)
    content += [_tool_use(call, request.json) for call in calls]
    return message(
        str(request.json.get("model", "claude-stand-in")),
        content,
        "tool_use" if calls else "end_turn",
        token_count(request.raw),
        token_count(text),
    )


def _calls(step: Step) -> tuple[UseTool, ...]:
    if isinstance(step, UseTools):
        return step.calls
    return (step,) if isinstance(step, UseTool) else ()


def _tool_use(call: UseTool, body: dict[str, Any]) -> dict[str, Any]:
    given = call.input(body) if callable(call.input) else call.input
    arguments = fill_cwd(dict(given), working_directory(body) or ".")
    return {"type": "tool_use", "id": new_id("toolu"), "name": call.name, "input": arguments}


def _refuse(exchange: Exchange, refused: Refusal) -> None:
    request_id = new_id("req")
    body = {**error(refused.type, refused.message), "request_id": request_id}
    exchange.send_json(refused.status, body, {"request-id": request_id, **refused.headers})


def main(arguments: Sequence[str] | None = None) -> int:
    """``python -m ai_code.drill.anthropic --scenario NAME [--port N]``: prints the url, serves."""
    from ai_code.drill import scenarios
    from ai_code.drill.standalone import serve

    return serve(
        lambda name, port: AnthropicStandIn(scenarios.by_name(name), port=port),
        scenarios.NAMES,
        arguments,
    )


if __name__ == "__main__":
    sys.exit(main())
