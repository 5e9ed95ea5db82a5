"""Which engines, in which order, and when the next one takes over."""

from __future__ import annotations

import pytest

from ai_code.core.plan import Because, Plan, Skip, Step, banner, fallback_word, goes_on, make_plan
from ai_code.core.verdict import (
    Done,
    Evidence,
    Failed,
    FailReason,
    Interrupted,
    LimitKind,
    LimitReached,
    Unavailable,
    UnavailableReason,
    Verdict,
)

WHY = Evidence("rule", "none")
CLAUDE, AIDER = Step("claude", "first"), Step("aider", "limit")


def plan(engine: str = "auto", local: bool = False, fallback: bool = True, skip: str = "") -> Plan:
    return make_plan(
        engine=engine,
        local_only=local,
        fallback=fallback,
        engines=("claude", "aider"),
        skip=skip,
    )


def test_claude_first_then_the_local_one() -> None:
    assert plan() == Plan((CLAUDE, AIDER))


def test_no_fallback() -> None:
    assert plan(fallback=False) == Plan((CLAUDE,), (Skip("aider", "fallback is off"),))


def test_local_only() -> None:
    chosen = Plan((Step("aider", "chosen"),), (Skip("claude", "--local"),))
    assert plan(local=True) == chosen == plan(local=True, fallback=False)


def test_one_engine_by_name() -> None:
    expected = Plan((Step("aider", "chosen"),), (Skip("claude", "--engine aider"),))
    assert plan(engine="aider") == expected


def test_claude_is_skipped_only_where_another_is_there() -> None:
    assert plan(skip="weekly limit") == Plan((AIDER,), (Skip("claude", "weekly limit"),))
    assert plan(skip="weekly limit", fallback=False).steps == (CLAUDE,)
    assert plan(skip="weekly limit", engine="claude").steps[0].engine == "claude"


LIMITS: list[Verdict] = [LimitReached(kind, None, WHY) for kind in LimitKind]
WORDS = {
    UnavailableReason.NETWORK: "network",
    UnavailableReason.AUTH: "auth",
    UnavailableReason.MISSING: "missing",
}


@pytest.mark.parametrize("verdict", LIMITS)
def test_a_limit_goes_on_where_its_kind_is_named(verdict: LimitReached) -> None:
    assert fallback_word(verdict) == verdict.kind.value
    assert goes_on(verdict, frozenset({verdict.kind.value}))
    others = frozenset(kind.value for kind in LimitKind) - {verdict.kind.value}
    assert not goes_on(verdict, others)


@pytest.mark.parametrize("reason", list(UnavailableReason))
def test_what_is_unavailable(reason: UnavailableReason) -> None:
    verdict = Unavailable(reason, "m", WHY)
    assert fallback_word(verdict) == WORDS.get(reason)
    everything = frozenset({*(kind.value for kind in LimitKind), *WORDS.values()})
    assert goes_on(verdict, everything) == (reason in WORDS)


@pytest.mark.parametrize(
    "verdict",
    [Done(WHY), Interrupted(2, WHY), *(Failed(reason, "m", WHY) for reason in FailReason)],
)
def test_nothing_else_ever_goes_on(verdict: Verdict) -> None:
    everything = frozenset({*(kind.value for kind in LimitKind), *WORDS.values(), "failed"})
    assert not goes_on(verdict, everything)


@pytest.mark.parametrize(
    ("title", "because", "line"),
    [
        ("Claude Code", "first", "[AI: Claude Code]"),
        ("Ollama + Aider", "chosen", "[AI: Ollama + Aider]"),
        ("Ollama + Aider", "limit", "[AI: Ollama + Aider (fallback - rate limit detected)]"),
        (
            "Ollama + Aider",
            "unavailable",
            "[AI: Ollama + Aider (fallback - Claude Code unavailable)]",
        ),
    ],
)
def test_banners_are_exactly_these(title: str, because: Because, line: str) -> None:
    assert banner(title, because) == line
