"""The judge on what no recording holds: kills, our own ends, drift, broken output."""

from __future__ import annotations

import json
import time
from datetime import UTC
from typing import Any

import pytest

from ai_code.core.exits import EndedBy, Exit
from ai_code.core.verdict import (
    Done,
    Failed,
    FailReason,
    Interrupted,
    LimitKind,
    LimitReached,
    Unavailable,
    UnavailableReason,
    Verdict,
)
from ai_code.engines.claude.judge import judge
from ai_code.engines.claude.observed import Observed
from ai_code.engines.claude.reader import ClaudeReader
from ai_code.engines.claude.recorded import observe_text
from tests.recorded import recordings, stream_of

NOW = 1795207640
LIMIT = "You've hit your 5-hour limit · resets 11:10pm (UTC)"
REJECTED = {"status": "rejected", "resetsAt": 1795216200, "rateLimitType": "five_hour"}


def events(*rows: dict[str, Any]) -> str:
    return "".join(json.dumps(row) + "\n" for row in rows)


def limit_event(**info: Any) -> dict[str, Any]:
    return {"type": "rate_limit_event", "rate_limit_info": info}


def retry(status: int | None, error: str, attempt: int = 2) -> dict[str, Any]:
    return {
        "type": "system", "subtype": "api_retry", "attempt": attempt,
        "error_status": status, "error": error,
    }  # fmt: skip


def error_row(text: str, error: str | None) -> dict[str, Any]:
    content = [{"type": "text", "text": text}]
    return {
        "type": "assistant", "message": {"model": "<synthetic>", "content": content},
        "error": error, "parent_tool_use_id": None,
    }  # fmt: skip


def of(text: str, exit: Exit, format: str = "auto", stderr: str = "") -> Verdict:
    observed = observe_text(text, format, stderr)  # type: ignore[arg-type]
    return judge(observed, exit, now=NOW, tz=UTC)


def stream(text: str, exit: Exit) -> Verdict:
    return of(text, exit, "stream-json")


def test_not_there_or_not_startable() -> None:
    for code in (126, 127):
        verdict = judge(Observed(), Exit(code, start_error="no such file"), now=NOW, tz=UTC)
        assert isinstance(verdict, Unavailable)
        assert verdict.reason is UnavailableReason.MISSING and verdict.hint


@pytest.mark.parametrize(
    ("ended_by", "reason"),
    [(EndedBy.STALL, FailReason.STALL), (EndedBy.DEADLINE, FailReason.DEADLINE)],
)
def test_our_own_ends(ended_by: EndedBy, reason: FailReason) -> None:
    verdict = stream(events(retry(500, "server_error")), Exit(143, ended_by=ended_by))
    assert isinstance(verdict, Failed) and verdict.reason is reason


def test_our_patience() -> None:
    ended = Exit(143, ended_by=EndedBy.PATIENCE)
    for status, error, kind in ((429, "rate_limit", "rate"), (529, "overloaded", "overloaded")):
        verdict = stream(events(retry(status, error)), ended)
        assert isinstance(verdict, LimitReached) and verdict.kind == kind
    verdict = stream(events(limit_event(**REJECTED), retry(429, "rate_limit")), ended)
    assert isinstance(verdict, LimitReached)
    assert (verdict.kind, verdict.resets_at) == (LimitKind.SESSION, 1795216200)
    assert isinstance(stream("", ended), LimitReached)


def test_our_patience_with_a_missing_network() -> None:
    ended = Exit(143, ended_by=EndedBy.PATIENCE)
    verdict = stream(events(retry(None, "unknown")), ended)
    assert isinstance(verdict, Unavailable), "no guess at a rate limit"
    assert verdict.reason is UnavailableReason.NETWORK


def test_our_end_of_a_permanent_error() -> None:
    ended = Exit(143, ended_by=EndedBy.PERMANENT)
    verdict = stream(events(retry(401, "authentication_failed")), ended)
    assert isinstance(verdict, Unavailable) and verdict.reason is UnavailableReason.AUTH
    assert verdict.message.startswith("the login has expired, or there is none: ")
    verdict = stream(events(retry(404, "model_not_found")), ended)
    assert isinstance(verdict, Failed) and verdict.reason is FailReason.BAD_REQUEST
    verdict = stream(events(limit_event(**REJECTED), retry(429, "rate_limit")), ended)
    assert isinstance(verdict, LimitReached) and verdict.kind is LimitKind.SESSION
    assert isinstance(stream("", ended), Failed)


