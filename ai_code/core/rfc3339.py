"""Points in time as Ollama writes them: RFC 3339 with nanoseconds and any offset."""

from __future__ import annotations

import re

_FORM = r"(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d:\d\d)(?:\.(\d+))?([Zz]|[+-]\d\d:\d\d)"


def epoch_of(text: object) -> float:
    """The Unix epoch in seconds; 0.0 where ``text`` is no point in time, or Go's year 1, which
    means none."""
    match = re.fullmatch(_FORM, text) if isinstance(text, str) else None
    if match is None:
        return 0.0
    from datetime import datetime

    day, time, fraction, zone = match.groups()
    try:
        at = datetime.fromisoformat(f"{day}T{time}{'+00:00' if zone in 'Zz' else zone}")
        return max(0.0, at.timestamp() + float(f"0.{fraction or 0}"))
    except (ValueError, OverflowError):
        return 0.0
