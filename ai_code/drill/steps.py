"""What the stand-in of the Anthropic API can do with a request: one small value each.

A scenario is a list of steps, one per main request; the last one repeats.
Header names as Claude Code 2.0.77 and 2.1.329 read them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

ToolInput = Mapping[str, Any] | Callable[[dict[str, Any]], Mapping[str, Any]]
"""A tool's arguments, in whose texts ``{cwd}`` stands for the folder that Claude works in; or a
function from the request's body to them."""


@dataclass(frozen=True, slots=True)
class Say:
    """An answer in text. ``utilization`` (0-1) adds the "allowed" heartbeat of a subscription:
    that share of the 5-hour window is used."""

    text: str
    utilization: float | None = None


@dataclass(frozen=True, slots=True)
class SlowSay:
    """An answer in text, word by word."""

    text: str
    seconds_between: float = 0.1


@dataclass(frozen=True, slots=True)
class UseTool:
    """A call of one of Claude's tools (Write, Edit, Bash …); the next step answers its result."""

    name: str
    input: ToolInput
    text: str = ""


@dataclass(frozen=True, slots=True)
class UseTools:
    """Several calls in one answer; Claude carries them out in this order."""

    calls: tuple[UseTool, ...]
    text: str = ""


@dataclass(frozen=True, slots=True)
class LimitHit:
    """A usage limit: 429 with the unified headers. Claude takes it as one only with a
    subscription login (``CLAUDE_CODE_OAUTH_TOKEN``), with an API key it is a plain 429.

    ``claim``: five_hour, seven_day, seven_day_opus, seven_day_sonnet, overage …, or None for no
    claim. ``resets_at``: Unix epoch in seconds, None for no such header. ``overage``: the reason
    why paid extra usage is refused too (out_of_credits, org_spend_cap_reached …), or None.
    """

    claim: str | None = "five_hour"
    resets_at: int | None = None
    overage: str | None = None


@dataclass(frozen=True, slots=True)
class RateLimited:
    """A plain 429. ``retry_after`` in seconds: up to 59 is waited out, from 61 given up."""

    retry_after: int | None = None


@dataclass(frozen=True, slots=True)
class Overloaded:
    """529, the API is at capacity."""


@dataclass(frozen=True, slots=True)
class ServerError:
    """Any other HTTP error with Anthropic's error body."""

    status: int = 500
    message: str = "Internal server error"


@dataclass(frozen=True, slots=True)
class AuthFailed:
    """401."""

    message: str = (
        "OAuth token has expired. Please obtain a new token or refresh your existing token."
    )


@dataclass(frozen=True, slots=True)
class CreditTooLow:
    """400: an API account without credit."""


@dataclass(frozen=True, slots=True)
class SpendCap:
    """400: the cap that an organisation set for the API; a usage limit in disguise."""

    until: str = "2026-12-01 at 00:00 UTC"


@dataclass(frozen=True, slots=True)
class CutStream:
    """The connection drops after ``text``, in the middle of the answer. ``clean``: no drop, the
    stream just ends after the text. 2.0.77 takes that for the answer, 2.1.329 asks again three
    times and then says that the connection was lost."""

    text: str
    clean: bool = False


@dataclass(frozen=True, slots=True)
class StreamError:
    """An ``error`` event after ``text`` in a stream that began with 200; an HTTP error for a
    request that does not stream."""

    text: str
    type: str = "overloaded_error"
    message: str = "Overloaded"


@dataclass(frozen=True, slots=True)
class Hang:
    """No answer for so many seconds, then the connection drops."""

    seconds: float = 3600.0


@dataclass(frozen=True, slots=True)
class Warning:
    """A success that says how much of the 5-hour window is used (0-1): ``allowed_warning``."""

    text: str
    utilization: float = 0.93
    resets_at: int | None = None


@dataclass(frozen=True, slots=True)
class Overage:
    """A success paid as extra usage: the 5-hour window is rejected, overage is allowed."""

    text: str
    resets_at: int | None = None


