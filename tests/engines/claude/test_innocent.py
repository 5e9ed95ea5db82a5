"""What a model says is never evidence: the corpus of innocent outputs gives no limit."""

from __future__ import annotations

import re
from datetime import UTC

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ai_code.core.exits import Exit
from ai_code.core.limits import LimitRule, rules
from ai_code.core.verdict import Done, Failed, LimitKind, LimitReached, Verdict
from ai_code.engines.claude.judge import judge
from ai_code.engines.claude.observed import Observed
from ai_code.engines.claude.reader import ClaudeReader
from ai_code.engines.claude.recorded import observe_text
from tests.recorded import innocent, stream_of

NOW = 1795207640


def verdict(observed: Observed, code: int | None) -> Verdict:
    return judge(observed, Exit(code), now=NOW, tz=UTC)


def test_the_corpus_is_large() -> None:
    assert len(innocent()) >= 270
    assert sum(row["exit_code"] == 1 for row in innocent().values()) >= 30


@pytest.mark.parametrize("name", innocent())
def test_innocent(name: str) -> None:
    row = innocent()[name]
    text = row["text"]
    for format in ("auto", "text"):
        observed = observe_text(text, format)  # type: ignore[arg-type]
        assert not isinstance(verdict(observed, None), LimitReached)
        assert not isinstance(verdict(observed, row["exit_code"]), LimitReached)
    success = observe_text(stream_of(text), "stream-json")
    assert isinstance(verdict(success, 0), Done)
    assert isinstance(verdict(success, None), Done)
    if row["exit_code"]:
        failure = observe_text(stream_of(text, is_error=True), "stream-json")
        assert isinstance(verdict(failure, 1), Failed)


@pytest.mark.parametrize("rule", [r for r in rules() if r.channel != "event"], ids=lambda r: r.id)
def test_a_success_whose_whole_answer_is_a_limit_s_text(rule: object) -> None:
    sample = rule.sample  # type: ignore[attr-defined]
    assert isinstance(verdict(observe_text(stream_of(sample)), 0), Done)


# A carriage return or an escape sequence may wipe what stood before it off the screen.
WORDS = st.text(st.characters(exclude_categories=["Cc", "Cs"]), min_size=1)


@given(st.sampled_from([r.sample for r in rules() if r.channel == "text"]), WORDS)
def test_a_limit_s_text_within_other_text(sample: str, other: str) -> None:
    for text in (f"x{other} {sample}", f"{sample}\n{other}x", f"{other}x\n{sample}"):
        assert isinstance(verdict(observe_text(text, "text"), 0), Done)
        if text.strip() != sample:
            assert not isinstance(verdict(observe_text(text, "text"), None), LimitReached)


LIMITS = [r for r in rules() if r.channel == "text" and isinstance(r.kind, LimitKind)]
TAIL = st.text(st.characters(exclude_categories=["Cc", "Cs"]), min_size=1, max_size=200).filter(
    lambda tail: not re.search(r"\bresets\b|limit|retrying in", tail)
)


@given(st.sampled_from(LIMITS), st.sampled_from([" · ", ". "]), TAIL)
def test_an_unknown_tail_changes_no_kind_of_a_failed_run(
    rule: LimitRule, joint: str, tail: str
) -> None:
    text = rule.sample.rstrip(".") + joint + tail
    for observed in (
        observe_text(text, "text"),
        observe_text(stream_of(text, is_error=True), "stream-json"),
    ):
        found = verdict(observed, 1)
        assert isinstance(found, LimitReached), text
        assert found.kind is rule.kind
    assert isinstance(verdict(observe_text(text, "text"), 0), Done)
    for code in (0, None):
        assert isinstance(verdict(observe_text(stream_of(text), "stream-json"), code), Done)


@settings(max_examples=60)
@given(st.sampled_from(LIMITS), TAIL, st.booleans(), st.data())
def test_pieces_change_nothing(
    rule: LimitRule, tail: str, is_error: bool, data: st.DataObject
) -> None:
    output = stream_of(f"{rule.sample} · {tail}", is_error=is_error).encode()
    cuts = data.draw(st.lists(st.integers(0, len(output)), max_size=12).map(sorted))
    pieces, whole = ClaudeReader(), ClaudeReader()
    for start, end in zip([0, *cuts], [*cuts, len(output)], strict=True):
        pieces.feed("out", output[start:end])
    whole.feed("out", output)
    assert pieces.observed == whole.observed


@given(st.integers(0, 4000), st.sampled_from([None, 0]))
def test_a_success_that_is_cut_anywhere_is_no_limit(cut: int, code: int | None) -> None:
    retry = (
        '{"type":"system","subtype":"api_retry","attempt":1,"error_status":429,'
        '"error":"rate_limit","session_id":"s"}\n'
    )
    init, rest = stream_of("You've hit your weekly limit · resets 8pm").split("\n", 1)
    output = f"{init}\n{retry}{rest}"[:cut]
    assert not isinstance(verdict(observe_text(output, "auto"), code), LimitReached)
