"""What one engine's turn came to, and what a person asked of the run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from ai_code.core.verdict import (
    Done,
    Failed,
    Interrupted,
    LimitReached,
    Unavailable,
    Verdict,
    verdict_name,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ai_code.core.about import Mode
    from ai_code.core.changes import Landed
    from ai_code.core.command import OutputFormat
    from ai_code.core.exits import Exit
    from ai_code.core.record import Attempt


class RunOptions(NamedTuple):
    """The command line of ``ai-code run``, beyond what settings hold."""

    prompt: str
    files: tuple[str, ...] = ()
    reads: tuple[str, ...] = ()
    engine_args: tuple[str, ...] = ()
    resume: str | None = None
    """A session id, the empty string for the most recent session, None for a new one."""
    output_format: OutputFormat = "text"
    local_only: bool = False
    wait: bool = False
    dry_run: bool = False
    allow_protected: bool = False
    expect_changes: bool = False
    mode: Mode = "edit"
    claude_stall_s: float | None = None
    """Seconds of silence after which Claude is ended; None for ``CLAUDE_STALL_S``."""


CLAUDE_STALL_S = 1800.0
"""Claude is silent while a tool of its runs, and a test suite may take long: ``stall-timeout``
is for it only where somebody set it."""


class Turn(NamedTuple):
    """One engine's turn. ``edited`` are paths relative to the tree, ``answer`` its last words
    (for the output, never kept). ``landed`` only for a local engine; so are ``context``, with
    which its model was loaded, and ``prompt_tokens``, the longest prompt as the server counted
    it (0: not told)."""

    engine: str
    verdict: Verdict
    exit: Exit | None = None
    version: str = ""
    model: str = ""
    session_id: str = ""
    edited: tuple[str, ...] = ()
    said: str = ""
    answer: str = ""
    landed: Landed | None = None
    rows: tuple[bytes, ...] = ()
    """Claude's last events, where another engine may have to go on (never kept)."""
    caught_up: bool = False
    """Claude's model itself said something, and knew by then what local engines had done."""
    context: int = 0
    most_context: int = 0
    """What the model was made for (0: not told)."""
    prompt_tokens: int = 0
    ended: float = 0.0
    """Unix epoch in seconds."""
    tokens: tuple[int, int] = (0, 0)
    """Sent and received, where the engine tells them."""
    replying_s: float = 0.0
    """Seconds in which the received ones came."""
    unchecked: str = ""
    """Why ``fallback.verify`` did not find it good."""

    @property
    def verdict_text(self) -> str:
        """What the verdict says in words, where it says anything."""
        match self.verdict:
            case LimitReached() | Failed() | Unavailable():
                return self.verdict.message
            case Done() | Interrupted():
                return ""


def facts_of(turn: Turn, turns: Sequence[Turn]) -> dict[str, Any]:
    """What a result object in JSON says about a turn, by the names ``claude -p`` uses.
    ``turns`` are all of the run: the session is the last that one of them had."""
    wall_s = turn.exit.wall_s if turn.exit else 0.0
    return {
        "is_error": False,
        "duration_ms": int(wall_s * 1000),
        "num_turns": 1,
        "session_id": next((each.session_id for each in turns if each.session_id), ""),
        "total_cost_usd": 0,
        "model": turn.model,
        "files": [file.path for file in turn.landed.files] if turn.landed else [],
    }


def recorded(turn: Turn) -> Attempt:
    """The turn as the journal keeps it."""
    from ai_code.core.record import Attempt

    verdict = turn.verdict
    kind, reason, resets_at = "", "", None
    match verdict:
        case LimitReached():
            kind, resets_at = verdict.kind.value, verdict.resets_at
        case Failed() | Unavailable():
            reason = verdict.reason.value
        case Done() | Interrupted():
            pass
    exit_ = turn.exit
    return Attempt(
        engine=turn.engine,
        version=turn.version,
        model=turn.model,
        verdict=verdict_name(verdict),
        kind=kind,
        reason=reason,
        rule=verdict.evidence.rule,
        excerpt=verdict.evidence.excerpt[:300],
        resets_at=resets_at,
        exit_code=exit_.code if exit_ else None,
        signal=exit_.signal if exit_ else None,
        wall_s=round(exit_.wall_s, 3) if exit_ else 0.0,
        session_id=turn.session_id,
        context=turn.context,
        prompt_tokens=turn.prompt_tokens,
        ended=turn.ended,
        tokens_sent=turn.tokens[0],
        tokens_received=turn.tokens[1],
        replying_s=round(turn.replying_s, 3),
        caught_up=turn.caught_up,
    )
