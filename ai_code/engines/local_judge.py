"""What a run of a local engine means, by what it told and by what changed. Pure.

A failure before anything changed is Unavailable, so that the next engine may try; one after a
change is Failed(CUT): what was edited is looked at before it lands."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from ai_code.core.answer_end import CUT, CUT_OFF
from ai_code.core.exits import EndedBy, Exit
from ai_code.core.text import in_folder, one_line
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

_MEMORY = re.compile(r"requires more system memory|out.of.memory", re.IGNORECASE)
_NO_MODEL = re.compile(
    r"model .{0,80}(not found|not exist)|model_not_found|issue with the selected model",
    re.IGNORECASE,
)
_REFUSED = re.compile(
    r"denied|not permitted|not allowed|prevents|outside|reject|refus|granted|EACCES|EPERM|EROFS|"
    r"read-only",
    re.IGNORECASE,
)
_NO_TOOLS = re.compile(r"does not support tools", re.IGNORECASE)


_HELP = re.compile(r"^\s*(usage|options):|\[(boolean|string|array|number)\]", re.I | re.M)
_WHY = re.compile(r"^\s*error\b|unknown (option|argument)", re.IGNORECASE)


@dataclass(slots=True)
class Told:
    """What an engine's events said. ``error`` is what ended its turn, in its own words."""

    begun: bool = False
    spoke: bool = False
    """The model said something, or used a tool."""
    answer: str = ""
    error: str = ""
    server_error: str = ""
    """What the model's server said when it failed for good: better than any engine's words."""
    last_error: str = ""
    """What it said of a failure that it tried to get over."""
    edited: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    """What the model wanted to write and was not let."""
    sent: int = 0
    received: int = 0
    longest_prompt: int = 0
    finished: bool = False
    """Its events came to their end, where it has one."""
    has_end: bool = False
    """A turn of this engine ends with an event that says so: without it the turn was cut."""
    answers: bool = False
    """Only an answer was asked for."""
    complaint: str = ""
    """The end of its standard error, where that is meant for a person."""
    folder: str = ""
    """Where it works: what lies there is called as the person calls it."""
    empty: str = "the model gave an empty answer"
    """What it is that nothing changed and nothing was said."""

    def refuse(self, path: str, words: str = "") -> None:
        """A writing tool of the model's failed. Where only its text did not match, that is no
        refusal: it may have tried again."""
        if not words or _REFUSED.search(words):
            self.refused.append(in_folder(path, self.folder) or one_line(words, 80))

    def used(self, sent: object, received: object, *, summed: bool = False) -> None:
        """Tokens of one reply, as far as they are numbers; or those of a whole turn, ``summed``:
        how long its longest prompt was they do not tell."""
        if isinstance(sent, int):
            self.sent += sent
            self.longest_prompt = max(self.longest_prompt, 0 if summed else sent)
        if isinstance(received, int):
            self.received += received


def judge(name: str, told: Told, exit_: Exit, *, changed: bool) -> Verdict:
    """``changed``: the worktree differs from what the engine was given."""
    if exit_.start_error is not None:
        text = f"{name} does not start: {exit_.start_error}"
        evidence = Evidence(f"{name}.start", "exit", exit_.start_error)
        return Unavailable(UnavailableReason.MISSING, text, evidence)
    if exit_.ended_by is EndedBy.PERSON:
        return Interrupted(exit_.person_signal or 0, Evidence(f"{name}.person", "exit"))
    problem = _problem(name, told, exit_, changed)
    if problem is not None:
        failed, unavailable = problem
        return failed if changed else unavailable
    if changed:
        listed = ", ".join(told.edited)[:200]
        return Done(Evidence(f"{name}.edited", "event", listed))
    return Done(Evidence(f"{name}.answered", "event"), changed_nothing=True)


Both = tuple[Failed, Unavailable]


def _problem(name: str, told: Told, exit_: Exit, changed: bool) -> Both | None:
    if (ended := _ended(name, told, exit_)) is not None:
        return ended
    words = told.server_error
    # A turn that came to its end may have got over a failure, but not over half a last answer.
    if words and (words.startswith(CUT) or not (told.finished and changed)):
        return both(f"{name}.server", one_line(words, 300), FailReason.CUT, _reason(words), words)
    if error := told.error or ("" if told.finished else told.last_error):
        message = one_line(error, 300)
        return both(f"{name}.error", message, FailReason.CUT, _reason(error), error)
    if told.has_end and not told.finished:
        return _crash(name, told, exit_)
    if exit_.signal or (exit_.code and not (told.finished and changed)):
        return _crash(name, told, exit_)
    if told.refused and not (changed or told.answers):
        names = ", ".join(dict.fromkeys(told.refused))
        text = f"the model wanted to write what is not its to write: {one_line(names, 200)}"
        return both(f"{name}.refused", text, FailReason.CUT, excerpt=names)
    if not (told.answer.strip() or changed):
        return both(f"{name}.empty", _with(told.empty, told), FailReason.OTHER)
    return None


def _with(text: str, told: Told) -> str:
    return f"{text}: {told.complaint}" if told.complaint else text


def _ended(name: str, told: Told, exit_: Exit) -> Both | None:
    match exit_.ended_by:
        case EndedBy.UNFENCED:
            text = "it was stopped before it worked: its fence does not stand"
            return both(f"{name}.unfenced", text, FailReason.OTHER, UnavailableReason.MISSING)
        case EndedBy.STALL:
            text = _with("it gave no output for too long", told)
            return both(f"{name}.stall", text, FailReason.STALL)
        case EndedBy.DEADLINE:
            text = _with("its deadline passed (--timeout)", told)
            return both(f"{name}.deadline", text, FailReason.DEADLINE)
        case _:
            return None


def _crash(name: str, told: Told, exit_: Exit) -> Both:
    how = (
        f"ended with signal {exit_.signal}"
        if exit_.signal
        else f"ended with exit code {exit_.code}"
    )
    tail = (exit_.stderr_tail or exit_.stdout_tail).strip()
    last = told.complaint or _last_words(tail)
    text = f"{name} {how}" + (f": {last}" if last else "")
    if exit_.code == 0:
        text = f"{name} ended in the middle of its turn"
    reason = _reason(tail) if tail else UnavailableReason.NO_CHANGE
    if reason is UnavailableReason.SERVER:
        reason = UnavailableReason.NO_CHANGE
    return both(f"{name}.crash", text, FailReason.CRASH, reason, last)


def _last_words(tail: str) -> str:
    """The last line that a program printed. Of its help that says nothing: then what stands above
    it, where that is there."""
    lines = tail.splitlines()
    if _HELP.search(tail):
        why = [line for line in lines if _WHY.search(line)]
        lines = why or ["it printed its help, as for an argument it does not know (engines.args?)"]
    last = lines[-1] if lines else ""
    return "" if last.lstrip().startswith("{") else one_line(last, 200)


def both(
    rule: str,
    message: str,
    fail: FailReason,
    reason: UnavailableReason = UnavailableReason.NO_CHANGE,
    excerpt: str = "",
) -> Both:
    """The verdict after a change, and the one before any."""
    evidence = Evidence(rule, "event", excerpt[:300])
    return Failed(fail, message, evidence), Unavailable(reason, message, evidence)


def _reason(error: str) -> UnavailableReason:
    if error == CUT_OFF:
        return UnavailableReason.NO_CHANGE
    if _MEMORY.search(error):
        return UnavailableReason.MEMORY
    if _NO_MODEL.search(error) or _NO_TOOLS.search(error):
        return UnavailableReason.NO_MODEL
    return UnavailableReason.SERVER
