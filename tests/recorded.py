"""The recordings and the corpus of innocent outputs, as tests read them."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent / "recordings"


@cache
def recordings(screens: bool = False) -> dict[str, dict[str, Any]]:
    """Recorded runs of the real Claude Code by name; ``screens`` also the interactive ones."""
    found = (json.loads(path.read_text()) for path in sorted((FOLDER / "claude").glob("*.json")))
    return {row["name"]: row for row in found if screens or row["format"] != "tui"}


@cache
def innocent() -> dict[str, dict[str, Any]]:
    """Outputs of successful runs, none of which is a limit, by name."""
    lines = (FOLDER / "innocent" / "answers.jsonl").read_text("utf-8").splitlines()
    return {row["name"]: row for row in map(json.loads, lines)}


def stream_of(answer: str, *, is_error: bool = False, **fields: Any) -> str:
    """The stream-json output of a run that ended with this text."""
    session = "3261ad5a-4633-471c-8102-a478f9dce80b"
    model = "<synthetic>" if is_error else "claude-opus-5-5"
    content = [{"type": "text", "text": answer}]
    message = {"id": "msg_1", "model": model, "role": "assistant", "content": content}
    row = {"type": "assistant", "message": message, "session_id": session}
    result = {
        "type": "result",
        "subtype": "success",
        "is_error": is_error,
        "result": answer,
        "session_id": session,
        "permission_denials": [],
    }
    init = {"type": "system", "subtype": "init", "session_id": session, "model": "m"}
    return "".join(json.dumps(event) + "\n" for event in (init, row, {**result, **fields}))
