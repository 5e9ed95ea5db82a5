"""The stand-in of the Anthropic API, as an HTTP client sees it."""

from __future__ import annotations

import contextlib
import http.client
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai_code.drill import scenarios
from ai_code.drill.anthropic import (
    AnthropicStandIn,
    AuthFailed,
    CreditTooLow,
    CutStream,
    Hang,
    LimitHit,
    Overage,
    Overloaded,
    RateLimited,
    Say,
    ServerError,
    SlowSay,
    SpendCap,
    Step,
    StreamError,
    UseTool,
    UseTools,
    Warning,
)
from ai_code.drill.conversation import fill_cwd, is_main, working_directory
from ai_code.drill.messages import events, message, pieces

BODY = {"model": "claude-x", "max_tokens": 100, "messages": [{"role": "user", "content": "hi"}]}
STREAM = {**BODY, "stream": True}
UNIFIED = "anthropic-ratelimit-unified-"


def text_in(rows: list[dict[str, Any]]) -> str:
    deltas = [row["delta"] for row in rows if row["type"] == "content_block_delta"]
    return "".join(delta.get("text", "") for delta in deltas)


def test_says_a_text_whole_and_as_events(ask: Any) -> None:
    with AnthropicStandIn([Say("Guten Tag, 今日は")]) as server:
        whole = ask(server, "POST", "/v1/messages", BODY)
        streamed = ask(server, "POST", "/v1/messages?beta=true", STREAM)
    assert whole.json["content"] == [{"type": "text", "text": "Guten Tag, 今日は"}]
    assert whole.json["stop_reason"] == "end_turn"
    assert streamed.headers["content-type"].startswith("text/event-stream")
    assert text_in(streamed.events) == "Guten Tag, 今日は"
    kinds = [row["type"] for row in streamed.events]
    assert kinds[0] == "message_start"
    assert kinds[-2:] == ["message_delta", "message_stop"]


def test_plays_steps_in_order_and_repeats_the_last(ask: Any) -> None:
    with AnthropicStandIn([RateLimited(retry_after=3), Say("a"), Say("b")]) as server:
        first, *rest = [ask(server, "POST", "/v1/messages", BODY) for _ in range(4)]
        assert len(server.main_requests) == 4
    assert (first.status, first.headers["retry-after"]) == (429, "3")
    assert [answer.json["content"][0]["text"] for answer in rest] == ["a", "b", "b"]


def test_a_limit_has_the_unified_headers(ask: Any) -> None:
    limit = LimitHit("overage", 1795216200, overage="out_of_credits")
    with AnthropicStandIn([limit]) as server:
        answer = ask(server, "POST", "/v1/messages", STREAM)
    assert answer.status == 429
    assert answer.json["error"]["type"] == "rate_limit_error"
    assert answer.headers[f"{UNIFIED}status"] == "rejected"
    assert answer.headers[f"{UNIFIED}representative-claim"] == "overage"
    assert answer.headers[f"{UNIFIED}reset"] == "1795216200"
    assert answer.headers[f"{UNIFIED}overage-disabled-reason"] == "out_of_credits"


def test_a_limit_without_claim_and_reset_has_no_such_headers(ask: Any) -> None:
    with AnthropicStandIn([LimitHit(claim=None)]) as server:
        answer = ask(server, "POST", "/v1/messages", BODY)
    assert f"{UNIFIED}representative-claim" not in answer.headers
    assert f"{UNIFIED}reset" not in answer.headers


@pytest.mark.parametrize(
    ("step", "status", "kind", "words"),
    [
        (RateLimited(), 429, "rate_limit_error", "exceed your account's rate limit"),
        (Overloaded(), 529, "overloaded_error", "Overloaded"),
        (ServerError(503), 503, "api_error", "Internal server error"),
        (AuthFailed(), 401, "authentication_error", "OAuth token has expired"),
        (CreditTooLow(), 400, "invalid_request_error", "credit balance is too low"),
        (SpendCap(), 400, "invalid_request_error", "You will regain access on 2026-12-01"),
    ],
)
def test_refusals_are_anthropics(ask: Any, step: Step, status: int, kind: str, words: str) -> None:
    with AnthropicStandIn([step]) as server:
        answer = ask(server, "POST", "/v1/messages", BODY)
    assert answer.status == status
    assert answer.json["type"] == "error"
    assert answer.json["error"]["type"] == kind
    assert words in answer.json["error"]["message"]
    assert not any(name.startswith(UNIFIED) for name in answer.headers)


