"""What a run was about, in one line."""

from __future__ import annotations

import pytest

from ai_code.core.record import RunRecord
from ai_code.core.record_words import subject


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"prompt_line": "fix it"}, "fix it"),
        ({"prompt_line": "a\x1b[31mb"}, "a^[[31mb"),
        ({"undo_of": "20261126-1"}, "takes back 20261126-1"),
        ({"interactive": True, "prompt_line": "説明を"}, "chat: 説明を"),
        ({"interactive": True}, "chat"),
        ({}, ""),
    ],
)
def test_subject(fields: dict[str, object], told: str) -> None:
    record = RunRecord("x", 0.0, "/p", "/p", **fields)  # type: ignore[arg-type]
    assert subject(record) == told
