"""``--json``: one object on stdout, also for errors. Its form is versioned and only grows."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from ai_code.core.pasting import shown_values
from ai_code.flows.turns import recorded

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ai_code.core.errors import AiCodeError
    from ai_code.core.record import RunRecord
    from ai_code.flows.turns import Turn

VERSION = 1


def envelope(
    record: RunRecord | None,
    turns: Sequence[Turn],
    code: int,
    error: AiCodeError | None,
    shown_as: str = "",
    of: Turn | None = None,
) -> str:
    """The object as ASCII text: ``engine`` and ``answer`` of the turn ``of`` (else the last one),
    every turn's verdict with the engine's own exit code, what landed and what did not, and the
    error as it is told (``World.shown_as``)."""
    last = of or (turns[-1] if turns else None)
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
        value["error"] = told(error, shown_as)
    return json.dumps(value)


def refused(code: int, error: AiCodeError, shown_as: str = "") -> str:
    """What every command but a run prints with ``--json`` in the place of its own object."""
    shown = told(error, shown_as)
    return json.dumps({"version": VERSION, "ok": False, "exit_code": int(code), "error": shown})


def told(error: AiCodeError, shown_as: str) -> dict[str, str]:
    """An error as every ``--json`` has it."""
    value = {"what": error.what, "why": error.why, "hint": error.hint}
    return dict(shown_values(value, shown_as))
