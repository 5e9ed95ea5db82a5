"""The lines a person reads: reason, reset, what changed."""

from __future__ import annotations

from datetime import UTC

import pytest

from ai_code.core.changes import Doubt, Landed, LandedFile, LeftOut
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
from ai_code.flows.report import denied_line, landed_lines, left_lines, limit_line, reason_line
from tests.flows.fake_world import NOW

EVIDENCE = Evidence("rule", "event")


@pytest.mark.parametrize("kind", list(LimitKind))
def test_every_limit_has_words(kind: LimitKind) -> None:
    bare = limit_line(LimitReached(kind, None, EVIDENCE), NOW, UTC)
    assert bare and "resets" not in bare
    told = limit_line(LimitReached(kind, NOW + 7800, EVIDENCE), NOW, UTC)
    assert told == f"{bare}, resets 22:57 (in 2 h 10 min)"


@pytest.mark.parametrize(
    ("verdict", "line"),
    [
        (Failed(FailReason.OTHER, "a\nb\x1b[2J", EVIDENCE), "Claude Code: a b^[[2J"),
        (
            Unavailable(UnavailableReason.NETWORK, "no network", EVIDENCE),
            "Claude Code: no network",
        ),
        (Done(EVIDENCE), ""),
        (Interrupted(2, EVIDENCE), ""),
    ],
)
def test_reason(verdict: Verdict, line: str) -> None:
    assert reason_line(verdict, NOW, UTC) == line


def test_landed_lines() -> None:
    landed = Landed(
        files=(LandedFile("a.py", "M", 3, 1), LandedFile("n\new.py", "A", 2, 0)),
        left_out=(LeftOut(".env", "the path is protected"),),
        conflicts=(LeftOut("c.py", "changed meanwhile"),),
        doubts=(Doubt("a.py", "it lost much of its text"),),
        patch_path="/state/left-out.patch",
    )
    assert list(landed_lines(landed, "run-1")) == [
        "changed: a.py (+3 −1)",
        'new: "n\\new.py" (+2 −0)',
        "look at a.py: it lost much of its text",
        "see: ai-code diff   take back: ai-code undo   (run run-1)",
    ]
    assert list(left_lines(landed)) == [
        "left out: .env: the path is protected",
        "not merged: c.py: changed meanwhile",
        "what did not land is kept: git apply /state/left-out.patch",
    ]
    assert [*landed_lines(Landed(), "run-1"), *left_lines(Landed())] == []


def test_a_refused_tool_names_its_flag() -> None:
    assert denied_line("Bash(npm test) (×3)").endswith("-- --allowedTools Bash")
    assert denied_line("mcp__x__y").endswith("-- --allowedTools mcp__x__y")
    assert denied_line("Read (×2)").endswith("-- --allowedTools Read")
