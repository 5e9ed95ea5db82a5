"""With what a request has a model loaded."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_OF_THE_RUNNER = ("num_ctx", "num_batch", "num_gpu", "main_gpu", "use_mmap", "num_thread")
"""Options that a runner is started with (api.Runner in Ollama's api/types.go); all others hold for
one request."""


def num_ctx(body: Mapping[str, Any]) -> int | None:
    """The context that a request asks for, None where it does not say."""
    value = _options(body).get("num_ctx")
    return value if isinstance(value, int) else None


def runner_options(body: Mapping[str, Any], context: int) -> dict[str, Any]:
    """What the model's runner is started with; another request's that differ start it anew."""
    options = _options(body)
    runner = {name: options[name] for name in _OF_THE_RUNNER if name in options}
    runner["num_ctx"] = context
    if "shift" in body:
        runner["shift"] = body["shift"]
    return runner


def _options(body: Mapping[str, Any]) -> Mapping[str, Any]:
    given = body.get("options")
    return given if isinstance(given, dict) else {}