def test_our_end_before_paid_usage() -> None:
    info = {**REJECTED, "isUsingOverage": True, "overageStatus": "allowed"}
    verdict = stream(events(limit_event(**info)), Exit(143, ended_by=EndedBy.PAID))
    assert isinstance(verdict, LimitReached) and verdict.kind is LimitKind.EXTRA_USAGE
    assert verdict.resets_at == 1795216200


def test_the_person_s_stop_is_stronger_than_anything() -> None:
    ended = Exit(143, ended_by=EndedBy.PERSON, person_signal=2)
    text = recordings()["limit-5h-oauth-stream-2.1.329"]["stdout"]
    assert stream(text, ended) == stream("", ended)
    verdict = stream(text, ended)
    assert isinstance(verdict, Interrupted) and verdict.signal == 2


def test_a_result_that_came_before_our_end_counts() -> None:
    for ended_by in (EndedBy.STALL, EndedBy.PATIENCE, EndedBy.PAID):
        assert isinstance(stream(stream_of("Fine."), Exit(143, ended_by=ended_by)), Done)


@pytest.mark.parametrize(
    "exit", [Exit(None, signal=15), Exit(143), Exit(None, signal=9), Exit(130)]
)
def test_signals(exit: Exit) -> None:
    assert isinstance(stream("", exit), Interrupted)
    assert isinstance(stream(events({"type": "system", "subtype": "init"}), exit), Interrupted)
    assert isinstance(of(f"{LIMIT} and", exit, "text"), Interrupted)
    assert isinstance(of(LIMIT, exit, "text"), LimitReached)  # text mode prints at the end, once
    retrying = stream(events(retry(429, "rate_limit")), exit)
    assert isinstance(retrying, LimitReached) and retrying.kind is LimitKind.RATE
    assert isinstance(stream(events(retry(None, "unknown")), exit), Interrupted)


def test_a_crash_is_no_interruption() -> None:
    for exit in (Exit(None, signal=11), Exit(139)):
        verdict = of("", exit)
        assert isinstance(verdict, Failed) and verdict.reason is FailReason.CRASH


def test_sigint_gives_exit_0() -> None:
    row = {"type": "result", "subtype": "error_during_execution", "is_error": False}
    assert isinstance(stream(events(row), Exit(0)), Interrupted)
    assert isinstance(stream(events({**row, "is_error": True}), Exit(0)), Interrupted)
    assert isinstance(stream(events({**row, "is_error": True}), Exit(1)), Failed)
    assert isinstance(of("Execution error", Exit(0), "text"), Interrupted)
    # Measured on 2.0.77 and 2.1.329: often there is no result, and in text mode nothing at all.
    started = {"type": "system", "subtype": "init"}
    assert isinstance(stream(events(started), Exit(0)), Interrupted)
    assert isinstance(stream(events(started, retry(429, "rate_limit")), Exit(0)), Interrupted)
    assert isinstance(of("", Exit(0), "text"), Interrupted)
    assert isinstance(of("\n", Exit(0), "text"), Done)
    assert isinstance(
        stream(events(retry(429, "rate_limit"), row), Exit(143, ended_by=EndedBy.PATIENCE)),
        LimitReached,
    )


def test_a_retry_that_went_well_is_forgotten() -> None:
    rows = events(retry(429, "rate_limit"), limit_event(**REJECTED)) + stream_of("On it.")
    cut = rows[: rows.rindex('{"type": "result"')]
    assert isinstance(stream(cut, Exit(None, signal=15)), Interrupted)


