from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ai_code.core.line_ends import CRLF, LF, kept, style, to_style


def test_an_engines_lf_becomes_the_files_crlf() -> None:
    assert kept(b"a\r\nb\r\n", b"a\nc\n") == b"a\r\nc\r\n"
    assert kept(b"a\nb\n", b"a\r\nc\r\n") == b"a\nc\n"


def test_what_is_meant_or_unclear_stays() -> None:
    assert kept(b"a\r\nb\r\n", b"a\nb\n") == b"a\nb\n"
    assert kept(b"a\r\nb\n", b"a\nc\n") == b"a\nc\n"
    assert kept(b"one line", b"two\r\n") == b"two\r\n"
    assert kept(b"a\r\n", b"\0\n") == b"\0\n"
    assert kept(None, b"a\n") == b"a\n" and kept(b"a\n", None) is None


@given(st.binary())
def test_a_style_is_a_fixed_point(data: bytes) -> None:
    for wanted in (LF, CRLF):
        once = to_style(data, wanted)
        assert to_style(once, wanted) == once
        if style(data) == wanted:
            assert once == data
