"""``--json``: one object on stdout, also for errors. Its form is versioned and only grows."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from ai_code.flows.turns import recorded

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ai_code.core.errors import AiCodeError
    from ai_code.core.record import RunRecord
    from ai_code.flows.turns import Turn

VERSION = 1


def envelope(
    record: RunRecord | None, turns: Sequence[Turn], code: int, error: AiCodeError | None
) -> str:
    """The object as ASCII text: ``engine`` and ``answer`` of the last turn, every turn's verdict
    with the engine's own exit code, what landed and what did not, and the error as it is told."""
    last = turns[-1] if turns else None
    value: dict[str, Any] = {
        "version": VERSION,
        "ok": code == 0,
        "exit_code": int(code),
        "run": record.id if record else None,
        "engine": last.engine if last else None,
        "model": last.model if last else None,
        "session_id": next((turn.session_id for turn in turns if turn.session_id), None),
        "answer": last.answer if last else None,
        "attempts": [recorded(turn)._asdict() for turn in turns],
        "landed": [file._asdict() for file in record.landed] if record else [],
        "left_out": [left._asdict() for left in record.left_out] if record else [],
        "error": None,
    }
    if error is not None:
        value["error"] = {"what": error.what, "why": error.why, "hint": error.hint}
    return json.dumps(value)
