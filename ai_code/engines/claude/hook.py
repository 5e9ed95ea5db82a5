"""What Claude Code tells a hook, and what its transcript says beside it. Pure.

Seen with 2.0.77 and 2.1.329. The transcript's rows have the fields of the stream of events, in
another spelling (``apiErrorStatus``).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import tzinfo
from typing import NamedTuple

from ai_code.core.verdict import PLAN_KINDS, LimitKind, LimitReached
from ai_code.engines.claude import refusal as refusals
from ai_code.engines.claude.fields import (
    Json,
    dict_of,
    epoch_of,
    int_of,
    is_model_error,
    json_object,
    model_error_of,
    rate_limit_of,
    text_of,
)
from ai_code.engines.claude.refusal import Refusal


class Refused(NamedTuple):
    """A limit, and whether it is one of a subscription, whatever login the hook sees: 2.1.329
    keeps CLAUDE_CODE_OAUTH_TOKEN from its hooks."""

    limit: LimitReached
    subscription: bool


def answered_since(lines: Iterable[bytes], since: float) -> bool:
    """Whether Claude's model itself said something after ``since`` (epoch): no row that Claude
    wrote in its place, none of an agent beside it, none that a fork of the session copied."""
    for line in lines:
        if b'"assistant"' not in line:
            continue
        row = json_object(line)
        if row is None or row["type"] != "assistant" or row.get("isSidechain") is True:
            continue
        if not is_model_error(row) and (epoch_of(row) or 0.0) >= since:
            return True
    return False


def refused(said: Json, lines: Sequence[bytes], now: int, tz: tzinfo) -> Refused | None:
    """The limit that ended a turn; None where it was something else. By the text that the hook
    is given, and the window and reset of the transcript's row where it is written already."""
    text = text_of(said.get("last_assistant_message")) or ""
    row = _row_of(text, lines)
    info = dict_of(dict_of(row.get("apiErrorParams")).get("rate_limit_info"))
    quota = rate_limit_of(dict_of(row.get("quotaLimits")) or info)
    finding = refusals.find(
        Refusal(
            text=refusals.error_text(text),
            channel="event",
            error=text_of(said.get("error")) or text_of(row.get("error")),
            api_error=text_of(row.get("apiError")),
            status=int_of(row.get("apiErrorStatus")),
            rejected=quota if quota.status == "rejected" else None,
        ),
        now,
        tz,
    )
    if finding is None or not isinstance(finding.meaning, LimitKind):
        return None
    limit = LimitReached(finding.meaning, finding.resets_at, finding.evidence, finding.message)
    return Refused(limit, limit.kind in PLAN_KINDS or bool(quota.claim))


def _row_of(text: str, lines: Sequence[bytes]) -> Json:
    """The last row that Claude wrote in the model's place, where it says this; else an empty
    one: an older error has nothing to do with it."""
    for line in reversed(lines):
        row = json_object(line) if b'"assistant"' in line else None
        if row is not None and row["type"] == "assistant":
            same = is_model_error(row) and model_error_of(row).text == text
            return row if same else {}
    return {}
