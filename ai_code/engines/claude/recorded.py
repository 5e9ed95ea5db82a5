"""Claude Code's output as it was saved in a file, made into what the judge reads."""

from __future__ import annotations

import json
from typing import Literal

from ai_code.engines.claude.fields import json_object
from ai_code.engines.claude.observed import Observed
from ai_code.engines.claude.reader import ClaudeReader
from ai_code.engines.claude.terminal import plain_text

Format = Literal["text", "json", "stream-json", "auto"]
_EVENT_TYPES = frozenset(
    {"system", "assistant", "user", "result", "rate_limit_event", "stream_event"}
)


def observe_text(text: str, format: Format = "auto", stderr: str = "") -> Observed:
    """What a saved output shows. ``auto`` takes it for events only where the first line is one
    of Claude Code's own; everything else, JSON or not, is the text of an answer."""
    text = plain_text(text)
    if format == "text" or (format == "auto" and not _is_events(text)):
        return Observed(streamed=False, plain=text, stderr_tail=plain_text(stderr))
    reader = ClaudeReader()
    reader.feed("err", stderr.encode("utf-8", "replace"))
    for line in _event_lines(text):
        reader.feed("out", line.encode("utf-8", "replace") + b"\n")
    return reader.observed


def _event_lines(text: str) -> list[str]:
    """One event a line; an indented object or a list (``json --verbose``) becomes lines."""
    lines = text.split("\n")
    if any(json_object(line) for line in lines if line.lstrip().startswith("{")):
        return lines
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return lines
    items = value if isinstance(value, list) else [value]
    return [json.dumps(item, ensure_ascii=False) for item in items]


def _is_events(text: str) -> bool:
    if not text.lstrip().startswith(("{", "[")):
        return False
    for line in _event_lines(text):
        if not line.strip():
            continue
        event = json_object(line)
        return event is not None and event["type"] in _EVENT_TYPES and "session_id" in event
    return False
