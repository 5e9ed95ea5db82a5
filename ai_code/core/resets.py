"""When a limit ends: times of day as Claude Code prints them, made into epochs and back.

The forms were read from Claude Code 1.0.128, 2.0.77 and 2.1.329: under 24 h ahead, and for a
reset already past, only a time of day (``8pm``, ``8:10pm``); further ahead ``Nov 24, 8pm``; in
another year ``Jan 1, 2030, 12am``; then, since 2.0, `` (IANA zone)``. Seconds are cut.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo

from ai_code.core.verdict import LimitKind

SESSION_S = 5 * 3600
WEEK_S = 7 * 24 * 3600
SLACK_S = 600
"""Clocks differ, and a window is counted from its first request."""

_NOWHERE = timezone(timedelta(0), "nowhere")
_AREA_AND_CITY = re.compile(r"[A-Za-z_]+(?:/[A-Za-z0-9_+-]+){1,2}")

_MINUTE_S = 60
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_SHORT_MONTHS = tuple(month.title() for month in _MONTHS)
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")

_DAY_NAMES = "mon|tues?|wed(?:nes)?|thu(?:rs?)?|fri|sat(?:ur)?|sun"
_MONTH_NAMES = (
    "jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?"
    "|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?"
)
_THEN = r"(?:,?\ (?:at\ )?|$)"
"""Between a day and its time."""

_CLOCK = re.compile(
    rf"""(?:(?P<near>today|tomorrow){_THEN})?
        (?:(?P<weekday>{_DAY_NAMES})(?:day)?{_THEN})?
        (?:(?:(?P<month>{_MONTH_NAMES})\.?\ (?P<day>\d{{1,2}})(?:st|nd|rd|th)?
             |(?P<day_first>\d{{1,2}})(?:st|nd|rd|th)?\ (?P<month_last>{_MONTH_NAMES})\.?)
           (?:,?\ (?P<year>\d{{4}}))?{_THEN})?
        (?:(?P<hour>\d{{1,2}})(?::(?P<minute>\d{{2}}))?(?:\s?(?P<half>[ap])\.?m\.?)?)?
        (?:\ \((?P<zone>[^()]{{1,40}})\)|\ (?P<utc>UTC|GMT))?""",
    re.VERBOSE | re.IGNORECASE,
)
_ISO = re.compile(
    r"""(?P<date>\d{4}-\d{2}-\d{2})(?:\ at\ |,\ |[T\ ])
        (?P<time>\d{2}:\d{2})(?::\d{2}(?:\.\d{1,6})?)?
        (?:\ ?(?P<offset>UTC|GMT|Z|[+-]\d{2}:?\d{2})|\ \((?P<zone>[^()]{1,40})\))?""",
    re.VERBOSE,
)
_AHEAD = re.compile(
    r"""in\ (?=\S)(?:(?P<days>\d{1,2})\ ?d(?:ays?)?)?
        (?:,?\ ?(?:and\ )?(?P<hours>\d{1,3})\ ?h(?:(?:ou)?rs?)?)?
        (?:,?\ ?(?:and\ )?(?P<minutes>\d{1,4})\ ?m(?:in(?:ute)?s?)?)?""",
    re.VERBOSE | re.IGNORECASE,
)


def parse_reset(
    text: str, now_epoch: float, local_tz: tzinfo, *, kind: LimitKind | None = None
) -> int | None:
    """The epoch (seconds) of what follows "resets", or None where it is no time, or one that
    could be read in two ways.

    ``kind`` SESSION with only a time of day means the occurrence at most 5 h ahead, else the one
    before; any other kind the next one within 24 h. A date without a year is the one nearest to
    now. Times of the running minute count as now, since Claude cuts the seconds. A time without
    a zone is local; so is one in a zone of this machine that our zoneinfo is too old for.
    """
    text = " ".join(text.split())
    if ahead := _AHEAD.fullmatch(text):
        return _epoch_ahead(ahead, now_epoch)
    match = _ISO.fullmatch(text) or _CLOCK.fullmatch(text)
    tz = _zone_of(match["zone"], local_tz) if match else None
    if match is None or tz is None:
        return None
    if match.re is _ISO:
        return _epoch_of_iso(match, tz)
    if match["utc"]:
        tz = UTC
    at = _time_of_day(match)
    if at is None:
        return None
    if match["month"] or match["month_last"]:
        return None if match["near"] else _by_date(match, at, now_epoch, tz)
    if not match["hour"] or (match["near"] and match["weekday"]):
        return None
    if match["near"] or match["weekday"]:
        return _by_day(match, at, now_epoch, tz)
    return _by_time_of_day(at, now_epoch, tz, kind)


def _zone_of(name: str | None, local_tz: tzinfo) -> tzinfo | None:
    """None where a zone is named that is nobody's: "PST" and "日本標準時" are no IANA names."""
    if name is None:
        return local_tz
    known = zone_or(name, _NOWHERE)
    if known is not _NOWHERE:
        return known
    return local_tz if _AREA_AND_CITY.fullmatch(name) else None


