"""Which engines, in which order, and what follows a verdict. Pure decisions."""

from __future__ import annotations

from typing import Literal, NamedTuple, assert_never

from ai_code.core.errors import ConfigError
from ai_code.core.verdict import (
    Done,
    Failed,
    Interrupted,
    LimitReached,
    Unavailable,
    UnavailableReason,
    Verdict,
)

EMPTY_CHAIN = "fallback.chain is empty"
SET_CHAIN = "ai-code config path   (names the file for the line fallback.chain: [aider])"
"""What mends it."""
Because = Literal["first", "chosen", "limit", "unavailable"]


class Step(NamedTuple):
    """One engine of a plan; ``because`` chooses the banner's words."""

    engine: str
    because: Because


class Skip(NamedTuple):
    """An engine that is left out, and why, in words."""

    engine: str
    reason: str


class Plan(NamedTuple):
    """Engines in the order in which they are tried."""

    steps: tuple[Step, ...]
    skips: tuple[Skip, ...] = ()


_UNAVAILABLE_WORD = {
    UnavailableReason.NETWORK: "network",
    UnavailableReason.AUTH: "auth",
    UnavailableReason.MISSING: "missing",
}


def fallback_word(verdict: Verdict) -> str | None:
    """The word of ``fallback.on`` that stands for this verdict; None where none does."""
    match verdict:
        case LimitReached(kind=kind):
            return kind.value
        case Unavailable(reason=reason):
            return _UNAVAILABLE_WORD.get(reason)
        case Done() | Failed() | Interrupted():
            return None
        case _:
            assert_never(verdict)


def goes_on(verdict: Verdict, fallback_on: frozenset[str]) -> bool:
    """Whether the next engine takes over after the first engine's verdict. Its ``Failed`` never
    does: a weaker model must not silently redo a wrong task."""
    word = fallback_word(verdict)
    return word is not None and word in fallback_on


def takes_over(on_limit: str) -> Literal["by itself", "when asked", "never"]:
    """Whether the local engine takes over from a Claude that cannot go on, by
    ``fallback.on-limit``: what waits for a limit has nothing to wait for otherwise."""
    if on_limit in ("local", "wait"):
        return "by itself"
    return "when asked" if on_limit == "ask" else "never"


def no_local_engine() -> ConfigError:
    """Of a run that needs one where none is named."""
    return ConfigError("no local engine is set up", why=EMPTY_CHAIN, hint=SET_CHAIN)


def make_plan(
    *, engine: str, local_only: bool, fallback: bool, engines: tuple[str, ...], skip: str
) -> Plan:
    """``engine`` is a name or ``auto``; ``skip`` is why Claude is left out, or empty."""
    if engine not in ("auto", "claude"):
        return Plan((Step(engine, "chosen"),), (Skip("claude", f"--engine {engine}"),))
    local = tuple(name for name in engines if name != "claude")
    if local_only:
        return Plan(tuple(Step(name, "chosen") for name in local), (Skip("claude", "--local"),))
    if engine == "claude":
        return Plan((Step("claude", "chosen"),), _skipped(local, "--engine claude"))
    if not fallback:
        return Plan((Step("claude", "first"),), _skipped(local, "fallback is off"))
    later = tuple(Step(name, "limit") for name in local)
    if skip and later:
        return Plan(later, (Skip("claude", skip),))
    return Plan((Step("claude", "first"), *later))


def _skipped(engines: tuple[str, ...], reason: str) -> tuple[Skip, ...]:
    return tuple(Skip(name, reason) for name in engines)


def banner(title: str, because: Because) -> str:
    """The line that says which engine works now; scripts may look for it."""
    match because:
        case "first" | "chosen":
            return f"[AI: {title}]"
        case "limit":
            return f"[AI: {title} (fallback - rate limit detected)]"
        case "unavailable":
            return f"[AI: {title} (fallback - Claude Code unavailable)]"
        case _:
            assert_never(because)
