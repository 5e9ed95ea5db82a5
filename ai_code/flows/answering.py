"""Who would answer a prompt now, and why: Claude Code, a local engine, or nobody."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

from ai_code.core.engine_table import LOCAL
from ai_code.core.verdict import LimitKind
from ai_code.flows.endings import mend_claude
from ai_code.flows.engines_set import going_on

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ai_code.core.known_limits import KnownLimit
    from ai_code.flows.engines_set import EngineHere
    from ai_code.settings import Settings


class Answering(NamedTuple):
    """Who would answer: ``claude``, ``local``, ``limit`` (nobody until ``until``, an epoch) or
    ``none``. ``why`` is one line; ``then`` what else is to be known; ``mend`` the command that
    would make Claude, or the local model, answer again. ``engine``: the local one that answers."""

    who: Literal["claude", "local", "limit", "none"]
    why: str
    until: int | None = None
    then: str = ""
    mend: str = ""
    engine: str = ""


def claude_answers(
    settings: Settings, *, claude: str, limits: Sequence[KnownLimit], now: int
) -> bool:
    """Whether Claude would, whatever local engines there are: they need not be looked at."""
    if settings.engine_for("edit") in LOCAL or not claude:
        return False
    return not any(_counts(each, settings, now) for each in limits)


def who_answers(
    settings: Settings,
    *,
    claude: str,
    engines: Sequence[EngineHere],
    limits: Sequence[KnownLimit],
    now: int,
) -> Answering:
    """``claude`` is the path of its program; ``engines`` are those that a run would try."""
    chosen = settings.engine_for("edit")
    able = going_on(engines)
    if chosen in LOCAL:
        if able:
            return Answering("local", f"engine is {chosen}", engine=able.name)
        return Answering("none", f"engine is {chosen}, and {_lack(engines)}", mend=engines[0].mend)
    goes_on = able if chosen == "auto" and settings.fallback_enabled else None
    name = goes_on.name if goes_on else ""
    if not claude:
        told, mend = "Claude Code is not installed", mend_claude(settings)
        return _in_trouble(settings, "missing", goes_on, told, mend)
    known = next((each for each in limits if _counts(each, settings, now)), None)
    if known is None:
        return Answering("claude", "no limit is known")
    limit = f"{known.kind} limit of Claude's"
    if settings.claude_when_limited == "skip" and goes_on:
        then = "Claude is not tried until then (claude.when-limited: skip)"
    else:
        then = "Claude is tried first all the same (claude.when-limited: try)"
    if settings.fallback_on_limit == "wait":
        return Answering("limit", f"{limit}; runs wait (fallback.on-limit: wait)", known.resets_at)
    if settings.fallback_on_limit == "local" and goes_on:
        return Answering("local", limit, known.resets_at, then, engine=name)
    if settings.fallback_on_limit == "ask" and goes_on:
        return Answering("limit", f"{limit}; you are asked then", known.resets_at, then)
    why, mend = "no local engine goes on", ""
    if chosen == "auto" and settings.fallback_enabled and not able:
        why, mend = _lack(engines), engines[0].mend if engines else _set_chain()
    return Answering("limit", f"{limit}, and {why}", known.resets_at, then, mend)


def _lack(engines: Sequence[EngineHere]) -> str:
    """Why none can go on, in a few words: each has a row of its own that says more."""
    if not engines:
        from ai_code.core.plan import EMPTY_CHAIN

        return EMPTY_CHAIN
    first = engines[0]
    return f"{first.name} cannot work here" if first.path else first.why


def _set_chain() -> str:
    from ai_code.core.plan import SET_CHAIN

    return SET_CHAIN


def without_login(settings: Settings, engines: Sequence[EngineHere], log_in: str) -> Answering:
    """By what a run does then: by itself it goes on only where ``fallback.on`` names it."""
    able = going_on(engines)
    auto = settings.engine_for("edit") == "auto" and settings.fallback_enabled
    told = "Claude Code is not logged in"
    return _in_trouble(settings, "auth", able if auto else None, told, log_in)


def _in_trouble(
    settings: Settings, word: str, goes_on: EngineHere | None, told: str, mend: str
) -> Answering:
    """Who answers where Claude cannot work, for what ``fallback.on`` calls ``word``."""
    if goes_on is None or word not in settings.fallback_on:
        return Answering("none", told, mend=mend)
    from ai_code.core.plan import takes_over

    how = takes_over(settings.fallback_on_limit)
    if how == "by itself":
        return Answering("local", told, mend=mend, engine=goes_on.name)
    what = "you are asked then" if how == "when asked" else "runs stop"
    then = f"{what} (fallback.on-limit: {settings.fallback_on_limit})"
    return Answering("none", told, then=then, mend=mend)


def _counts(known: KnownLimit, settings: Settings, now: int) -> bool:
    """As in a run: one with a reset ahead; that of one model says nothing about the others."""
    ahead = known.resets_at is not None and known.resets_at > now
    asked_for = settings.engine == "claude" or known.kind in settings.fallback_on
    return ahead and known.kind is not LimitKind.MODEL and asked_for
