"""A loopback server between an engine and the model's server, for the length of one attempt.

Engines that are not ours retry a failing server for minutes in silence and tell of it in their
own words, or not at all. What passes here is seen: the server's own error ends the attempt. A key
for a reverse proxy stays with us, https is checked by us, and no engine (nor what its model runs)
can pull, delete or create models. To a model that is asked without a temperature ours is told:
claude-local, codex and pi have no setting for it, and Ollama's /v1 then takes 1.0, not the model's.
"""

from __future__ import annotations

import contextlib
import json
import re
import socket
import threading
from collections.abc import Mapping
from http.client import HTTPConnection, HTTPException, HTTPResponse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import TCPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from ai_code.core.answer_end import CUT_OFF, AnswerEnd, asks_for_few, error_words
from ai_code.core.models import same_model
from ai_code.core.server_trouble import Trouble
from ai_code.system.connection import connect, refusal_of_certificate
from ai_code.system.request_body import RefusedBodyError, body_of

if TYPE_CHECKING:
    from ai_code.core.task import LocalModel

_LOOPBACK = "127.0.0.1"
_CONNECT_S = 10.0
_PIECE = 1 << 16
_ERROR_BYTES = 16_384
_MOST_BODY = 64 << 20
_OPEN = frozenset(f"/api/{name}" for name in ("chat", "generate", "show", "tags", "version", "ps"))
"""What engines need of Ollama's own interface. All else of it changes what is installed."""
_V1 = re.compile(
    r"/v1(/(?!\.{1,2}(/|$))(?:[\w.~!$&'()*+,;=:@-]|%(?!2[ef5]|5c)[0-9a-f]{2})+)+", re.I | re.A
)
"""The interfaces that others share, which change nothing. No segment leads up, none is empty, and
nothing is encoded that a server may decode into a way: a dot, a slash or a percent sign."""
_ASKS = ("/completions", "/messages", "/responses")
"""What a request to a model ends with, in the interfaces that take a temperature at the top."""
_HOP_BY_HOP = frozenset(
    {
        *("host", "connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "te"),
        *("trailer", "transfer-encoding", "upgrade", "content-length", "expect"),
    }
)
"""RFC 9110, 7.6.1, and what is ours to set."""


class LoopbackRelay:
    """See ``core.ports.Relay``. It listens at once and answers from ``start`` on, so that nothing
    is forked beside its thread. ``temperature`` is told where the engine tells none; None: not."""

    def __init__(self, model: LocalModel, temperature: float | None = None) -> None:
        self._upstream = urlsplit(model.base_url)
        self._headers = dict(model.headers)
        self._models = [name for name in (model.name, model.base_name) if name]
        self._ca_file = model.ca_file
        self._temperature = temperature
        self._trouble = Trouble()
        self._lock = threading.Lock()
        self._server = _Server((_LOOPBACK, 0), self)
        self._thread: threading.Thread | None = None
        self.closing = False

    @property
    def url(self) -> str:
        """The address that the engine is given."""
        return f"http://{_LOOPBACK}:{self._server.server_port}"

    @property
    def trouble(self) -> str:
        """The server's own words, once no retry will mend it; empty while all is well."""
        with self._lock:
            return self._trouble.told

    @property
    def last_failure(self) -> str:
        """What the last answer failed with; empty where it did not."""
        with self._lock:
            return self._trouble.last

    def start(self) -> None:
        """From now on requests are answered; those that came meanwhile too."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._serve, name="relay", daemon=True)
            self._thread.start()

    def close(self) -> None:
        """Nothing is passed on any more."""
        self.closing = True
        if self._thread is not None:
            # Its thread waits for a connection; this one says that it was the last.
            with contextlib.suppress(OSError):
                socket.create_connection((_LOOPBACK, self._server.server_port), _CONNECT_S).close()
            self._thread.join(_CONNECT_S)
        self._server.server_close()

    def _serve(self) -> None:
        """``serve_forever`` looks every so often whether it shall end: for hours, with nothing to
        do, and late at the end of each attempt."""
        while not self.closing:
            self._server.handle_request()

    def carry(self, handler: _Handler) -> None:
        """One request and its answer, as they come."""
        try:
            # Before all else: what is not read of it would be taken for the next request.
            body = body_of(handler.headers, handler.rfile, _MOST_BODY)
        except RefusedBodyError as error:
            handler.close_connection = True
            handler.whole(error.status, {"error": str(error)})
            return
        if not _is_open(handler.path):
            handler.whole(403, {"error": "ai-code lets an engine use models, not change them"})
            return
        asked = _read(body)
        if (other := self._other_model(asked)) is not None:
            # One that Ollama runs on its maker's servers would get all that this one is told.
            handler.whole(403, {"error": f"this engine was given {self._models[0]}, not {other}"})
            return
        body = self._with_temperature(handler.path, asked) or body
        connection = connect(self._upstream, _CONNECT_S, self._ca_file)
        try:
            response = self._asked(connection, handler, body)
        except (OSError, HTTPException) as error:
            told = self._words(error)
            self._note(502, told, handler.path)
            handler.whole(502, {"error": told})
            connection.close()
            return
        with contextlib.closing(connection):
            self._answer(response, handler, few=asks_for_few(asked))

    def _with_temperature(self, target: str, asked: Any) -> bytes | None:
        """The body with our temperature, where the engine leaves it to the server."""
        is_one = isinstance(asked, dict) and target.partition("?")[0].endswith(_ASKS)
        if self._temperature is None or not is_one or "temperature" in map(str.lower, asked):
            return None
        return json.dumps({**asked, "temperature": self._temperature}).encode()

    def _other_model(self, asked: Any) -> str | None:
        """The model that a request is for, where it is not the one that the engine was given."""
        if asked is _UNREADABLE:
            return "what cannot be read"
        if not isinstance(asked, Mapping):
            return None
        # Ollama takes a key in any case, as Go's encoding/json does.
        keys = [key for key in asked if key.lower() in ("model", "name") and asked[key]]
        names = [str(asked[key]) for key in keys]
        return next((n for n in names if not any(same_model(n, m) for m in self._models)), None)

    def _asked(
        self, connection: HTTPConnection, handler: _Handler, body: bytes | None
    ) -> HTTPResponse:
        kept = {n: v for n, v in handler.headers.items() if n.lower() not in _HOP_BY_HOP}
        connection.connect()
        if connection.sock is not None:
            # A model may take minutes to its first word; the attempt is watched elsewhere.
            connection.sock.settimeout(None)
        path = self._upstream.path.rstrip("/") + handler.path
        connection.request(handler.command, path, body, {**kept, **self._headers})
        return connection.getresponse()

    def _answer(self, response: HTTPResponse, handler: _Handler, *, few: bool) -> None:
        """``few``: it is known to be short, whatever the model would have said."""
        failed = response.status >= 400
        seen = b""
        end = AnswerEnd(
            response.getheader("content-type", ""), response.getheader("content-encoding", "")
        )
        handler.begin(response)
        try:
            while piece := response.read1(_PIECE):
                if failed:
                    seen = (seen + piece)[:_ERROR_BYTES]
                else:
                    end.feed(piece)
                if not handler.piece(piece):
                    return
        except (OSError, HTTPException) as error:
            self._note(502, self._words(error), handler.path)
            handler.drop()
            return
        end.close()
        # Before its end: an engine that has seen it may be gone, and its attempt judged, at once.
        if failed:
            self._note(response.status, _error_in(seen), handler.path)
        else:
            self._note(*self._ended(end, few=few), handler.path)
        handler.end()

    def _ended(self, end: AnswerEnd, *, few: bool) -> tuple[int, str]:
        """Of an answer that began well: the status that it would have had, and why."""
        if end.error:
            return 500, end.error
        if end.unfinished:
            host = self._upstream.netloc
            return 502, f"the model's answer was cut off: Ollama at {host} did not finish it"
        return 200, CUT_OFF if end.at_limit and not few else ""

    def _note(self, status: int, told: str, path: str) -> None:
        if not self.closing:
            with self._lock:
                self._trouble.note(status, told, path)

    def _words(self, error: Exception) -> str:
        host = self._upstream.netloc
        if isinstance(error, OSError) and (why := refusal_of_certificate(error, self._ca_file)):
            return f"the certificate of {host} is not accepted ({why})"
        if isinstance(error, ConnectionRefusedError):
            return f"Ollama is not running any more at {host}"
        if isinstance(error, HTTPException | ConnectionResetError | BrokenPipeError):
            return f"the model's answer was cut off: Ollama at {host} closed the connection"
        return f"the connection to Ollama at {host} broke ({error or type(error).__name__})"


def _is_open(target: str) -> bool:
    """Whether the request's target, its query aside, is one that changes nothing."""
    path = target.partition("?")[0]
    return path in _OPEN or _V1.fullmatch(path) is not None


_UNREADABLE = object()


def _read(body: bytes | None) -> Any:
    try:
        return json.loads(body or b"null")
    except (ValueError, RecursionError):
        return _UNREADABLE


def _error_in(body: bytes) -> str:
    """The server's words in any of its interfaces' shapes."""
    text = body.decode("utf-8", "replace").strip()
    try:
        return error_words(json.loads(body)) or text[:500]
    except ValueError:
        return text[:300]


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self, address: tuple[str, int], relay: LoopbackRelay) -> None:
        self.relay = relay
        super().__init__(address, _Handler)

    def server_bind(self) -> None:
        """Without asking for the machine's name, as HTTPServer does: that may take seconds where
        no resolver answers."""
        TCPServer.server_bind(self)
        self.server_name, self.server_port = _LOOPBACK, int(self.server_address[1])

    def verify_request(self, request: Any, client_address: Any) -> bool:
        """The connection that only woke us is no request."""
        return not self.relay.closing

    def handle_error(self, request: Any, client_address: Any) -> None:
        """An engine that hangs up is no trouble of ours."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Head and pieces are small writes: with Nagle one may wait 40 ms for the other's receipt.
    disable_nagle_algorithm = True
    server: _Server

    def do_GET(self) -> None:
        self.server.relay.carry(self)

    do_POST = do_HEAD = do_GET

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing of a request is printed."""

    def begin(self, response: HTTPResponse) -> None:
        """The head of an answer whose length nobody knows yet."""
        self.send_response_only(response.status)
        for name, value in response.getheaders():
            if name.lower() not in _HOP_BY_HOP:
                self.send_header(name, value)
        # The answer to HEAD has no body, chunked or not (RFC 9110, 9.3.2).
        if self.command != "HEAD":
            self.send_header("transfer-encoding", "chunked")
        self.end_headers()

    def piece(self, data: bytes) -> bool:
        """Whether anybody took it: an engine that hangs up is no trouble of the server's."""
        try:
            self.wfile.write(b"%x\r\n%b\r\n" % (len(data), data))
            self.wfile.flush()
        except OSError:
            self.close_connection = True
            return False
        return True

    def end(self) -> None:
        if self.command != "HEAD":
            self.wfile.write(b"0\r\n\r\n")

    def drop(self) -> None:
        """The answer ends in the middle here as it did there."""
        self.close_connection = True
        with contextlib.suppress(OSError):
            self.connection.shutdown(socket.SHUT_RDWR)

    def whole(self, status: int, value: Mapping[str, Any]) -> None:
        data = json.dumps(value).encode()
        self.send_response_only(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(data)))
        if self.close_connection:
            self.send_header("connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)