@pytest.mark.parametrize(
    ("step", "status"),
    [
        (Say("x", utilization=0.2), "allowed"),
        (Warning("x", 0.93), "allowed_warning"),
        (Overage("x", 1795216200), "rejected"),
    ],
)
def test_successes_carry_their_limit_headers(ask: Any, step: Step, status: str) -> None:
    with AnthropicStandIn([step]) as server:
        answer = ask(server, "POST", "/v1/messages", STREAM)
    assert answer.status == 200
    assert answer.headers[f"{UNIFIED}status"] == status
    assert (answer.headers.get(f"{UNIFIED}overage-in-use") == "true") is isinstance(step, Overage)


def test_tools_are_called_with_the_folder_that_claude_names(ask: Any) -> None:
    steps = [
        UseTools(
            (
                UseTool("Write", {"file_path": "{cwd}/a", "content": "x"}),
                UseTool("Bash", lambda body: {"command": body["model"]}),
            ),
            text="Now.",
        )
    ]
    body = {**STREAM, "system": [{"type": "text", "text": "Working directory: /home/me/a b"}]}
    with AnthropicStandIn(steps) as server:
        whole = ask(server, "POST", "/v1/messages", {**body, "stream": False}).json
        streamed = ask(server, "POST", "/v1/messages", body).events
    text, write, bash = whole["content"]
    assert text == {"type": "text", "text": "Now."}
    assert write["input"] == {"file_path": "/home/me/a b/a", "content": "x"}
    assert bash["input"] == {"command": "claude-x"}
    assert whole["stop_reason"] == "tool_use"
    pieces_of = {1: "", 2: ""}
    for row in streamed:
        if row["type"] == "content_block_delta" and row["index"]:
            pieces_of[row["index"]] += row["delta"]["partial_json"]
    assert [json.loads(text) for text in pieces_of.values()] == [write["input"], bash["input"]]


@pytest.mark.parametrize("body", [BODY, STREAM])
def test_a_cut_stream_is_no_end(ask: Any, body: dict[str, Any]) -> None:
    with (
        AnthropicStandIn([CutStream("Half an")]) as server,
        pytest.raises((http.client.IncompleteRead, http.client.RemoteDisconnected)),
    ):
        ask(server, "POST", "/v1/messages", body)


def test_an_error_in_mid_stream(ask: Any) -> None:
    with AnthropicStandIn([StreamError("Half an")]) as server:
        rows = ask(server, "POST", "/v1/messages", STREAM).events
        assert ask(server, "POST", "/v1/messages", BODY).status == 529
    assert text_in(rows) == "Half an"
    assert rows[-1] == {
        "type": "error",
        "error": {"type": "overloaded_error", "message": "Overloaded"},
    }


def test_slow_and_hanging_answers(ask: Any) -> None:
    with AnthropicStandIn([SlowSay("one two", 0.001), Hang(0.001)]) as server:
        assert text_in(ask(server, "POST", "/v1/messages", STREAM).events) == "one two"
        with pytest.raises(http.client.RemoteDisconnected):
            ask(server, "POST", "/v1/messages", STREAM)


def test_everything_else_gets_something_benign(ask: Any) -> None:
    with AnthropicStandIn([Say("x")]) as server:
        assert ask(server, "HEAD", "/").status == 200
        assert ask(server, "GET", "/").json == {}
        assert ask(server, "POST", "/v1/messages/count_tokens", BODY).json["input_tokens"] > 0
        unknown = ask(server, "POST", "/api/event_logging/batch", {"events": []})
        assert (unknown.status, unknown.json) == (404, {})
        assert server.main_requests == []
        assert [request.path for request in server.requests][-1] == "/api/event_logging/batch"