def zone_or(name: str | None, otherwise: tzinfo) -> tzinfo:
    """The IANA zone ``name`` (zoneinfo, with tzdata where the system lacks it), else
    ``otherwise`` where there is none or it is unknown."""
    if not name:
        return otherwise
    if name.upper() in ("UTC", "GMT", "Z"):
        return UTC
    from zoneinfo import ZoneInfo  # costs milliseconds; most runs never read a zone

    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return otherwise


def believable(kind: LimitKind, resets_at: int, now: float) -> bool:
    """True when the reset lies ahead and within what this kind of limit can last: a session
    5 h, weekly, model and unnamed plan limits 7 days, credit a month and a bit, a passing limit
    an hour. A later one reads as past: nobody waits for it."""
    return now < resets_at <= now + _longest_s(kind) + SLACK_S


def describe_reset(resets_at: int, now: float, tz: tzinfo) -> str:
    """``23:10 (in 2 h 10 min)``, ``Tue 24 Nov 20:00 (in 3 days 4 h)``, or ``now`` once past."""
    left_s = int(resets_at - now)
    if left_s <= 0:
        return "now"
    at = datetime.fromtimestamp(resets_at, tz)
    clock = f"{at:%H:%M}"
    if left_s >= 24 * 3600:
        year = f" {at.year}" if at.year != datetime.fromtimestamp(now, tz).year else ""
        clock = f"{_DAYS[at.weekday()]} {at.day} {_SHORT_MONTHS[at.month - 1]}{year} {clock}"
    return f"{clock} (in {_duration(left_s)})"


def _longest_s(kind: LimitKind) -> int:
    match kind:
        case LimitKind.SESSION:
            return SESSION_S
        case LimitKind.WEEKLY | LimitKind.MODEL | LimitKind.USAGE:
            return WEEK_S
        case LimitKind.CREDIT | LimitKind.EXTRA_USAGE:
            return 32 * 24 * 3600
        case LimitKind.RATE | LimitKind.OVERLOADED:
            return 3600


def _duration(seconds: int) -> str:
    """The two largest units, cut: 3 days 4 h, 2 h 10 min, 5 min, 40 s."""
    minutes = seconds // 60
    days, hours = minutes // 1440, minutes // 60 % 24
    if days:
        return f"{days} day{'s' if days > 1 else ''}" + (f" {hours} h" if hours else "")
    if hours:
        return f"{hours} h" + (f" {minutes % 60} min" if minutes % 60 else "")
    return f"{minutes} min" if minutes else f"{seconds} s"


def _epoch_ahead(match: re.Match[str], now: float) -> int | None:
    """Of "in 2 hours 10 minutes"."""
    days, hours, minutes = (int(part or 0) for part in match.groups())
    return int(now) + ((days * 24 + hours) * 60 + minutes) * _MINUTE_S


