"""/api/create of the stand-in: a model derived from an installed one, with its own parameters."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from ai_code.drill.models import derived, full_name

if TYPE_CHECKING:
    from ai_code.drill.ollama import OllamaStandIn
    from ai_code.drill.serving import Exchange


def create(exchange: Exchange, server: OllamaStandIn) -> None:
    """``{"model": NEW, "from": OLD, "parameters": {"num_ctx": N}}``."""
    body = exchange.request.json
    name = str(body.get("model") or body.get("name") or "")
    old = server.models.get(full_name(str(body.get("from") or "")))
    rows: list[dict[str, Any]]
    if old is None:
        # A real server tries to pull it first, and that is what it says.
        rows = [{"error": "pull model manifest: file does not exist"}]
    else:
        made = derived(old, name, body.get("parameters") or {})
        server.models[made.tag] = made
        rows = [
            {"status": f"using existing layer sha256:{old.digest}"},
            {"status": "writing manifest"},
            {"status": "success"},
        ]
    if body.get("stream") is False:
        exchange.send_json(200 if old else 500, rows[-1])
        return
    exchange.start_stream("application/x-ndjson")
    for row in rows:
        exchange.write(json.dumps(row).encode() + b"\n")
    exchange.end()
