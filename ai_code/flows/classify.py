"""Use case: judge outputs that were saved earlier, with the judge that runs decide by."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, tzinfo
from typing import Any, NamedTuple

from ai_code.core.errors import UsageError
from ai_code.core.exits import Exit
from ai_code.core.resets import zone_or
from ai_code.core.verdict import LimitReached, Verdict, verdict_name
from ai_code.engines.claude.judge import judge
from ai_code.engines.claude.recorded import Format, observe_text

_FORMATS: Mapping[str, Format] = {
    "text": "text",
    "pty": "text",
    "tui": "text",
    "json": "json",
    "stream": "stream-json",
    "stream-json": "stream-json",
}
_KILLED = 9


class Classified(NamedTuple):
    """One line of ``limits classify``."""

    file: str
    verdict: str
    kind: str | None
    resets_at: int | None
    rule: str
    evidence: str


def classify_output(
    file: str, text: str, *, exit_code: int | None, format: Format, now: float, tz: tzinfo
) -> Classified:
    """Judges one saved output; ``exit_code`` None where it is not known."""
    verdict = judge(observe_text(text, format), Exit(exit_code), now=int(now), tz=tz)
    return _classified(file, verdict)


def classify_recording(file: str, recording: Mapping[str, Any]) -> Classified:
    """Judges one recording (stdout, stderr, exit_code, format, ran_at, env.TZ). An exit code of
    null is a run that was killed. Raises UsageError for another shape."""
    try:
        stdout, ran_at = recording["stdout"], recording["ran_at"]
        code, format = recording["exit_code"], _FORMATS[recording["format"]]
        zone = (recording.get("env") or {}).get("TZ")
        now = int(ran_at)
        if not isinstance(stdout, str) or not (code is None or isinstance(code, int)):
            raise TypeError("stdout or exit_code")
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise UsageError(
            f"{file} is no recording",
            why=f"wrong or missing: {error}",
            hint="ai-code limits classify FILE  (for plain output)",
        ) from error
    observed = observe_text(stdout, format, str(recording.get("stderr") or ""))
    ended = Exit(code, signal=_KILLED if code is None else None)
    return _classified(file, judge(observed, ended, now=now, tz=zone_or(zone, UTC)))


def _classified(file: str, verdict: Verdict) -> Classified:
    limit = verdict if isinstance(verdict, LimitReached) else None
    return Classified(
        file=file,
        verdict=verdict_name(verdict),
        kind=limit.kind.value if limit else None,
        resets_at=limit.resets_at if limit else None,
        rule=verdict.evidence.rule,
        evidence=verdict.evidence.excerpt,
    )