def test_records_what_was_sent(ask: Any) -> None:
    with AnthropicStandIn([Say("x")]) as server:
        ask(server, "POST", "/v1/messages?beta=true", BODY, {"X-App": "cli"})
        (request,) = server.requests
    assert (request.path, request.target) == ("/v1/messages", "/v1/messages?beta=true")
    assert request.headers["x-app"] == "cli"
    assert request.body == BODY


def test_one_connection_serves_several_requests() -> None:
    with AnthropicStandIn([RateLimited(), Say("x")]) as server:
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
        for expected in (429, 200, 200):
            connection.request("POST", "/v1/messages", json.dumps(STREAM))
            response = connection.getresponse()
            response.read()
            assert response.status == expected
        connection.close()


def test_nobody_listens_after_the_block() -> None:
    with AnthropicStandIn([Say("x")]) as server:
        port = server.port
    with pytest.raises(ConnectionRefusedError):
        http.client.HTTPConnection("127.0.0.1", port, timeout=5).connect()


def test_a_fault_of_the_scenario_is_not_silent(ask: Any) -> None:
    def broken(body: dict[str, Any]) -> dict[str, Any]:
        raise ZeroDivisionError

    with (
        pytest.raises(ZeroDivisionError),
        AnthropicStandIn([UseTool("Write", broken)]) as server,
        contextlib.suppress(http.client.RemoteDisconnected),
    ):
        ask(server, "POST", "/v1/messages", BODY)


TOOL = {"name": "Write"}


@pytest.mark.parametrize(
    ("body", "main"),
    [
        (BODY, True),
        ({**BODY, "max_tokens": 1}, False),
        ({**BODY, "model": "claude-haiku-4-5"}, False),
        ({**BODY, "model": "claude-haiku-4-5", "tools": [TOOL]}, True),
        ({**BODY, "tools": [TOOL], "messages": [{"role": "user", "content": "Warmup"}]}, False),
        (
            {
                **BODY,
                "tools": [TOOL],
                "messages": [
                    {
                        "role": "user",
                        "content": [
                            {"type": "text", "text": "<system-reminder>\nx</system-reminder>"},
                            {"type": "text", "text": "Warmup"},
                        ],
                    }
                ],
            },
            False,
        ),
        (
            {
                **BODY,
                "tools": [TOOL, {"name": "Task"}],
                "messages": [{"role": "user", "content": "Warmup"}],
            },
            True,
        ),
    ],
)
def test_side_requests_are_told_apart(ask: Any, body: dict[str, Any], main: bool) -> None:
    assert is_main(body) is main
    with AnthropicStandIn([Overloaded()]) as server:
        assert ask(server, "POST", "/v1/messages", body).status == (529 if main else 200)


def test_the_folder_is_read_from_claude_not_from_the_person() -> None:
    old = {"system": [{"type": "text", "text": "x\nWorking directory: /old one\nIs a git"}]}
    new = {
        "messages": [
            {"role": "user", "content": "Working directory: /from/the/person"},
            {"role": "system", "content": " - Primary working directory: /new\n - Is"},
        ]
    }
    assert working_directory(old) == "/old one"
    assert working_directory(new) == "/new"
    assert working_directory(BODY) is None


def test_every_scenario_has_steps_and_takes_its_settings() -> None:
    assert set(scenarios.NAMES) >= {"normal-day", "session", "mid-task", "talks-about-limits"}
    (write, limit) = scenarios.by_name("mid-task", file="a/b.py", content="x", resets_at=7)
    assert isinstance(write, UseTools)
    assert write.calls[-1].input == {"file_path": "{cwd}/a/b.py", "content": "x"}
    assert limit == LimitHit("five_hour", 7)
    with pytest.raises(KeyError):
        scenarios.by_name("no-such-day")


@given(st.text())
def test_the_events_of_a_message_join_to_its_text(text: str) -> None:
    whole = message("m", [{"type": "text", "text": text}], "end_turn", 1, 1)
    assert text_in(list(events(whole))) == text
    assert "".join(pieces(text)) == text


JSON = st.recursive(
    st.none() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(JSON)
def test_any_body_can_be_looked_at(value: Any) -> None:
    body = {"system": value, "messages": [{"role": "user", "content": value}], "tools": [value]}
    assert is_main(body) in (True, False)
    working_directory(body)
    assert fill_cwd(value, "{cwd}") == value
