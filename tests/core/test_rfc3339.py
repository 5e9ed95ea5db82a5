"""Points in time as Ollama writes them."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai_code.core.rfc3339 import epoch_of


@pytest.mark.parametrize(
    ("text", "epoch"),
    [
        ("2024-06-04T14:38:31.83753-07:00", 1717537111.83753),
        ("2026-11-20T20:47:20.123456789Z", 1795207640.123456789),
        ("2026-11-20T20:47:20Z", 1795207640.0),
        ("2026-11-21T05:47:20+09:00", 1795207640.0),
        ("2318-09-07T14:38:31.000000001+05:45", 11003331211.0),
        ("0001-01-01T00:00:00Z", 0.0),
        ("0001-01-01T00:00:00+14:00", 0.0),
        ("2026-13-40T99:00:00Z", 0.0),
        ("2026-11-20", 0.0),
        ("", 0.0),
        (None, 0.0),
        (7, 0.0),
    ],
)
def test_known_ones(text: object, epoch: float) -> None:
    assert epoch_of(text) == pytest.approx(epoch, abs=1e-3)


@given(
    st.datetimes(datetime(1971, 1, 1), datetime(2400, 1, 1)), st.integers(-839, 839), st.integers(0)
)
def test_any_offset_and_fraction(at: datetime, minutes: int, fraction: int) -> None:
    aware = at.replace(microsecond=0, tzinfo=timezone(timedelta(minutes=minutes)))
    base, offset = aware.isoformat()[:19], aware.isoformat()[19:]
    assert epoch_of(f"{base}.{fraction}{offset}") == pytest.approx(aware.timestamp(), abs=1.001)


@given(st.text())
def test_no_text_fails(text: str) -> None:
    assert epoch_of(text) >= 0.0
