"""The judge: what one run of Claude Code means. Pure, over what was observed and how it ended.

Order of evidence: the structured event, the exit status, the anchored start of the result text.
What the model says is never evidence: a run that succeeded is Done whatever it talks about.
"""

from __future__ import annotations

import signal
from datetime import tzinfo

from ai_code.core.exits import EndedBy, Exit
from ai_code.core.limits import Match, Notice, match_event, match_text
from ai_code.core.text import one_line
from ai_code.core.verdict import (
    PASSING_KINDS,
    Done,
    Evidence,
    Failed,
    FailReason,
    Interrupted,
    LimitKind,
    LimitReached,
    Unavailable,
    UnavailableReason,
    Verdict,
)
from ai_code.engines.claude import refusal as refusals
from ai_code.engines.claude.observed import Observed, Result
from ai_code.engines.claude.refusal import Finding, Refusal
from ai_code.engines.claude.stream import meaning_of_retry, without_answer

_CRASHES = frozenset(
    {signal.SIGSEGV, signal.SIGABRT, signal.SIGBUS, signal.SIGILL, signal.SIGFPE, signal.SIGTRAP}
)
_STOPS = frozenset({signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGKILL, signal.SIGTERM})
_SAID_ON_SUCCESS = (FailReason.MAX_TURNS, FailReason.BUDGET, Notice.INTERRUPTED)
"""Older versions exit 0 with these, whole, in the answer's place."""
_HINTS = {
    UnavailableReason.AUTH: "claude auth login",
    UnavailableReason.MISSING: "ai-code setup claude",
}


def judge(observed: Observed, exit: Exit, *, now: int, tz: tzinfo) -> Verdict:
    """The verdict. ``now`` (epoch) and ``tz`` tell which day a time of day in a text is of.

    An ``exit`` with neither code nor signal is one of which nothing is known (a file)."""
    if exit.start_error is not None:
        return _not_started(exit.start_error)
    if exit.ended_by is EndedBy.PERSON:
        number = exit.person_signal or exit.signal or 0
        return Interrupted(number, Evidence("claude.person", "exit"))
    finding = _finding(observed, exit, now, tz)
    return finding if isinstance(finding, Done) else _verdict(finding, exit)


def _finding(observed: Observed, exit: Exit, now: int, tz: tzinfo) -> Finding | Done:
    result = observed.result
    cut = exit.ended_by is not None and result and result.subtype == "error_during_execution"
    if result is not None and not cut:
        return _of_result(result, observed, exit, now, tz)
    if exit.ended_by is not None:
        return _of_our_end(exit.ended_by, observed, now, tz)
    if observed.events:
        return _without_result(observed, exit, now, tz)
    if _stop_signal(exit) is not None:
        words = _of_plain(observed, Exit(None), now, tz)
        return _stopped(observed, exit) if isinstance(words, Done) else words
    return _of_plain(observed, exit, now, tz)


def _of_result(
    result: Result, observed: Observed, exit: Exit, now: int, tz: tzinfo
) -> Finding | Done:
    by_subtype = match_event(f"subtype {result.subtype}")
    if by_subtype is None and not result.is_error and not result.subtype.startswith("error"):
        return Done(Evidence("claude.success", "event", f"subtype {result.subtype}"))
    refusal = refusals.of_result(result, observed)
    if by_subtype and by_subtype.rule.kind is not Notice.INTERRUPTED:
        return _said(by_subtype, refusal, result.subtype)
    if by_subtype and not exit.code:
        return _said(by_subtype, refusal, result.subtype)
    return refusals.find(refusal, now, tz) or _unexplained(refusal)


def _of_our_end(why: EndedBy, observed: Observed, now: int, tz: tzinfo) -> Finding:
    found = _refused(observed, now, tz)
    match why:
        case EndedBy.PATIENCE:
            if found is None and observed.last_retry and without_answer(observed.last_retry):
                evidence = Evidence("claude.no-connection", "event", "retries without an answer")
                words = "its API cannot be reached"
                return Finding(UnavailableReason.NETWORK, evidence, words)
            return found or _ours("claude.patience", LimitKind.RATE, "its retries did not help")
        case EndedBy.PERMANENT:
            return found or _permanent(observed)
        case EndedBy.STALL:
            limit = found if found and isinstance(found.meaning, LimitKind) else None
            return limit or _ours("claude.stall", FailReason.STALL, "no output for too long")
        case EndedBy.DEADLINE:
            return _ours("claude.deadline", FailReason.DEADLINE, "its deadline passed (--timeout)")
        case EndedBy.PAID:
            resets_at = observed.rejected.resets_at if observed.rejected else None
            paid = _ours("claude.paid", LimitKind.EXTRA_USAGE, "the run would cost extra usage")
            return Finding(paid.meaning, paid.evidence, paid.message, resets_at)
        case EndedBy.PERSON | EndedBy.UNFENCED:  # judged before; only local engines have a fence
            return _ours("claude.person", Notice.INTERRUPTED, "interrupted")