def test_a_paid_run_that_fails_for_another_reason_is_no_limit() -> None:
    paid = limit_event(**REJECTED, isUsingOverage=True, overageStatus="allowed")
    for text, api, expected in (
        ("API Error: 500 Internal server error. This is a server-side issue", 500, Failed),
        ("Failed to authenticate. API Error: 401 gone", 401, Unavailable),
        ("API Error: 529 Overloaded. This is a server-side issue, usually", 529, LimitReached),
    ):
        rows = events(paid) + stream_of(text, is_error=True, api_error_status=api)
        verdict = stream(rows, Exit(1))
        assert isinstance(verdict, expected)
        assert not isinstance(verdict, LimitReached) or verdict.kind is LimitKind.OVERLOADED
    turns = events(paid, {"type": "result", "subtype": "error_max_turns", "is_error": True})
    verdict = stream(turns, Exit(1))
    assert isinstance(verdict, Failed) and verdict.reason is FailReason.MAX_TURNS


def test_the_structured_claim_wins_over_the_words() -> None:
    info = {**REJECTED, "rateLimitType": "seven_day_sonnet", "resetsAt": 1795550400}
    row = error_row("You've hit your weekly limit · resets Nov 25, 8pm (UTC)", "rate_limit")
    result = {"type": "result", "subtype": "success", "is_error": True, "api_error_status": 429}
    verdict = stream(events(limit_event(**info), row, {**result, "result": "x"}), Exit(1))
    assert isinstance(verdict, LimitReached)
    assert (verdict.kind, verdict.resets_at) == (LimitKind.MODEL, 1795550400)


def test_the_error_names_its_limit_itself() -> None:
    fields = {
        "api_error": "usage_limit_reached",
        "api_error_params": {"rate_limit_info": {**REJECTED, "rateLimitType": "seven_day"}},
    }
    verdict = stream(stream_of("A new wording", is_error=True, **fields), Exit(1))
    assert isinstance(verdict, LimitReached)
    assert (verdict.kind, verdict.resets_at) == (LimitKind.WEEKLY, 1795216200)


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"api_error": "usage_limit_reached"}, "usage"),
        ({"api_error": "model_requires_usage_credits"}, "credit"),
        ({"api_error": "long_context_credits_required", "api_error_status": 429}, "credit"),
        ({"api_error_status": 429}, "rate"),
        ({"api_error_status": 529}, "overloaded"),
        ({"api_error_status": 402}, "credit"),
    ],
)
def test_types_and_statuses_under_an_unseen_wording(fields: dict[str, Any], expected: str) -> None:
    verdict = stream(stream_of("Quite a new wording.", is_error=True, **fields), Exit(1))
    assert isinstance(verdict, LimitReached) and verdict.kind == expected


@pytest.mark.parametrize(
    ("status", "expected"),
    [(401, Unavailable), (403, Unavailable), (400, Failed), (404, Failed), (503, Failed)],
)
def test_other_statuses(status: int, expected: type) -> None:
    text = stream_of("Quite a new wording.", is_error=True, api_error_status=status)
    assert isinstance(stream(text, Exit(1)), expected)


@pytest.mark.parametrize("field", ["error", "api_error"])
def test_an_unknown_type_is_named_and_never_guessed_as_a_limit(field: str) -> None:
    result = {"type": "result", "subtype": "success", "is_error": True, "api_error_status": 429}
    row = {**error_row("The moon is full.", None), field: "lunar_excess"}
    verdict = stream(events(row, {**result, "result": "The moon is full."}), Exit(1))
    assert isinstance(verdict, Failed)
    assert verdict.evidence.rule == "claude.unknown-error"
    assert "lunar_excess" in verdict.message and "moon is full" in verdict.message


@pytest.mark.parametrize(
    "text",
    [
        "API Error: 502 <html>\r\n<head><title>502 Bad Gateway</title></head>\r\n</html>",
        "API Error: 503 <!DOCTYPE html>\n<html>\n429 529\n</html>",
        "API Error: 500\n<html>\nRate limit reached\n</html>",
    ],
)
def test_error_pages(text: str) -> None:
    for verdict in (of(text, Exit(1), "text"), stream(stream_of(text, is_error=True), Exit(1))):
        assert isinstance(verdict, Failed) and verdict.reason is FailReason.SERVER_ERROR


