"""The machine's time zone."""

from __future__ import annotations

from datetime import datetime, timedelta, tzinfo
from functools import cached_property
from pathlib import Path


class LocalZone(tzinfo):
    """The local zone, looked up when it is first asked for an offset: that takes milliseconds,
    and a run without a limit never asks."""

    def __init__(self, name: str) -> None:
        self._name = name

    @cached_property
    def _zone(self) -> tzinfo:
        zone = _named_zone(self._name)
        if zone is not None:
            return zone
        local = datetime.now().astimezone().tzinfo
        assert local is not None
        return local

    def utcoffset(self, dt: datetime | None) -> timedelta | None:
        return self._zone.utcoffset(dt)

    def dst(self, dt: datetime | None) -> timedelta | None:
        return self._zone.dst(dt)

    def tzname(self, dt: datetime | None) -> str | None:
        return self._zone.tzname(dt)

    def fromutc(self, dt: datetime) -> datetime:
        return self._zone.fromutc(dt.replace(tzinfo=self._zone)).replace(tzinfo=self)


def _named_zone(name: str) -> tzinfo | None:
    """The zone by name, which knows summer time for other days than today. None for a TZ in
    POSIX's form (JST-9), which the C library reads."""
    from zoneinfo import ZoneInfo

    if not name:
        parts = str(Path("/etc/localtime").resolve()).split("/zoneinfo/", 1)
        name = parts[1] if len(parts) == 2 else ""
    try:
        return ZoneInfo(name) if name else None
    except (KeyError, ValueError, OSError):
        return None
