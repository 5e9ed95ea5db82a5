"""Claude Code's output as it was saved in a file, made into what the judge reads."""

from __future__ import annotations

import json
import re
from typing import Literal

from ai_code.engines.claude.fields import json_object
from ai_code.engines.claude.observed import Observed
from ai_code.engines.claude.reader import ClaudeReader
from ai_code.engines.claude.terminal import plain_text

Format = Literal["text", "json", "stream-json", "auto"]
_EVENT_TYPES = frozenset(
    {"system", "assistant", "user", "result", "rate_limit_event", "stream_event"}
)


_NO_SPACE = re.compile(r"\S")
_MOST_NOISE = 3
"""Lines of a shell or of Node before the first event."""


def observe_text(text: str, format: Format = "auto", stderr: str = "") -> Observed:
    """What a saved output shows. ``auto`` takes it for events only where the first line is one
    of Claude Code's own, or where a whole stream follows a few other lines; everything else,
    JSON or not, is the text of an answer."""
    text = plain_text(text)
    if format == "text" or (format == "auto" and not _is_events(text)):
        return Observed(streamed=False, plain=text, stderr_tail=plain_text(stderr))
    reader = ClaudeReader()
    reader.feed("err", stderr.encode("utf-8", "replace"))
    for line in _event_lines(text):
        reader.feed("out", line.encode("utf-8", "replace") + b"\n")
    return reader.observed


def _event_lines(text: str) -> list[str]:
    """One event a line; a list (``json --verbose``) and indented objects become lines."""
    text = text.lstrip()
    lines = text.split("\n")
    if not text.startswith(("{", "[")) or json_object(lines[0]):
        return lines
    return _documents(text) or lines


def _documents(text: str) -> list[str]:
    """JSON values one after another, however they are indented; what is cut off at the end
    stays as it is. Empty where the values are no events."""
    decoder, found, at = json.JSONDecoder(), [], 0
    while (start := _NO_SPACE.search(text, at)) is not None:
        at = start.start()
        try:
            value, at = decoder.raw_decode(text, at)
        except (ValueError, RecursionError):
            break
        found += value if isinstance(value, list) else [value]
    rest = text[at:].strip()
    documents = [json.dumps(value, ensure_ascii=False) for value in found]
    if not any(json_object(document) for document in documents):
        return []
    half = rest.startswith("{")  # an indented object that was cut off: one line, as the others
    return [*documents, *([rest.replace("\n", " ")] if half else rest.split("\n"))]


def _is_events(text: str) -> bool:
    if "{" not in text:
        return False
    lines = [line for line in _event_lines(text) if line.strip()]
    noise = 0
    while noise < len(lines) and noise <= _MOST_NOISE and json_object(lines[noise]) is None:
        noise += 1
    event = json_object(lines[noise]) if noise < len(lines) else None
    if event is None or event["type"] not in _EVENT_TYPES or "session_id" not in event:
        return False
    return not noise or (event["type"] == "system" and _all_events(lines[noise:]))


def _all_events(lines: list[str]) -> bool:
    """Whether nothing but events follows, the last of them perhaps cut off: an answer that
    shows a few events has words or a fence after them."""
    whole = lines if json_object(lines[-1]) else lines[:-1]
    return lines[-1].startswith("{") and all(json_object(line) for line in whole)
