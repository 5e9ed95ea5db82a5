"""Why a run failed: the evidence for one meaning of the limit table, in order of trust."""

from __future__ import annotations

import re
from datetime import tzinfo
from typing import NamedTuple

from ai_code.core.limits import Match, Meaning, Notice, match_event, match_text
from ai_code.core.text import one_line
from ai_code.core.verdict import PASSING_KINDS, Channel, Evidence, FailReason, LimitKind
from ai_code.engines.claude.observed import ModelError, Observed, RateLimit, Result

_EXCERPT = 300
_MESSAGE = 600
_SIGN = re.compile(
    r".* · retrying in \d+ ?m?s\b.*"
    r"|\(node:\d+\) .*|\(Use `node --trace-.*"
    r"|\[claude-code:[a-z_]+\] .*"
    r"|Warning: no stdin data received .*"
    r"|/[a-z-]+ to [^.]{1,80}\.?"
)
"""Lines that come beside an error where stdout and stderr are one (a terminal, ``2>&1``)."""
_LINE_ENDS = re.compile(r"[\r\n]+")
_COARSE = frozenset({LimitKind.RATE, FailReason.SERVER_ERROR, FailReason.BAD_REQUEST})


class Finding(NamedTuple):
    """One meaning with its evidence; ``message`` is Claude's own text, bounded."""

    meaning: Meaning
    evidence: Evidence
    message: str
    resets_at: int | None = None


class Refusal(NamedTuple):
    """A run that failed, in one shape: from the result, the error row or the plain text."""

    text: str
    channel: Channel
    error: str | None = None
    api_error: str | None = None
    status: int | None = None
    rejected: RateLimit | None = None

    @property
    def claim(self) -> RateLimit | None:
        return self.rejected if self.rejected and self.rejected.names_window else None

    @property
    def message(self) -> str:
        return one_line(self.text, _MESSAGE)

    def evidence(self, rule: str, key: str = "") -> Evidence:
        channel: Channel = "event" if key else self.channel
        words = " · ".join(part for part in (key, self.text) if part)
        return Evidence(rule, channel, one_line(words, _EXCERPT))


def of_result(result: Result, observed: Observed) -> Refusal:
    """What a result event says stood in the way."""
    row = observed.error
    return Refusal(
        text=error_text(result.text or "\n".join(result.errors)),
        channel="event",
        error=row.error if row else None,
        api_error=result.api_error or (row.api_error if row else None),
        status=result.status or (row.status if row else None),
        rejected=observed.rejected,
    )


def of_error_row(row: ModelError, observed: Observed) -> Refusal:
    """What the error row in the model's place says."""
    return Refusal(
        error_text(row.text), "event", row.error, row.api_error, row.status, observed.rejected
    )


def error_text(text: str) -> str:
    """``text`` without the lines that may stand beside an error: signs of life, warnings before
    it, and the same line again (from a terminal and a pipe that were saved as one)."""
    lines = [line.strip() for line in _LINE_ENDS.split(text) if line.strip()]
    lines = [line for line in lines if not _SIGN.fullmatch(line)]
    first = 0
    while first + 1 < len(lines) and (lines[first] == lines[first + 1] or _is_notice(lines[first])):
        first += 1
    return "\n".join(lines[first:])


def _is_notice(line: str) -> bool:
    found = match_text(line, failed=False)
    return found is not None and found.rule.kind in (Notice.WARNING, Notice.PAID)


def find(refusal: Refusal, now: int, tz: tzinfo) -> Finding | None:
    """The meaning of a refusal, or None where nothing known explains it."""
    words = match_text(refusal.text, failed=True) or _api_error_over_lines(refusal.text)
    by_type = match_event(f"api-error {refusal.api_error}") if refusal.api_error else None
    if by_type and isinstance(by_type.rule.kind, LimitKind):
        return _limit(refusal, words, by_type, now, tz)
    if by_type:
        return _plain(refusal, by_type, f"api_error {refusal.api_error}")
    if refusal.claim and _is_of_the_claim(refusal, words):
        return _limit(refusal, words, None, now, tz)
    if words and isinstance(words.rule.kind, LimitKind):
        return _limit(refusal, words, None, now, tz, claimed=False)
    return _plain(refusal, words) if words else _coarse(refusal)


