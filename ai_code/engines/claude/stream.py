"""The meaning of each event of the stream, one method per type."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ai_code.core.events import (
    Answer,
    Edited,
    Event,
    PaidUsage,
    Permanent,
    Recovered,
    Retrying,
    Text,
    Tool,
    Warned,
)
from ai_code.core.limits import Notice, match_event, match_text
from ai_code.core.text import one_line
from ai_code.core.verdict import PASSING_KINDS, FailReason, LimitKind, UnavailableReason
from ai_code.engines.claude import fields
from ai_code.engines.claude.edits import Edits
from ai_code.engines.claude.fields import Json, dict_of, dicts_of, text_of
from ai_code.engines.claude.observed import Denial, ModelError, Observed, RateLimit, Result, Retry

_PAID = "the plan's limit is used up: from here on this run uses paid extra usage"


class Stream:
    """The state of one run. Each method takes one event and returns what to show."""

    def __init__(self, describe_reset: Callable[[int], str] | None, folder: str = "") -> None:
        self._describe_reset = describe_reset
        self._folder = folder
        self._edits = Edits()
        self._facts: dict[str, str] = {}
        self._result: Result | None = None
        self._rejected: RateLimit | None = None
        self._error: ModelError | None = None
        self._retry: Retry | None = None
        self._retries = 0
        self._denials: tuple[Denial, ...] = ()
        self._tool_uses = 0
        self._answered = False
        self._paid = False
        self._paid_next = False
        self._warned: set[str] = set()
        self._streamed_id: str | None = None
        self._streaming_id: str | None = None
        self._last_text = ""

    def observed(self, **plain: Any) -> Observed:
        """A snapshot; ``plain`` are the fields that are not of the stream."""
        return Observed(
            result=self._result,
            rejected=self._rejected,
            error=self._error,
            last_retry=self._retry,
            retries=self._retries,
            paid=self._paid,
            denials=self._denials,
            session_id=self._facts.get("session_id"),
            version=self._facts.get("claude_code_version"),
            model=self._facts.get("model"),
            api_key_source=self._facts.get("apiKeySource"),
            edited=tuple(self._edits.done),
            tool_uses=self._tool_uses,
            answered=self._answered,
            **plain,
        )

    def event(self, event: Json, line: bytes) -> list[Event]:
        """What one event of any type shows; a type that is not known shows nothing."""
        if session_id := text_of(event.get("session_id")):
            self._facts["session_id"] = session_id
        match event["type"]:
            case "assistant":
                return self._assistant(event)
            case "stream_event":
                return self._partial(event)
            case "user":
                return self.user_line(line)
            case "system":
                return self._system(event)
            case "rate_limit_event":
                return self._rate_limit(dict_of(event.get("rate_limit_info")))
            case "result":
                return self._end(event)
        return []

    def user_line(self, line: bytes) -> list[Event]:
        """Tool results. The line may be megabytes and is not parsed unless it must be."""
        return [*self._goes_on(), *(Edited(path) for path in self._edits.answered(line))]

    def _assistant(self, event: Json) -> list[Event]:
        if fields.is_model_error(event):
            if event.get("parent_tool_use_id") is None:
                self._error = fields.model_error_of(event)
                self._rejected = fields.refused_limit_of(event) or self._rejected
            self._paid_next = False
            return []
        events = self._recovered()
        self._answered = True
        message = dict_of(event.get("message"))
        shown = self._streamed_id is not None and self._streamed_id == message.get("id")
        for block in dicts_of(message.get("content")):
            if block.get("type") == "tool_use":
                events += self._tool(block)
            elif block.get("type") == "text" and not shown and _of_main(event):
                events += self._block_begins() + self._text(block.get("text"))
        return events

    def _partial(self, event: Json) -> list[Event]:
        partial = dict_of(event.get("event"))
        kind = partial.get("type")
        if kind == "message_start" and _of_main(event):
            self._streaming_id = text_of(dict_of(partial.get("message")).get("id"))
        if kind not in ("content_block_start", "content_block_delta"):
            return []
        events = self._recovered()
        if not _of_main(event):
            return events
        if dict_of(partial.get("content_block")).get("type") == "text":
            events += self._block_begins()
        delta = dict_of(partial.get("delta"))
        if delta.get("type") == "text_delta":
            self._streamed_id = self._streaming_id
            events += self._text(delta.get("text"))
        return events

    def _system(self, event: Json) -> list[Event]:
        match event.get("subtype"):
            case "init":
                names = ("claude_code_version", "model", "apiKeySource")
                self._facts |= {n: v for n in names if (v := text_of(event.get(n)))}
            case "api_retry":
                return self._retrying(fields.retry_of(event))
            case "model_fallback" if message := text_of(event.get("content")):
                return [Warned(one_line(message))]
            case _:
                return self._notice(text_of(event.get("content")))
        return []

    def _retrying(self, retry: Retry) -> list[Event]:
        self._retry, self._retries = retry, self._retries + 1
        meaning = meaning_of_retry(retry)
        kind = meaning if meaning in PASSING_KINDS and isinstance(meaning, LimitKind) else None
        words = f"{retry.status or ''} {retry.error}".strip()
        network = without_answer(retry)
        events: list[Event] = [Retrying(kind, retry.attempt, retry.delay_s, words, network)]
        if reason := self._no_use(retry):
            events.append(Permanent(reason))
        return events

    def _no_use(self, retry: Retry) -> str:
        """Why no retry will mend it, or nothing. A first 401 may be a login being refreshed."""
        rejected = self._rejected
        if rejected and rejected.names_window and retry.status == 429:
            return "" if rejected.using_overage else f"the {rejected.claim} limit is reached"
        meaning = meaning_of_retry(retry)
        if meaning is UnavailableReason.AUTH and retry.attempt >= 2:
            return f"authentication failed ({retry.status or retry.error})"
        if meaning in (FailReason.BAD_REQUEST, LimitKind.CREDIT):
            return f"the request was refused ({retry.status or retry.error})"
        return ""

    def _rate_limit(self, info: Json) -> list[Event]:
        limit = fields.rate_limit_of(info)
        self._rejected = limit if limit.status == "rejected" else None
        self._paid_next = limit.using_overage and not self._paid
        if match_event(f"rate-limit {limit.status}") is None or (limit.claim or "") in self._warned:
            return []
        self._warned.add(limit.claim or "")
        return [Warned(self._warning(limit), limit_near=True)]

    def _end(self, event: Json) -> list[Event]:
        self._result = result = fields.result_of(event)
        self._denials = fields.denials_of(event, self._folder)
        self._rejected = fields.refused_limit_of(event) or self._rejected
        if result.is_error or result.subtype != "success":
            return []
        return [*self._recovered(), Answer(text_of(event.get("result")) or "")]

    def _recovered(self) -> list[Event]:
        """The model speaks: what was refused before is over."""
        events = self._goes_on()
        if self._retry is not None:
            events.append(Recovered())
        self._retry = self._error = self._rejected = None
        return events

    def _goes_on(self) -> list[Event]:
        if not self._paid_next:
            return []
        self._paid, self._paid_next = True, False
        return [PaidUsage(_PAID)]

    def _notice(self, text: str | None) -> list[Event]:
        """A line of Claude's own, told by name: the transition to paid usage, a warning."""
        found = match_text(text, failed=False) if text else None
        if found is None or text is None:
            return []
        if found.rule.kind is Notice.PAID and not self._paid:
            self._paid = True
            return [PaidUsage(one_line(text))]
        near = found.rule.kind is Notice.WARNING
        return [Warned(one_line(text), limit_near=True)] if near else []

    def _tool(self, block: Json) -> list[Event]:
        self._tool_uses += 1
        self._edits.asked(block)
        detail = fields.tool_detail(dict_of(block.get("input")), self._folder)
        return [Tool(str(block.get("name")), detail)]

    def _block_begins(self) -> list[Event]:
        """A new block of text begins on a line of its own."""
        return [] if self._last_text in ("", "\n") else self._text("\n")

    def _text(self, text: object) -> list[Event]:
        if not isinstance(text, str) or not text:
            return []
        self._last_text = text[-1]
        return [Text(text)]

    def _warning(self, limit: RateLimit) -> str:
        claim = match_event(f"claim {limit.claim}")
        name = str(claim.rule.kind) if claim else "usage"
        share = ""
        if limit.utilization is not None:
            percent = limit.utilization * (100 if limit.utilization <= 1.5 else 1)
            share = f"{percent:.0f} % of "
        words = f"{share}the {name} limit is used" if share else f"the {name} limit is near"
        if self._describe_reset and limit.resets_at:
            words += f", resets {self._describe_reset(limit.resets_at)}"
        return words


def meaning_of_retry(retry: Retry) -> object:
    """What the table says of a retry: by HTTP status first, else by the error's name."""
    found = match_event(f"status {retry.status}") or match_event(f"error {retry.error}")
    return found.rule.kind if found else None


def without_answer(retry: Retry) -> bool:
    """Whether Claude had no answer at all. 2.1.329 calls a connection that is refused or drops
    "unknown", without a status."""
    return retry.status is None and retry.error in ("", "unknown")


def _of_main(event: Json) -> bool:
    """False for what a sub-agent says: its words are no part of the answer."""
    return event.get("parent_tool_use_id") is None
