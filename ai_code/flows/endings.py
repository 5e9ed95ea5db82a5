"""The errors that a run ends with: whose words, which exit code, what to type next."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from ai_code.core.errors import AiCodeError, CannotStartError, NotInstalledError, TryLaterError
from ai_code.core.exits import EndedBy, ExitCode
from ai_code.core.text import one_line
from ai_code.core.verdict import (
    Evidence,
    Failed,
    FailReason,
    LimitKind,
    LimitReached,
    Unavailable,
    UnavailableReason,
)
from ai_code.flows.engines_set import local_names

if TYPE_CHECKING:
    from ai_code.flows.turns import Turn
    from ai_code.settings import Settings


INSTALL_CLAUDE = "ai-code setup claude"
"""Into a folder of the person's own, once its terms are agreed to: ``npm install -g`` may write
where only root may (Debian's npm)."""
REINSTALL_CLAUDE = "npm install -g @anthropic-ai/claude-code   (or as it was installed)"
"""One that is there and does not answer: setup leaves it as it is."""
INSTALL_AIDER = "ai-code setup aider"
"""Makes it an environment of its own; one that does not start any more, it makes again."""
REINSTALL_AIDER = "uv tool install --force --compile-bytecode --python 3.12 aider-chat"
"""One that starts and will not do. Without compiled bytecode aider needs 19 s for a message
instead of 3.5 s (0.86.2)."""
_AGAIN = "the same once more"
_OTHER_MODEL = "ai-code --model NAME …   (a larger model may do it)"
_LOCAL_HINTS: Mapping[FailReason | UnavailableReason, str] = {
    FailReason.STALL: "ai-code --stall-timeout 15m …   (a large model is slow on a CPU)",
    FailReason.DEADLINE: "ai-code --timeout TIME …   (give it longer)",
    FailReason.CUT: "ai-code diff   (what it made, and what was left out); then once more",
    UnavailableReason.MISSING: INSTALL_AIDER,
    UnavailableReason.MEMORY: "ollama ps   (what is loaded), or a smaller model: --model NAME",
    UnavailableReason.NO_MODEL: "ai-code models list",
    UnavailableReason.SERVER: "ollama ps   (is the server well?), then the same once more",
}
_HINTS_BY_RULE: Mapping[str, str] = {
    "stall": _LOCAL_HINTS[FailReason.STALL],
    "deadline": _LOCAL_HINTS[FailReason.DEADLINE],
    "unfenced": "ai-code engines list   (what each can), or another one: --engine NAME",
    "empty": "ollama ps   (is the model well?), then the same once more",
    "unfit": "ai-code engines list",
    "custom.empty": "ai-code config show --origin   (custom.command)",
    "aider.unfenced": REINSTALL_AIDER,
    "aider.crash": "aider --version   (does it start?)",
}
"""A failure before anything changed says no more by its reason than that. By the whole rule, or by
what stands in it after the engine's name."""


_ELSEWHERE = "cd FOLDER && ai-code …   (a model edits only in the project it is started in)"
_NAMED = "ai-code --file NAME …   (what the model may edit)"
_NO_ROOM = re.compile(
    r"cut off at its token limit|output token maximum|prompt is too long|incomplete response"
    r"|stopped: length",
    re.IGNORECASE,
)
"""What ends where the context does, in our words or an engine's: the server is well."""
_NO_SUCH_ARGUMENT = re.compile(
    r"(?:unknown|unexpected|unrecogni[sz]ed|no such) (?:option|argument|flag)|\(engines\.args\?\)",
    re.IGNORECASE,
)
"""Ours are right for the version that was tested; a person's may not be."""
_NO_WAY_THERE = re.compile(r"(?:^|, )(?:[/~]|\.\./)|outside of the project")


def _mend_refused(names: str) -> str:
    """For what the model was not let write. Naming a file helps only where it is the project's, and
    never with git's own."""
    if _NO_WAY_THERE.search(names):
        return _ELSEWHERE
    return _AGAIN if re.search(r"(?:^|[ /])\.git(?:/|,|$)", names) else _NAMED


def _more_room(context: int, most: int) -> str:
    """``context`` in tokens was too small; the model was made for ``most`` (each 0: not known)."""
    if 0 < most <= context:
        return "ai-code --model NAME …   (one made for a longer context; or a smaller task)"
    more = min(2 * context, most or 2 * context) or "N"
    return f"ai-code --num-ctx {more} …   (or a smaller task, or a larger model: --model NAME)"


def _hint_by_rule(evidence: Evidence, engine: str, message: str) -> str:
    rule = evidence.rule
    if _NO_SUCH_ARGUMENT.search(message):
        key = "aider.args" if engine == "aider" else "engines.args"
        return f"ai-code config show --origin   ({key}: does this version take them?)"
    if rule.endswith(".refused"):
        return _mend_refused(evidence.excerpt)
    by_rule = _HINTS_BY_RULE.get(rule) or _HINTS_BY_RULE.get(rule.rpartition(".")[2])
    if by_rule:
        return by_rule
    return f"ai-code engines test {engine}" if rule.endswith(".crash") else ""


def mend_claude(settings: Settings) -> str:
    """The command for a Claude Code that is not there."""
    if settings.claude_command == ("claude",):
        return INSTALL_CLAUDE
    return "ai-code config show --origin   (claude.command)"


def mend_aider(settings: Settings) -> str:
    """The command for an aider that is not there, or does not start."""
    if settings.aider_command == ("aider",):
        return INSTALL_AIDER
    return "ai-code config show --origin   (aider.command)"


def never_ran(turn: Turn) -> bool:
    """The program is missing or does not start: it has no words of its own."""
    if turn.exit is not None:
        return turn.exit.start_error is not None
    return isinstance(turn.verdict, Unavailable)


def claude_ended(turn: Turn, reason: str, settings: Settings, mend: str = "") -> AiCodeError:
    """Claude's verdict as the end of the run. ``reason`` is the verdict in words; ``mend`` is what
    it takes before a local engine can work (empty: nothing, as far as that was looked at)."""
    verdict = turn.verdict
    if not local_names(settings, settings.engine):
        mend = no_chain().hint
    if isinstance(verdict, LimitReached):
        hint = mend or "ai-code --local …"
        # No reset brings credit.
        if verdict.kind is not LimitKind.CREDIT:
            hint = f"ai-code --wait …   (goes on at the reset)   or: {hint}"
        return TryLaterError(
            reason, why=one_line(verdict.message) if verdict.message else "", hint=hint
        )
    assert isinstance(verdict, Failed | Unavailable)
    if turn.exit and turn.exit.start_error:
        what = f"Claude Code does not start: {turn.exit.start_error}"
        return CannotStartError(what, hint=f"{settings.claude_command[0]} --version")
    if isinstance(verdict, Unavailable) and verdict.reason is UnavailableReason.MISSING:
        return _not_there(verdict)
    error = AiCodeError(f"Claude Code: {one_line(verdict.message)}", hint=_hint(verdict, mend))
    return _with_deadline(error, turn)


def local_ended(turn: Turn, after_claude: bool, claude_reason: str) -> AiCodeError:
    """The local engine's failure. After Claude's limit one that changed nothing is for later:
    Claude will be back."""
    verdict = turn.verdict
    assert isinstance(verdict, Failed | Unavailable)
    hint = verdict.hint if isinstance(verdict, Unavailable) else ""
    if turn.landed is None:
        # Else there is something of its to look at.
        if _NO_ROOM.search(verdict.message):
            hint = hint or _more_room(turn.context, turn.most_context)
        elif verdict.reason is FailReason.CUT:
            hint = _AGAIN
    error = AiCodeError(
        f"{turn.engine} could not finish: {one_line(verdict.message)}",
        why=claude_reason,
        hint=hint
        or _hint_by_rule(verdict.evidence, turn.engine, verdict.message)
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


def no_chain() -> Unavailable:
    """Of a machine on which nothing would go on at a limit."""
    from ai_code.core.plan import EMPTY_CHAIN, SET_CHAIN

    evidence = Evidence("fallback.chain", "none")
    return Unavailable(UnavailableReason.MISSING, EMPTY_CHAIN, evidence, SET_CHAIN)


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


def _hint(verdict: Failed | Unavailable, mend: str) -> str:
    if isinstance(verdict, Failed):
        message = verdict.message.lower()
        if "no conversation found" in message or "session id" in message:
            return "ai-code -c …   (the last session), or: claude --resume   (lists them)"
        if "unknown option" in message:
            return "claude --help"
        return _AGAIN if mend else "ai-code --local …   (to have the local model try)"
    if verdict.hint:
        return verdict.hint
    return _AGAIN if mend else "ai-code --local …   (or set fallback.on to include network)"
