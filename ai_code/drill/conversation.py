"""Reading what Claude Code asks: is this the person's conversation, and in which folder?

Measured with 2.0.77 and 2.1.329.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

_CWD = re.compile(r"^[ \t-]*(?:Primary w|W)orking directory: (.+?)[ \t]*$", re.MULTILINE)
_REMINDER = "<system-reminder>"
"""How a block begins that Claude adds to the person's words (the content of a CLAUDE.md …)."""


def is_main(body: dict[str, Any]) -> bool:
    """True for the conversation with the person's prompt.

    Not main: the quota probe of 2.0.77 (one token at most), its agents that are sent the word
    "Warmup" (beside reminders), and the small model without tools (titles, names of commands).
    """
    if body.get("max_tokens") == 1:
        return False
    tools = {tool.get("name") for tool in body.get("tools") or [] if isinstance(tool, dict)}
    if not tools and "haiku" in str(body.get("model", "")):
        return False
    texts = [
        text for role, text in _texts(body) if role == "user" and not text.startswith(_REMINDER)
    ]
    # A person may write that word as well: the main conversation has the tool that makes agents.
    return texts != ["Warmup"] or not tools or "Task" in tools


def working_directory(body: dict[str, Any]) -> str | None:
    """The folder that Claude says it works in, or None.

    2.0.77 says ``Working directory: /x`` in the system prompt; 2.1.329 says
    `` - Primary working directory: /x`` in a message of the role "system". What the person wrote
    is not read. The last one counts: a resumed conversation can have moved.
    """
    found: str | None = None
    for role, text in _texts(body):
        if role == "system" or text.startswith(_REMINDER):
            for match in _CWD.finditer(text):
                found = match.group(1)
    return found


def fill_cwd(value: Any, cwd: str) -> Any:
    """``value`` with ``{cwd}`` replaced in all its texts, however deep."""
    if isinstance(value, str):
        return value.replace("{cwd}", cwd)
    if isinstance(value, list):
        return [fill_cwd(item, cwd) for item in value]
    if isinstance(value, dict):
        return {key: fill_cwd(item, cwd) for key, item in value.items()}
    return value


def _texts(body: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """(role, text) of all text in a request, the system prompt first."""
    yield from (("system", text) for text in _blocks(body.get("system")))
    for message in body.get("messages") or []:
        if isinstance(message, dict):
            role = str(message.get("role", ""))
            yield from ((role, text) for text in _blocks(message.get("content")))


def _blocks(content: Any) -> Iterator[str]:
    if isinstance(content, str):
        yield content
    elif isinstance(content, list):
        for block in content:
            if isinstance(block, dict) and isinstance(block.get("text"), str):
                yield block["text"]
