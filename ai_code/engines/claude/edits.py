"""Which files Claude wrote: a Write or Edit counts once its result came back without error."""

from __future__ import annotations

import re

from ai_code.engines.claude.fields import Json, dict_of, dicts_of, edited_path, json_object, text_of

_PENDING_AT_MOST = 1000
_PARSED_AT_MOST = 64 * 1024
_ERROR = re.compile(rb'(?<!\\)"is_error"\s*:\s*true')


class Edits:
    """Edits that were asked for, and those that were done."""

    def __init__(self) -> None:
        self._pending: dict[str, str] = {}
        self.done: dict[str, None] = {}

    def asked(self, block: Json) -> None:
        """A ``tool_use`` block."""
        path = edited_path(str(block.get("name")), dict_of(block.get("input")))
        tool_id = text_of(block.get("id"))
        if path and tool_id and len(self._pending) < _PENDING_AT_MOST:
            self._pending[tool_id] = path

    def answered(self, line: bytes) -> list[str]:
        """The paths that a ``user`` line reports as written. A line of megabytes is searched,
        not parsed: it carries whole files, of which nothing is needed here."""
        if not self._pending:
            return []
        results = _scan(line, self._pending) if len(line) > _PARSED_AT_MOST else _parse(line)
        paths: list[str] = []
        for tool_id, failed in results:
            path = self._pending.pop(tool_id, None)
            if path is not None and not failed:
                self.done[path] = None
                paths.append(path)
        return paths


def _parse(line: bytes) -> list[tuple[str, bool]]:
    message = dict_of((json_object(line) or {}).get("message"))
    return [
        (str(block.get("tool_use_id")), block.get("is_error") is True)
        for block in dicts_of(message.get("content"))
        if block.get("type") == "tool_result"
    ]


def _scan(line: bytes, pending: dict[str, str]) -> list[tuple[str, bool]]:
    failed = _ERROR.search(line) is not None
    return [(tool_id, failed) for tool_id in pending if f'"{tool_id}"'.encode() in line]
