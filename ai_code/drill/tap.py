"""A loopback server in front of a real Ollama: passes everything on, and reads along.

A drill needs to see what the model was told and when it answered; the real server tells nobody.
"""

from __future__ import annotations

from http.client import HTTPConnection, HTTPException
from urllib.parse import urlsplit

from ai_code.drill.serving import LOOPBACK, Exchange, Recorded, StandIn
from ai_code.drill.wires import WIRES

_OUR_OWN = frozenset({"host", "content-length", "connection", "transfer-encoding", "expect"})
_CONNECT_S = 5.0
_ASKING = ("messages", "prompt", "input")
"""What a request for an answer has; one that only loads a model has none of them."""


class OllamaTap(StandIn):
    """Stands before the server at ``upstream`` (http, on this machine). ``chats`` are the
    requests that asked for an answer."""

    def __init__(self, upstream: str) -> None:
        super().__init__()
        parts = urlsplit(upstream)
        self._upstream = (parts.hostname or LOOPBACK, parts.port or 80)
        self._base = parts.path.rstrip("/")
        self.chats: list[Recorded] = []

    def respond(self, exchange: Exchange) -> None:
        """Passes one request on, and the answer back as it comes."""
        request = exchange.request
        body = request.json
        if request.path in WIRES and any(body.get(name) for name in _ASKING):
            with self._lock:
                self.chats.append(request)
        connection = HTTPConnection(*self._upstream, timeout=_CONNECT_S)
        try:
            connection.connect()
            # A model may take minutes to its first word; ai-code watches over that.
            connection.sock.settimeout(None)
            self._pass_on(connection, exchange)
        except (OSError, HTTPException) as error:
            exchange.send_json(502, {"error": f"the drill cannot reach Ollama: {error}"})
        finally:
            connection.close()

    def _pass_on(self, connection: HTTPConnection, exchange: Exchange) -> None:
        request = exchange.request
        headers = {name: value for name, value in request.headers.items() if name not in _OUR_OWN}
        connection.request(
            request.method, self._base + request.target, request.raw or None, headers
        )
        response = connection.getresponse()
        kind = response.getheader("content-type") or "application/octet-stream"
        exchange.start_stream(kind, status=response.status)
        try:
            while piece := response.read1(1 << 16):
                exchange.write(piece)
        except (OSError, HTTPException):
            exchange.drop()
        else:
            exchange.end()
