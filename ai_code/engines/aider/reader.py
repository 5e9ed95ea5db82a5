"""aider's output: the model's answer goes through as it comes, aider's own lines do not.

aider prints header, answer and its own messages on one stream without marks between them. The
header ends with the first line it does not know; an answer ends with ``Tokens: … received.``
or with a message of aider's. Lines that could become one of those are held until they are
whole; everything else passes at once.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Sequence

from ai_code.core.events import Edited, Event, Permanent, Retrying, Text, Tool
from ai_code.core.ports import OutputChannel

_HEADER = re.compile(
    r"Analytics have been|Detected dumb terminal|Aider v\d|Model: |Main model: |Weak model: |"
    r"Editor model: |Git repo: |Repo-map: |Added .+ to the chat|Update git (name|email) with|"
    r"Warning: |Note: |Cost estimates|Dropping |Loaded |Can't initialize prompt toolkit|"
    r"Using \S+ model|You can skip this check|Did you mean|- \w|https?://aider\.chat|"
    r"Setting|Creating empty file|Unable to (read|write|list|create)|Skipping "
)
_AFTER = re.compile(
    r"Applied edit to |https?://aider\.chat|The LLM did not conform|Unable to |Skipping edits|"
    r"Only 3 reflections|Commit [0-9a-f]{7}|Did not apply|Repo-map|Summarization|"
    r"Added .+ to the chat|Not |Add .+ to the chat|Git repo|Restored|'.+' is not in the subpath|"
    r"ai-code's fence|# The other \d+ SEARCH/REPLACE|Don't re-send them\.$|"
    r"Just reply with fixed versions of the "
)
_REPORT_ENDS = re.compile(r"The SEARCH section must exactly match an|\^{3} |'.+' is not in the sub")
"""Last lines of aider's report on edits that did not apply (0.86.2, coders/*_coder.py)."""
_WORD_ALONE = re.compile(r"\S+$")
"""aider names a file it asks about on a line of its own, and says on the next what became of
it; an edit block begins with such a line too."""
_REFUSED = re.compile(
    r"Unable to create (?P<create>.+), skipping edits\.$|"
    r"Skipping edits to (?P<ignored>.+) that matches gitignore spec\.$|"
    r"'(?P<outside>.+)' is not in the subpath of "
)
_TOKENS = re.compile(r"Tokens: [\d.,]+[kM]? sent, .*received\.")
_RETRY = re.compile(r"Retrying in (\d+(?:\.\d+)?) seconds\.\.\.$")
_LITELLM = re.compile(r"litellm\.\w*(?:Error|Exception|Timeout): .*|litellm\.Timeout: .*")
_APPLIED = re.compile(r"Applied edit to (.+)$")
_TOKEN_LIMIT = re.compile(r"Model \S+ has hit a token limit!$")
_HELD_STARTS = (
    "Tokens: ",
    "Retrying in ",
    "litellm.",
    "Model ",
    "Token counts below",
    "Applied edit to ",
    "Only 3 reflections",
    "Empty response received",
    "The LLM did not conform",
    "Your estimated chat context",
    "# Uncaught",
    "Traceback (most recent",
    "ai-code's fence",
)
_PERMANENT = re.compile(
    r"not found|requires more system memory|out.of.memory|unauthorized|forbidden|"
    r'"?\b(400|401|403|404)\b|does not support',
    re.IGNORECASE,
)
_LONGEST_WAIT_S = 8.0
"""aider's own waits double from 0.2 s; one of 8 s comes after 7.7 s of waiting. A server that
restarts is back by then, and the 60 s that would follow bring nothing."""
_MOST_ANSWER = 4 << 20


