"""What a drill proves: each part of the fallback, judged from what was seen. Pure.

One cause is one failed row: a part that failed only because another one failed before it was not
reached."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from ai_code.core import drill_local as local
from ai_code.core.drill import BY_CLAUDE, FILE, PARTS, By, Local, Observed, Part, Scenario
from ai_code.core.drill_looks import (
    FIRST,
    attempt,
    blamed,
    claude_by,
    docstrings,
    failed,
    not_reached,
    switch,
    words,
)
from ai_code.core.verdict import LimitKind

__all__ = ["FIRST", "parts_of", "passed"]

_BEFORE_LOCAL = ("claude", "limit seen")
_LEANS_ON: Mapping[str, tuple[str, ...]] = {
    "limit seen": ("claude",),
    "brief": (*_BEFORE_LOCAL, "Ollama", "engine"),
    "Ollama": _BEFORE_LOCAL,
    "model": (*_BEFORE_LOCAL, "brief", "Ollama"),
    "engine": (*_BEFORE_LOCAL, "Ollama"),
    "landing": (*_BEFORE_LOCAL, "brief", "Ollama", "model", "engine"),
    "undo": (*_BEFORE_LOCAL, "brief", "Ollama", "model", "engine", "landing"),
    "return to Claude": ("claude",),
}
"""What has to work before a part can."""
_ELSEWHERE = "it did not ask the stand-in of its API: settings of this machine lead elsewhere?"
_BY_ENGINE = frozenset({"brief", "Ollama", "model", "landing", "undo"})


def parts_of(seen: Observed) -> tuple[Part, ...]:
    """The rows of the table, one for each of ``PARTS``."""
    judges = dict(_judges(seen.scenario))
    if seen.setup.program is None and seen.scenario.kind is not None:
        # Without it nothing that follows could be seen.
        judges |= {name: _unseen(name) for name in judges.keys() & _BY_ENGINE}
        judges["engine"] = _no_engine
    rows = {name: judge(seen) for name, judge in judges.items()}
    broken = {name for name, part in rows.items() if part.state == "failed"}
    named = seen.setup.named
    for name in broken:
        if broken.intersection(_LEANS_ON.get(name, ())) and not rows[name].stands:
            rows[name] = not_reached(named(name))
    return tuple(rows.get(name) or Part(named(name), "", "not needed") for name in PARTS)


def passed(parts: Iterable[Part]) -> bool:
    """Whether nothing failed."""
    return all(part.state != "failed" for part in parts)


def _no_engine(seen: Observed) -> Part:
    return failed(seen.setup.engine, "real", seen.setup.fault, "engine")


def _unseen(name: str) -> Callable[[Observed], Part]:
    return lambda _seen: not_reached(name)


# Claude and its limit -----------------------------------------------------------------------


def _claude(seen: Observed) -> Part:
    turn, by = attempt(seen.main, 0), claude_by(seen)
    if turn is None:
        return failed("claude", by, words(seen.main), "claude")
    if turn.engine != "claude":
        return failed("claude", by, "Claude was not asked first")
    if by == "real" and not seen.asked and seen.scenario.reason is None:
        if turn.verdict in ("limit", "done"):
            return failed("claude", by, _ELSEWHERE, "", turn.wall_s)
        return failed("claude", by, f"it did not work: {words(seen.main)}", "claude", turn.wall_s)
    if seen.scenario.mid_task and docstrings(seen.main.tree).get("hello") != BY_CLAUDE:
        note = f"its edit of {FILE}, made before the limit, is not in the tree"
        if turn.verdict not in ("limit", "done"):
            return failed("claude", by, f"{note}: {words(seen.main)}", "claude", turn.wall_s)
        return failed("claude", by, note, seconds=turn.wall_s)
    version = f"version {turn.version}" if turn.version else ""
    return Part("claude", by, "passed", turn.wall_s, version)


def _limit_by(seen: Observed) -> By:
    """Who played the limit: nobody where the real Claude could not reach any API."""
    if seen.setup.claude is None:
        return "recording"
    return "stand-in" if seen.scenario.reason is None else ""


def _limit(seen: Observed) -> Part:
    scenario, turn, by = seen.scenario, attempt(seen.main, 0), _limit_by(seen)
    if turn is None:
        return failed("limit seen", by, "no run is in the journal")
    wanted = ("limit", scenario.kind.value) if scenario.kind else ("unavailable", scenario.reason)
    got = (turn.verdict, turn.kind if scenario.kind else turn.reason)
    if got != wanted:
        verdict = " ".join(filter(None, (turn.verdict, turn.kind or turn.reason)))
        said = turn.excerpt or words(seen.main)
        return failed("limit seen", by, f"taken for {verdict}: {said}", "limit")
    told = seen.main.first(switch(seen))
    goes_on = scenario.outcome == "lands" and seen.setup.program is not None
    if goes_on and told is None and not blamed(seen):
        return failed("limit seen", by, f"no line says {switch(seen)}")
    seconds = _since_asked(seen, told or seen.main.ended)
    told_as = f"{scenario.kind} limit" if scenario.kind else f"none: {scenario.reason}"
    if scenario.kind is LimitKind.OVERLOADED:
        told_as = "none: Claude's servers are overloaded"
    return Part("limit seen", by, "passed", seconds, told_as)


def _since_asked(seen: Observed, at: float) -> float:
    """Seconds since Claude asked its API for the last time; a recording asks at its start."""
    return at - max((each for each in seen.asked if each <= at), default=seen.main.began)


def _no_limit(seen: Observed) -> Part:
    by, record = _limit_by(seen), seen.main.record
    verdicts = [each.verdict for each in record.attempts] if record else []
    if seen.main.first("[AI: Ollama") is not None or seen.chats:
        return failed("limit seen", by, "the local model was asked although no limit stood")
    if seen.main.code or verdicts != ["done"]:
        told = f"{', '.join(verdicts)}, exit code {seen.main.code}: {words(seen.main)}"
        return failed("limit seen", by, told, "limit")
    seconds = seen.main.ended - seen.main.began
    return Part("limit seen", by, "passed", seconds, "there is none, and none was taken for one")


def _return(seen: Observed) -> Part:
    again, by = seen.again, claude_by(seen)
    if again is None:
        return failed("return to Claude", by, "the next run was not made")
    seconds = again.ended - again.began
    first = next((line for _, line in again.lines if line.startswith("[AI:")), "no banner")
    engines = [each.engine for each in again.record.attempts] if again.record else []
    if again.code or first != FIRST or engines != ["claude"]:
        note = f"the next run: exit code {again.code}, {first}, {' then '.join(engines)}"
        return failed("return to Claude", by, note, seconds=seconds)
    return Part("return to Claude", by, "passed", seconds, "first again in the next run")


# Where something is broken on purpose: the clear word that the person has to get --------------


def _told(name: str) -> Callable[[Observed], Part]:
    def judge(seen: Observed) -> Part:
        by: By = claude_by(seen) if name == "claude" else "stand-in"
        says = seen.scenario.says
        missing = [text for text in says if text not in seen.main.text]
        if not seen.main.code or missing:
            nothing_says = f"nothing says: {' … '.join(missing) or says[0]}"
            said = f"exit code {seen.main.code}, {nothing_says} (said: {words(seen.main)})"
            return failed(name, by, said)
        at, line = next(row for row in seen.main.lines if says[0] in row[1])
        seconds = _since_asked(seen, at)
        return Part(name, by, "passed", seconds, f"told: {line[line.index(says[0]) :]}")

    return judge


_Judge = Callable[[Observed], Part]
_AROUND: Mapping[str, _Judge] = {
    "claude": _claude,
    "limit seen": _limit,
    "return to Claude": _return,
}
_STAYS: Mapping[str, _Judge] = {"claude": _claude, "limit seen": _no_limit}
_LANDS: Mapping[str, _Judge] = {
    **_AROUND,
    "brief": local.brief,
    "Ollama": local.ollama,
    "model": local.model,
    "engine": local.engine,
    "landing": local.landing,
    "undo": local.undo,
}
_REFUSED: Mapping[str, _Judge] = {**_AROUND, "landing": local.nothing_landed}
_MODEL_FAILS: Mapping[str, _Judge] = {
    **_REFUSED,
    "brief": local.brief,
    "Ollama": local.ollama,
    "model": _told("model"),
    "engine": local.engine_ended,
}
_BROKEN: Mapping[Local, Mapping[str, _Judge]] = {
    "answers": {**_REFUSED, "claude": _told("claude")},
    "down": {**_REFUSED, "Ollama": _told("Ollama")},
    "missing": {**_REFUSED, "Ollama": local.ollama, "model": _told("model")},
    "memory": _MODEL_FAILS,
    "cut": _MODEL_FAILS,
}


def _judges(scenario: Scenario) -> Mapping[str, _Judge]:
    match scenario.outcome:
        case "lands":
            return _LANDS
        case "stays":
            return _STAYS
        case "refused":
            return _BROKEN[scenario.local]
