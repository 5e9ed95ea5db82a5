"""A note in CLAUDE.md: one line more, and nothing else changed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai_code.core.project_note import with_note


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", "## Notes\n\n- N\n"),
        ("# P\n", "# P\n\n## Notes\n\n- N\n"),
        ("# P\n\n\n", "# P\n\n## Notes\n\n- N\n"),
        ("# P", "# P\n\n## Notes\n\n- N\n"),
        ("# P\r\nx\r\n", "# P\r\nx\r\n\r\n## Notes\r\n\r\n- N\r\n"),
        ("## Notes\n\n- a\n", "## Notes\n\n- a\n- N\n"),
        ("## Notes\n\n- a\n  more\n\n# Next\n\nx\n",
         "## Notes\n\n- a\n  more\n- N\n\n# Next\n\nx\n"),
        ("## Notes\n", "## Notes\n\n- N\n"),
        ("## Notes\n\nprose\n\n## B\n", "## Notes\n\nprose\n\n- N\n\n## B\n"),
        ("## Notes\n\n### Sub\n\n- a", "## Notes\n\n### Sub\n\n- a\n- N\n"),
    ],
)  # fmt: skip
def test_where_it_goes(before: str, after: str) -> None:
    assert with_note(before, "N") == after


def test_more_lines_stay_one_item() -> None:
    assert with_note("", "a\n\nb") == "## Notes\n\n- a\n\n  b\n"


@given(st.text(alphabet="ab#- \n", max_size=60), st.text(alphabet="xy\n", min_size=1, max_size=9))
def test_no_line_is_lost(before: str, note: str) -> None:
    note = note.strip() or "x"
    after = with_note(before, note)
    left = [line for line in after.split("\n") if line.strip()]
    for line in before.split("\n"):
        assert not line.strip() or line.rstrip() in [each.rstrip() for each in left]
