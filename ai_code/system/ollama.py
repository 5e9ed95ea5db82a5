"""An Ollama server over HTTP: short calls with short time limits, no proxies.

API: https://github.com/ollama/ollama/blob/main/docs/api.md
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from ai_code.core.ports import LoadedModel, ModelServerError, PullProgress, ServedModel
from ai_code.core.rfc3339 import epoch_of
from ai_code.core.text import one_line
from ai_code.system.background import start

if TYPE_CHECKING:
    from http.client import HTTPResponse

_TIMEOUT_S = 0.8
_LEAST_S = 0.05
_LOAD_TIMEOUT_S = 600.0
_UNLOAD_TIMEOUT_S = 30.0
_MOST_BYTES = 16 << 20
_MOST_OF_A_PAGE = 4096
_OF_PROXIES = frozenset({401, 403, 407, 429, 500, 502, 503, 504})
"""What a proxy answers for itself: no access, or no Ollama behind it."""


class OllamaServer:
    """``base_url`` may carry a path prefix (a reverse proxy); ``headers`` go with each call.

    A loopback server is never asked through a proxy: http.client knows none."""

    def __init__(
        self,
        base_url: str,
        headers: Mapping[str, str] | None = None,
        timeout_s: float = _TIMEOUT_S,
        budget_s: float | None = None,
        ca_file: str = "",
    ) -> None:
        """``timeout_s`` is for one call; ``budget_s`` for all of them together, from the first
        one on (loading a model aside). ``ca_file`` is what https is checked against."""
        self.base_url = base_url.rstrip("/")
        self._headers = dict(headers or {})
        self._timeout_s = timeout_s
        self._budget_s = budget_s
        self._began: float | None = None
        self._ca_file = ca_file

    def version(self) -> str:
        return str(self._object("GET", "/api/version").get("version", ""))

    def models(self) -> Sequence[ServedModel]:
        return [
            ServedModel(
                str(row["name"]),
                _number(row, "size"),
                str(row.get("digest", "")),
                epoch_of(row.get("modified_at")),
            )
            for row in self._rows("/api/tags")
        ]

    def loaded(self) -> Sequence[LoadedModel]:
        return [
            LoadedModel(
                str(row["name"]),
                _number(row, "size"),
                _number(row, "size_vram"),
                _number(row, "context_length"),
                epoch_of(row.get("expires_at")),
            )
            for row in self._rows("/api/ps")
        ]

    def show(self, name: str) -> Mapping[str, Any]:
        return self._object("POST", "/api/show", {"model": name})

    def preload(self, name: str, num_ctx: int, keep_alive: str | None) -> None:
        """Loads the model with that context; returns when it is in memory."""
        body: dict[str, Any] = {"model": name, "stream": False, "options": {"num_ctx": num_ctx}}
        if keep_alive is not None:
            body["keep_alive"] = keep_alive
        self._object("POST", "/api/generate", body, timeout_s=_LOAD_TIMEOUT_S)

    def unload(self, name: str) -> None:
        body = {"model": name, "stream": False, "keep_alive": 0}
        self._object("POST", "/api/generate", body, timeout_s=_UNLOAD_TIMEOUT_S)

    def derive(self, name: str, of: str, num_ctx: int) -> None:
        """By /api/create, which copies no weights."""
        body = {"model": name, "from": of, "parameters": {"num_ctx": num_ctx}, "stream": False}
        self._object("POST", "/api/create", body, timeout_s=_UNLOAD_TIMEOUT_S)

    def delete(self, name: str) -> None:
        status, data = self._in_time("DELETE", "/api/delete", {"model": name}, _UNLOAD_TIMEOUT_S)
        if status != 200:
            raise refusal(data, status)

    def pull(self, name: str) -> Iterator[PullProgress]:
        from ai_code.system.pulling import pull

        return pull(self.base_url, self._headers, name, self._ca_file)

    def _rows(self, path: str) -> list[dict[str, Any]]:
        """The list ``models``, which an older server may leave out or give as null."""
        rows = self._object("GET", path).get("models") or []
        if not isinstance(rows, list):
            raise ModelServerError("garbage", f"{self.base_url}{path} has no list of models")
        return [row for row in rows if isinstance(row, dict) and row.get("name")]

    def _time_left_s(self) -> float:
        if self._budget_s is None:
            return self._timeout_s
        now = time.monotonic()
        self._began = self._began or now
        left = self._began + self._budget_s - now
        return max(_LEAST_S, min(self._timeout_s, left))

    def _object(
        self, method: str, path: str, body: object = None, timeout_s: float | None = None
    ) -> dict[str, Any]:
        status, data = self._in_time(method, path, body, timeout_s or self._time_left_s())
        try:
            answer = json.loads(data)
        except (ValueError, RecursionError):
            answer = None
        if status != 200:
            raise refusal(data, status)
        if not isinstance(answer, dict):
            raise ModelServerError("garbage", f"{self.base_url}{path} did not answer with JSON")
        return answer

    def _in_time(self, method: str, path: str, body: object, timeout_s: float) -> tuple[int, bytes]:
        """The call as a whole within its time: a socket's limit is for each step anew, and the
        lookup of a name has none."""
        try:
            return start(lambda: self._call(method, path, body, timeout_s))(timeout_s)
        except TimeoutError as error:
            raise ModelServerError("timeout", f"no answer within {timeout_s:g} s") from error

    def _call(self, method: str, path: str, body: object, timeout_s: float) -> tuple[int, bytes]:
        from http.client import HTTPException

        from ai_code.system.connection import connect

        parts = urlsplit(self.base_url)
        try:
            connection = connect(parts, timeout_s, self._ca_file)
        except OSError as error:
            raise self._failed(error) from error
        payload = None if body is None else json.dumps(body).encode()
        headers = {"Content-Type": "application/json", **self._headers}
        try:
            connection.request(method, parts.path + path, payload, headers)
            response = connection.getresponse()
            return response.status, _body(response, timeout_s)
        except TimeoutError:
            raise
        except HTTPException as error:
            raise ModelServerError("garbage", str(error) or type(error).__name__) from error
        except OSError as error:
            raise self._failed(error) from error
        finally:
            connection.close()

    def _failed(self, error: OSError) -> ModelServerError:
        """The connection could not be made, or broke."""
        if urlsplit(self.base_url).scheme == "https":
            from ai_code.system.connection import refusal_of_certificate

            if why := refusal_of_certificate(error, self._ca_file):
                return ModelServerError("certificate", why)
        return ModelServerError("refused", error.strerror or str(error) or type(error).__name__)


def refusal(data: bytes, status: int) -> ModelServerError:
    """An answer that is an error: ``{"error": "…"}`` of Ollama's, or the text of a proxy. A page
    of HTML where Ollama has its API comes from another server, unless its status says that a
    proxy stands before it."""
    try:
        answer = json.loads(data)
    except (ValueError, RecursionError):
        answer = None
    told = answer.get("error") if isinstance(answer, dict) else None
    if told:
        return ModelServerError("http", str(told), status)
    text = data[:_MOST_OF_A_PAGE].decode("utf-8", "replace").strip()
    if not text.startswith("<"):
        return ModelServerError("http", one_line(text) or f"HTTP {status}", status)
    if status not in _OF_PROXIES:
        return ModelServerError("garbage", f"a page of HTML, HTTP {status}", status)
    title = re.search(r"<title[^>]*>([^<]*)", text, re.IGNORECASE)
    name = one_line(title[1], 60) if title else ""
    return ModelServerError("http", f"the page '{name}'" if name else "a page of HTML", status)


def _body(response: HTTPResponse, timeout_s: float) -> bytes:
    """The body, within ``timeout_s`` as a whole: a server may trickle for ever. Past
    ``_MOST_BYTES`` it is cut, and then no JSON."""
    until = time.monotonic() + timeout_s
    pieces: list[bytes] = []
    size = 0
    while size < _MOST_BYTES and (piece := response.read1(1 << 16)):
        pieces.append(piece)
        size += len(piece)
        if time.monotonic() > until:
            raise TimeoutError
    return b"".join(pieces)


def _number(row: Mapping[str, Any], key: str) -> int:
    value = row.get(key)
    return value if isinstance(value, int) else 0
