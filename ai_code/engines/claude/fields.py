"""Reads values out of Claude Code's JSON events; a field of the wrong type counts as absent."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from ai_code.core.text import in_folder, one_line
from ai_code.engines.claude.observed import Denial, ModelError, RateLimit, Result, Retry

Json = dict[str, Any]
SYNTHETIC = "<synthetic>"
_TEXT_KEPT = 8000
_DETAIL_KEYS = (
    "file_path", "notebook_path", "path", "command", "pattern", "url", "query", "description",
    "skill", "prompt",
)  # fmt: skip


def json_object(line: bytes | str) -> Json | None:
    """The object on this line that has a ``type``, or None where the line is something else."""
    text = line.decode("utf-8", "replace") if isinstance(line, bytes) else line
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) and isinstance(value.get("type"), str) else None


def text_of(value: object) -> str | None:
    """The value where it is text, else None."""
    return value if isinstance(value, str) else None


def int_of(value: object) -> int | None:
    """The value where it is a whole number, else None."""
    if isinstance(value, bool) or not isinstance(value, int | float) or abs(value) > 1e15:
        return None
    return int(value) if value == value else None  # NaN is not itself


def dict_of(value: object) -> Json:
    """The value where it is an object, else an empty one."""
    return value if isinstance(value, dict) else {}


def dicts_of(value: object) -> Iterator[Json]:
    """The objects of a list; of anything else none."""
    items = value if isinstance(value, list) else ()
    return (item for item in items if isinstance(item, dict))


def words_of(content: object) -> str:
    """The text of a message's content, which is a text or a list of blocks."""
    if isinstance(content, str):
        return content
    texts = (text_of(block.get("text")) for block in dicts_of(content))
    return "\n".join(filter(None, texts))


def epoch_of(row: Json) -> float | None:
    """When a row of a transcript was written; None where it does not tell."""
    try:
        return datetime.fromisoformat(text_of(row.get("timestamp")) or "").timestamp()
    except (ValueError, OverflowError, OSError):
        return None


def result_of(event: Json) -> Result:
    """The fields of a result event that count."""
    text = text_of(event.get("result"))
    errors = event.get("errors")
    return Result(
        subtype=text_of(event.get("subtype")) or "",
        is_error=event.get("is_error") is True,
        text=text[:_TEXT_KEPT] if text is not None else None,
        status=int_of(event.get("api_error_status")),
        api_error=text_of(event.get("api_error")),
        errors=tuple(e[:_TEXT_KEPT] for e in errors[:5] if isinstance(e, str))
        if isinstance(errors, list)
        else (),
    )


def rate_limit_of(info: Json) -> RateLimit:
    """A ``rate_limit_info`` as a value."""
    overage = info.get("overageStatus")
    utilization = info.get("utilization")
    return RateLimit(
        status=text_of(info.get("status")) or "",
        claim=text_of(info.get("rateLimitType")) or None,
        resets_at=int_of(info.get("resetsAt")) or int_of(info.get("overageResetsAt")),
        using_overage=info.get("isUsingOverage") is True
        and overage in (None, "allowed", "allowed_warning"),
        utilization=float(utilization) if isinstance(utilization, int | float) else None,
    )


def refused_limit_of(event: Json) -> RateLimit | None:
    """The limit that an error names itself (2.1.329: ``api_error_params``)."""
    info = dict_of(event.get("api_error_params")).get("rate_limit_info")
    return rate_limit_of(info) if isinstance(info, dict) else None


def retry_of(event: Json) -> Retry:
    """An ``api_retry`` event as a value."""
    return Retry(
        attempt=int_of(event.get("attempt")) or 0,
        delay_s=(int_of(event.get("retry_delay_ms")) or 0) / 1000,
        status=int_of(event.get("error_status")),
        error=text_of(event.get("error")) or "",
    )


def model_error_of(event: Json) -> ModelError:
    """The error row in the model's place, as a value."""
    blocks = dicts_of(dict_of(event.get("message")).get("content"))
    texts = [block["text"] for block in blocks if isinstance(block.get("text"), str)]
    return ModelError(
        error=text_of(event.get("error")),
        text="\n".join(texts)[:_TEXT_KEPT],
        status=int_of(event.get("api_error_status")),
        api_error=text_of(event.get("api_error")),
    )


def is_model_error(event: Json) -> bool:
    """True for a row that Claude Code wrote in the model's place."""
    return (
        dict_of(event.get("message")).get("model") == SYNTHETIC
        or isinstance(event.get("error"), str)
        or event.get("is_api_error_message") is True
    )


def denials_of(event: Json, folder: str = "") -> tuple[Denial, ...]:
    """The refused tools of a result event."""
    return tuple(
        Denial(
            text_of(row.get("tool_name")) or "?",
            tool_detail(dict_of(row.get("tool_input")), folder),
        )
        for row in dicts_of(event.get("permission_denials"))
    )


def tool_detail(tool_input: Json, folder: str = "") -> str:
    """One short line that says what a tool works on: a path, as it is called in ``folder``, or a
    command's first line."""
    for key in _DETAIL_KEYS:
        value = tool_input.get(key)
        if isinstance(value, str) and value.strip():
            return one_line(in_folder(value.strip().split("\n", 1)[0], folder), 120)
    return ""


def edited_path(tool: str, tool_input: Json) -> str | None:
    """The file that this tool writes, as Claude named it."""
    if tool not in ("Write", "Edit", "MultiEdit", "NotebookEdit"):
        return None
    return text_of(tool_input.get("file_path")) or text_of(tool_input.get("notebook_path"))
