"""What a run of aider means. Its exit status is 0 for every failure of the model or server, so
the verdict rests on aider's own messages and on what changed in the worktree."""

from __future__ import annotations

import re

from ai_code.core.exits import EndedBy, Exit
from ai_code.core.verdict import (
    Done,
    Evidence,
    Failed,
    FailReason,
    Interrupted,
    Unavailable,
    UnavailableReason,
    Verdict,
)
from ai_code.engines.aider.reader import AiderReader

_MEMORY = re.compile(r"requires more system memory|out.of.memory", re.IGNORECASE)
_NO_MODEL = re.compile(r"model .{0,80}not found", re.IGNORECASE)


def judge_aider(reader: AiderReader, exit_: Exit, *, changed: bool) -> Verdict:
    """``changed``: the worktree differs from what aider was given.

    A failure before anything changed is Unavailable, so that the next engine may try; one
    after a change is Failed(CUT): what was edited is looked at before it lands."""
    if exit_.start_error is not None:
        return Unavailable(
            UnavailableReason.MISSING,
            f"aider does not start: {exit_.start_error}",
            Evidence("aider.start", "exit", exit_.start_error),
        )
    if exit_.ended_by is EndedBy.PERSON:
        return Interrupted(exit_.person_signal or 0, Evidence("aider.person", "exit"))
    problem = _problem(reader, exit_)
    if problem is None and reader.refused and not changed:
        return _refused(reader)[1]
    if problem is None:
        return _finished(reader, changed)
    failed, unavailable = problem
    return failed if changed else unavailable


def _problem(reader: AiderReader, exit_: Exit) -> tuple[Failed, Unavailable] | None:
    if exit_.ended_by is EndedBy.UNFENCED:
        text = (
            "it was stopped before it worked: its Python ignores PYTHONPATH (python -I, -E or -S), "
            "so the write fence could not be raised"
        )
        return _both("aider.unfenced", text, FailReason.OTHER, UnavailableReason.MISSING)
    if exit_.ended_by is EndedBy.STALL:
        return _both("aider.stall", "it gave no output for too long", FailReason.STALL)
    if exit_.ended_by is EndedBy.DEADLINE:
        return _both("aider.deadline", "its deadline passed (--timeout)", FailReason.DEADLINE)
    if reader.error:
        reason = _server_reason(reader.error)
        return _both("aider.server", _told(reader.error), FailReason.CUT, reason, reader.error)
    if reader.hit_token_limit:
        text = "the model's answer was cut off at its token limit"
        return _both("aider.token-limit", text, FailReason.CUT)
    if reader.gave_up_editing and reader.refused:
        return _refused(reader)
    if reader.gave_up_editing:
        text = "the model did not keep to the edit format; some edits could not be applied"
        return _both("aider.reflections", text, FailReason.CUT)
    if exit_.code or exit_.signal or reader.crashed:
        return _crash(exit_)
    if reader.empty_reply or not (reader.answer or reader.applied):
        return _both("aider.empty", "the model gave an empty answer", FailReason.OTHER)
    return None


def _refused(reader: AiderReader) -> tuple[Failed, Unavailable]:
    names = ", ".join(reader.refused)
    text = f"the model wanted to edit what is not its to edit: {names}"
    return _both("aider.refused", text, FailReason.CUT, excerpt=names)


def _finished(reader: AiderReader, changed: bool) -> Verdict:
    if changed:
        return Done(Evidence("aider.applied", "text", ", ".join(reader.applied)[:200]))
    return Done(Evidence("aider.answered", "text"), changed_nothing=True)


def _crash(exit_: Exit) -> tuple[Failed, Unavailable]:
    how = f"signal {exit_.signal}" if exit_.signal else f"exit code {exit_.code}"
    tail = (exit_.stderr_tail or exit_.stdout_tail).strip().splitlines()
    last = tail[-1][:200] if tail else ""
    text = f"aider ended with {how}" + (f": {last}" if last else "")
    return _both("aider.crash", text, FailReason.CRASH, excerpt=last)


def _both(
    rule: str,
    message: str,
    fail: FailReason,
    reason: UnavailableReason = UnavailableReason.NO_CHANGE,
    excerpt: str = "",
) -> tuple[Failed, Unavailable]:
    evidence = Evidence(rule, "text", excerpt[:300])
    return Failed(fail, message, evidence), Unavailable(reason, message, evidence)


def _server_reason(error: str) -> UnavailableReason:
    if _MEMORY.search(error):
        return UnavailableReason.MEMORY
    if _NO_MODEL.search(error):
        return UnavailableReason.NO_MODEL
    return UnavailableReason.SERVER


def _told(error: str) -> str:
    """The server's own words, without litellm's prefixes around them."""
    inner = re.search(r'"error"\s*:\s*"((?:[^"\\]|\\.)*)"', error)
    text = inner.group(1) if inner else re.sub(r"^litellm\.\w+: (\w+Exception - )?", "", error)
    if "peer closed connection" in text or "incomplete chunked read" in text:
        return "the model's answer was cut off: the server closed the connection"
    return re.sub(r"\[Errno -?\d+\] ", "", text).strip()[:300]
