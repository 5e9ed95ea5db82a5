"""What a model says is never evidence: the corpus of innocent outputs gives no limit."""

from __future__ import annotations

from datetime import UTC

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai_code.core.exits import Exit
from ai_code.core.limits import rules
from ai_code.core.verdict import Done, LimitReached, Verdict
from ai_code.engines.claude.judge import judge
from ai_code.engines.claude.observed import Observed
from ai_code.engines.claude.recorded import observe_text
from tests.recorded import innocent, stream_of

NOW = 1795207640


def verdict(observed: Observed, code: int | None) -> Verdict:
    return judge(observed, Exit(code), now=NOW, tz=UTC)


def test_the_corpus_is_large() -> None:
    assert len(innocent()) >= 160


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
