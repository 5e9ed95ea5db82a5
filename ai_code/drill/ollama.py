"""A stand-in of Ollama's API on loopback, good enough for the real aider (litellm).

    with OllamaStandIn([DEEPSEEK_CODER], [edit_block("a.py", "old", "new")]) as server:
        ...  # OLLAMA_API_BASE=server.url

Its own API (version, tags, show, ps, pull, create, delete, chat, generate),
/v1/chat/completions, /v1/responses, /v1/messages, /v1/models. Facts: ollama-models.md.
"""

from __future__ import annotations

import sys
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

from ai_code.drill import agents
from ai_code.drill.creating import create
from ai_code.drill.loading import num_ctx, runner_options
from ai_code.drill.messages import new_id, pieces, token_count
from ai_code.drill.models import (
    CODELLAMA,
    DEEPSEEK_CODER,
    GPT_OSS,
    PRESETS,
    QWEN_CODER,
    FakeModel,
    full_name,
)
from ai_code.drill.pulls import Pulls
from ai_code.drill.replies import (
    Agent,
    Call,
    CutStream,
    Dies,
    EndsWithoutDone,
    ErrorLine,
    Hang,
    HttpError,
    LengthStop,
    NotFound,
    OutOfMemory,
    Reply,
    Slow,
    ToolCalls,
    edit_block,
    reason_of,
    text_of,
    whole_file,
)
from ai_code.drill.serving import Exchange, Recorded, StandIn
from ai_code.drill.wires import WIRES, Answered, Wire

__all__ = [
    "CODELLAMA",
    "DEEPSEEK_CODER",
    "GPT_OSS",
    "PRESETS",
    "QWEN_CODER",
    "Agent",
    "Call",
    "CutStream",
    "Dies",
    "EndsWithoutDone",
    "ErrorLine",
    "FakeModel",
    "Hang",
    "HttpError",
    "LengthStop",
    "NotFound",
    "OllamaStandIn",
    "OutOfMemory",
    "Recorded",
    "Reply",
    "Slow",
    "ToolCalls",
    "edit_block",
    "whole_file",
]

DEFAULT_CONTEXT = 4096
"""What a server without a GPU of 23 GiB gives a request that does not say num_ctx."""
_EXPIRES_AT = "2026-12-31T23:59:59Z"


