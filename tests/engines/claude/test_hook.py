"""What Claude Code gives a hook, and what its transcript says beside it."""

from __future__ import annotations

import json
from datetime import UTC
from typing import Any

import pytest

from ai_code.core.verdict import LimitKind
from ai_code.engines.claude.hook import answered_since, refused

NOW = 1795207640
RESET = NOW + 7231
TEXT = "You've hit your 5-hour limit · resets 10:47pm (UTC)"


def row(text: str = TEXT, **more: Any) -> bytes:
    value = {
        "type": "assistant",
        "message": {"model": "<synthetic>", "content": [{"type": "text", "text": text}]},
        "error": "rate_limit",
        "apiErrorStatus": 429,
        "apiError": "usage_limit_reached",
        "quotaLimits": {"status": "rejected", "resetsAt": RESET, "rateLimitType": "five_hour"},
        "timestamp": "2026-11-20T20:47:20.000Z",
        **more,
    }
    return json.dumps(value).encode()


def said(text: str = TEXT, error: str = "rate_limit") -> dict[str, Any]:
    return {"hook_event_name": "StopFailure", "error": error, "last_assistant_message": text}


def found(given: dict[str, Any], *rows: bytes) -> tuple[Any, ...] | None:
    told = refused(given, rows, NOW, UTC)
    return told and (told.limit.kind, told.limit.resets_at, told.subscription)


def test_the_transcript_knows_the_second_of_the_reset() -> None:
    assert found(said(), b"{}", row()) == (LimitKind.SESSION, RESET, True)


def test_without_a_row_the_text_alone_tells() -> None:
    assert found(said()) == (LimitKind.SESSION, NOW - 20 + 7200, True)
    assert found(said("You've hit your weekly limit")) == (LimitKind.WEEKLY, None, True)


def test_an_older_row_is_of_another_failure() -> None:
    assert found(said("You've hit your weekly limit"), row()) == (LimitKind.WEEKLY, None, True)
    answer = {"type": "assistant", "message": {"model": "m", "content": []}}
    assert found(said(), row(), json.dumps(answer).encode()) == (
        LimitKind.SESSION, NOW - 20 + 7200, True,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("text", "error"),
    [("API Error: 500 Internal server error", "server_error"), ("", "unknown"),
     ("Invalid API key · Fix external API key", "authentication_failed")],
)  # fmt: skip
def test_what_is_no_limit(text: str, error: str) -> None:
    assert found(said(text, error)) is None


def test_a_credit_of_an_api_key_is_no_subscriptions() -> None:
    assert found(said("Credit balance is too low", "billing_error")) == (
        LimitKind.CREDIT, None, False,
    )  # fmt: skip


@pytest.mark.parametrize("broken", [b"", b"[]", b'{"type": "assistant"', b'{"type":"assistant"}'])
def test_broken_rows_are_nothing(broken: bytes) -> None:
    assert found(said(), broken) == (LimitKind.SESSION, NOW - 20 + 7200, True)
    assert not answered_since([broken], 1)


def answer(**more: Any) -> bytes:
    value = {"type": "assistant", "message": {"model": "claude-x"},
             "timestamp": "2026-11-20T20:47:20.500Z", **more}  # fmt: skip
    return json.dumps(value).encode()


def test_only_an_answer_of_the_models_own_counts() -> None:
    assert answered_since([row(), answer()], NOW)
    assert not answered_since([row()], NOW)
    assert not answered_since([answer(isSidechain=True)], NOW)
    assert not answered_since([answer(type="user")], NOW)
    # What a fork of the session copied, and what does not say when.
    assert not answered_since([answer()], NOW + 1)
    assert not answered_since([answer(timestamp=None)], NOW)
