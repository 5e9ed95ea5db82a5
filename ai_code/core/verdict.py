"""What an engine's run means: one closed union, matched exhaustively."""

from __future__ import annotations

from enum import StrEnum
from typing import Literal, NamedTuple


class LimitKind(StrEnum):
    """Which limit. ``usage`` is a claim on the plan that we do not know by name."""

    SESSION = "session"
    WEEKLY = "weekly"
    MODEL = "model"
    USAGE = "usage"
    CREDIT = "credit"
    RATE = "rate"
    OVERLOADED = "overloaded"
    EXTRA_USAGE = "extra-usage"


PLAN_KINDS = frozenset({LimitKind.SESSION, LimitKind.WEEKLY, LimitKind.MODEL, LimitKind.USAGE})
"""The group ``plan`` of ``fallback.on``: the limits of a subscription."""

PASSING_KINDS = frozenset({LimitKind.RATE, LimitKind.OVERLOADED})
"""Limits that usually pass by themselves within seconds; ``patience`` is for them."""

Channel = Literal["event", "exit", "text", "stderr", "none"]


class Evidence(NamedTuple):
    """Why a verdict was given: the rule's id, where it matched, and an excerpt (bounded)."""

    rule: str
    channel: Channel
    excerpt: str = ""


class FailReason(StrEnum):
    """Why an engine failed at what it was asked."""

    BAD_REQUEST = "bad-request"
    SERVER_ERROR = "server-error"
    MAX_TURNS = "max-turns"
    BUDGET = "budget"
    STALL = "stall"
    DEADLINE = "deadline"
    CRASH = "crash"
    CUT = "cut"
    """The model's answer was cut off: what was edited must not be trusted."""
    OTHER = "other"


class UnavailableReason(StrEnum):
    """Why an engine could not work at all."""

    MISSING = "missing"
    AUTH = "auth"
    NETWORK = "network"
    SERVER = "server"
    """The local model server does not answer."""
    NO_MODEL = "no-model"
    MEMORY = "memory"
    NO_CHANGE = "no-change"
    """A local engine that failed before it changed anything."""


class Done(NamedTuple):
    """The engine finished. ``changed_nothing`` only where a local engine answered in prose."""

    evidence: Evidence
    changed_nothing: bool = False


class LimitReached(NamedTuple):
    """``resets_at`` is a Unix epoch in seconds, or None where it was not said."""

    kind: LimitKind
    resets_at: int | None
    evidence: Evidence
    message: str = ""


class Failed(NamedTuple):
    """The engine worked and failed: no other engine redoes it."""

    reason: FailReason
    message: str
    evidence: Evidence


class Unavailable(NamedTuple):
    """The engine could not work; ``hint`` is a command that mends it."""

    reason: UnavailableReason
    message: str
    evidence: Evidence
    hint: str = ""


class Interrupted(NamedTuple):
    """The person, or the system, asked it to stop. ``signal`` is the number, 0 if unknown."""

    signal: int
    evidence: Evidence


Verdict = Done | LimitReached | Failed | Unavailable | Interrupted


def verdict_name(verdict: Verdict) -> str:
    """The word that ``limits classify``, the journal and ``--json`` use for a verdict."""
    match verdict:
        case Done():
            return "done"
        case LimitReached():
            return "limit"
        case Failed():
            return "failed"
        case Unavailable():
            return "unavailable"
        case Interrupted():
            return "interrupted"