Step = (
    Say
    | SlowSay
    | UseTool
    | UseTools
    | LimitHit
    | RateLimited
    | Overloaded
    | ServerError
    | AuthFailed
    | CreditTooLow
    | SpendCap
    | CutStream
    | StreamError
    | Hang
    | Warning
    | Overage
)

_UNIFIED = "anthropic-ratelimit-unified-"


@dataclass(frozen=True, slots=True)
class Refusal:
    """An HTTP error in Anthropic's form."""

    status: int
    type: str
    message: str
    headers: Mapping[str, str]


_ERROR_TYPES = {
    400: "invalid_request_error",
    401: "authentication_error",
    402: "billing_error",
    403: "permission_error",
    404: "not_found_error",
    413: "request_too_large",
    429: "rate_limit_error",
    529: "overloaded_error",
}
_RATE_MESSAGE = "This request would exceed your account's rate limit. Please try again later."
_CREDIT_MESSAGE = (
    "Your credit balance is too low to access the Anthropic API. "
    "Please go to Plans & Billing to upgrade or purchase credits."
)


def refusal(step: Step, *, streams: bool = False) -> Refusal | None:
    """The HTTP error of a step, None for a step that answers. ``streams``: as was asked for."""
    match step:
        case StreamError(type=kind, message=message) if not streams:
            status = next((code for code, name in _ERROR_TYPES.items() if name == kind), 500)
            return Refusal(status, kind, message, {})
        case LimitHit():
            return _refused(429, _RATE_MESSAGE, _limit_headers(step))
        case RateLimited(retry_after=None):
            return _refused(429, _RATE_MESSAGE)
        case RateLimited(retry_after=seconds):
            return _refused(429, _RATE_MESSAGE, {"retry-after": str(seconds)})
        case Overloaded():
            return _refused(529, "Overloaded")
        case ServerError(status=status, message=message):
            return _refused(status, message)
        case AuthFailed(message=message):
            return _refused(401, message)
        case CreditTooLow():
            return _refused(400, _CREDIT_MESSAGE)
        case SpendCap(until=until):
            return _refused(
                400,
                "You have reached your specified API usage limits. "
                f"You will regain access on {until}.",
            )
        case _:
            return None


def success_headers(step: Step) -> dict[str, str]:
    """The rate-limit headers of an answer, empty where the step says nothing about limits."""
    match step:
        case Say(utilization=float(used)):
            return _window_headers("allowed", used, None)
        case Warning(utilization=used, resets_at=resets_at):
            return {
                **_window_headers("allowed_warning", used, resets_at),
                f"{_UNIFIED}5h-surpassed-threshold": "0.9",
            }
        case Overage(resets_at=resets_at):
            return {
                **_window_headers("rejected", 1.0, resets_at),
                f"{_UNIFIED}overage-status": "allowed",
                f"{_UNIFIED}overage-in-use": "true",
            }
        case _:
            return {}


def _refused(status: int, message: str, headers: Mapping[str, str] | None = None) -> Refusal:
    return Refusal(status, _ERROR_TYPES.get(status, "api_error"), message, headers or {})


def _limit_headers(step: LimitHit) -> dict[str, str]:
    headers = {f"{_UNIFIED}status": "rejected"}
    if step.claim is not None:
        headers[f"{_UNIFIED}representative-claim"] = step.claim
    if step.resets_at is not None:
        headers[f"{_UNIFIED}reset"] = str(step.resets_at)
    if step.overage is not None:
        headers[f"{_UNIFIED}overage-status"] = "rejected"
        headers[f"{_UNIFIED}overage-disabled-reason"] = step.overage
    return headers


def _window_headers(status: str, used: float, resets_at: int | None) -> dict[str, str]:
    headers = {
        f"{_UNIFIED}status": status,
        f"{_UNIFIED}representative-claim": "five_hour",
        f"{_UNIFIED}5h-status": status,
        f"{_UNIFIED}5h-utilization": str(used),
    }
    if resets_at is not None:
        headers[f"{_UNIFIED}reset"] = headers[f"{_UNIFIED}5h-reset"] = str(resets_at)
    return headers