def _epoch_of_iso(match: re.Match[str], tz: tzinfo) -> int | None:
    offset = (match["offset"] or "").replace("UTC", "Z").replace("GMT", "Z")
    try:
        wall = datetime.fromisoformat(f"{match['date']}T{match['time']}{offset}")
        if offset:
            return int(wall.timestamp())
        return next(_epochs(wall.date(), (wall.hour, wall.minute), tz), None)
    except (ValueError, OverflowError, OSError):
        return None


def _time_of_day(match: re.Match[str]) -> tuple[int, int] | None:
    if match["hour"] is None:
        return 0, 0
    hour, minute, half = (
        int(match["hour"]),
        int(match["minute"] or 0),
        (match["half"] or "").lower(),
    )
    if half:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if half == "p" else 0)
    elif match["minute"] is None:  # a bare number is no time of day
        return None
    return (hour, minute) if hour < 24 and minute < 60 else None


def _by_time_of_day(
    at: tuple[int, int], now: float, tz: tzinfo, kind: LimitKind | None
) -> int | None:
    today = datetime.fromtimestamp(now, tz).date()
    days = (today + timedelta(days=offset) for offset in (-1, 0, 1))
    times = sorted({epoch for day in days for epoch in _epochs(day, at, tz)})
    ahead = next((epoch for epoch in times if epoch > now - _MINUTE_S), None)
    before = [epoch for epoch in times if epoch <= now]
    if (
        kind is LimitKind.SESSION
        and before
        and (ahead is None or ahead > now + SESSION_S + SLACK_S)
    ):
        return before[-1]
    return ahead


def _by_day(match: re.Match[str], at: tuple[int, int], now: float, tz: tzinfo) -> int | None:
    """Today, tomorrow, or the next day of that name."""
    today = datetime.fromtimestamp(now, tz).date()
    if match["near"]:
        days = [today + timedelta(days=match["near"].lower() == "tomorrow")]
        return next((epoch for day in days for epoch in _epochs(day, at, tz)), None)
    weekday = _weekday(match["weekday"])
    days = [today + timedelta(days=offset) for offset in range(8)]
    times = [t for day in days if day.weekday() == weekday for t in _epochs(day, at, tz)]
    return next((epoch for epoch in times if epoch > now - _MINUTE_S), None)


def _weekday(name: str) -> int:
    return _DAYS.index(name[:3].title())


def _by_date(match: re.Match[str], at: tuple[int, int], now: float, tz: tzinfo) -> int | None:
    month = (match["month"] or match["month_last"])[:3].lower()
    day = int(match["day"] or match["day_first"])
    this_year = datetime.fromtimestamp(now, tz).year
    years = [int(match["year"])] if match["year"] else [this_year - 1, this_year, this_year + 1]
    times = [epoch for year in years for epoch in _on(year, _MONTHS.index(month) + 1, day, at, tz)]
    nearest = min(times, key=lambda epoch: abs(epoch - now), default=None)
    if nearest is not None and match["weekday"]:
        named = datetime.fromtimestamp(nearest, tz).weekday() == _weekday(match["weekday"])
        return nearest if named else None
    return nearest


def _on(year: int, month: int, day: int, at: tuple[int, int], tz: tzinfo) -> list[int]:
    try:
        return list(_epochs(date(year, month, day), at, tz))
    except ValueError:  # 29 February of another year
        return []


def _epochs(day: date, at: tuple[int, int], tz: tzinfo) -> Iterator[int]:
    """The epochs of a wall clock time: two where the clock is set back over it, none where it
    is set forward over it."""
    wall = datetime(day.year, day.month, day.day, *at, tzinfo=tz)
    for fold in (0, 1):
        try:
            epoch = int(wall.replace(fold=fold).timestamp())
            seen = datetime.fromtimestamp(epoch, tz)
        except (OverflowError, ValueError, OSError):  # year 1 or 9999
            return
        if seen.replace(tzinfo=None, fold=0) == wall.replace(tzinfo=None):
            yield epoch
