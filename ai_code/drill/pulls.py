"""/api/pull of the stand-in: downloads that are told line by line, cut, and gone on with."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING

from ai_code.drill.models import FakeModel, full_name, pull_rows

if TYPE_CHECKING:
    from ai_code.drill.ollama import OllamaStandIn
    from ai_code.drill.serving import Exchange


class Pulls:
    """What can be pulled and how it goes; see ``OllamaStandIn``. ``error`` may be set anew."""

    def __init__(
        self, models: Sequence[FakeModel], error: str | None, dies: bool, gap_s: float
    ) -> None:
        self._models = {model.tag: model for model in models}
        self.error = error
        self.begun: dict[str, int] = {}
        """Bytes of models that are not whole, by tag."""
        self._dies = dies
        self._gap_s = gap_s

    def answer(self, exchange: Exchange, server: OllamaStandIn) -> None:
        body = exchange.request.json
        model = self._models.get(full_name(str(body.get("model") or body.get("name") or "")))
        tag = model.tag if model else ""
        rows = pull_rows(model, self.error, self.begun.get(tag, 0))
        good = "error" not in rows[-1]
        if body.get("stream") is False:
            self._keep(model if good else None, server)
            exchange.send_json(200 if good else 500, rows[-1])
            return
        exchange.start_stream("application/x-ndjson")
        for row in rows:
            if good and row.get("status") == "success":
                self._keep(model, server)
            # Who has gone away is noticed here, and nothing more comes.
            exchange.write(json.dumps(row).encode() + b"\n")
            self.begun[tag] = max(self.begun.get(tag, 0), row.get("completed", 0))
            if self._dies and row.get("completed"):
                server.die()
                return
            server.pause(self._gap_s)
        exchange.end()

    def _keep(self, model: FakeModel | None, server: OllamaStandIn) -> None:
        if model is not None:
            server.models[model.tag] = model
            self.begun.pop(model.tag, None)
