"""The relay between an engine and the model's server."""

from __future__ import annotations

import json
import socket
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import replace
from http.client import HTTPException
from typing import Any

import pytest

from ai_code.core.task import LocalModel
from ai_code.drill.models import DEEPSEEK_CODER
from ai_code.drill.ollama import OllamaStandIn
from ai_code.drill.replies import (
    Dies,
    EndsWithoutDone,
    ErrorLine,
    HttpError,
    LengthStop,
    Reply,
    Slow,
)
from ai_code.system.relay import LoopbackRelay

MODEL = replace(DEEPSEEK_CODER, size=1_000_000)


@pytest.fixture
def server() -> Iterator[OllamaStandIn]:
    with OllamaStandIn([MODEL], ["Hello, 世界."], required_headers={"X-Key": "secret"}) as running:
        yield running


def relay_to(
    server: OllamaStandIn, *replies: Reply, temperature: float | None = None
) -> LoopbackRelay:
    if replies:
        server.replies = tuple(replies)
    model = LocalModel(MODEL.tag, server.url, 4096, {"X-Key": "secret"})
    relay = LoopbackRelay(model, temperature)
    relay.start()
    return relay


def ask(url: str, path: str, body: Any = None, method: str = "POST") -> tuple[int, bytes]:
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(
        url + path, data, {"content-type": "application/json"}, method=method
    )
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=10) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()


def raw(relay: LoopbackRelay, request: bytes) -> bytes:
    """All that comes for these bytes, and nothing after them."""
    port = int(relay.url.rpartition(":")[2])
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.sendall(request)
        connection.shutdown(socket.SHUT_WR)
        answer = b""
        while piece := connection.recv(1 << 16):
            answer += piece
        return answer


CHAT = {"model": MODEL.tag, "messages": [{"role": "user", "content": "hi"}], "stream": True}


def test_answers_pass_and_the_key_is_added_here(server: OllamaStandIn) -> None:
    relay = relay_to(server)
    try:
        status, data = ask(relay.url, "/v1/chat/completions", CHAT)
        assert status == 200 and data.startswith(b"data: ") and b"[DONE]" in data
        assert ask(relay.url, "/api/version", method="GET")[0] == 200
        assert server.chats[-1].headers["x-key"] == "secret"
        assert (relay.trouble, relay.last_failure) == ("", "")
    finally:
        relay.close()


@pytest.mark.parametrize(
    "path",
    [
        *("/api/pull", "/api/delete", "/api/create", "/", "/x", "/api/showx", "/api/show/"),
        *("/v1/../api/pull", "/v1/./x", "/v1/..", "/v1//x", "/v1/x/..?y", "/api/tags/../create"),
        *("/v1/%2e%2e/api/delete", "/v1/%2E./x", "/v1/..%2fapi/pull", "/v1/%252e%252e/x"),
        *("/v1/..%5Capi", "/v1/..\\api", "/v1/x%2", "/v1/x#y", "/v1/é", "/v1", "/v1/"),
        *("http://127.0.0.1/v1/models", "/api/chat%2f", "/api/chat/../pull?/v1/"),
    ],
)
def test_models_cannot_be_changed_through_it(server: OllamaStandIn, path: str) -> None:
    relay = relay_to(server)
    try:
        head = f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n"
        assert raw(relay, head.encode() + b"{}").startswith(b"HTTP/1.1 403 ")
        assert list(server.requests) == []
    finally:
        relay.close()


