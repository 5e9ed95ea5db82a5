"""Hints after ``ask`` and ``plan``: the same command again. Who only asked must not be led into a
run that edits. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import re

    from ai_code.core.about import Mode
    from ai_code.core.errors import AiCodeError

EXAMPLES: dict[Mode, str] = {
    "edit": 'ai-code "add a docstring to hello()"',
    "ask": 'ai-code ask "what does hello() do?"',
    "plan": 'ai-code plan "split parser.py into two modules"',
}
"""What somebody who typed no prompt may type."""
_RUN = "ai-code(?= +[-\"'…])(?: (?P<option>--file|--resume|--stall-timeout) (?P<of>\\S+))?"
"""A plain run; its option, where an answer has no such one."""


def same_command(text: str, mode: Mode) -> str:
    """A text of ours in which the plain runs are the command ``mode`` with the same options."""
    if mode == "edit" or "ai-code" not in text:
        return text
    # An ordinary run imports neither.
    import re

    from ai_code.core.pasting import BEFORE_OURS

    def again(found: re.Match[str]) -> str:
        return found["before"] + _with_mode(found, mode)

    return re.sub(BEFORE_OURS + _RUN, again, text, flags=re.MULTILINE)


def hints_for(mode: Mode, error: AiCodeError) -> None:
    """The same for an error's reason and hint."""
    error.why, error.hint = same_command(error.why, mode), same_command(error.hint, mode)


def _with_mode(found: re.Match[str], mode: Mode) -> str:
    match found["option"]:
        case "--file":
            return f"ai-code {mode} --read {found['of']}"
        case "--resume":
            # The run that has just ended was the last session.
            return f"ai-code {mode} -c"
        case "--stall-timeout":
            return f"AI_CODE_STALL_TIMEOUT={found['of']} ai-code {mode}"
        case _:
            return f"ai-code {mode}"