def test_error_pages_of_limits() -> None:
    for status, kind in ((429, "rate"), (529, "overloaded")):
        verdict = of(f"API Error: {status} <html>\n<body>busy</body>", Exit(1), "text")
        assert isinstance(verdict, LimitReached) and verdict.kind == kind


def test_a_terminal_s_own_lines_beside_the_error() -> None:
    text = (
        "\x1b[2mAPI overloaded · retrying in 5s · attempt 4 of 5\x1b[22m\r\n"
        "(node:12) ExperimentalWarning: x\r\n"
        "\x1b[38;5;211mYou've\x1b[7Ghit\x1b[11Gyour weekly limit ∙ resets Nov 24, 8pm\x1b[39m\r\n"
        "\x1b[?25h"
    )
    verdict = of(text, Exit(1), "text")
    assert isinstance(verdict, LimitReached)
    assert (verdict.kind, verdict.resets_at) == (LimitKind.WEEKLY, 1795550400)


def test_stderr_is_never_a_limit() -> None:
    assert isinstance(of("", Exit(1), "text", LIMIT), Failed)
    verdict = of("", Exit(1), "text", "Invalid API key · Please run /login")
    assert isinstance(verdict, Unavailable)
    verdict = of("", Exit(1), "text", "Session ID 1 is already in use.")
    assert isinstance(verdict, Failed) and "already in use" in verdict.message
    assert isinstance(of("", Exit(127), "text", "sh: claude: not found"), Unavailable)


def test_prose_of_a_failed_run_is_no_limit() -> None:
    for text in (f"I read: {LIMIT}", f"{LIMIT}\nis what it prints", "rate limit 429", ""):
        assert isinstance(of(text, Exit(1), "text"), Failed)


def test_half_a_run() -> None:
    success = stream_of("Fine.")
    half = success[: len(success) - 30]
    verdict = stream(half, Exit(0))
    assert isinstance(verdict, Failed) and verdict.reason is FailReason.CUT
    assert isinstance(stream(half, Exit(1)), Failed)
    assert isinstance(stream(half, Exit(None)), Interrupted)
    refused = events(limit_event(**REJECTED), error_row(LIMIT, "rate_limit")) + '{"type":"resu'
    for exit in (Exit(1), Exit(None), Exit(0), Exit(None, signal=15)):
        verdict = stream(refused, exit)
        assert isinstance(verdict, LimitReached) and verdict.resets_at == 1795216200


def test_garbage_in_the_stream_s_place_is_no_success() -> None:
    verdict = stream("Segmentation fault? no, garbage\n", Exit(0))
    assert isinstance(verdict, Failed) and verdict.reason is FailReason.OTHER
    verdict = stream('{"type":"sys', Exit(0))
    assert isinstance(verdict, Failed) and verdict.reason is FailReason.CUT
    assert isinstance(of("garbage\n", Exit(0), "text"), Done)


def test_json_verbose_is_a_list_of_events() -> None:
    rows = [json.loads(line) for line in stream_of(LIMIT, is_error=True).splitlines()]
    for text in (json.dumps(rows), json.dumps(rows[-1], indent=2)):
        for format in ("json", "auto"):
            verdict = of(text, Exit(1), format)
            assert isinstance(verdict, LimitReached) and verdict.kind is LimitKind.SESSION


def test_old_versions_say_max_turns_with_exit_0() -> None:
    for text, reason in (
        ("Error: Reached max turns (1)", FailReason.MAX_TURNS),
        ("Error: Exceeded USD budget (0.00001)", FailReason.BUDGET),
    ):
        verdict = of(text, Exit(0), "text")
        assert isinstance(verdict, Failed) and verdict.reason is reason
    assert isinstance(of("Error: Reached max turns (1) was printed", Exit(0), "text"), Done)


