"""The body of a request as it came over HTTP/1.1 (RFC 9112, 6), whole and bounded."""

from __future__ import annotations

import re
from email.message import Message
from io import BufferedIOBase

_LENGTH = re.compile(r"[0-9]{1,18}", re.ASCII)
_CHUNK_HEAD = re.compile(rb"([0-9a-fA-F]{1,15})[ \t]*(;.*)?")
_LINE_BYTES = 4096
_TRAILERS = 64


class RefusedBodyError(Exception):
    """It is not read; ``status`` is the answer. What follows on the connection is no request."""

    def __init__(self, status: int, why: str) -> None:
        super().__init__(why)
        self.status = status


def body_of(headers: Message, stream: BufferedIOBase, most: int) -> bytes | None:
    """None where there is none. Raises RefusedBodyError."""
    codings = headers.get_all("transfer-encoding")
    if codings is not None:
        if [each.strip().lower() for each in codings] != ["chunked"]:
            raise RefusedBodyError(501, "of the transfer codings only chunked is understood")
        return _chunked(stream, most)
    lengths = {each.strip() for each in headers.get_all("content-length") or ()}
    if not lengths:
        return None
    told = lengths.pop()
    if lengths or not _LENGTH.fullmatch(told):
        raise RefusedBodyError(400, "the content-length is no length")
    length = int(told)
    if length > most:
        raise RefusedBodyError(413, "the request is too large")
    return _exactly(stream, length) if length else None


def _chunked(stream: BufferedIOBase, most: int) -> bytes:
    pieces: list[bytes] = []
    left = most
    while size := _chunk_size(_line(stream)):
        if size > left:
            raise RefusedBodyError(413, "the request is too large")
        left -= size
        pieces.append(_exactly(stream, size))
        if _line(stream):
            raise RefusedBodyError(400, "a chunk is longer than it says")
    for _ in range(_TRAILERS):
        if not _line(stream):
            return b"".join(pieces)
    raise RefusedBodyError(400, "too many trailers")


def _chunk_size(line: bytes) -> int:
    found = _CHUNK_HEAD.fullmatch(line)
    if found is None:
        raise RefusedBodyError(400, "a chunk has no length")
    return int(found[1], 16)


def _line(stream: BufferedIOBase) -> bytes:
    line = stream.readline(_LINE_BYTES)
    if not line.endswith(b"\n"):
        raise RefusedBodyError(400, "the request breaks off")
    return line.rstrip(b"\r\n")


def _exactly(stream: BufferedIOBase, length: int) -> bytes:
    data = stream.read(length)
    if len(data) < length:
        raise RefusedBodyError(400, "the request breaks off")
    return data
