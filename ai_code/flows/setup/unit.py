"""The texts of our systemd units: Ollama, and the models that are fetched for it. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from urllib.parse import urlsplit

_DURATION = re.compile(r"-1|\d+|(\d+(\.\d+)?(ns|us|ms|s|m|h))+")
DEFAULT_KEEP_ALIVE = "5m"
"""Ollama's own."""
DEFAULT_CONTEXT = 16384
"""What a run asks for at most (flows/readiness.py)."""
NAME = "ollama.service"
MODELS = "ai-code-models.service"


def unit_text(template: str, values: Mapping[str, str]) -> str:
    """The template with ``@NAME@`` replaced."""
    for name, value in values.items():
        template = template.replace(f"@{name}@", value)
    return template


def server_values(program: str, api: str, keep_alive: str | None, context: int) -> dict[str, str]:
    """What the unit of the server says: its absolute path, the address it listens on, how long
    (Ollama's form of a duration) a model stays, and tokens for clients that ask for none.

    ``Environment=`` entries are split at blanks and ``%`` begins a specifier: a keep-alive that
    is no duration is left at Ollama's default."""
    keep = keep_alive or ""
    parts = urlsplit(api)
    host = parts.hostname or "127.0.0.1"
    host = f"[{host}]" if ":" in host else "127.0.0.1" if host == "localhost" else host
    return {
        "OLLAMA": _word(program),
        "HOST": f"{host}:{parts.port or 11434}",
        "KEEP_ALIVE": keep if _DURATION.fullmatch(keep) else DEFAULT_KEEP_ALIVE,
        "CONTEXT": str(context),
    }


def models_values(command: Sequence[str], api: str) -> dict[str, str]:
    """What the unit of the models says: how ai-code is started, and where Ollama answers."""
    return {"AI_CODE": " ".join(map(_word, command)), "API": api.replace("%", "%%")}


def _word(path: str) -> str:
    """One word of ExecStart=, as systemd.service(5) reads it."""
    escaped = path.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%").replace("$", "$$")
    return f'"{escaped}"' if re.search(r"[\s\"';\\]", path) else escaped
