"""A session of Claude's made ready for another folder: its rows, with the paths of the person's
tree replaced by the worktree's. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path

from ai_code.core.brief import estimate_tokens
from ai_code.engines.claude.fields import json_object

_NAME_ENDS = r"(?![\w-]|\.\w|\\u)"
"""After a folder's name: ``/home/u/app`` is not the beginning of ``/home/u/app-old``."""


def moved(rows: Sequence[bytes], roots: Sequence[Path], to: Path) -> str:
    """The rows as text. The model names files by the paths that it has read, and it must not
    find the person's tree by them."""
    text = "\n".join(_uncounted(row) for row in rows) + "\n"
    for root in sorted({str(each) for each in roots}, key=len, reverse=True):
        # As JSON writes it: a path may hold quotes and letters that are escaped.
        for ascii_only in (False, True):
            old = json.dumps(root, ensure_ascii=ascii_only)[1:-1]
            new = json.dumps(str(to), ensure_ascii=ascii_only)[1:-1]
            text = re.sub(re.escape(old) + _NAME_ENDS, new.replace("\\", r"\\"), text)
    return text


def _uncounted(line: bytes) -> str:
    """A row without what the first server had counted: its instructions and tools are in that,
    and Claude Code would take it for the session's size here, and sum the session up at once."""
    row = json_object(line) if b'"usage"' in line else None
    message = row.get("message") if row else None
    if row is None or not isinstance(message, dict) or not isinstance(message.get("usage"), dict):
        return line.decode("utf-8", "replace")
    message["usage"] = {"input_tokens": 0, "output_tokens": 0}
    return json.dumps(row, ensure_ascii=False, separators=(",", ":"))


def history_tokens(rows: Sequence[bytes]) -> int:
    """About how many tokens the model is sent of them: what was said, and what tools gave."""
    total = 0
    for line in rows:
        row = json_object(line)
        message = row.get("message") if row else None
        if isinstance(message, dict):
            total += estimate_tokens(json.dumps(message.get("content"), ensure_ascii=False))
    return total
