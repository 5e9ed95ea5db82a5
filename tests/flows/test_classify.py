"""Saved outputs and recordings, judged as runs are."""

from __future__ import annotations

from datetime import UTC
from typing import Any

import pytest

from ai_code.core.errors import UsageError
from ai_code.flows.classify import Classified, classify_output, classify_recording
from tests.recorded import recordings, stream_of

NOW = 1795207640.5
LIMIT = "You've hit your 5-hour limit · resets 11:10pm (UTC)"


def output(text: str, exit_code: int | None = None) -> Classified:
    return classify_output("f", text, exit_code=exit_code, format="auto", now=NOW, tz=UTC)


def test_the_exit_status_decides_what_words_mean() -> None:
    assert output(LIMIT) == Classified("f", "limit", "session", 1795216200, "claude.session", LIMIT)
    assert output(LIMIT, 1) == output(LIMIT)
    assert output(LIMIT, 0).verdict == "done"
    assert output(f"{LIMIT}\nas it says").verdict == "done"
    assert output("You've hit your lunar limit").verdict == "done"
    assert output("You've hit your lunar limit", 1).kind == "usage"


def test_events_tell_without_an_exit_status() -> None:
    assert output(stream_of(LIMIT)).verdict == "done"
    assert output(stream_of(LIMIT, is_error=True)).verdict == "limit"


def test_recordings_bring_their_own_time_and_zone() -> None:
    row = recordings()["limit-5h-tz-Kolkata-text-1.0.128"]
    found = classify_recording("r", row)
    assert (found.verdict, found.kind, found.resets_at) == ("limit", "session", 1795219800)
    killed = classify_recording("r", recordings()["429-ra59-stream-2.1.329"])
    assert (killed.verdict, killed.kind) == ("limit", "rate")


@pytest.mark.parametrize(
    "broken",
    [{}, {"stdout": 1}, {"format": "film"}, {"exit_code": "x"}, {"ran_at": "soon"}, {"env": 7}],
)
def test_no_recording(broken: dict[str, Any]) -> None:
    row = {"stdout": "", "exit_code": 0, "format": "text", "ran_at": 1} if broken else {}
    with pytest.raises(UsageError) as error:
        classify_recording("r", {**row, **broken})
    assert error.value.hint
