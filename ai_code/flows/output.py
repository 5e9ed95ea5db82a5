"""Where an engine's events go: the terminal as they come, or a pipe once, at the end."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from ai_code.core.text import SafeText, one_line

if TYPE_CHECKING:
    from ai_code.core.command import OutputFormat
    from ai_code.core.events import Event
    from ai_code.core.ports import Console


class Output:
    """The streams of one run.

    On a terminal text passes as it comes and each tool is one dim line. Elsewhere stdout gets
    the answer of the engine that finished, once, in the asked format; with ``stream-json``
    the events as they come, the result event last and only of the engine that finished.
    """

    def __init__(self, console: Console, format_: OutputFormat, folder: str = "") -> None:
        """Paths of tools in ``folder`` are shown relative to it."""
        self._console = console
        self._folder = folder.rstrip("/") + "/" if folder else ""
        self._format = format_
        self.streams = format_ == "text" and console.stdout_is_tty
        self._shows_tools = console.stderr_is_tty
        self.engine = ""
        self._answer = ""
        self._result: bytes | None = None
        self._said = False

    def begin(self, engine: str) -> None:
        """Another engine's turn: what the one before held back is dropped."""
        self.end_text()
        self.engine = engine
        self._answer = ""
        self._result = None

    def take(self, event: Event) -> None:
        # Not at the top: by the first event the engine is at work, and nobody waits for it.
        from ai_code.core import events

        match event:
            case events.RawEvent(line=line, final=final):
                self._raw(line, final)
            case events.Text(text=text):
                self._text(text)
            case events.Tool(name=name, detail=detail):
                # A path alone; in a command each word stays what it is.
                shown = one_line(detail.removeprefix(self._folder), 100)
                self._tool(f"· {name} {shown}".rstrip())
            case events.Answer(text=text):
                self._answer = text
            case events.PaidUsage(message=message):
                self._console.important(f"Claude: {one_line(message)} (this costs extra)")
            case events.Refused(tool=tool, command=command):
                what = f"command {one_line(command)}" if command else f"use of {one_line(tool)}"
                self._console.important(f"refused: the model's {what}")
            case events.Warned(message=message):
                self._console.note(f"Claude: {one_line(message)}")
            case _:
                pass

    def end_text(self) -> None:
        if self._said:
            self._console.answer_end()
            self._said = False

    def finish_claude(self, error: str | None = None, facts: dict[str, Any] | None = None) -> None:
        """Claude finished: stdout gets what ``claude -p`` would have printed, an answer (an
        empty one is a line too) or its words about an error; made of ``facts`` where a reader
        of JSON waits for a result that Claude never gave."""
        self.end_text()
        if self._format == "envelope":
            return
        if self._format != "text":
            if self._result is None and facts is not None:
                self.finish_refused(error or "Claude Code ended without a result", facts)
            elif self._result is not None:
                self._console.raw(self._named(self._result) + b"\n")
        elif not self.streams and (error is None or self._answer or error):
            data = (self._answer or error or "").encode("utf-8", "replace")
            self._console.raw(data if data.endswith(b"\n") else data + b"\n")

    def finish_local(self, answer: str, facts: dict[str, Any]) -> None:
        """A local engine finished: the same shapes, made of its answer. Its text is made safe:
        nobody but a weak model vouches for what is in it."""
        self.end_text()
        if self._format == "envelope":
            return
        answer = _safe(answer)
        if self._format == "text":
            if not self.streams and answer:
                self._console.raw(answer.encode("utf-8", "replace") + b"\n")
            return
        session = facts.get("session_id", "")
        if self._format == "stream-json":
            message = {"role": "assistant", "content": [{"type": "text", "text": answer}]}
            self._json({"type": "assistant", "message": message, "session_id": session})
        self._json({"type": "result", "subtype": "success", **facts, "result": answer})

    def finish_refused(self, message: str, facts: dict[str, Any]) -> None:
        """No engine finished. A reader of JSON gets one result object all the same: the
        engine's own where it gave one, else one made of ``message``."""
        self.end_text()
        if self._format in ("text", "envelope"):
            return
        if self._result is not None:
            self._console.raw(self._named(self._result) + b"\n")
            return
        row = {"type": "result", "subtype": "error_during_execution", **facts}
        self._json({**row, "is_error": True, "result": message})

    def _text(self, text: str) -> None:
        if self.streams:
            self._said = True
            self._console.answer(text)

    def _tool(self, line: str) -> None:
        if self._shows_tools:
            self._console.tool(line)
        else:
            self._console.detail(line)

    def _raw(self, line: bytes, final: bool) -> None:
        if final:
            self._result = line
        elif self._format == "stream-json":
            self._console.raw(self._named(line) + b"\n")

    def _named(self, line: bytes) -> bytes:
        """The same object with one field more, without parsing megabytes again."""
        body = line.rstrip()
        if self._format == "json":
            body = _without(_ONLY_STREAMED, body)
        comma = b"" if body[:-1].rstrip().endswith(b"{") else b","
        return body[:-1] + comma + b'"engine":' + json.dumps(self.engine).encode() + b"}"

    def _json(self, value: dict[str, Any]) -> None:
        value["engine"] = self.engine
        self._console.raw(json.dumps(value, ensure_ascii=False).encode("utf-8", "replace") + b"\n")


_ONLY_STREAMED = b'"model_usage_since_last_result":'
"""A key of the last row of a stream, which ``--output-format json`` does not have (2.1.329)."""


def _without(key: bytes, body: bytes) -> bytes:
    """A JSON object without one of its keys, all else byte for byte as it was."""
    start = body.find(b"," + key)
    if start < 0:
        return body
    text = body[start + 1 + len(key) :].decode("utf-8", "replace")
    try:
        _, length = json.JSONDecoder().raw_decode(text)
    except ValueError:
        return body
    return body[:start] + text[length:].encode()


def _safe(text: str) -> str:
    safe = SafeText(colour=False)
    return safe.feed(text) + safe.end()
