"""The client of an Ollama server against the stand-in, and against what is no Ollama."""

from __future__ import annotations

import socket
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from ai_code.core.ports import ModelServerError
from ai_code.drill.ollama import DEEPSEEK_CODER, QWEN_CODER, OllamaStandIn
from ai_code.system.ollama import OllamaServer

BOTH = [DEEPSEEK_CODER, QWEN_CODER]
NAME = DEEPSEEK_CODER.name


def problem(server: OllamaServer) -> ModelServerError:
    with pytest.raises(ModelServerError) as caught:
        server.models()
    return caught.value


def test_version_models_and_shape() -> None:
    with OllamaStandIn(BOTH) as stand_in:
        server = OllamaServer(stand_in.url)
        assert server.version() == "0.13.5"
        first, second = server.models()
        show = server.show(NAME)
    assert (first.name, first.size) == (NAME, DEEPSEEK_CODER.size)
    assert second.digest == QWEN_CODER.digest
    assert show["model_info"]["llama.block_count"] == 32


def test_preload_and_what_is_loaded() -> None:
    with OllamaStandIn(BOTH) as stand_in:
        server = OllamaServer(stand_in.url)
        assert list(server.loaded()) == []
        server.preload(NAME, 8192, None)
        server.preload(QWEN_CODER.name, 4096, "10m")
        assert [(row.name, row.context) for row in server.loaded()] == [
            (NAME, 8192),
            (QWEN_CODER.name, 4096),
        ]
        assert server.loaded()[0].expires_at == 1798761599.0
        asked = [row.json for row in stand_in.requests if row.path == "/api/generate"]
    assert ["keep_alive" in body for body in asked] == [False, True]


@pytest.mark.parametrize("end", ["", "/"])
def test_a_reverse_proxy_with_a_prefix_and_a_key(end: str) -> None:
    with OllamaStandIn(base_path="/ollama", required_headers={"X-Key": "secret"}) as stand_in:
        server = OllamaServer(stand_in.url + end, {"X-Key": "secret"})
        assert len(server.models()) == 1
        server.show(NAME)
        without = problem(OllamaServer(stand_in.url))
    assert (without.kind, without.status, str(without)) == ("http", 401, "unauthorized")


def test_an_unknown_model_in_the_servers_words() -> None:
    with OllamaStandIn() as stand_in, pytest.raises(ModelServerError) as caught:
        OllamaServer(stand_in.url).show("nope")
    assert (caught.value.status, str(caught.value)) == (404, "model 'nope' not found")


def test_refused() -> None:
    with OllamaStandIn() as stand_in:
        url = stand_in.url
    assert problem(OllamaServer(url)).kind == "refused"


def test_a_name_that_nobody_looks_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """A resolver without a network takes 30 s and more; no socket's limit covers it."""
    answered = threading.Event()

    def lookup(*_args: object, **_options: object) -> list[object]:
        answered.wait(20)
        raise socket.gaierror("unknown")

    monkeypatch.setattr(socket, "getaddrinfo", lookup)
    error = problem(OllamaServer("http://ollama.example:11434", timeout_s=0.2))
    assert not answered.is_set(), "it was waited for"
    answered.set()
    assert error.kind == "timeout"


@pytest.mark.parametrize("path", ["/api/tags"])
def test_a_server_that_hangs(path: str) -> None:
    with OllamaStandIn(hang_on={path}) as stand_in:
        error = problem(OllamaServer(stand_in.url, timeout_s=0.2))
    assert error.kind == "timeout"
    assert "0.2 s" in str(error)


def test_a_name_that_nobody_knows() -> None:
    assert problem(OllamaServer("http://nobody.invalid:11434")).kind in ("refused", "timeout")


def test_https_where_none_is_spoken() -> None:
    with OllamaStandIn() as stand_in:
        error = problem(OllamaServer(stand_in.url.replace("http:", "https:")))
    assert error.kind in ("refused", "garbage")


