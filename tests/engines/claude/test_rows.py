"""A session as its transcript tells it, by rows as 2.1.329 and 2.0.77 wrote them."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from ai_code.core.verdict import LimitKind
from ai_code.engines.claude.chat import check_chat_args
from ai_code.engines.claude.rows import SessionRows

SINCE = datetime(2026, 11, 26, 18, 0, tzinfo=UTC).timestamp()
RESET = int(SINCE) + 7200
AT = "2026-11-26T18:05:57.204Z"
OLD_LIMIT = {
    "type": "assistant",
    "timestamp": AT,
    "isSidechain": False,
    "version": "2.0.77",
    "message": {
        "model": "<synthetic>",
        "role": "assistant",
        "content": [{"type": "text", "text": "You've hit your session limit · resets 8pm (UTC)"}],
    },
    "error": "rate_limit",
    "isApiErrorMessage": True,
}
_INFO = {
    "status": "rejected",
    "resetsAt": RESET,
    "rateLimitType": "seven_day",
    "isUsingOverage": False,
}
NEW_LIMIT = {
    **OLD_LIMIT,
    "apiErrorStatus": 429,
    "apiError": "usage_limit_reached",
    "apiErrorParams": {"rate_limit_info": _INFO},
    "quotaLimits": _INFO,
}
OVERLOADED = {
    **OLD_LIMIT,
    "message": {
        "model": "<synthetic>",
        "role": "assistant",
        "content": [{"type": "text", "text": "API Error: Repeated 529 Overloaded errors."}],
    },
    "error": "overloaded",
    "apiErrorStatus": 529,
}
FAILED = {
    **OLD_LIMIT,
    "message": {
        "model": "<synthetic>",
        "role": "assistant",
        "content": [{"type": "text", "text": "API Error: 500 Internal server error"}],
    },
    "error": "server_error",
    "apiErrorStatus": 500,
}


FILLER = {
    **OLD_LIMIT,
    "message": {
        "model": "<synthetic>",
        "role": "assistant",
        "content": [{"type": "text", "text": "No response requested."}],
    },
    "error": None,
    "isApiErrorMessage": False,
}


def user(content: object, **more: object) -> dict[str, Any]:
    message = {"role": "user", "content": content}
    return {"type": "user", "timestamp": AT, "message": message, **more}


def assistant(*content: dict[str, Any], **more: object) -> dict[str, Any]:
    message = {"role": "assistant", "model": "claude-sonnet-5-5", "content": list(content)}
    return {"type": "assistant", "timestamp": AT, "message": message, "version": "2.1.329", **more}


def read(*rows: dict[str, Any] | bytes) -> SessionRows:
    seen = SessionRows(SINCE)
    for row in rows:
        line = row if isinstance(row, bytes) else json.dumps(row, ensure_ascii=False).encode()
        seen.feed(line, UTC)
    return seen


def text(words: str) -> dict[str, Any]:
    return {"type": "text", "text": words}


def test_the_limit_of_a_new_version_has_its_epoch() -> None:
    limit = read(user("hello"), NEW_LIMIT).limit
    assert limit is not None
    assert (limit.kind, limit.resets_at) == (LimitKind.WEEKLY, RESET)
    assert limit.evidence.rule == "claude.claim-weekly"


def test_the_limit_by_quota_limits_alone() -> None:
    limit = read({**NEW_LIMIT, "apiErrorParams": None, "apiError": None}).limit
    assert limit is not None
    assert (limit.kind, limit.resets_at) == (LimitKind.WEEKLY, RESET)


def test_the_limit_of_an_old_version_has_its_words() -> None:
    limit = read(OLD_LIMIT).limit
    assert limit is not None
    at = int(datetime(2026, 11, 26, 20, 0, tzinfo=UTC).timestamp())
    assert (limit.kind, limit.resets_at, limit.evidence.rule) == (
        LimitKind.SESSION, at, "claude.session",
    )  # fmt: skip


def test_an_overloaded_api_is_a_limit_of_its_kind() -> None:
    limit = read(OVERLOADED).limit
    assert limit is not None and limit.kind is LimitKind.OVERLOADED


@pytest.mark.parametrize(
    "rows",
    [
        (FAILED,),
        (NEW_LIMIT, assistant(text("Here I am."))),
        (OVERLOADED, FAILED),
        (assistant(text("You've hit your 5-hour limit")),),
        (user("You've hit your 5-hour limit"),),
        ({**NEW_LIMIT, "isSidechain": True},),
        ({**NEW_LIMIT, "timestamp": "2026-11-26T17:59:59Z"},),
        ({**NEW_LIMIT, "timestamp": "yesterday"},),
        ({**NEW_LIMIT, "timestamp": None},),
        (b'{"type":"assistant","timestamp":', b"[]", b'"assistant"', b"\xff\xfe"),
    ],
)
def test_no_limit_stands(rows: tuple[dict[str, Any] | bytes, ...]) -> None:
    assert read(*rows).limit is None


@pytest.mark.parametrize("later", [FAILED, user("again"), FILLER])
def test_only_the_model_itself_ends_a_limit(later: dict[str, Any]) -> None:
    limit = read(NEW_LIMIT, later).limit
    assert limit is not None and limit.kind is LimitKind.WEEKLY


def test_what_the_person_typed() -> None:
    seen = read(
        user("<local-command-caveat>…</local-command-caveat>", isMeta=True),
        user("<command-name>/clear</command-name>"),
        user("hello()に説明を"),
        user([{"type": "tool_result", "tool_use_id": "t", "content": "text"}]),
        user([text("and this"), {"type": "image"}]),
        user("[Request interrupted by user]"),
        user("a summary", isCompactSummary=True),
    )
    assert (seen.first_prompt, seen.prompt) == ("hello()に説明を", "and this")


def test_what_claude_did() -> None:
    use = {"type": "tool_use", "id": "t1", "name": "Edit", "input": {"file_path": "/p/a.py"}}
    failed = {"type": "tool_use", "id": "t2", "name": "Edit", "input": {"file_path": "/p/b.py"}}
    seen = read(
        assistant(text("I look."), use, failed),
        user([{"type": "tool_result", "tool_use_id": "t1", "content": "ok"}]),
        user([{"type": "tool_result", "tool_use_id": "t2", "content": "no", "is_error": True}]),
    )
    assert seen.edited == ("/p/a.py",)
    assert (seen.said, seen.model, seen.version) == ("I look.", "claude-sonnet-5-5", "2.1.329")
    assert seen.answered


def test_a_row_of_megabytes_that_is_a_request_is_not_parsed() -> None:
    row = b'{"type":"api-request-blob","message":' + b"x" * (1 << 20) + b"}"
    assert read(row).limit is None


def test_verbose_is_the_persons_on_a_screen() -> None:
    check_chat_args(("--verbose", "--permission-mode", "plan"))
