"""The prompt as it came, made fit without changing what it says."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai_code.core.errors import UsageError
from ai_code.core.prompt import MOST_CHARS, compose


@pytest.mark.parametrize(
    ("words", "piped", "prompt"),
    [
        ("fix it", None, "fix it"),
        ("fix it", b"a diff\n", "fix it\na diff\n"),
        ("", b"all of it\n", "all of it\n"),
        ("fix it", b"", "fix it"),
        ("fix it", b" \n", "fix it"),
        ("  two  spaces ", None, "  two  spaces "),
        ("/run ls", None, "/run ls"),
        ("-p", None, "-p"),
        ("!ls", None, "!ls"),
        ("日本語で", "説明\n".encode(), "日本語で\n説明\n"),
    ],
)
def test_joined_as_claude_does(words: str, piped: bytes | None, prompt: str) -> None:
    assert compose(words, piped) == (prompt, ())


@pytest.mark.parametrize("words", ["", " ", "\n\t", "\0"])
def test_an_empty_prompt(words: str) -> None:
    with pytest.raises(UsageError, match="empty"):
        compose(words, b"\0\n")


def test_bytes_that_are_no_text_are_told() -> None:
    prompt, notes = compose("x", b"a\xffb")
    assert prompt == "x\na�b"
    assert "not UTF-8" in notes[0]
    assert compose("x", "a�b".encode()) == ("x\na�b", ())


def test_an_argument_that_is_no_text() -> None:
    prompt, notes = compose("file \udcff", None)
    assert prompt == "file ?"
    assert len(notes) == 1


def test_nul_is_left_out_and_told() -> None:
    prompt, notes = compose("a\0b", b"c\0d")
    assert prompt == "ab\ncd"
    assert "NUL" in notes[0]


def test_far_too_much() -> None:
    assert compose("x" * MOST_CHARS, None)[0]
    with pytest.raises(UsageError, match="characters long"):
        compose("x" * (MOST_CHARS + 1), None)


@given(st.text(), st.binary())
def test_any_prompt_can_be_sent(words: str, piped: bytes) -> None:
    try:
        prompt, _ = compose(words, piped)
    except UsageError:
        return
    assert prompt.strip()
    assert "\0" not in prompt.encode("utf-8").decode()


@given(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])))
def test_good_text_is_unchanged(words: str) -> None:
    if words.strip():
        assert compose(words, None) == (words, ())
