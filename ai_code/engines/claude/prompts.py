"""Which rows of a transcript a person typed. Seen with 1.0.128 to 2.1.329."""

from __future__ import annotations

from ai_code.core.note import without_note
from ai_code.engines.claude.command import GO_ON
from ai_code.engines.claude.fields import Json, dict_of, words_of

_CLAUDES_OWN = (
    "<command-",
    "<local-command",
    "<bash-",
    "<system-reminder>",
    "<task-notification>",
    "Caveat: ",
    "[Request interrupted",
)


def typed(row: Json) -> str:
    """The person's words in a ``user`` row, without our note; empty where it is none of theirs: a
    tool's result, a command or a note of Claude's own, a sub-agent's task, what we say to a
    session that goes on."""
    if any(row.get(flag) is True for flag in ("isMeta", "isCompactSummary", "isSidechain")):
        return ""
    text = without_note(words_of(dict_of(row.get("message")).get("content"))).strip()
    ours = text == GO_ON or bool(row.get("parent_tool_use_id"))
    return "" if ours or text.startswith(_CLAUDES_OWN) else text
