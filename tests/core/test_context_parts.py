"""Parts of memory: each once, within a budget; and what an engine loads by itself."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai_code.core.brief import Brief, ContextFile, estimate_tokens
from ai_code.core.context_parts import Part, PartKind, beside, each_once, fitted, is_whole


def part(shown: str, text: str = "text\n", kind: PartKind = "project") -> Part:
    return Part(shown, "project", kind, text)


def test_the_same_text_is_told_once() -> None:
    parts = [part("CLAUDE.md", "a\n"), part("AGENTS.md", "\na"), part("x", " \n"), part("b", "b")]
    first, second = each_once(parts)
    assert (first.shown, first.also, second.shown) == ("CLAUDE.md", ("AGENTS.md",), "b")


def test_notes_leave_room_for_the_project() -> None:
    notes = part("notes for this project", "- a note\n" * 2000, "notes")
    told = fitted([notes, part("CLAUDE.md", "rule\n" * 100)], 16384, 0)
    assert [(each.part.shown, each.cut) for each in told.parts] == [
        ("notes for this project", True), ("CLAUDE.md", False),
    ]  # fmt: skip
    assert told.parts[0].tokens <= 4096 // 2
    assert told.notes == (
        "notes for this project are long: only the newest fit their half of the 4096 tokens for "
        "memory (context.budget)",
    )


@given(
    st.lists(st.tuples(st.text(max_size=3000), st.booleans()), max_size=6),
    st.integers(min_value=1, max_value=3000),
)
def test_the_budget_holds(rows: list[tuple[str, bool]], budget: int) -> None:
    parts = [part(str(n), text, "notes" if note else "project") for n, (text, note) in
             enumerate(rows)]  # fmt: skip
    told = fitted(parts, 16384, budget)
    assert told.tokens <= budget
    assert told.tokens == sum(estimate_tokens(each.text) for each in told.parts)
    assert len(told.parts) + len(told.left_out) == len(parts)
    assert [each.part for each in told.parts if not each.cut] == [
        each for each in parts
        if each in [x.part for x in told.parts] and each not in
        [x.part for x in told.parts if x.cut]
    ]  # fmt: skip
    for each in told.parts:
        assert each.text.startswith(each.part.text) or each.cut


CLAUDE = frozenset({"CLAUDE.md", ".claude/rules/", "@"})


def file(shown: str, kind: PartKind = "project", also: tuple[str, ...] = ()) -> ContextFile:
    return ContextFile(Path("/copies") / shown, shown, 1, kind=kind, also=also)


@pytest.mark.parametrize(
    ("one", "loads", "needed"),
    [
        (file("AGENTS.md"), {"AGENTS.md"}, False),
        (file("sub/AGENTS.md"), {"AGENTS.md"}, True),
        (file("CLAUDE.md"), {"AGENTS.md"}, True),
        (file("CLAUDE.md", also=("AGENTS.md",)), {"AGENTS.md"}, False),
        (file("MY-AGENTS.md"), {"AGENTS.md"}, True),
        (file("README.md", "readme"), CLAUDE, True),
        (file(".claude/CLAUDE.md"), CLAUDE | {".claude/CLAUDE.md"}, False),
        (file("sub/CLAUDE.md"), CLAUDE, True),
        (file("sub/.claude/rules/a/b.md", "rule"), CLAUDE, True),
        (file(".claude/rules/a/b.md", "rule"), CLAUDE, False),
        (file("CLAUDE.local.md", "local"), CLAUDE, True),
        (file("docs/style.md", "import"), CLAUDE, False),
        (file("docs/style.md", "import"), {"AGENTS.md"}, True),
        (file("~/notes/style.md", "import"), CLAUDE, True),
        (file("/notes/style.md", "import"), CLAUDE, True),
        (file("~/.claude/CLAUDE.md", "user"), CLAUDE, True),
        (file("~/.claude/rules/me.md", "user"), CLAUDE, True),
        (file("CLAUDE.md", "named"), CLAUDE, True),
        (file("notes for this project", "notes"), CLAUDE, True),
        (file("/etc/claude-code/CLAUDE.md", "organisation"), CLAUDE, True),
        (file("CLAUDE.md"), set(), True),
    ],
)  # fmt: skip
def test_what_an_engine_loads_by_itself_is_not_given_twice(
    one: ContextFile, loads: set[str], needed: bool
) -> None:
    assert beside([one], frozenset(loads)) == ((one,) if needed else ())


def test_what_a_file_imports_that_is_given_is_given_too() -> None:
    style = file("docs/style.md", "import")
    assert beside([file("CLAUDE.md"), style], CLAUDE) == ()
    nearer = file("sub/CLAUDE.md")
    assert beside([nearer, file("CLAUDE.md"), style], CLAUDE) == (nearer, style)


@pytest.mark.parametrize(
    ("context", "left_out", "whole"),
    [
        ([file("CLAUDE.md")], [], True),
        ([replace(file("CLAUDE.md"), cut=True)], [], False),
        ([replace(file("AGENTS.md", also=("CLAUDE.md",)), cut=True)], [], False),
        ([replace(file("README.md", "readme"), cut=True)], [], True),
        ([replace(file("sub/CLAUDE.md"), cut=True), file("CLAUDE.md")], [], True),
        ([replace(file("docs/style.md", "import"), cut=True), file("CLAUDE.md")], [], False),
        ([file("CLAUDE.md", "named")], [], False),
        ([replace(file("notes for this project", "notes"), cut=True)], [], True),
        ([], [part("CLAUDE.md")], False),
        ([], [part(".claude/rules/a.md", kind="rule")], False),
        ([file("CLAUDE.md")], [part("docs/style.md", kind="import")], False),
        ([file("CLAUDE.md")], [part("README.md", kind="readme")], True),
    ],
)
def test_what_an_engine_may_read_by_itself_is_all_there(
    context: list[ContextFile], left_out: list[Part], whole: bool
) -> None:
    brief = Brief("task", context=tuple(context), left_out=tuple(left_out))
    assert is_whole(brief, CLAUDE) is whole
    assert is_whole(brief, frozenset())
