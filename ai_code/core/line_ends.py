"""Line ends: an engine that rewrites a CRLF file with LF must not change every line of it."""

from __future__ import annotations

from ai_code.core.changes import is_binary

CRLF, LF = b"\r\n", b"\n"


def style(data: bytes) -> bytes | None:
    """``CRLF`` or ``LF`` where all line ends agree, None where they do not or there is none."""
    ends, pairs = data.count(LF), data.count(CRLF)
    if ends == 0 or is_binary(data):
        return None
    return CRLF if pairs == ends else LF if pairs == 0 else None


def to_style(data: bytes, wanted: bytes) -> bytes:
    """``data`` with every line end written as ``wanted``."""
    plain = data.replace(CRLF, LF)
    return plain if wanted == LF else plain.replace(LF, CRLF)


def same_but_ends(one: bytes, other: bytes) -> bool:
    """Whether two texts are the same, but for their line ends."""
    return to_style(one, LF) == to_style(other, LF)


def kept(before: bytes | None, after: bytes | None) -> bytes | None:
    """``after`` with the line ends of ``before`` where those agreed with each other.

    A change of nothing but the line ends was meant and stays. aider 0.86 writes LF on Linux
    whatever the file had."""
    if before is None or after is None or is_binary(after) or same_but_ends(before, after):
        return after
    wanted = style(before)
    return after if wanted is None else to_style(after, wanted)
