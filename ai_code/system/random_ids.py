"""Random identifiers."""

from __future__ import annotations

import os


def random_uuid() -> str:
    """A version 4 UUID (RFC 9562, section 5.4). The library's module of that name asks
    ``platform`` what it runs on first: 3 ms before Claude starts."""
    octets = bytearray(os.urandom(16))
    octets[6] = octets[6] & 0x0F | 0x40
    octets[8] = octets[8] & 0x3F | 0x80
    plain = octets.hex()
    return "-".join((plain[:8], plain[8:12], plain[12:16], plain[16:20], plain[20:]))