@contextmanager
def answering(*pieces: bytes, pause_s: float = 0.0) -> Iterator[str]:
    """A server that answers every connection with these bytes, whatever is asked."""

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            self.request.recv(65536)
            for piece in pieces:
                try:
                    self.request.sendall(piece)
                except OSError:
                    return
                done.wait(pause_s)

    done = threading.Event()
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            done.set()
            server.shutdown()
            thread.join()


def ok(body: bytes) -> bytes:
    return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)


@pytest.mark.parametrize(
    "answer",
    [
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"",
        b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{",
        b"HTTP/1.1 999999 what\r\n\r\n",
        ok(b"<html>"),
        ok(b"[]"),
        ok(b"null"),
        ok(b"\xff\xfe\x00"),
        ok(b"[" * 200_000),
        ok(b'{"models": 3}'),
        ok(b'{"models": {"a": 1}}'),
        ok(b'{"models": "abc"}'),
    ],
)
def test_what_is_no_ollama(answer: bytes) -> None:
    with answering(answer) as url:
        error = problem(OllamaServer(url))
    assert error.kind in ("garbage", "refused")


@pytest.mark.parametrize(
    "body",
    [b"{}", b'{"models": null}', b'{"models": []}', b'{"models": [1, {}, {"name": ""}, null]}'],
)
def test_an_ollama_without_models(body: bytes) -> None:
    with answering(ok(body)) as url:
        assert list(OllamaServer(url).models()) == []


def test_a_size_that_is_no_number() -> None:
    with answering(ok(b'{"models": [{"name": "x", "size": "large"}]}')) as url:
        assert [(row.name, row.size) for row in OllamaServer(url).models()] == [("x", 0)]


PAGE = b"<!DOCTYPE html>\n<html><head><title>%b</title></head><body>" + b"x" * 9000


def page(status: bytes) -> bytes:
    body = PAGE % status
    head = b"HTTP/1.1 %b\r\nContent-Length: %d\r\n\r\n" % (status, len(body))
    return head + body


@pytest.mark.parametrize("status", [b"404 Not Found", b"405 No", b"400 Bad", b"501 Unsupported"])
def test_a_page_of_another_server(status: bytes) -> None:
    with answering(page(status)) as url:
        error = problem(OllamaServer(url))
    assert error.kind == "garbage"
    assert str(error) == f"a page of HTML, HTTP {status[:3].decode()}"


@pytest.mark.parametrize("status", [b"401 Unauthorized", b"502 Bad Gateway"])
def test_a_page_of_a_proxy_before_it(status: bytes) -> None:
    with answering(page(status)) as url:
        error = problem(OllamaServer(url))
    assert (error.kind, error.status) == ("http", int(status[:3]))
    assert str(error) == f"the page '{status.decode()}'"


def test_a_page_in_the_place_of_a_download() -> None:
    with answering(page(b"404 Not Found")) as url, pytest.raises(ModelServerError) as caught:
        list(OllamaServer(url).pull("a:1b"))
    assert caught.value.kind == "garbage"


def test_an_error_without_words() -> None:
    with answering(b"HTTP/1.1 502 Bad\r\nContent-Length: 0\r\n\r\n") as url:
        error = problem(OllamaServer(url))
    assert (error.kind, error.status, str(error)) == ("http", 502, "HTTP 502")


def test_a_server_that_trickles_is_not_waited_for() -> None:
    """Each byte comes in time, the answer never does."""
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n"
    with answering(head, *[b"x"] * 2000, pause_s=0.02) as url:
        assert problem(OllamaServer(url, timeout_s=0.3)).kind == "timeout"


def test_an_answer_without_end_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ai_code.system.ollama._MOST_BYTES", 1 << 16)
    with answering(b"HTTP/1.1 200 OK\r\n\r\n", *[b"x" * 1000] * 1000) as url:
        assert problem(OllamaServer(url)).kind == "garbage"


def test_no_proxy_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        proxy = f"http://127.0.0.1:{unused.getsockname()[1]}"
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy)
        with OllamaStandIn() as stand_in:
            assert OllamaServer(stand_in.url).version()