class OllamaStandIn(StandIn):
    """An Ollama server with ``models`` installed, which answers with ``replies`` in turn.

    ``required_headers``: anything without them is answered 401. ``base_path``: a reverse proxy
    serves the API below it (``url`` includes it). ``hang_on``: paths that never answer.
    ``pullable``: what /api/pull can get, by default the presets. ``pull_error`` ends a pull in
    the middle with that text, ``pull_dies`` the whole server; ``pull_gap_s`` are seconds between
    the lines. What has come by then is kept, and the next pull goes on with it. ``most_context``:
    it loads no model with more, whatever is asked for. ``counts``: each prompt_eval_count.
    """

    def __init__(
        self,
        models: Sequence[FakeModel] = (DEEPSEEK_CODER,),
        replies: Sequence[Reply] = ("OK",),
        *,
        port: int = 0,
        required_headers: Mapping[str, str] | None = None,
        base_path: str = "",
        hang_on: Collection[str] = (),
        pullable: Sequence[FakeModel] = tuple(PRESETS.values()),
        pull_error: str | None = None,
        pull_dies: bool = False,
        pull_gap_s: float = 0.0,
        version: str = "0.13.5",
        expires_at: str = _EXPIRES_AT,
        certificate: Path | None = None,
        most_context: int | None = None,
        counts: int | None = None,
    ) -> None:
        super().__init__(port=port, certificate=certificate)
        self.models = {model.tag: model for model in models}
        self.replies = tuple(replies)
        self.loaded: dict[str, int] = {}
        """Loaded models and the context they were loaded with, in tokens."""
        self.loads: list[tuple[str, dict[str, Any]]] = []
        """Each time that a model was loaded: which, with which options that its runner is started
        with. A request whose options differ from those has the model loaded anew, as Ollama's
        scheduler does (needsReload in server/sched.go)."""
        self._runners: dict[str, dict[str, Any]] = {}
        self.chats: list[Recorded] = []
        """The requests that used up replies, in order."""
        self._required = {name.lower(): value for name, value in (required_headers or {}).items()}
        self._base_path = base_path.rstrip("/")
        self._hang_on = frozenset(hang_on)
        self.pulls = Pulls(pullable, pull_error, pull_dies, pull_gap_s)
        self._version = version
        self.expires_at = expires_at
        """When loaded models leave memory, as /api/ps tells."""
        self._most_context = most_context
        self._counts = counts

    @property
    def url(self) -> str:
        return super().url + self._base_path

    @property
    def num_ctx(self) -> list[int | None]:
        """The num_ctx that each of ``chats`` asked for, None where it did not say."""
        return [num_ctx(request.json) for request in self.chats]

    def respond(self, exchange: Exchange) -> None:
        """Lets a request through the proxy's checks and routes it."""
        request = exchange.request
        if any(request.headers.get(name) != value for name, value in self._required.items()):
            exchange.send_json(401, {"error": "unauthorized"})
        elif not request.path.startswith(f"{self._base_path}/"):
            _no_page(exchange)
        elif (path := request.path.removeprefix(self._base_path)) in self._hang_on:
            self.closing.wait()
        elif request.method == "POST" and path in WIRES:
            self._generate(exchange, WIRES[path])
        else:
            self._administer(exchange, request.method, path)

    def _administer(self, exchange: Exchange, method: str, path: str) -> None:
        rows = [model.tags_row() for model in self.models.values()]
        match method, path:
            case "GET" | "HEAD", "/":
                exchange.send_bytes(200, b"Ollama is running")
            case "GET", "/api/version":
                exchange.send_json(200, {"version": self._version})
            case "GET", "/api/tags":
                exchange.send_json(200, {"models": rows})
            case "GET", "/v1/models":
                exchange.send_json(200, {"object": "list", "data": [_openai_row(r) for r in rows]})
            case "GET", "/api/ps":
                exchange.send_json(200, {"models": self._running()})
            case "POST", "/api/show":
                model = self._asked(exchange)
                if model is not None:
                    exchange.send_json(200, model.show())
            case "POST", "/api/pull":
                self.pulls.answer(exchange, self)
            case "POST", "/api/create":
                create(exchange, self)
            case "DELETE", "/api/delete":
                self._delete(exchange)
            case _:
                _no_page(exchange)

    def _running(self) -> list[dict[str, Any]]:
        return [
            self.models[tag].ps_row(context, self.expires_at)
            for tag, context in self.loaded.items()
            if tag in self.models
        ]

    def _asked(self, exchange: Exchange, wire: Wire | None = None) -> FakeModel | None:
        """The installed model that a request names; without one, answers 404."""
        body = exchange.request.json
        name = str(body.get("model") or body.get("name") or "")
        model = self.models.get(full_name(name))
        if model is None:
            text = f"model '{name}' not found"
            exchange.send_json(404, wire.error(text) if wire else {"error": text})
        return model

    def _delete(self, exchange: Exchange) -> None:
        model = self._asked(exchange)
        if model is not None:
            del self.models[model.tag]
            self.loaded.pop(model.tag, None)
            exchange.send_bytes(200, b"")

    def _generate(self, exchange: Exchange, wire: Wire) -> None:
        """A request for an answer, or (without a prompt) for loading and unloading a model."""
        body = exchange.request.json
        model = self._asked(exchange, wire)
        if model is None:
            return
        if body.get("tools") and "tools" not in model.capabilities:
            text = f"registry.ollama.ai/library/{model.tag} does not support tools"
            exchange.send_json(400, wire.error(text))
            return
        asks = bool(body.get("prompt") or body.get("messages") or body.get("input"))
        unloads = body.get("keep_alive") in (0, "0", "0s")
        context = num_ctx(body) or model.num_ctx or DEFAULT_CONTEXT
        context = min(context, self._most_context or context)
        if asks or not unloads:
            if model.loads_up_to is not None and context > model.loads_up_to:
                exchange.send_json(500, wire.error(OutOfMemory().message))
                return
            self._load(model, context, body)
        if unloads:
            self.loaded.pop(model.tag, None)
        name = str(body["model"])
        if asks:
            tokens = self._counts or min(token_count(exchange.request.raw), context)
            self._reply(exchange, wire, name, tokens)
        else:
            done = Answered(name, "", "unload" if unloads else "load", 0)
            exchange.send_json(200, wire.whole(done))

    def _load(self, model: FakeModel, context: int, body: Mapping[str, Any]) -> None:
        runner = runner_options(body, context)
        with self._lock:
            if self.loaded.get(model.tag) != context or self._runners.get(model.tag) != runner:
                self.loads.append((model.tag, runner))
            self.loaded[model.tag], self._runners[model.tag] = context, runner

    def _reply(self, exchange: Exchange, wire: Wire, name: str, tokens: int) -> None:
        body = exchange.request.json
        with self._lock:
            reply = self.replies[min(len(self.chats), len(self.replies) - 1)]
            if not (isinstance(reply, Agent) and agents.is_aside(reply, body)):
                self.chats.append(exchange.request)
        if isinstance(reply, Agent):
            reply = agents.turn(reply, body)
        match reply:
            case OutOfMemory(message=text):
                self.loaded.clear()
                exchange.send_json(500, wire.error(text))
            case NotFound():
                exchange.send_json(404, wire.error(f"model '{name}' not found"))
            case HttpError(status=status, body=text):
                exchange.send_bytes(status, text.encode(), "application/json")
            case _:
                answer = Answered(
                    name,
                    text_of(reply),
                    reason_of(reply),
                    tokens,
                    _with_ids(reply),
                    (body.get("stream_options") or {}).get("include_usage") is True,
                )
                self._say(exchange, wire, reply, answer)

    def _say(self, exchange: Exchange, wire: Wire, reply: Reply, answer: Answered) -> None:
        streams = exchange.request.json.get("stream", wire.streams_by_default) is True
        if streams and not (isinstance(reply, Hang) and not reply.text):
            exchange.start_stream(wire.content_type)
            exchange.write(wire.opening(answer))
            self._pieces(exchange, wire, reply, answer)
        match reply:
            case Hang(seconds=seconds):
                self.pause(seconds)
                exchange.drop()
            case CutStream():
                exchange.drop()
            case Dies():
                self.die()
            case ErrorLine(error=text) if not streams:
                exchange.send_json(500, wire.error(text))
            case ErrorLine(error=text):
                exchange.write(wire.error_line(text))
                exchange.end()
            case EndsWithoutDone() if streams:
                exchange.end()
            case _ if streams:
                exchange.write(wire.closing(answer))
                exchange.end()
            case _:
                exchange.send_json(200, wire.whole(answer))

    def _pieces(self, exchange: Exchange, wire: Wire, reply: Reply, answer: Answered) -> None:
        gap = reply.seconds_between if isinstance(reply, Slow) else 0.0
        said = answer.text.split(" ") if gap else list(pieces(answer.text))
        for number, text in enumerate(said):
            self.pause(gap)
            joint = " " if gap and number < len(said) - 1 else ""
            exchange.write(wire.piece(answer, text + joint))


def _with_ids(reply: Reply) -> tuple[tuple[str, Call], ...]:
    calls = reply.calls if isinstance(reply, ToolCalls) else ()
    return tuple((new_id("call"), call) for call in calls)


def _no_page(exchange: Exchange) -> None:
    exchange.send_bytes(404, b"404 page not found")


def _openai_row(row: Mapping[str, Any]) -> dict[str, Any]:
    return {"id": row["name"], "object": "model", "created": 1785585600, "owned_by": "library"}


def main(arguments: Sequence[str] | None = None) -> int:
    """``python -m ai_code.drill.ollama --scenario NAME [--port N]``: prints the url, serves."""
    from ai_code.drill.named_replies import NAMED_REPLIES
    from ai_code.drill.standalone import serve

    return serve(
        lambda name, port: OllamaStandIn(
            # Every engine works on a server of this version, claude-local too.
            list(PRESETS.values()),
            [NAMED_REPLIES[name]],
            port=port,
            version="0.20.0",
        ),
        tuple(NAMED_REPLIES),
        arguments,
    )


if __name__ == "__main__":
    sys.exit(main())