@pytest.mark.parametrize(
    "path", ["/v1/models", f"/v1/models/{MODEL.tag}?x=/../", "/api/tags?a=%2e"]
)
def test_a_query_and_a_models_name_pass(server: OllamaStandIn, path: str) -> None:
    relay = relay_to(server)
    try:
        raw(relay, f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        assert [each.path for each in server.requests] == [path.partition("?")[0]]
    finally:
        relay.close()


POST = b"POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
CHUNKED = POST + b"Transfer-Encoding: chunked\r\n\r\n"


def test_a_body_in_pieces_arrives_whole(server: OllamaStandIn) -> None:
    relay = relay_to(server)
    text = json.dumps(CHAT).encode()
    body = b"5;x=y\r\n%b\r\n%X\r\n%b\r\n0\r\nX-Sum: 1\r\n\r\n"
    try:
        answer = raw(relay, CHUNKED + body % (text[:5], len(text) - 5, text[5:]))
        assert answer.startswith(b"HTTP/1.1 200 ") and b"[DONE]" in answer
        assert server.chats[-1].json == CHAT
        assert server.chats[-1].headers["content-length"] == str(len(text))
    finally:
        relay.close()


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (POST + b"Content-Length: -1\r\n\r\n", 400),
        (POST + b"Content-Length: x\r\n\r\n", 400),
        (POST + b"Content-Length: +2\r\n\r\n{}", 400),
        (POST + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}", 400),
        (POST + b"Content-Length: 9\r\n\r\n{}", 400),
        (POST + b"Content-Length: 99999999999\r\n\r\n", 413),
        (POST + b"Transfer-Encoding: gzip, chunked\r\n\r\n", 501),
        (CHUNKED + b"FFFFFFFFFF\r\n", 413),
        (CHUNKED + b"-2\r\n{}\r\n0\r\n\r\n", 400),
        (CHUNKED + b"2\r\n{}}\r\n0\r\n\r\n", 400),
        (CHUNKED + b"2\r\n{}\r\n", 400),
        (CHUNKED + b"0\r\n" + b"a: b\r\n" * 70, 400),
    ],
)
def test_a_body_that_nobody_can_read_is_refused(
    server: OllamaStandIn, request_: bytes, status: int
) -> None:
    relay = relay_to(server)
    try:
        answer = raw(relay, request_)
        assert answer.startswith(b"HTTP/1.1 %d " % status) and answer.count(b"HTTP/1.1 ") == 1
        assert list(server.requests) == []
    finally:
        relay.close()


@pytest.mark.parametrize(
    "body",
    [
        {**CHAT, "model": "gpt-oss:120b-cloud"},
        {"name": "other:1b"},
        {**CHAT, "name": "gpt-oss:120b-cloud"},
        {**CHAT, "Model": "gpt-oss:120b-cloud"},
    ],
)
@pytest.mark.parametrize("path", ["/v1/chat/completions", "/api/show", "/api/chat"])
def test_no_other_model_is_asked(server: OllamaStandIn, path: str, body: dict[str, Any]) -> None:
    """One of those that Ollama runs elsewhere would carry the project out of the machine."""
    relay = relay_to(server)
    try:
        status, data = ask(relay.url, path, body)
        assert status == 403 and MODEL.tag.encode() in data
        assert server.requests == []
        assert ask(relay.url, "/api/show", {"model": MODEL.tag})[0] == 200
    finally:
        relay.close()


@pytest.mark.parametrize(
    ("path", "told", "expected"),
    [
        ("/v1/chat/completions", {}, 0.25),
        ("/v1/chat/completions?x=y", {}, 0.25),
        ("/v1/responses", {"input": "hi"}, 0.25),
        ("/v1/messages", {"max_tokens": 9}, 0.25),
        ("/v1/chat/completions", {"temperature": 1}, 1),
        ("/v1/chat/completions", {"temperature": None}, None),
        ("/api/chat", {}, None),
    ],
)
def test_a_temperature_that_the_engine_leaves_open(
    server: OllamaStandIn, path: str, told: dict[str, Any], expected: float | None
) -> None:
    relay = relay_to(server, temperature=0.25)
    try:
        ask(relay.url, path, {**CHAT, **told})
        seen = server.requests[-1].json
        assert seen.get("temperature") == expected
        assert {**seen, "temperature": None} == {**CHAT, **told, "temperature": None}
    finally:
        relay.close()


def test_head_has_no_body(server: OllamaStandIn) -> None:
    relay = relay_to(server)
    try:
        for path in (b"/", b"/api/pull", b"/v1/models"):
            answer = raw(relay, b"HEAD %b HTTP/1.1\r\nHost: x\r\n\r\n" % path)
            assert answer.startswith(b"HTTP/1.1 ") and answer.endswith(b"\r\n\r\n")
            assert answer.count(b"\r\n\r\n") == 1 and b"chunked" not in answer.lower()
    finally:
        relay.close()


