"""Nothing that a model or a file name says can move the cursor or turn the text around."""

from __future__ import annotations

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ai_code.core.text import (
    SafeText,
    cell,
    columns,
    fitting,
    in_folder,
    one_line,
    visible,
    wrapped,
)

HOSTILE = "\u061c\x1b\x9b\x07\x00\x7f\r\n\t[]0;31m\u202e\u2066\u200f\ufeffé日"
TEXTS = st.one_of(st.text(max_size=80), st.text(alphabet=HOSTILE, max_size=60))
SGR = re.compile(r"\x1b\[[0-9;:]*m")
FORBIDDEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]"
)


def through(pieces: list[str], colour: bool = True) -> str:
    safe = SafeText(colour)
    return "".join(safe.feed(piece) for piece in pieces) + safe.end()


def cut(text: str, places: list[int]) -> list[str]:
    at = sorted(place % (len(text) + 1) for place in places)
    return [text[start:end] for start, end in zip([0, *at], [*at, len(text)], strict=True)]


@given(TEXTS, st.lists(st.integers(0, 100), max_size=8), st.booleans())
@example("a\r\nb", [2], True)
@example("\x1b[31mred\x1b[0m", [1, 2, 3, 4], True)
@example("\x1b[" + "1;" * 60 + "m", [30, 61, 100], True)
@example("\x1b[" + "1" * 61 + "m", [63], True)
@example("\x1b[" + "1" * 62 + "m", [63, 64], True)
@example("\x1b\x1b[31m", [1, 2], True)
def test_pieces_give_what_the_whole_gives(text: str, places: list[int], colour: bool) -> None:
    assert through(cut(text, places), colour) == through([text], colour)


@given(TEXTS, st.booleans())
def test_nothing_dangerous_comes_out(text: str, colour: bool) -> None:
    shown = through([text], colour)
    if not colour:
        assert "\x1b" not in shown
    assert not FORBIDDEN.search(SGR.sub("", shown))
    assert not FORBIDDEN.search(visible(text))


PLAIN = st.text(st.characters(categories=("L", "M", "N", "P", "S", "Zs"))).map(
    lambda text: text + "\n\ttab"
)


@given(PLAIN)
@example("日本語のテキスト 👩‍💻 é ñ\n\tx")
def test_plain_text_is_unchanged(text: str) -> None:
    assert through([text]) == text == visible(text)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[2J", "^[[2J"),
        ("\x1b]0;title\x07", "^[]0;title^G"),
        ("\x1bc", "^[c"),
        ("\x9b2J", "\\x9b2J"),
        ("a\rb", "a^Mb"),
        ("a\r\nb", "a\nb"),
        ("a\x08b\x7f", "a^Hb^?"),
        ("\u202egpj.exe", "\\u202egpj.exe"),
        ("\ufeffx", "\\ufeffx"),
        ("\x1b[31", "^[[31"),
        ("\x1b", "^["),
        ("x\r", "x"),
    ],
)
def test_what_is_written_out(text: str, shown: str) -> None:
    assert through([text]) == shown


def test_colours_pass_and_are_reset() -> None:
    assert through(["\x1b[31mred"]) == "\x1b[31mred\x1b[0m"
    assert through(["\x1b[1;38:5:2mx"], colour=False) == "x"
    assert through(["no colour"]) == "no colour"


def test_text_that_is_no_sequence_is_not_held_back() -> None:
    safe = SafeText()
    assert safe.feed("abc") == "abc"
    assert safe.feed("\x1b[" + "1" * 200) == "^[[" + "1" * 200


@given(st.text(), st.integers(2, 50))
def test_one_line_is_one_bounded_line(text: str, width: int) -> None:
    shown = one_line(text, width)
    assert "\n" not in shown
    assert not FORBIDDEN.search(shown)
    assert len(one_line("x" * 300, width)) == width


@given(TEXTS, st.integers(4, 40), st.sampled_from(["", "  "]))
@example("日本語のとても長い行", 7, "  ")
def test_wrapped_lines_fit_and_lose_nothing(text: str, columns: int, indent: str) -> None:
    text = visible(text)
    lines = wrapped(text, columns, indent=indent, breaking=True)
    assert all(fitting(line, columns) == line for line in lines)
    assert "".join("".join(lines).split()) == "".join(text.split())


def test_a_word_that_is_too_long_stays_whole_where_it_has_to_be_copied() -> None:
    path = "/a/very/long/path"
    assert wrapped(f"look at {path} now", 10, indent="  ") == ["look at", f"  {path}", "  now"]


def test_japanese_without_blanks_is_cut_where_it_may_be() -> None:
    prompt = "ログインの処理を「短く」して、src/login_helper.pyにテストも追加してください。"
    lines = wrapped(prompt, 20)
    assert "".join(lines) == prompt and len(lines) > 3
    assert all(columns(line) <= 20 for line in lines)
    assert any("src/login_helper.py" in line for line in lines)
    assert not any(line[0] in "」、。" or line[-1] == "「" for line in lines)
    # A path has to be copied, in whichever letters it is written.
    path = "/home/hana/プロジェクト/ログインの処理"
    assert wrapped(f"see {path}", 20) == ["see", path]


@given(TEXTS, st.integers(8, 60), st.sampled_from(["", "  "]))
def test_nothing_is_lost_where_long_words_stay(text: str, columns: int, indent: str) -> None:
    text = visible(text)
    lines = wrapped(text, columns, indent=indent)
    assert "".join("".join(lines).split()) == "".join(text.split())


def test_cells_are_as_wide_as_they_look() -> None:
    for text in ("abc", "日本語のテキスト", "e\u0301", "ﾊﾝｶｸ", ""):
        assert columns(cell(text, 12)) == 12
        assert columns(cell(text * 9, 7)) in (0, 7) or not text


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        ("/w/project/src/a.py", "src/a.py"),
        ("/w/project", "."),
        ("/w/project/", "."),
        ("/w/project2/a.py", "/w/project2/a.py"),
        ("a.py", "a.py"),
        ("rm -r /w/project/src", "rm -r /w/project/src"),
        ("", ""),
    ],
)
def test_a_path_in_a_folder(path: str, shown: str) -> None:
    assert in_folder(path, "/w/project") == shown
    assert in_folder(path, "") == path
