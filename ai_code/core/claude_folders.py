"""How Claude Code names the folder of a project's sessions. Pure; seen in 2.0.77 and 2.1.329."""

from __future__ import annotations

import re

_LONGEST = 200
_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"


def sessions_folder(path: str) -> str:
    """The folder's name for the sessions of ``path``: what is no ASCII letter or digit becomes a
    hyphen; what is longer than 200 signs is cut, and told apart by a hash of the path."""
    units = _units(path)
    name = re.sub(r"[^0-9A-Za-z]", "-", "".join(map(chr, units)))
    return name if len(name) <= _LONGEST else f"{name[:_LONGEST]}-{_hash(units)}"


def _units(text: str) -> list[int]:
    """As JavaScript counts signs: UTF-16, where an emoji is two."""
    data = text.encode("utf-16-le", "surrogatepass")
    return [data[at] | data[at + 1] << 8 for at in range(0, len(data), 2)]


def _hash(units: list[int]) -> str:
    """31 h + c in 32 bits with a sign, its amount in base 36."""
    value = 0
    for unit in units:
        value = (value * 31 + unit) & 0xFFFFFFFF
    amount = min(value, (1 << 32) - value)
    told = ""
    while amount:
        amount, digit = divmod(amount, 36)
        told = _DIGITS[digit] + told
    return told or "0"
