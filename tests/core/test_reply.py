"""Replies to a question that has letters for its answers."""

from __future__ import annotations

import pytest

from ai_code.core.reply import chosen, listed

LAND = {"n": "leave out", "y": "land"}
MODELS = {"1": "", "2": "", "o": "another", "q": "stop"}


@pytest.mark.parametrize(
    ("typed", "letter"),
    [
        ("y\n", "y"), (" Y ", "y"), ("yes", "y"), ("land", "y"), ("ｙ", "y"), ("ＹＥＳ", "y"),
        ("no", "n"), ("leave out", "n"), ("Leave", "n"),
        ("", None), ("\n", None), ("l", None), ("yesterday", None), ("nonsense", None),
        ("はい", None), ("y n", None), ("\x00", None),
    ],
)  # fmt: skip
def test_the_letter_that_was_meant(typed: str, letter: str | None) -> None:
    assert chosen(typed, LAND) == letter


def test_a_letter_whose_meaning_is_on_the_screen_already() -> None:
    assert listed(MODELS) == "[1], [2], [o] another, [q] stop"
    assert [chosen(each, MODELS) for each in ("１", "2", "stop", "")] == ["1", "2", "q", None]
