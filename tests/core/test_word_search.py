"""Words in texts: what counts as the same, and what of a place is shown."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ai_code.core.text import columns
from ai_code.core.word_search import folded, has_all, sections, snippet, words_of


def test_width_and_capitals_make_no_difference() -> None:
    assert words_of("Tab　ＴＡＢ ｶﾅ") == ("tab", "カナ")
    assert has_all(folded("カナの Tab"), words_of("ｶﾅ tab")) == 2
    assert has_all("tab", ("tab", "missing")) == 0 == has_all("", ())


def test_a_file_in_places() -> None:
    text = "before\n# One\na\n\n## Two\n" + "line\n" * 60
    assert [number for number, _ in sections(text)] == [1, 2, 5, 45]
    assert sections("\n \n") == []


def test_the_line_with_the_word_is_shown_around_it() -> None:
    text = "first\n" + "日本語の長い行です。" * 10 + "ここに目印があります" + "続き" * 50
    line, shown = snippet(text, ("目印",), 76)
    assert line == 1 and "目印" in shown
    assert shown.startswith("…") and shown.endswith("…") and columns(shown) <= 76
    assert snippet("short one", ("one",), 76) == (0, "short one")


@given(st.text(max_size=200), st.text(min_size=1, max_size=4), st.integers(10, 80))
def test_any_text_has_a_snippet(text: str, word: str, width: int) -> None:
    words = words_of(word) or ("x",)
    _, shown = snippet(text, words, width)
    assert columns(shown) <= width + 1 and "\n" not in shown
