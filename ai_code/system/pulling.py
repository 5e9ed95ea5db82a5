"""A model's download by Ollama, told line by line as it goes.

API: https://github.com/ollama/ollama/blob/main/docs/api.md#pull-a-model
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from http.client import HTTPException, HTTPResponse
from typing import Any
from urllib.parse import urlsplit

from ai_code.core.ports import ModelServerError, PullProgress
from ai_code.system.connection import connect
from ai_code.system.ollama import refusal

_SILENCE_S = 120.0
"""Ollama tells of a download several times a second; it says nothing while it checks a digest of
many gigabytes."""
_LONGEST_LINE = 1 << 20


def pull(
    base_url: str, headers: Mapping[str, str], name: str, ca_file: str = ""
) -> Iterator[PullProgress]:
    """See ``ai_code.core.ports.ModelServer.pull``. A closed connection cancels the download at
    the server; what has come stays there, and the next pull goes on with it."""
    parts = urlsplit(base_url)
    body = json.dumps({"model": name, "stream": True}).encode()
    try:
        connection = connect(parts, _SILENCE_S, ca_file)
    except OSError as error:
        raise ModelServerError("certificate", f"{ca_file}: {error.strerror}") from error
    try:
        connection.request(
            "POST",
            parts.path + "/api/pull",
            body,
            {"Content-Type": "application/json", **headers},
        )
        response = connection.getresponse()
        if response.status != 200:
            raise refusal(response.read(_LONGEST_LINE), response.status)
        yield from _lines(response)
    except TimeoutError as error:
        raise ModelServerError("timeout", f"nothing came for {_SILENCE_S:g} s") from error
    except (OSError, HTTPException) as error:
        told = getattr(error, "strerror", None) or str(error) or type(error).__name__
        raise ModelServerError("refused", told) from error
    finally:
        connection.close()


def _lines(response: HTTPResponse) -> Iterator[PullProgress]:
    while line := response.readline(_LONGEST_LINE):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except (ValueError, RecursionError):
            row = None
        if not isinstance(row, dict):
            raise ModelServerError("garbage", "the download's progress is no JSON")
        if row.get("error"):
            raise ModelServerError("http", str(row["error"]), 500)
        progress = PullProgress(
            str(row.get("status", "")),
            str(row.get("digest", "")),
            _count(row, "total"),
            _count(row, "completed"),
        )
        yield progress
        if progress.status == "success":
            return
    raise ModelServerError("refused", "the server ended in the middle of the download")


def _count(row: Mapping[str, Any], key: str) -> int:
    value = row.get(key)
    return value if isinstance(value, int) and not isinstance(value, bool) else 0