def unknown_type(refusal: Refusal) -> str | None:
    """The structured error type that the table does not know, if there is one."""
    for group, value in (("api-error", refusal.api_error), ("error", refusal.error)):
        if value and value != "unknown" and match_event(f"{group} {value}") is None:
            return value
    return None


def _is_of_the_claim(refusal: Refusal, words: Match | None) -> bool:
    """Is the rejected window why this run failed? A run on paid usage was "rejected" all along
    and may have failed for another reason."""
    if refusal.error not in (None, "rate_limit", "unknown") or refusal.status not in (None, 429):
        return False
    if words is None:
        return refusal.error == "rate_limit" or refusal.status == 429
    if not isinstance(words.rule.kind, LimitKind) or words.rule.kind is LimitKind.OVERLOADED:
        return False
    return not (words.rule.kind in PASSING_KINDS and refusal.claim and refusal.claim.using_overage)


def _limit(
    refusal: Refusal,
    words: Match | None,
    by_type: Match | None,
    now: int,
    tz: tzinfo,
    *,
    claimed: bool = True,
) -> Finding:
    """The kind by the structured claim, else by the text, else by the error's type."""
    said = words if words and isinstance(words.rule.kind, LimitKind) else None
    if by_type and said and said.rule.kind in PASSING_KINDS:
        said = None
    reset = said.resets_at(now, tz) if said else None
    claim = refusal.claim if claimed else None
    by_claim = match_event(f"claim {claim.claim}") if claim else None
    if claim and by_claim:
        key = f"rejected {claim.claim}"
        evidence = refusal.evidence(by_claim.rule.id, key)
        return Finding(by_claim.rule.kind, evidence, refusal.message, claim.resets_at or reset)
    chosen = said or by_type
    assert chosen is not None  # callers bring one of the three
    key = f"api_error {refusal.api_error}" if chosen is by_type else ""
    evidence = refusal.evidence(chosen.rule.id, key)
    if reset is None and refusal.rejected and chosen.rule.kind not in PASSING_KINDS:
        reset = refusal.rejected.resets_at
    return Finding(chosen.rule.kind, evidence, refusal.message, reset)


def _plain(refusal: Refusal, match: Match, key: str = "") -> Finding:
    return Finding(match.rule.kind, refusal.evidence(match.rule.id, key), refusal.message)


def _coarse(refusal: Refusal) -> Finding | None:
    """By the error's name and the HTTP status, the more telling one first. Where there is a
    type that the table does not know, this is never good enough for a limit."""
    by_name = match_event(f"error {refusal.error}") if refusal.error else None
    by_status = match_event(f"status {refusal.status}") if refusal.status else None
    named = (by_name, f"error {refusal.error}") if by_name else None
    numbered = (by_status, f"status {refusal.status}") if by_status else None
    order: list[tuple[Match, str] | None] = [named, numbered]
    if by_name and by_name.rule.kind in _COARSE:
        order = [numbered, named]
    if by_status and by_status.rule.kind is FailReason.BAD_REQUEST:
        order = [named, numbered]
    for choice in order:
        if choice is None:
            continue
        match, key = choice
        if isinstance(match.rule.kind, LimitKind) and unknown_type(refusal):
            continue
        return _plain(refusal, match, key)
    return None


def _api_error_over_lines(text: str) -> Match | None:
    """``API Error: 502 <html>`` and more lines of a page: the first line tells the status."""
    first, newline, rest = text.partition("\n")
    page = newline and ("<" in first or rest.lstrip().startswith("<"))
    return match_text(first, failed=True) if page and first.startswith("API Error: ") else None
