"""The loopback HTTP server under both stand-ins: records requests, streams, drops, dies.

Standard library only. HTTP/1.1 with keep-alive; streams are chunked, so that a dropped
connection can be told from an answer that ended.
"""

from __future__ import annotations

import contextlib
import json
import socket
import socketserver
import ssl
import sys
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

LOOPBACK = "127.0.0.1"
_POLL_S = 0.02


@dataclass(frozen=True, slots=True)
class Recorded:
    """One request as it arrived.

    ``path`` is without the query, ``target`` with it. Header names are lower-cased. ``body`` is
    the parsed JSON, or None where there was none or it was no JSON (then see ``raw``).
    ``at`` is ``time.monotonic()`` in seconds.
    """

    method: str
    path: str
    target: str
    headers: Mapping[str, str]
    body: Any
    raw: bytes
    at: float

    @property
    def json(self) -> dict[str, Any]:
        """The body where it is a JSON object, else an empty dictionary."""
        return self.body if isinstance(self.body, dict) else {}


class Exchange:
    """One request and the answer to it."""

    def __init__(self, handler: _Handler, request: Recorded) -> None:
        self.request = request
        self._handler = handler

    def send_json(
        self, status: int, value: object, headers: Mapping[str, str] | None = None
    ) -> None:
        """A whole JSON answer."""
        self.send_bytes(status, json.dumps(value).encode(), "application/json", headers)

    def send_bytes(
        self,
        status: int,
        body: bytes,
        content_type: str = "text/plain; charset=utf-8",
        headers: Mapping[str, str] | None = None,
    ) -> None:
        """A whole answer of any type."""
        self._start(status, content_type, {**(headers or {}), "content-length": str(len(body))})
        if self.request.method != "HEAD":
            self._handler.wfile.write(body)

    def start_stream(
        self, content_type: str, headers: Mapping[str, str] | None = None, status: int = 200
    ) -> None:
        """Opens a chunked answer; ``write`` pieces, then ``end`` it or ``drop`` it."""
        self._start(status, content_type, {**(headers or {}), "transfer-encoding": "chunked"})

    def write(self, data: bytes) -> None:
        """One chunk of a stream; nothing for no bytes (an empty chunk would end it)."""
        if data:
            self._handler.wfile.write(b"%x\r\n%b\r\n" % (len(data), data))

    def end(self) -> None:
        """Ends a stream as it should end."""
        self._handler.wfile.write(b"0\r\n\r\n")

    def drop(self) -> None:
        """Closes the connection without a word, in the middle of whatever was going on."""
        self._handler.close_connection = True
        with contextlib.suppress(OSError):
            self._handler.connection.shutdown(socket.SHUT_RDWR)

    def _start(self, status: int, content_type: str, headers: Mapping[str, str]) -> None:
        phrase = HTTPStatus(status).phrase if status in set(HTTPStatus) else "Error"
        self._handler.send_response(status, phrase)
        self._handler.send_header("content-type", content_type)
        for name, value in headers.items():
            self._handler.send_header(name, value)
        self._handler.end_headers()


class StandIn:
    """A server on loopback for the length of a ``with`` block.

    Subclasses answer in ``respond``. ``port`` 0 takes a free one. ``certificate`` is a PEM file
    with a key and its certificate: then it speaks https. A bug in a stand-in does not
    pass in silence: the first such exception is raised when the block ends.
    """

    def __init__(self, *, port: int = 0, certificate: Path | None = None) -> None:
        self._certificate = certificate
        self.requests: list[Recorded] = []
        self.answered: list[tuple[Recorded, float]] = []
        """Requests whose answer is out, and when that was (``time.monotonic()``)."""
        self.closing = threading.Event()
        self._port = port
        self._lock = threading.Lock()
        self._server: _Server | None = None
        self._faults: list[BaseException] = []

    def respond(self, exchange: Exchange) -> None:
        """Answers one request. Runs in the thread of its connection."""
        raise NotImplementedError

    @property
    def port(self) -> int:
        """The port that is listened on; known once the block has begun."""
        return self._port

    @property
    def url(self) -> str:
        """``http://127.0.0.1:PORT`` without a slash at the end."""
        scheme = "https" if self._certificate else "http"
        return f"{scheme}://{LOOPBACK}:{self._port}"

    def __enter__(self) -> Self:
        self._server = _Server(self, self._port)
        if self._certificate:
            self._server.speak_tls(self._certificate)
        self._port = int(self._server.server_address[1])
        threading.Thread(
            target=self._server.serve_forever, args=(_POLL_S,), name="stand-in", daemon=True
        ).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.die()
        if self._faults and error is None:
            raise self._faults[0]

    def die(self) -> None:
        """Stops listening and cuts all connections at once, as a killed server does."""
        self.closing.set()
        with self._lock:
            server, self._server = self._server, None
        if server is not None:
            server.die()

    def pause(self, seconds: float) -> None:
        """Waits, but not beyond the end of the block."""
        self.closing.wait(seconds)

    def handle(self, exchange: Exchange) -> None:
        """Records a request and has it answered."""
        with self._lock:
            self.requests.append(exchange.request)
        try:
            self.respond(exchange)
        except OSError:
            # The client went away in mid-answer: clients may.
            exchange.drop()
        with self._lock:
            self.answered.append((exchange.request, time.monotonic()))

    def record_fault(self, error: BaseException) -> None:
        """Keeps an exception of our own for the end of the block."""
        self._faults.append(error)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Headers and body are two small writes: with Nagle each answer would wait 40 ms.
    disable_nagle_algorithm = True
    server: _Server

    def _answer(self) -> None:
        raw = self.rfile.read(int(self.headers.get("content-length") or 0))
        request = Recorded(
            method=self.command,
            path=urlsplit(self.path).path,
            target=self.path,
            headers={name.lower(): value for name, value in self.headers.items()},
            body=_parsed(raw),
            raw=raw,
            at=time.monotonic(),
        )
        self.server.stand_in.handle(Exchange(self, request))

    do_GET = do_POST = do_HEAD = do_PUT = do_DELETE = do_OPTIONS = do_PATCH = _answer

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: what was asked is in ``requests``."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def __init__(self, stand_in: StandIn, port: int) -> None:
        self.stand_in = stand_in
        self._open: set[socket.socket] = set()
        self._open_lock = threading.Lock()
        super().__init__((LOOPBACK, port), _Handler)

    def server_bind(self) -> None:
        # HTTPServer's own asks the resolver for our name, which can take seconds offline.
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = LOOPBACK, int(self.server_address[1])

    def speak_tls(self, certificate: Path) -> None:
        """Each connection's own thread shakes hands: a client may refuse our certificate."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        self.socket = context.wrap_socket(
            self.socket, server_side=True, do_handshake_on_connect=False
        )

    def process_request(self, request: Any, client_address: Any) -> None:
        with self._open_lock:
            self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        with self._open_lock:
            self._open.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        error = sys.exc_info()[1]
        if error is not None and not isinstance(error, OSError):
            self.stand_in.record_fault(error)

    def die(self) -> None:
        """Refuses from now on, and cuts what is open."""
        # Order matters: a client that sees its connection cut must not be able to connect again.
        with contextlib.suppress(OSError):
            self.socket.shutdown(socket.SHUT_RDWR)
        self.shutdown()
        self.server_close()
        with self._open_lock:
            connections = list(self._open)
        for connection in connections:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)


def _parsed(raw: bytes) -> Any:
    try:
        return json.loads(raw) if raw else None
    except ValueError:
        return None
