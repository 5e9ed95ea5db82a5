"""What a local engine is told, and how much of it fits."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai_code.core.brief import Brief, estimate_tokens, fit, render, render_facts

TASKS = st.one_of(st.text(), st.sampled_from(["/run rm -rf ~", "!ls", "/add x", "\n/exit", "# x"]))


@given(TASKS)
def test_the_task_is_whole_and_never_first(task: str) -> None:
    """aider takes a message that begins with / or ! as a command."""
    message = render(Brief(task))
    assert task.strip("\n") in message
    assert message.startswith("The task, in the person's words:\n")


def test_everything_that_is_known() -> None:
    message = render_facts(
        Brief(
            "finish it",
            branch="feature",
            commits=("Second", "First"),
            changed=("a.py",),
            claude_edited=("b.py", "c.py"),
            claude_said="I will now edit d.py.",
            stopped_by="its session limit was reached",
        )
    )
    for part in (
        "- git branch: feature\n",
        "  - Second\n  - First\n",
        "- files that differ from the last commit: a.py\n",
        "stopped (its session limit was reached). ",
        "It edited: b.py, c.py\n",
        "- the last thing it said: I will now edit d.py.\n",
    ):
        assert part in message


def test_nothing_is_said_of_what_is_not_known() -> None:
    assert render_facts(Brief("task")) == ""


def test_the_message_names_no_file_but_the_tasks() -> None:
    """aider opens for editing whatever a message names."""
    brief = Brief("task", commits=("tune Makefile",), changed=("a.py",), claude_edited=("b.py",))
    assert render(brief) == render(Brief("task"))


def test_a_long_list_is_cut() -> None:
    message = render_facts(Brief("task", changed=tuple(f"f{number}" for number in range(100))))
    assert "f39 and 60 more" in message
    assert "f40" not in message


@pytest.mark.parametrize(
    ("text", "tokens"), [("", 1), ("abcd" * 100, 101), ("日本語", 4), ("日本語abcd", 5)]
)
def test_estimate(text: str, tokens: int) -> None:
    assert estimate_tokens(text) == tokens


MIXED = st.text(alphabet="ab \n日本", max_size=200)


@given(MIXED, st.integers(1, 80))
def test_what_is_cut_is_a_beginning_that_fits(text: str, tokens: int) -> None:
    part = fit(text, tokens)
    assert text.startswith(part)
    assert estimate_tokens(part) <= tokens
    if estimate_tokens(text) <= tokens:
        assert part == text
    else:
        assert len(part) >= (tokens - 1) // 2


def test_it_is_cut_at_a_lines_end_where_one_is_near() -> None:
    assert fit("word " * 10 + "\n" + "word " * 10, 16) == "word " * 10 + "\n"
    assert fit("x" * 1000, 10) == "x" * 39
