"""Lists of things to do, by form alone."""

from __future__ import annotations

import pytest

from ai_code.core.steps import files_named, steps_in, with_states
from ai_code.core.story import Step


@pytest.mark.parametrize(
    ("text", "steps"),
    [
        ("1. one\n2. two", ["one", "two"]),
        ("Before.\n\n1) **one**\n2) `two`\nAfter.", ["one", "`two`"]),
        ("(1) 一つ目\n(2) 二つ目", ["一つ目", "二つ目"]),
        ("1、一つ目\n2、二つ目", ["一つ目", "二つ目"]),
        ("1. one\n   - detail\n2. two\n   more words\n3. three", ["one", "two", "three"]),
        ("1. old\n2. old\n\nNow:\n1. new\n2. newer\n3. newest", ["new", "newer", "newest"]),
        ("- [ ] one\n- [x] two", ["one", "two"]),
        ("1. only one", []),
        ("3. from\n4. the middle", []),
        ("version 1.2 of 2.3", []),
        ("", []),
    ],
)
def test_lists(text: str, steps: list[str]) -> None:
    assert [step.text for step in steps_in(text)] == steps


def test_marks() -> None:
    assert [step.state for step in steps_in("- [x] a\n- [ ] b\n* [X] c")] == [
        "done",
        "open",
        "done",
    ]
    told = steps_in("1. ~~a~~\n2. b ✅\n3. ✓ c\n4. d")
    assert told == (Step("a", "done"), Step("b", "done"), Step("c", "done"), Step("d"))


def test_a_step_is_done_with_all_its_files_and_only_in_order() -> None:
    steps = steps_in("1. a.py and b.py\n2. c.py\n3. think\n4. d.py")
    states = [s.state for s in with_states(steps, ["src/a.py", "b.py", "d.py"])]
    assert states == ["done", "open", "open", "open"]
    states = [s.state for s in with_states(steps, ["a.py", "b.py", "c.py", "d.py"])]
    assert states == ["done", "done", "open", "open"], "nobody knows of the third"
    assert all(s.state == "open" for s in with_states(steps, []))


def test_files() -> None:
    assert files_named("edit ./src/a.py, README.md and Makefile (v1.2).") == (
        "src/a.py", "README.md", "Makefile", "v1.2",
    )  # fmt: skip
    assert files_named("日本語.pyを直す") == ("日本語.py",)
