"""What a request tells of the one that sends it: the tools it has, what they answered, and in
which folder it works. On all wires that Ollama serves."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from ai_code.drill.conversation import working_directory

_FOLDER = re.compile(
    r"(?:working[ -]directory|working in the directory|absolute path|<cwd)\s*[:>]\s*"
    r"(/[^\n<\"`]*[^\s<\"`])",
    re.IGNORECASE,
)
_WRONG = re.compile(
    r"\W*(?:<\w+>\s*)?(?:tool )?(?:error|failed|denied|rejected|cancell?ed|permission|invalid)\b"
    r"|\b(?:not allowed|permission denied|has been denied|was denied|rejected|read-only file"
    r"|no such file|not found|outside (?:of )?the|exited with code [1-9]|exit code:? [1-9])",
    re.IGNORECASE,
)
_READ_OF_A_RESULT = 400
_REMINDER = "<system-reminder>"


@dataclass(frozen=True, slots=True)
class Tool:
    """One tool on offer; ``free`` takes a text as it is, not arguments in JSON."""

    name: str
    types: Mapping[str, str] = field(default_factory=dict)
    """Its arguments and their JSON types."""
    required: tuple[str, ...] = ()
    free: bool = False


@dataclass(frozen=True, slots=True)
class Result:
    """What a tool answered."""

    text: str
    flagged: bool = False
    """The engine itself says that it is an error."""

    @property
    def is_error(self) -> bool:
        """As a model would read it: most engines tell an error in words alone."""
        return self.flagged or bool(_WRONG.search(self.text[:_READ_OF_A_RESULT]))


def tools(body: Mapping[str, Any]) -> list[Tool]:
    """The tools that a request offers."""
    rows = [row for row in body.get("tools") or [] if isinstance(row, dict)]
    return [_tool(row) for row in rows if _function(row).get("name")]


def results(body: Mapping[str, Any]) -> list[Result]:
    """What the tools answered since the person last spoke."""
    found: list[Result] = []
    for row in body.get("messages") or body.get("input") or []:
        if not isinstance(row, dict):
            continue
        told = list(_results(row))
        if not told and _is_of_a_person(row):
            found = []
        found += told
    return found


def folder(body: dict[str, Any]) -> str:
    """The folder that the engine says it works in; empty where it does not say."""
    known = working_directory(body)
    if known:
        return known
    found = (_FOLDER.search(text) for text in _texts(body))
    return next((match.group(1) for match in found if match), "")


def mentions(body: Mapping[str, Any], word: str) -> bool:
    """Whether a word stands anywhere in a request."""
    return any(word in text for text in _texts(body))


def told(body: Mapping[str, Any]) -> str:
    """All texts that a model was sent, its tools' descriptions aside."""
    names = ("system", "instructions", "prompt", "messages", "input")
    return "\n".join(text for name in names for text in _texts(body.get(name)))


def _function(row: dict[str, Any]) -> dict[str, Any]:
    inner = row.get("function")
    return inner if isinstance(inner, dict) else row


def _tool(row: dict[str, Any]) -> Tool:
    told = _function(row)
    schema = told.get("parameters") or told.get("input_schema") or {}
    types = {
        name: str(value.get("type", "")) if isinstance(value, dict) else ""
        for name, value in (schema.get("properties") or {}).items()
    }
    return Tool(
        str(told["name"]), types, tuple(schema.get("required") or ()), row.get("type") == "custom"
    )


def _results(row: dict[str, Any]) -> Iterator[Result]:
    if row.get("role") == "tool":
        yield Result(_text(row.get("content")))
    elif str(row.get("type", "")).endswith("_call_output"):
        yield Result(_text(row.get("output")))
    elif isinstance(row.get("content"), list):
        for block in row["content"]:
            if isinstance(block, dict) and block.get("type") == "tool_result":
                yield Result(_text(block.get("content")), block.get("is_error") is True)


def _is_of_a_person(row: dict[str, Any]) -> bool:
    if row.get("role") != "user":
        return False
    return any(not text.startswith(_REMINDER) for text in _texts(row.get("content")))


def _text(content: Any) -> str:
    """What a result says: a text, or blocks of which some have one."""
    if not isinstance(content, list):
        return "\n".join(_texts(content))
    blocks = (block.get("text") if isinstance(block, dict) else block for block in content)
    return "\n".join(text for text in blocks if isinstance(text, str))


def _texts(value: Any) -> Iterator[str]:
    """All texts in a value, however deep."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from _texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner)