def test_network_in_all_its_spellings() -> None:
    for text in (
        "API Error: Connection error.",
        "API Error: Unable to connect to API (ConnectionRefused)",
        "API Error: Unable to connect to API: Self-signed certificate detected",
        "API Error: Can't reach the API server — check your internet or DNS (ENOTFOUND)",
        "API Error: Connection dropped (ECONNRESET). A VPN, firewall, or security software can"
        " cause this. Check those or switch networks, then try again.",
        "API Error: No internet route — check your connection or VPN (ENETUNREACH)",
        "API Error: Connection closed before the response finished",
        "API Error: Something new happened to the socket (EHOSTDOWN)",
        "Request timed out",
    ):
        verdict = of(text, Exit(1), "text")
        assert isinstance(verdict, Unavailable), text
        assert verdict.reason is UnavailableReason.NETWORK


def test_messages_are_bounded_and_safe() -> None:
    verdict = of("\x1b]0;x\x07Oh \x07" + "no " * 5000, Exit(1), "text")
    assert isinstance(verdict, Failed)
    assert len(verdict.message) < 1000 and "\x07" not in verdict.message
    assert len(verdict.evidence.excerpt) < 400


@pytest.mark.parametrize(
    "text",
    [
        f"{LIMIT}\n{LIMIT}",
        f"{LIMIT}\r\n{LIMIT}\r\n",
        f"You've used 99% of your session limit · resets 11:10pm (UTC)\n{LIMIT}",
        f"\ufeff{LIMIT}",
        f"{LIMIT}\0\0",
    ],
)
def test_what_may_stand_beside_a_failed_run_s_limit(text: str) -> None:
    for verdict in (of(text, Exit(1), "text"), stream(stream_of(text, is_error=True), Exit(1))):
        assert isinstance(verdict, LimitReached)
        assert (verdict.kind, verdict.resets_at) == (LimitKind.SESSION, 1795216200)


def test_many_lines_beside_an_error_cost_no_time() -> None:
    begin = time.process_time()
    of("\n".join([LIMIT] * 50_000), Exit(1), "text")
    of("\n".join(["You've used 9% of your x"] * 5000), Exit(1), "text")
    assert time.process_time() - begin < 2


def lines_of(text: str) -> list[Any]:
    return [json.loads(line) for line in text.splitlines()]


REFUSED = stream_of(LIMIT, is_error=True)


@pytest.mark.parametrize(
    "text",
    [
        f"(node:12) Warning: something\n{REFUSED}",
        f"Now using node v22\n\n[hook] ready\n{REFUSED}",
        f"\ufeff{REFUSED}",
        REFUSED.replace("\n", "\0\n"),
        f"\0{REFUSED}",
        json.dumps(lines_of(REFUSED)[-1], indent=2),
        json.dumps(lines_of(REFUSED), indent=4),
        "\n".join(json.dumps(event, indent=2) for event in lines_of(REFUSED)),
    ],
)
def test_events_are_found_in_whatever_was_saved(text: str) -> None:
    for format in ("auto", "stream-json"):
        for exit in (Exit(1), Exit(None)):
            verdict = of(text, exit, format)
            assert isinstance(verdict, LimitReached) and verdict.resets_at == 1795216200


def test_an_indented_stream_that_is_cut() -> None:
    text = "\n".join(json.dumps(event, indent=2) for event in lines_of(stream_of("Fine.")))
    verdict = of(text[:-30], Exit(0))
    assert isinstance(verdict, Failed) and verdict.reason is FailReason.CUT


def test_a_live_stream_with_a_byte_order_mark_and_nul_bytes() -> None:
    reader = ClaudeReader()
    reader.feed("out", b"\xef\xbb\xbf" + REFUSED.replace("\n", "\0\n").encode())
    assert reader.observed.events == 3 and not reader.observed.plain


def test_a_file_that_ends_in_a_retry_is_no_limit_that_stands() -> None:
    """Nobody knows how the run ended: the next attempt may have gone well."""
    for status, error in ((429, "rate_limit"), (529, "overloaded")):
        text = events(retry(status, error))
        assert isinstance(stream(text, Exit(None)), Interrupted)
        assert isinstance(stream(text, Exit(1)), LimitReached)
        assert isinstance(stream(text, Exit(None, signal=15)), LimitReached)
    named = events(limit_event(**REJECTED), retry(429, "rate_limit"))
    verdict = stream(named, Exit(None))
    assert isinstance(verdict, LimitReached), "the window is used up, however the run ended"
