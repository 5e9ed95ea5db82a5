"""The person's own MCP servers, as far as a local engine gets them."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import NamedTuple

from ai_code.core.secret_values import secret_names

_VARIABLE = re.compile(r"\$\{(\w+)(?::-[^}]*)?\}")
"""As Claude Code expands them in ``command``, ``args``, ``env``, ``url`` and ``headers``."""


class Servers(NamedTuple):
    """``rows`` are JSON as Claude's record has them; ``left_out`` are names of servers with the
    variables that they want."""

    rows: str
    left_out: Mapping[str, tuple[str, ...]]


def without_keys(rows: str, environ: Mapping[str, str]) -> Servers:
    """The servers that need no key of the environment: no local engine gets one, and a server
    would be given the name of the variable in its place."""
    found = json.loads(rows or "{}")
    if not isinstance(found, dict):
        return Servers("", {})
    gone, kept, left = frozenset(secret_names(environ)), {}, {}
    for name, row in found.items():
        wanted = dict.fromkeys(_VARIABLE.findall(json.dumps(row)))
        if keys := tuple(each for each in wanted if each in gone):
            left[name] = keys
        else:
            kept[name] = row
    return Servers(json.dumps(kept) if kept else "", left)