def test_a_failure_is_seen_in_the_servers_words(server: OllamaStandIn) -> None:
    relay = relay_to(server, HttpError(500, '{"error":{"message":"the runner broke"}}'))
    try:
        for number in range(3):
            assert bool(relay.trouble) is False, number
            assert ask(relay.url, "/v1/chat/completions", CHAT)[0] == 500
        assert relay.trouble == relay.last_failure == "the runner broke"
    finally:
        relay.close()


PATHS = ("/v1/chat/completions", "/v1/responses", "/v1/messages", "/api/chat", "/api/generate")


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(
    ("reply", "told"),
    [
        (EndsWithoutDone("I was"), "the model's answer was cut off: Ollama at "),
        (ErrorLine("I was", "the runner broke"), "the runner broke"),
        (LengthStop("I was"), "the model's answer was cut off at its token limit"),
        ("I was.", ""),
    ],
    ids=["unfinished", "error-line", "at-limit", "whole"],
)
def test_how_an_answer_ended_is_seen(
    server: OllamaStandIn, path: str, reply: Reply, told: str
) -> None:
    relay = relay_to(server, reply, reply, reply, "All of it.")
    body = {**CHAT, "input": "hi", "prompt": "hi"}
    try:
        for number in range(3):
            assert relay.trouble == "", number
            assert ask(relay.url, path, body)[0] == 200
            assert relay.last_failure.startswith(told) and bool(relay.last_failure) == bool(told)
        # An engine has the model go on from its token limit; the others nobody needs a fourth of.
        hopeless = isinstance(reply, EndsWithoutDone | ErrorLine)
        assert bool(relay.trouble) == hopeless
        ask(relay.url, path, body)
        assert bool(relay.last_failure) == hopeless
    finally:
        relay.close()


def test_who_asks_for_few_tokens_gets_them(server: OllamaStandIn) -> None:
    relay = relay_to(server, LengthStop("A"))
    try:
        ask(relay.url, "/v1/messages", {**CHAT, "max_tokens": 1})
        assert relay.last_failure == ""
    finally:
        relay.close()


def test_an_engine_that_hangs_up_is_no_trouble_of_the_servers(server: OllamaStandIn) -> None:
    relay = relay_to(server, EndsWithoutDone("I was"), Slow("word " * 100, 0.02))
    port = int(relay.url.rpartition(":")[2])
    data = json.dumps(CHAT).encode()
    try:
        ask(relay.url, "/v1/chat/completions", CHAT)
        before = relay.last_failure
        with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
            connection.sendall(POST + b"Content-Length: %d\r\n\r\n%b" % (len(data), data))
            assert connection.recv(1 << 10)
        until = time.monotonic() + 1.0
        while time.monotonic() < until:
            assert relay.last_failure == before != ""
            time.sleep(0.05)
    finally:
        relay.close()


def test_a_server_that_is_gone(server: OllamaStandIn) -> None:
    relay = relay_to(server, Dies("Hel"))
    try:
        with pytest.raises((OSError, HTTPException)):
            ask(relay.url, "/v1/chat/completions", CHAT)
        assert ask(relay.url, "/v1/chat/completions", CHAT)[0] == 502
        assert "not running any more" in relay.trouble
    finally:
        relay.close()


def test_nobody_is_asked_for_the_machines_name(
    server: OllamaStandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a network that takes seconds."""
    monkeypatch.setattr(socket, "getfqdn", lambda *_: pytest.fail("the resolver was asked"))
    relay = relay_to(server)
    try:
        assert ask(relay.url, "/api/tags", method="GET")[0] == 200
    finally:
        relay.close()


@pytest.mark.parametrize("started", [True, False])
def test_closed_it_takes_no_connection_and_leaves_no_thread(
    server: OllamaStandIn, started: bool
) -> None:
    before = threading.active_count()
    relay = LoopbackRelay(LocalModel(MODEL.tag, server.url, 4096))
    if started:
        relay.start()
    relay.close()
    assert threading.active_count() == before
    with pytest.raises(ConnectionRefusedError):
        raw(relay, b"GET /api/tags HTTP/1.1\r\n\r\n")
    assert list(server.requests) == []
    relay.close()