class AiderReader:
    """Reads one run. Afterwards ``answer`` is the last reply, ``error`` the last failure that
    no reply followed, ``applied`` the files aider says it edited."""

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._line = ""
        self._passed = False
        self._blanks = 0
        self._replying = False
        self._header = True
        self._reply: list[str] = []
        self._reply_size = 0
        self._first = ""
        self._report: list[str] | None = None
        self.answer = ""
        self.error = ""
        self.applied: list[str] = []
        self.refused: list[str] = []
        """Files of the model's edits that aider would not write, each once."""
        self.hit_token_limit = False
        self.gave_up_editing = False
        self.empty_reply = False
        self.context_exceeded = False
        self.crashed = False
        self.retries = 0

    def feed(self, channel: OutputChannel, data: bytes) -> Sequence[Event]:
        """Both channels are read alike: aider writes everything to stdout."""
        events: list[Event] = []
        text = self._decoder.decode(data)
        while text:
            piece, newline, text = text.partition("\n")
            self._line += piece
            if newline:
                self._end_line(events)
            elif self._replying and not self._may_be_ours():
                self._pass_on(self._line, events)
                self._line, self._passed = "", True
        return events

    def finish(self) -> Sequence[Event]:
        """What was held back when aider ended."""
        events: list[Event] = []
        if self._line:
            self._end_line(events)
        if self._first and self._header:
            self._begin_reply("", events)
        self._end_reply()
        return events

    def _may_be_ours(self) -> bool:
        return not self._passed and any(
            start.startswith(self._line) or self._line.startswith(start) for start in _HELD_STARTS
        )

    def _end_line(self, events: list[Event]) -> None:
        line, passed = self._line, self._passed
        self._line, self._passed = "", False
        if self._report is None or not self._reported(line, events):
            self._whole_line(line, passed, events)

    def _whole_line(self, line: str, passed: bool, events: list[Event]) -> None:
        if self._first and _TOKENS.match(line):
            # One line was the whole reply.
            self._begin_reply("", events)
        if self._notice(line.rstrip("\r"), events):
            self._drop_first()
        elif passed or self._replying:
            self._continue_reply(line, passed, events)
        elif not line.strip():
            self._blanks += bool(self._first)
        elif self._is_noise(line):
            self._drop_first()
        else:
            self._begin_reply(line, events)

    def _reported(self, line: str, events: list[Event]) -> bool:
        """Whether the line belongs to the report that aider writes, and sends the model, when
        edits do not apply. A report whose end is not known may have the next reply in it."""
        assert self._report is not None
        lines = self._report
        if _TOKENS.match(line):
            self._report = None
            for each in lines:
                self._whole_line(each, False, events)
            return False
        if _REPORT_ENDS.match(line) or _LITELLM.match(line) or line.startswith("Only 3 refl"):
            self._report = None
            return self._is_noise(line) or bool(_REPORT_ENDS.match(line))
        lines.append(line)
        return True

    def _drop_first(self) -> None:
        self._first, self._blanks = "", 0

    def _begin_reply(self, line: str, events: list[Event]) -> None:
        """The first line waits for the second where it may be a file's name that aider says."""
        if not self._first and (not self._header or _WORD_ALONE.match(line)):
            self._first = line
            return
        if self._first:
            line = "\n".join((self._first, *("",) * self._blanks, line)) if line else self._first
        self._drop_first()
        self._replying, self._header = True, False
        self.empty_reply = False
        self._pass_on(line, events)
        self._pass_on("\n", events)

    def _continue_reply(self, line: str, passed: bool, events: list[Event]) -> None:
        if not line and not passed:
            # Blank lines wait: the last ones belong to aider, not to the answer.
            self._blanks += 1
            return
        if line:
            self._pass_on(line, events)
        self._pass_on("\n", events)

    def _is_noise(self, line: str) -> bool:
        if match := _REFUSED.match(line):
            name = next(filter(None, match.groups()))
            self.refused += [name] if name not in self.refused else []
        return bool(_AFTER.match(line) or (self._header and _HEADER.match(line)))

    def _notice(self, line: str, events: list[Event]) -> bool:
        """Whether the line is a message of aider's; then it is taken note of."""
        if _TOKENS.match(line):
            self._end_reply()
            self.error = ""
        elif match := _APPLIED.match(line):
            self.applied.append(match.group(1))
            events += [Tool("edit", match.group(1)), Edited(match.group(1))]
        elif match := _LITELLM.search(line):
            # A cut answer ends in mid-line, with the error behind it.
            if before := line[: match.start()]:
                self._pass_on(before, events)
            self.error = match.group()[:500]
        elif match := _RETRY.match(line):
            self._retry(float(match.group(1)), events)
        elif not self._state(line):
            return False
        return True

    def _state(self, line: str) -> bool:
        if _TOKEN_LIMIT.match(line):
            self.hit_token_limit = True
        elif line.startswith("Only 3 reflections allowed"):
            self.gave_up_editing = True
        elif line.startswith("Empty response received from LLM"):
            self.empty_reply = True
        elif line.startswith("Your estimated chat context of"):
            self.context_exceeded = True
        elif line.startswith(("# Uncaught", "Traceback (most recent call last)")):
            self.crashed = True
        else:
            if self._replying or not line.startswith("The LLM did not conform to the edit"):
                return False
            self._report = []
            return True
        self._end_reply()
        return True

    def _retry(self, delay_s: float, events: list[Event]) -> None:
        if not self.error:
            # Nobody failed before it: then it is the model's own text.
            self._pass_on(f"Retrying in {delay_s} seconds...\n", events)
            return
        self.retries += 1
        self._replying = False
        self._reply.clear()
        if delay_s >= _LONGEST_WAIT_S or _PERMANENT.search(self.error):
            events.append(Permanent(self.error))
        else:
            events.append(Retrying(None, self.retries, delay_s, self.error))

    def _pass_on(self, text: str, events: list[Event]) -> None:
        if self._blanks and text != "\n":
            text = "\n" * self._blanks + text
            self._blanks = 0
        if self._reply_size < _MOST_ANSWER:
            self._reply.append(text)
            self._reply_size += len(text)
        events.append(Text(text))

    def _end_reply(self) -> None:
        reply = "".join(self._reply).strip("\n")
        if reply:
            self.answer = reply
        self._reply.clear()
        self._reply_size = self._blanks = 0
        self._replying = False
