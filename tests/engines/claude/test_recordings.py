"""Every recorded run of the real Claude Code is judged right."""

from __future__ import annotations

from datetime import UTC
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ai_code.core.exits import Exit
from ai_code.core.resets import zone_or
from ai_code.core.verdict import LimitReached, Verdict, verdict_name
from ai_code.engines.claude.judge import judge
from ai_code.engines.claude.observed import Observed
from ai_code.engines.claude.reader import ClaudeReader
from ai_code.engines.claude.recorded import observe_text
from tests.recorded import recordings

VERDICTS = {
    "success": "done",
    "usage_limit": "limit",
    "rate_limit": "limit",
    "overloaded": "limit",
    "billing": "limit",
    "auth": "unavailable",
    "network": "unavailable",
    "bad_request": "failed",
    "server_error": "failed",
    "other": "failed",
}
KINDS = {"rate_limit": "rate", "overloaded": "overloaded", "billing": "credit"}
WINDOWS = {"session", "weekly", "model", "usage", "credit"}
CLAIMS = {
    "five_hour": "session",
    "seven_day": "weekly",
    "seven_day_opus": "model",
    "seven_day_sonnet": "model",
    "seven_day_overage_included": "model",
    "overage": "credit",
    "lunar_cycle": "usage",
}
STREAMS = [name for name, row in recordings().items() if row["format"] == "stream"]


def verdict_of(recording: dict[str, Any], observed: Observed) -> Verdict:
    code = recording["exit_code"]
    ended = Exit(code, signal=15 if code is None else None)
    tz = zone_or(recording["env"].get("TZ"), UTC)
    return judge(observed, ended, now=recording["ran_at"], tz=tz)


def saved(recording: dict[str, Any]) -> Observed:
    format = {"stream": "stream-json", "json": "json"}.get(recording["format"], "text")
    return observe_text(recording["stdout"], format, recording["stderr"])  # type: ignore[arg-type]


def test_all_are_there() -> None:
    assert len(recordings(screens=True)) == 249
    assert len(recordings()) == 243


@pytest.mark.parametrize("name", recordings())
def test_verdict(name: str) -> None:
    recording = recordings()[name]
    expected = recording["expected"]
    verdict = verdict_of(recording, saved(recording))
    assert verdict_name(verdict) == VERDICTS[expected]
    if isinstance(verdict, LimitReached):
        assert verdict.kind in ({KINDS[expected]} if expected in KINDS else WINDOWS)
        assert verdict.resets_at == recording["resets_at"]
        assert verdict.evidence.excerpt


@pytest.mark.parametrize(
    "name", [name for name in STREAMS if "claim=" in recordings()[name]["scenario"]]
)
def test_the_structured_claim_names_the_kind(name: str) -> None:
    recording = recordings()[name]
    verdict = verdict_of(recording, saved(recording))
    claims = [claim for claim in CLAIMS if f"claim={claim}~" in recording["scenario"] + "~"]
    if recording["expected"] == "usage_limit" and claims:
        assert isinstance(verdict, LimitReached)
        assert verdict.kind == CLAIMS[claims[0]]


@pytest.mark.parametrize("name", recordings())
def test_without_the_exit_status_a_text_counts_only_whole(name: str) -> None:
    """Every recorded limit is still seen: its text is the whole output."""
    recording = recordings()[name]
    if recording["format"] not in ("text", "pty") or recording["exit_code"] is None:
        return
    observed = saved(recording)
    verdict = judge(observed, Exit(None), now=recording["ran_at"], tz=UTC)
    is_limit = VERDICTS[recording["expected"]] == "limit"
    assert isinstance(verdict, LimitReached) == is_limit


@settings(max_examples=15)
@given(data=st.data())
@pytest.mark.parametrize("name", STREAMS)
def test_pieces_do_not_matter(name: str, data: st.DataObject) -> None:
    recording = recordings()[name]
    output = recording["stdout"].encode()
    cuts = data.draw(st.lists(st.integers(0, len(output)), max_size=12).map(sorted))
    reader, events = ClaudeReader(), []
    for start, end in zip([0, *cuts], [*cuts, len(output)], strict=True):
        events += reader.feed("out", output[start:end])
    whole = ClaudeReader()
    assert events == whole.feed("out", output)
    assert reader.observed == whole.observed
    assert verdict_of(recording, reader.observed) == verdict_of(recording, whole.observed)


@pytest.mark.parametrize("name", STREAMS)
def test_auto_finds_the_format(name: str) -> None:
    text = recordings()[name]["stdout"]
    assert observe_text(text, "auto") == observe_text(text, "stream-json")


@pytest.mark.parametrize("name", STREAMS)
def test_a_result_that_is_cut_off_changes_no_limit(name: str) -> None:
    """The stream ends in half of its last line: the error row before it still tells."""
    recording = recordings()[name]
    if recording["exit_code"] != 1 or VERDICTS[recording["expected"]] != "limit":
        return
    lines = recording["stdout"].rstrip("\n").split("\n")
    half = "\n".join([*lines[:-1], lines[-1][: len(lines[-1]) // 2]])
    verdict = verdict_of(recording, observe_text(half, "stream-json"))
    assert isinstance(verdict, LimitReached)
    assert verdict == verdict_of(recording, observe_text(half, "stream-json", "noise"))
    assert verdict.resets_at == recording["resets_at"]
