"""The reader: what a person sees of the stream, and what it never holds in memory."""

from __future__ import annotations

import json
import threading
from collections.abc import Sequence
from typing import Any

from ai_code.core.events import (
    Answer,
    Edited,
    Event,
    PaidUsage,
    Permanent,
    RawEvent,
    Recovered,
    Retrying,
    Text,
    Tool,
    Warned,
)
from ai_code.core.verdict import LimitKind
from ai_code.engines.claude.reader import ClaudeReader
from tests.recorded import recordings


def line(**event: Any) -> bytes:
    return json.dumps(event).encode() + b"\n"


def assistant(*content: dict[str, Any], id: str = "msg_1", **more: Any) -> bytes:
    message = {"id": id, "model": "claude-opus-5-5", "content": list(content)}
    return line(type="assistant", message=message, parent_tool_use_id=None, **more)


def text(words: str) -> dict[str, Any]:
    return {"type": "text", "text": words}


def use(tool: str, id: str = "t1", **given: Any) -> dict[str, Any]:
    return {"type": "tool_use", "id": id, "name": tool, "input": given}


def answered(id: str = "t1", content: str = "ok", **more: Any) -> bytes:
    block = {"tool_use_id": id, "type": "tool_result", "content": content, **more}
    return line(type="user", message={"role": "user", "content": [block]})


def retry(attempt: int, status: int | None, error: str) -> bytes:
    return line(
        type="system", subtype="api_retry", attempt=attempt, retry_delay_ms=541,
        error_status=status, error=error,
    )  # fmt: skip


def partial(event: dict[str, Any], parent: str | None = None) -> bytes:
    return line(type="stream_event", event=event, parent_tool_use_id=parent)


def rate_limit(**info: Any) -> bytes:
    return line(type="rate_limit_event", rate_limit_info=info)


def shown(*pieces: bytes, reader: ClaudeReader | None = None) -> list[Event]:
    reader = reader or ClaudeReader()
    events = [event for piece in pieces for event in reader.feed("out", piece)]
    return [event for event in events if not isinstance(event, RawEvent)]


def typed(events: Sequence[Event]) -> list[tuple[type[Event], Event]]:
    """For a comparison: events are tuples, and as such a ``Text`` equals a ``Warned`` of the same
    words."""
    return [(type(event), event) for event in events]


def of_recording(name: str) -> list[Event]:
    return shown(recordings()[name]["stdout"].encode())


RESULT = line(type="result", subtype="success", is_error=False, result="Fine.")


def test_a_plain_run() -> None:
    assert typed(of_recording("ok-stream-2.1.329")) == typed(
        [
            Text("Hello from the stand-in."),
            Answer("Hello from the stand-in."),
        ]
    )


def test_tools_and_edits_of_a_run_that_ends_in_a_limit() -> None:
    assert typed(of_recording("tool-then-limit-5h-stream-2.1.329")) == typed(
        [
            Text("I will create the file first."),
            Tool("Write", "/home/user/project/done.txt"),
            Edited("/home/user/project/done.txt"),
        ]
    )
    reader = ClaudeReader()
    shown(recordings()["tool-then-limit-5h-stream-2.1.329"]["stdout"].encode(), reader=reader)
    assert reader.observed.edited == ("/home/user/project/done.txt",)
    assert reader.observed.tool_uses == 1
    assert reader.observed.version == "2.1.329"
    assert reader.observed.api_key_source == "none"


def test_a_refused_edit_is_no_edit() -> None:
    events = shown(assistant(use("Edit", file_path="/a")), answered(is_error=True))
    assert typed(events) == typed([Tool("Edit", "/a")])


def test_a_tool_s_detail_is_one_short_line() -> None:
    command = "make test\nrm -rf \x1b[31mbuild"
    assert typed(shown(assistant(use("Bash", command=command)))) == typed(
        [Tool("Bash", "make test")]
    )


def test_an_answer_of_megabytes_is_searched_not_parsed() -> None:
    asked = assistant(use("Write", file_path="/a"), use("Write", id="t2", file_path="/b"))
    big = "x" * 2_000_000 + '\\"is_error\\":true "is_error":true'
    assert typed(shown(asked, answered(content=big))[2:]) == typed([Edited("/a")])
    assert shown(asked, answered(content=big, is_error=True))[2:] == []


def test_partial_text_is_shown_once() -> None:
    events = shown(
        partial({"type": "message_start", "message": {"id": "msg_1"}}),
        partial({"type": "content_block_start", "content_block": text("")}),
        partial({"type": "content_block_delta", "delta": {"type": "text_delta", "text": "Fi"}}),
        partial({"type": "content_block_delta", "delta": {"type": "text_delta", "text": "ne."}}),
        assistant(text("Fine.")),
        assistant(text("Not streamed."), id="msg_2"),
    )
    assert typed(events) == typed([Text("Fi"), Text("ne."), Text("\n"), Text("Not streamed.")])


def test_a_sub_agent_s_words_are_no_part_of_the_answer() -> None:
    message = {"id": "m", "model": "x", "content": [text("inner"), use("Read", file_path="/a")]}
    delta = {"type": "content_block_delta", "delta": {"type": "text_delta", "text": "inner"}}
    events = shown(
        line(type="assistant", message=message, parent_tool_use_id="t9"),
        partial(delta, parent="t9"),
    )
    assert typed(events) == typed([Tool("Read", "/a")])


def test_errors_in_the_model_s_place_are_no_text() -> None:
    for name in ("limit-5h-oauth-stream-2.1.329", "529-stream-1.0.128", "500-stream-2.0.77"):
        assert not [e for e in of_recording(name) if isinstance(e, Text | Answer)]


