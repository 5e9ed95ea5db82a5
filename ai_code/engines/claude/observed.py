"""What was seen of one Claude Code run: plain values between the reader and the judge."""

from __future__ import annotations

import re
from typing import NamedTuple


class Result(NamedTuple):
    """The fields of the result event (or of ``--output-format json``) that count."""

    subtype: str
    is_error: bool
    text: str | None
    status: int | None
    api_error: str | None
    errors: tuple[str, ...] = ()

    @property
    def printed(self) -> str:
        """What ``claude -p`` prints for it in text mode (seen in 2.0.77 and 2.1.329): for some
        ends it has words of its own."""
        told = self.errors[0] if self.errors else ""
        number = re.search(r"\(\d+\)", told)
        match self.subtype:
            case "error_max_turns":
                return "Error: Reached max turns" + (f" {number.group()}" if number else "")
            case "error_max_budget_usd":
                return "Error: Exceeded USD budget"
            case "error_during_execution":
                return "Execution error"
        return self.text or told


class RateLimit(NamedTuple):
    """``rate_limit_info`` as the server's headers gave it. ``resets_at`` is an epoch."""

    status: str
    claim: str | None
    resets_at: int | None
    using_overage: bool
    utilization: float | None = None

    @property
    def names_window(self) -> bool:
        """A rejection of a named window: "rejected" alone is no limit."""
        return self.status == "rejected" and self.claim is not None


class Retry(NamedTuple):
    """One ``api_retry``: Claude is trying again by itself."""

    attempt: int
    delay_s: float
    status: int | None
    error: str


class ModelError(NamedTuple):
    """The error row that Claude writes in the model's place (``<synthetic>``)."""

    error: str | None
    text: str
    status: int | None
    api_error: str | None


class Denial(NamedTuple):
    """A tool that was refused; ``detail`` is one short line of its input."""

    tool: str
    detail: str

    @property
    def written(self) -> str:
        """Of a tool that writes: the file, or the command in full."""
        is_file = bool(self.detail) and self.tool != "Bash"
        return self.detail if is_file else f"{self.tool}({self.detail})".removesuffix("()")


class Observed(NamedTuple):
    """A snapshot. ``rejected``, ``last_retry`` and ``error`` are of what came last: an answer
    of the model after them clears them, since the run recovered.

    ``plain`` is what was no event: the output of text mode, or noise; ``plain_whole`` is False
    where it was cut to stay small. ``events`` counts the JSON lines; ``streamed`` is False for
    an output of text mode, in which none were to be expected."""

    streamed: bool = True
    events: int = 0
    dropped_lines: int = 0
    result: Result | None = None
    rejected: RateLimit | None = None
    error: ModelError | None = None
    last_retry: Retry | None = None
    retries: int = 0
    paid: bool = False
    denials: tuple[Denial, ...] = ()
    session_id: str | None = None
    version: str | None = None
    model: str | None = None
    api_key_source: str | None = None
    edited: tuple[str, ...] = ()
    tool_uses: int = 0
    answered: bool = False
    """The model itself has said something."""
    plain: str = ""
    plain_whole: bool = True
    stderr_tail: str = ""