def _without_result(observed: Observed, exit: Exit, now: int, tz: tzinfo) -> Finding | Done:
    """Events, but no last one: killed, crashed, or the output was cut.

    Of a file that ends in a retry nobody knows whether the next one went well: unless a window
    was refused by name, that is no limit that stands."""
    found = _refused(observed, now, tz)
    if found and found.meaning in PASSING_KINDS and not observed.error and _nothing_known(exit):
        return _stopped(observed, exit)
    if found and (exit.code != 0 or observed.error):
        return found
    if _stop_signal(exit) is not None or exit.code is None:
        return _stopped(observed, exit)
    if exit.code != 0:
        return _of_plain(observed, exit, now, tz)
    if observed.dropped_lines:
        return Done(Evidence("claude.exit-0", "exit", "the result was too long to read"))
    evidence = Evidence("claude.no-result", "exit", "exit status 0 without a result")
    words = "Claude Code ended without a result"
    # Measured: after a SIGINT 2.0.77 and 2.1.329 exit 0, often without a result. Half a line
    # is something else.
    half = _ends_in_half_a_line(observed)
    return Finding(FailReason.CUT if half else Notice.INTERRUPTED, evidence, words)


def _refused(observed: Observed, now: int, tz: tzinfo) -> Finding | None:
    """What stood in the way when the run ended before its result."""
    if observed.error is not None and observed.error.text:
        return refusals.find(refusals.of_error_row(observed.error, observed), now, tz)
    retry = observed.last_retry
    if retry is None:
        return None
    words = f"retry {retry.attempt} after {retry.status or ''} {retry.error}".strip()
    refusal = Refusal(words, "event", retry.error, status=retry.status, rejected=observed.rejected)
    if refusal.claim and not refusal.claim.using_overage and retry.status == 429:
        return refusals.find(refusal, now, tz)
    if meaning_of_retry(retry) in PASSING_KINDS:
        return refusals.find(refusal, now, tz)
    return None


def _permanent(observed: Observed) -> Finding:
    retry = observed.last_retry
    found = None
    if retry:
        found = match_event(f"status {retry.status}") or match_event(f"error {retry.error}")
    if retry is None or found is None:
        return _ours("claude.permanent", FailReason.OTHER, "an error that no retry mends")
    key = f"status {retry.status}" if retry.status else f"error {retry.error}"
    message = f"{retry.error or 'error'} ({retry.status})" if retry.status else retry.error
    if found.rule.kind is UnavailableReason.AUTH:
        message = f"the login has expired, or there is none: {message}"
    return Finding(found.rule.kind, Evidence(found.rule.id, "event", key), message)


def _of_plain(observed: Observed, exit: Exit, now: int, tz: tzinfo) -> Finding | Done:
    """Text mode: the words alone, and the exit status."""
    if exit.code == 0 or exit.code is None:
        whole = match_text(observed.plain, failed=False) if observed.plain_whole else None
        known = whole and (exit.code is None or whole.rule.kind in _SAID_ON_SUCCESS)
        if whole and known and whole.rule.kind not in (Notice.WARNING, Notice.PAID):
            return _of_words(Refusal(observed.plain.strip(), "text"), whole, now, tz)
        if exit.code == 0:
            return _of_exit_0(observed)
        return Done(Evidence("claude.words", "none", "no evidence of a failure"))
    refusal = Refusal(refusals.error_text(observed.plain), "text")
    if found := refusals.find(refusal, now, tz):
        return found
    return _of_stderr(observed, exit, now, tz) if not refusal.text else _unexplained(refusal)


