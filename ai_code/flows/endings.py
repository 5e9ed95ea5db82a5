"""The errors that a run ends with: whose words, which exit code, what to type next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from ai_code.core.errors import AiCodeError, CannotStartError, NotInstalledError, TryLaterError
from ai_code.core.exits import EndedBy, ExitCode
from ai_code.core.text import one_line
from ai_code.core.verdict import (
    Failed,
    FailReason,
    LimitKind,
    LimitReached,
    Unavailable,
    UnavailableReason,
)

if TYPE_CHECKING:
    from ai_code.flows.turns import Turn


INSTALL_AIDER = "uv tool install --compile-bytecode --python 3.12 aider-chat"
"""Without compiled bytecode aider needs 19 s for a message instead of 3.5 s (0.86.2)."""
_OTHER_MODEL = "ai-code --model NAME …   (a larger model may do it)"
_LOCAL_HINTS: Mapping[FailReason | UnavailableReason, str] = {
    FailReason.STALL: "ai-code --stall-timeout 15m …   (a large model is slow on a CPU)",
    FailReason.DEADLINE: "ai-code --timeout TIME …   (give it longer)",
    FailReason.CUT: "ai-code diff   (what it made, and what was left out); then once more",
    UnavailableReason.MISSING: INSTALL_AIDER,
    UnavailableReason.MEMORY: "ollama ps   (what is loaded), or a smaller model: --model NAME",
    UnavailableReason.NO_MODEL: "ollama list",
    UnavailableReason.SERVER: "ollama ps   (is the server well?), then the same once more",
}
_HINTS_BY_RULE: Mapping[str, str] = {
    "aider.stall": _LOCAL_HINTS[FailReason.STALL],
    "aider.deadline": _LOCAL_HINTS[FailReason.DEADLINE],
    "aider.unfenced": INSTALL_AIDER,
    "aider.crash": "aider --version   (does it start?)",
    "aider.empty": "ollama ps   (is the model well?), then the same once more",
    "aider.refused": "ai-code --file NAME …   (what the model may edit)",
}
"""A failure before anything changed says no more by its reason than that."""


def never_ran(turn: Turn) -> bool:
    """The program is missing or does not start: it has no words of its own."""
    if turn.exit is not None:
        return turn.exit.start_error is not None
    return isinstance(turn.verdict, Unavailable)


def claude_ended(turn: Turn, reason: str, program: str) -> AiCodeError:
    """Claude's verdict as the end of the run. ``reason`` is the verdict in words, ``program``
    what Claude is started as."""
    verdict = turn.verdict
    if isinstance(verdict, LimitReached):
        hint = "ai-code --wait …   (goes on at the reset)   or: ai-code --local …"
        if verdict.kind is LimitKind.CREDIT:
            # No reset brings credit.
            hint = "ai-code --local …"
        return TryLaterError(
            reason, why=one_line(verdict.message) if verdict.message else "", hint=hint
        )
    assert isinstance(verdict, Failed | Unavailable)
    if turn.exit and turn.exit.start_error:
        what = f"Claude Code does not start: {turn.exit.start_error}"
        return CannotStartError(what, hint=f"{program} --version")
    if isinstance(verdict, Unavailable) and verdict.reason is UnavailableReason.MISSING:
        return _not_there(verdict)
    error = AiCodeError(f"Claude Code: {one_line(verdict.message)}", hint=_hint(verdict))
    return _with_deadline(error, turn)


def local_ended(turn: Turn, after_claude: bool, claude_reason: str) -> AiCodeError:
    """The local engine's failure. After Claude's limit one that changed nothing is for later:
    Claude will be back."""
    verdict = turn.verdict
    assert isinstance(verdict, Failed | Unavailable)
    hint = verdict.hint if isinstance(verdict, Unavailable) else ""
    error = AiCodeError(
        f"aider could not finish: {one_line(verdict.message)}",
        why=claude_reason,
        hint=hint
        or _HINTS_BY_RULE.get(verdict.evidence.rule)
        or _LOCAL_HINTS.get(verdict.reason, _OTHER_MODEL),
    )
    if isinstance(verdict, Unavailable) and after_claude:
        error.exit_code = ExitCode.TRY_LATER
    return _with_deadline(error, turn)


def not_ready(why: Unavailable, claude_reason: str) -> AiCodeError:
    """The local engine cannot start. ``claude_reason`` is why it was needed, empty where it
    was chosen."""
    if claude_reason:
        if not claude_reason.startswith("Claude Code: "):
            claude_reason = f"Claude Code: {claude_reason}"
        told = f"The local fallback is not ready: {why.message}"
        return TryLaterError(claude_reason, why=told, hint=why.hint)
    if why.reason is UnavailableReason.MISSING:
        return _not_there(why)
    return AiCodeError(why.message, hint=why.hint)


def what_is_missing(rows: Sequence[Unavailable]) -> str:
    """Beside a Claude that is not installed: what the local side lacks, or that it lacks
    nothing."""
    if not rows:
        return "The local side is ready: ai-code --local …"
    told = [f"  {one_line(each.message)}\n    {each.hint}" for each in rows]
    first, last = (
        "For the local model, when Claude is at its limit:",
        "Then prove it: ai-code drill",
    )
    return "\n".join([first, *told, last])


def _not_there(verdict: Unavailable) -> AiCodeError:
    """126 for a program that is there and cannot be run, 127 for one that is not."""
    kind = CannotStartError if verdict.evidence.rule.endswith("executable") else NotInstalledError
    return kind(verdict.message, hint=verdict.hint)


def _with_deadline(error: AiCodeError, turn: Turn) -> AiCodeError:
    if turn.exit and turn.exit.ended_by is EndedBy.DEADLINE:
        error.exit_code = ExitCode.DEADLINE
    return error


def _hint(verdict: Failed | Unavailable) -> str:
    if isinstance(verdict, Failed):
        message = verdict.message.lower()
        if "no conversation found" in message or "session id" in message:
            return "ai-code -c …   (the last session), or: claude --resume   (lists them)"
        if "unknown option" in message:
            return "claude --help"
        return "ai-code --local …   (to have the local model try)"
    if verdict.hint:
        return verdict.hint
    return "ai-code --local …   (or set fallback.on to include network)"
