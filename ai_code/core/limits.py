"""The limit table: what an engine's words and events mean, as rows; first match wins.

A row never matches in the middle of a text: patterns are anchored to the whole text (after
``canonical``), so an answer that *quotes* a limit is never one. Channels:

- ``text``: the whole text of a run, also where nothing is known of its exit status;
- ``exit``: the same, but only of a run that failed (exit status, or the result's is_error);
- ``event``: a key that the reader made of a structured event, such as ``claim five_hour``.
"""

from __future__ import annotations

import json
import re
from datetime import tzinfo
from functools import cache
from typing import NamedTuple

from ai_code.core.limit_events import EVENT_RULES
from ai_code.core.limit_rule import LimitRule, Meaning, Notice
from ai_code.core.limit_texts import TEXT_RULES
from ai_code.core.resets import parse_reset
from ai_code.core.verdict import LimitKind

__all__ = ["LimitRule", "Match", "Meaning", "Notice", "match_event", "match_text", "rules"]


class Match(NamedTuple):
    """A row that matched, and the text after "resets" where there was one."""

    rule: LimitRule
    reset_text: str | None

    def resets_at(self, now: float, tz: tzinfo) -> int | None:
        """Epoch in seconds; ``now`` and ``tz`` tell which day a time of day is of."""
        if not self.reset_text:
            return None
        if self.rule.reset == "epoch":
            return int(self.reset_text) or None
        kind = self.rule.kind if isinstance(self.rule.kind, LimitKind) else None
        return parse_reset(self.reset_text, now, tz, kind=kind)


@cache
def rules() -> tuple[LimitRule, ...]:
    """The whole table, in the order in which it is tried."""
    return (*EVENT_RULES, *TEXT_RULES)


def match_text(text: str, *, failed: bool, engine: str = "claude") -> Match | None:
    """The first row for this whole text. ``failed`` True also tries the rows of channel
    ``exit``, which are too open for a text of which only the words are known."""
    line = canonical(text)
    if not line or "\n" in line:
        return None
    channels = ("text", "exit") if failed else ("text",)
    return _first(line, engine, channels)


def match_event(key: str, engine: str = "claude") -> Match | None:
    """The first row for an event key: ``claim X``, ``api-error X``, ``error X``, ``status N``,
    ``subtype X``, ``rate-limit STATUS``."""
    group = key.partition(" ")[0] + " "  # saves compiling the other groups in every run
    return _first(key, engine, ("event",), group)


def canonical(text: str) -> str:
    """``text`` in one spelling: ’ as ', ∙ • | as ·, odd spaces as spaces, p.m. as pm, and the
    JSON body of an older version's API error as its message (``API Error: 529 {Overloaded}``)."""
    text = _SPACES.sub(" ", text.translate(_SPELLING).strip())
    text = _HALF_DAY.sub(r"\1m", _SEPARATOR.sub(" · ", text))
    body = _API_BODY.fullmatch(text)
    return _plain_api_error(body) if body else text


_SPELLING = str.maketrans(
    {
        "\0": "",
        "\ufeff": "",
        "’": "'",
        "‘": "'",
        "ʼ": "'",
        "\u00a0": " ",
        "\u202f": " ",
        "\u2009": " ",
        "\t": " ",
    }
)
_SEPARATOR = re.compile(r" ?[·∙•‧・] ?| \| ")
_HALF_DAY = re.compile(r"(?<=\d) ?([ap])\.m\.", re.IGNORECASE)
_SPACES = re.compile(r" {2,}")
_API_BODY = re.compile(
    r"""(?P<lead>(?:[A-Z][a-z\ ]+\.\ )?API\ Error:\ )(?P<status>\d{3}\ )?
        (?P<body>\{.*\})(?P<tail>(?:\ ·\ [^·\n]*)?)""",
    re.VERBOSE | re.DOTALL,
)
_STATUS_OF_TYPE = {
    "invalid_request_error": "400",
    "authentication_error": "401",
    "billing_error": "402",
    "permission_error": "403",
    "not_found_error": "404",
    "request_too_large": "413",
    "rate_limit_error": "429",
    "api_error": "500",
    "timeout_error": "504",
    "overloaded_error": "529",
}


def _plain_api_error(match: re.Match[str]) -> str:
    """The status and message of an error body; the match as it is where it has neither.

    Type to status: https://docs.anthropic.com/en/api/errors."""
    try:
        error = json.loads(match["body"]).get("error")
    except (ValueError, AttributeError, RecursionError):
        return match.group()
    if not isinstance(error, dict):
        return match.group()
    status = (match["status"] or _STATUS_OF_TYPE.get(str(error.get("type")), "")).strip()
    message = " ".join(str(error.get("message") or "").split())
    words = " ".join(word for word in (status, f"{{{message}}}") if word)
    return f"{match['lead']}{words}{match['tail']}"


def _first(subject: str, engine: str, channels: tuple[str, ...], begins: str = "") -> Match | None:
    for rule in rules():
        if rule.engine != engine or rule.channel not in channels:
            continue
        if not rule.pattern.startswith(begins):
            continue
        if found := _compiled(rule.pattern).fullmatch(subject):
            return Match(rule, found.groupdict().get("reset"))
    return None


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)