def _of_exit_0(observed: Observed) -> Finding | Done:
    """Exit status 0 and no event: an answer in text mode, or nothing of the kind."""
    if not observed.plain:
        # An answer, even an empty one, ends with a newline: this was a SIGINT.
        return _ours("claude.no-output", Notice.INTERRUPTED, "exit status 0 without output")
    if not observed.streamed:
        return Done(Evidence("claude.exit-0", "exit", "exit status 0"))
    evidence = Evidence("claude.no-events", "exit", one_line(observed.plain))
    reason = FailReason.CUT if _ends_in_half_a_line(observed) else FailReason.OTHER
    return Finding(reason, evidence, "Claude Code's output was no stream of events")


def _ends_in_half_a_line(observed: Observed) -> bool:
    return observed.plain.rstrip().rpartition("\n")[2].startswith("{")


def _of_stderr(observed: Observed, exit: Exit, now: int, tz: tzinfo) -> Finding:
    """Nothing on stdout: stderr says why, but never that it is a limit."""
    refusal = Refusal(refusals.error_text(observed.stderr_tail or exit.stderr_tail), "stderr")
    found = refusals.find(refusal, now, tz)
    if found and not isinstance(found.meaning, LimitKind):
        return found
    if exit.code in (126, 127):
        message = refusal.message or f"exit status {exit.code}"
        return Finding(UnavailableReason.MISSING, refusal.evidence("claude.not-found"), message)
    if exit.code is not None and exit.code - 128 in _CRASHES:
        return _crash(exit.code - 128)
    return _unexplained(refusal, f"exit status {exit.code}")


def _stopped(observed: Observed, exit: Exit) -> Finding:
    number = _stop_signal(exit) or exit.signal or 0
    if number in _CRASHES:
        return _crash(number)
    words = f"signal {number}" if number else "no result"
    if observed.last_retry:
        words += f" during retry {observed.last_retry.attempt}"
    evidence = Evidence("claude.signal" if number else "claude.no-result", "exit", words)
    return Finding(Notice.INTERRUPTED, evidence, words)


def _nothing_known(exit: Exit) -> bool:
    return exit.code is None and exit.signal is None and exit.ended_by is None


def _stop_signal(exit: Exit) -> int | None:
    """The signal that ended it, also where Claude caught it and exited with 128 + n."""
    if exit.signal is not None:
        return exit.signal
    if exit.code is not None and exit.code - 128 in _STOPS:
        return exit.code - 128
    return None


def _of_words(refusal: Refusal, match: Match, now: int, tz: tzinfo) -> Finding:
    evidence = refusal.evidence(match.rule.id)
    return Finding(match.rule.kind, evidence, refusal.message, match.resets_at(now, tz))


def _said(match: Match, refusal: Refusal, subtype: str) -> Finding:
    message = refusal.message or subtype
    return Finding(match.rule.kind, refusal.evidence(match.rule.id, f"subtype {subtype}"), message)


def _unexplained(refusal: Refusal, otherwise: str = "no message") -> Finding:
    """A failure that no row explains. An unknown structured type is named, never guessed."""
    if unknown := refusals.unknown_type(refusal):
        evidence = refusal.evidence("claude.unknown-error", f"error {one_line(unknown, 80)}")
        message = refusal.message or unknown
        return Finding(FailReason.OTHER, evidence, f"{one_line(unknown, 80)}: {message}")
    evidence = refusal.evidence("claude.failed")
    return Finding(FailReason.OTHER, evidence, refusal.message or otherwise)


def _crash(number: int) -> Finding:
    words = f"signal {number}"
    return Finding(FailReason.CRASH, Evidence("claude.crash", "exit", words), words)


def _ours(rule: str, meaning: LimitKind | FailReason | Notice, words: str) -> Finding:
    return Finding(meaning, Evidence(rule, "exit", words), words)


def _not_started(why: str) -> Verdict:
    missing = UnavailableReason.MISSING
    evidence = Evidence("claude.not-started", "exit", one_line(why))
    return Unavailable(missing, one_line(why), evidence, _HINTS[missing])


def _verdict(finding: Finding, exit: Exit) -> Verdict:
    meaning, evidence, message = finding.meaning, finding.evidence, finding.message
    match meaning:
        case LimitKind():
            return LimitReached(meaning, finding.resets_at, evidence, message)
        case UnavailableReason():
            return Unavailable(meaning, message, evidence, _HINTS.get(meaning, ""))
        case FailReason():
            return Failed(meaning, message, evidence)
        case Notice.INTERRUPTED:
            return Interrupted(_stop_signal(exit) or 0, evidence)
        case Notice():
            return Failed(FailReason.OTHER, message, evidence)
