"""Times of day as Claude prints them, in every zone, and back into words."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai_code.core.resets import believable, describe_reset, parse_reset, zone_or
from ai_code.core.verdict import LimitKind

NOW = int(datetime(2026, 11, 20, 20, 51, 30, tzinfo=UTC).timestamp())


def at(*when: int, tz: tzinfo = UTC) -> int:
    return int(datetime(*when, tzinfo=tz).timestamp())  # type: ignore[misc,arg-type]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("11:10pm (UTC)", at(2026, 11, 20, 23, 10)),
        ("10pm (UTC)", at(2026, 11, 20, 22)),
        ("11:10pm", at(2026, 11, 20, 23, 10)),
        ("11:10\u202fPM (UTC)", at(2026, 11, 20, 23, 10)),
        ("23:10 (UTC)", at(2026, 11, 20, 23, 10)),
        ("12:10am (Europe/Berlin)", at(2026, 11, 20, 23, 10)),
        ("4:40am (Asia/Kolkata)", at(2026, 11, 20, 23, 10)),
        ("4:40am (Asia/Calcutta)", at(2026, 11, 20, 23, 10)),
        ("11:10pm (Moon/Crater)", at(2026, 11, 20, 23, 10)),
        ("12am (UTC)", at(2026, 11, 21)),
        ("12pm (UTC)", at(2026, 11, 21, 12)),
        ("Nov 24, 8pm (UTC)", at(2026, 11, 24, 20)),
        ("Nov 24, 8:05pm", at(2026, 11, 24, 20, 5)),
        ("Nov 24 at 8pm (UTC)", at(2026, 11, 24, 20)),
        ("Nov 24", at(2026, 11, 24)),
        ("Jan 2, 8pm (UTC)", at(2027, 1, 2, 20)),
        ("Jan 1, 2030, 12am (UTC)", at(2030, 1, 1)),
        ("2026-12-01 at 00:00 UTC", at(2026, 12, 1)),
        ("8:51pm (UTC)", at(2026, 11, 20, 20, 51)),
        ("10 p.m. (UTC)", at(2026, 11, 20, 22)),
        ("10pm UTC", at(2026, 11, 20, 22)),
        ("today, 10pm (UTC)", at(2026, 11, 20, 22)),
        ("today at 8pm", at(2026, 11, 20, 20)),
        ("tomorrow at 8pm (UTC)", at(2026, 11, 21, 20)),
        ("tomorrow 1am (Asia/Tokyo)", at(2026, 11, 21, 16)),
        ("in 2 hours", NOW + 7200),
        ("in 1 day and 3 hours", NOW + 27 * 3600),
        ("in 2h 10m", NOW + 7800),
        ("in 30 minutes", NOW + 1800),
        ("Fri 8pm (UTC)", at(2026, 11, 27, 20)),
        ("Friday at 10pm", at(2026, 11, 20, 22)),
        ("Thurs, 8pm", at(2026, 11, 26, 20)),
        ("Tue, Nov 24, 8pm (UTC)", at(2026, 11, 24, 20)),
        ("24 Nov, 8pm (UTC)", at(2026, 11, 24, 20)),
        ("24th November 2026 at 8pm", at(2026, 11, 24, 20)),
        ("2026-11-26 08:00", at(2026, 11, 26, 8)),
        ("2026-11-26T08:00:00.000Z", at(2026, 11, 26, 8)),
        ("2026-11-26 08:00+09:00", at(2026, 11, 25, 23)),
        ("2026-11-26 08:00 (Asia/Tokyo)", at(2026, 11, 25, 23)),
        ("8:50pm (UTC)", at(2026, 11, 21, 20, 50)),
    ],
)
def test_forms(text: str, expected: int) -> None:
    assert parse_reset(text, NOW, UTC) == expected


@pytest.mark.parametrize(
    "text",
    [
        *("", "soon", "8", "25:00", "13pm", "0pm", "Foo 24, 8pm", "Feb 30, 8pm", "(UTC)", "8pm ("),
        *("tomorrow", "Thu", "today Fri 10pm", "tomorrow Nov 24, 8pm", "in", "in a while"),
        *("Mon, Nov 24, 8pm", "03/04 8pm", "Marvel 8", "8pm PST", "8pm (PST)", "8pm (日本標準時)"),
        *("2026-13-01 at 00:00 UTC", "Nov 99", "Jan 1, 0000, 12am"),
    ],
)
def test_no_time(text: str) -> None:
    assert parse_reset(text, NOW, UTC) is None


def test_digits_without_a_zone_are_local_as_every_time_is() -> None:
    tokyo = ZoneInfo("Asia/Tokyo")
    assert parse_reset("2026-11-26 08:00", NOW, tokyo) == at(2026, 11, 25, 23)
    assert parse_reset("2026-11-26 at 08:00 UTC", NOW, tokyo) == at(2026, 11, 26, 8)


def test_a_session_reset_that_is_past_prints_only_a_time_of_day() -> None:
    assert parse_reset("6pm (UTC)", NOW, UTC, kind=LimitKind.SESSION) == at(2026, 11, 20, 18)
    assert parse_reset("6pm (UTC)", NOW, UTC, kind=LimitKind.WEEKLY) == at(2026, 11, 21, 18)
    assert parse_reset("1:45am (UTC)", NOW, UTC, kind=LimitKind.SESSION) == at(2026, 11, 21, 1, 45)


def test_january_and_the_end_of_the_year() -> None:
    now = at(2026, 12, 30, 12)
    assert parse_reset("Jan 3, 2027, 8pm", now, UTC) == at(2027, 1, 3, 20)
    assert parse_reset("Jan 3, 8pm", now, UTC) == at(2027, 1, 3, 20)
    assert parse_reset("Dec 29, 8pm", at(2027, 1, 2), UTC) == at(2026, 12, 29, 20)


def test_an_hour_that_comes_twice_and_one_that_never_comes() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    first = at(2026, 10, 25, 0, 30)  # 02:30 CEST; an hour later it is 02:30 CET
    assert parse_reset("2:30am", first - 600, berlin, kind=LimitKind.SESSION) == first
    assert parse_reset("2:30am", first + 600, berlin, kind=LimitKind.SESSION) == first + 3600
    spring = at(2027, 3, 28, 0, 30)
    assert parse_reset("2:30am", spring, berlin) == at(2027, 3, 29, 0, 30)
    assert parse_reset("7am", spring, berlin, kind=LimitKind.SESSION) == at(2027, 3, 28, 5)


def test_zones() -> None:
    offset = timezone(timedelta(hours=5, minutes=45))
    assert zone_or(None, offset) is offset
    for bad in ("", "Moon/Crater", "../etc/passwd", "/etc/localtime", "America", "x" * 500, "a\0b"):
        assert zone_or(bad, offset) is offset
    assert zone_or("Asia/Kolkata", UTC).utcoffset(datetime(2026, 1, 1)) == timedelta(hours=5.5)


ZONES = st.sampled_from(["UTC", "Asia/Tokyo", "America/St_Johns", "Europe/Berlin", "Pacific/Apia"])


@given(st.integers(1, 5 * 3600), st.integers(NOW, NOW + 400 * 86400), ZONES)
def test_what_claude_prints_for_a_session_is_read_back(ahead: int, now: int, zone: str) -> None:
    tz = ZoneInfo(zone)
    reset = now + ahead
    local = datetime.fromtimestamp(reset, tz)
    text = f"{local.hour % 12 or 12}:{local:%M}{'am' if local.hour < 12 else 'pm'} ({zone})"
    twice = local.utcoffset() != (local.replace(fold=1 - local.fold)).utcoffset()
    found = parse_reset(text, now, UTC, kind=LimitKind.SESSION)
    assert found is not None
    assert twice or found == reset // 60 * 60


@given(st.integers(24 * 3600 + 1, 7 * 86400), st.integers(NOW, NOW + 400 * 86400), ZONES)
def test_what_claude_prints_for_a_week_is_read_back(ahead: int, now: int, zone: str) -> None:
    tz = ZoneInfo(zone)
    local = datetime.fromtimestamp(now + ahead, tz)
    same_year = local.year == datetime.fromtimestamp(now, tz).year
    day = f"{local:%b} {local.day}" + ("" if same_year else f", {local.year}")
    text = f"{day}, {local.hour % 12 or 12}:{local:%M}{'am' if local.hour < 12 else 'pm'} ({zone})"
    twice = local.utcoffset() != (local.replace(fold=1 - local.fold)).utcoffset()
    found = parse_reset(text, now, UTC, kind=LimitKind.WEEKLY)
    assert twice or found == (now + ahead) // 60 * 60


@given(st.text(max_size=60), st.integers(0, 2**33))
def test_any_text_is_read_or_not_but_never_fails(text: str, now: int) -> None:
    parse_reset(text, now, UTC)


def test_believable() -> None:
    assert believable(LimitKind.SESSION, NOW + 5 * 3600, NOW)
    assert not believable(LimitKind.SESSION, NOW + 6 * 3600, NOW)
    assert believable(LimitKind.WEEKLY, NOW + 7 * 86400, NOW)
    assert not believable(LimitKind.MODEL, NOW + 8 * 86400, NOW)
    assert believable(LimitKind.CREDIT, NOW + 30 * 86400, NOW)
    assert not believable(LimitKind.WEEKLY, NOW, NOW)


@pytest.mark.parametrize(
    ("reset", "words"),
    [
        (at(2026, 11, 20, 23, 2), "23:02 (in 2 h 10 min)"),
        (at(2026, 11, 20, 22, 52), "22:52 (in 2 h)"),
        (at(2026, 11, 20, 20, 57), "20:57 (in 5 min)"),
        (at(2026, 11, 20, 20, 52), "20:52 (in 30 s)"),
        (at(2026, 11, 24, 1), "Tue 24 Nov 01:00 (in 3 days 4 h)"),
        (at(2026, 11, 21, 21), "Sat 21 Nov 21:00 (in 1 day)"),
        (at(2030, 1, 1), "Tue 1 Jan 2030 00:00 (in 1137 days 3 h)"),
        (NOW, "now"),
        (NOW - 9, "now"),
    ],
)
def test_in_words(reset: int, words: str) -> None:
    assert describe_reset(reset, NOW, UTC) == words