def test_retries_and_recovery() -> None:
    events = of_recording("429-then-ok-stream-2.1.329")
    assert [type(event) for event in events] == [Retrying, Retrying, Recovered, Text, Answer]
    assert isinstance(events[0], Retrying) and events[0].kind is LimitKind.RATE
    assert events[0].attempt == 1 and 0.4 < events[0].delay_s < 2
    (overloaded,) = shown(retry(1, 529, "overloaded"))
    assert isinstance(overloaded, Retrying) and overloaded.kind is LimitKind.OVERLOADED
    (dropped,) = shown(retry(1, None, "unknown"))
    assert isinstance(dropped, Retrying) and dropped.kind is None


def test_what_no_retry_mends() -> None:
    first, second = (shown(retry(n, 401, "authentication_failed")) for n in (1, 2))
    assert not [e for e in first if isinstance(e, Permanent)]  # a login being refreshed
    assert [e for e in second if isinstance(e, Permanent)]
    for status in (400, 402, 404):
        assert [e for e in shown(retry(1, status, "unknown")) if isinstance(e, Permanent)]
    for status in (429, 500, 529, None):
        assert not [e for e in shown(retry(3, status, "unknown")) if isinstance(e, Permanent)]


def test_a_usage_limit_that_claude_would_sleep_out() -> None:
    (_, permanent) = of_recording("watchdog-limit-5h-stream-2.1.329")
    assert isinstance(permanent, Permanent)


def test_paid_usage_is_told_once_and_only_when_the_run_goes_on() -> None:
    paid = rate_limit(
        status="rejected", rateLimitType="five_hour", isUsingOverage=True, overageStatus="allowed"
    )
    events = shown(paid, assistant(text("a")), paid, assistant(text("b")), RESULT)
    assert [type(event) for event in events].count(PaidUsage) == 1
    assert isinstance(events[0], PaidUsage)
    assert isinstance(of_recording("ok-uni-overage-stream-2.1.329")[-2], PaidUsage)
    refused = of_recording("limit-5h-ovallowed-oauth-stream-2.1.329")
    assert not [event for event in refused if isinstance(event, PaidUsage)]


def test_paid_usage_that_claude_announces() -> None:
    said = line(type="system", subtype="informational", content="You're now using usage credits")
    assert typed(shown(said, said)) == typed([PaidUsage("You're now using usage credits")])


def test_an_early_warning_is_told_once_with_its_share() -> None:
    reader = ClaudeReader(describe_reset=lambda epoch: f"at {epoch}")
    warning = rate_limit(
        status="allowed_warning", rateLimitType="five_hour", utilization=0.93, resetsAt=1795216200
    )
    assert typed(shown(warning, warning, reader=reader)) == typed(
        [Warned("93 % of the session limit is used, resets at 1795216200", limit_near=True)]
    )
    assert shown(rate_limit(status="allowed", rateLimitType="five_hour")) == []


def test_raw_events_are_the_lines_themselves() -> None:
    stdout = recordings()["tool-ok-stream-2.1.329"]["stdout"].encode()
    raw = [e for e in ClaudeReader().feed("out", stdout) if isinstance(e, RawEvent)]
    assert b"\n".join(event.line for event in raw) == stdout.rstrip(b"\n")
    assert [event.final for event in raw] == [False] * (len(raw) - 1) + [True]


def test_noise_is_kept_and_bounded() -> None:
    reader = ClaudeReader()
    assert shown(b"Debugger attached.\n[1,2]\n{broken\n" + RESULT, reader=reader)
    assert reader.observed.plain == "Debugger attached.\n[1,2]\n{broken\n"
    assert reader.observed.plain_whole
    reader.feed("out", b"noise\n" * 100_000)
    reader.feed("err", b"trouble\n" * 100_000)
    assert len(reader.observed.plain) < 100_000 and not reader.observed.plain_whole
    assert len(reader.observed.stderr_tail) < 20_000


def test_a_line_that_is_too_long_is_dropped_and_counted() -> None:
    reader = ClaudeReader(longest_line=1000)
    for _ in range(50):
        reader.feed("out", b"x" * 100)
    reader.feed("out", b"\n" + RESULT)
    assert reader.observed.dropped_lines == 1
    assert reader.observed.result is not None


def test_the_last_line_may_lack_its_newline() -> None:
    reader = ClaudeReader()
    assert reader.feed("out", RESULT.rstrip()) == []
    assert reader.observed.result is not None
    assert reader.observed.result == reader.observed.result
    assert (Answer, Answer("Fine.")) in typed(reader.finish())
    assert reader.finish() == []
    assert reader.observed.events == 1


def test_fields_of_wrong_types_are_absent() -> None:
    shown(
        line(type="system", subtype="init", model=3, apiKeySource=None),
        line(type="system", subtype="api_retry", attempt="x", retry_delay_ms=[], error_status="9"),
        line(type="assistant", message="?"),
        line(type="assistant", message={"content": [1, {"type": "tool_use"}, {"type": "text"}]}),
        line(type="user", message={"content": "hi"}),
        line(type="rate_limit_event", rate_limit_info=[]),
        line(type="stream_event", event=7),
        line(type="result", result={}, errors="x", permission_denials=[3], api_error_status="a"),
        line(type="unheard_of"),
        b'{"type":"result","api_error_status":1e999}\n',
    )


def test_a_look_in_the_middle_of_a_line_copies_nothing_of_the_world() -> None:
    class World:
        def __init__(self) -> None:
            self.lock = threading.Lock()  # what cannot be copied

        def words(self, resets_at: int) -> str:
            return str(resets_at)

    reader = ClaudeReader(World().words)
    reader.feed("out", RESULT.rstrip())
    seen = reader.observed.result
    assert seen is not None and seen.text == "Fine."
