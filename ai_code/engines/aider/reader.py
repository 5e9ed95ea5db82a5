"""aider's output: the model's answer goes through as it comes, aider's own lines do not.

aider prints its start, the answer and its own messages on one stream without marks between
them. The start ends with the first blank line after ``Aider v…``; a reply ends with
``Tokens: … received.``, a token limit, or an error and ``Retrying in …``. What stands between
replies is aider's. Within a reply only what could become such an end is held until the line is
whole; everything else passes at once. How the bytes are cut into pieces changes nothing.
"""

from __future__ import annotations

import codecs
from collections.abc import Callable, Sequence

from ai_code.core.events import Edited, Event, Permanent, Retrying, Text, Tool
from ai_code.core.ports import OutputChannel
from ai_code.engines.aider import lines

_LONGEST_WAIT_S = 8.0
"""aider's own waits double from 0.2 s; one of 8 s comes after 7.7 s of waiting. A server that
restarts is back by then, and the 60 s that would follow bring nothing."""
_MOST_ANSWER = 4 << 20
_LONGEST_ERROR = 200
"""Lines of an error before its ``Retrying in``: a proxy's whole HTML page, say."""

_Part = Callable[[str, list[Event]], None]


class AiderReader:
    """Reads one run. Afterwards ``answer`` is the last reply, ``error`` the last failure that
    no reply followed, ``applied`` the files aider says it edited, ``refused`` those it would
    not write, ``longest_prompt`` what aider estimates of it, in tokens. ``begun`` says that
    aider's name was seen. Tokens are those of whole replies."""

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._line = ""
        self._shown = 0
        self._part: _Part = self._starting
        self.begun = False
        self._blanks = 0
        self._mid_line = False
        self._first = ""
        self._first_blanks = 0
        self._held: list[str] = []
        self._failed_between = False
        self._reply: list[str] = []
        self._reply_size = 0
        self._replies = 0
        self.answer = ""
        self.error = ""
        self.applied: list[str] = []
        self.refused: list[str] = []
        self.hit_token_limit = False
        self.gave_up_editing = False
        self.empty_reply = False
        self.context_exceeded = False
        self.crashed = False
        self.retries = 0
        self.longest_prompt = 0
        self.tokens_sent = self.tokens_received = 0

    def feed(self, channel: OutputChannel, data: bytes) -> Sequence[Event]:
        """aider writes everything to stdout; stderr has libraries' warnings and progress bars."""
        events: list[Event] = []
        if channel == "err":
            return events
        text = self._decoder.decode(data)
        while text:
            piece, newline, text = text.partition("\n")
            self._line += piece
            if newline:
                line, self._line = self._line.removesuffix("\r"), ""
                self._part(line, events)
                self._shown = 0
            else:
                self._early(events)
        return events

    def finish(self) -> Sequence[Event]:
        """What was held back when aider ended."""
        events: list[Event] = []
        self._line += self._decoder.decode(b"", final=True)
        if self._line:
            line, self._line = self._line.removesuffix("\r"), ""
            self._part(line, events)
        if self._part == self._failing:
            # No reply followed: it was an error, and aider gave up on it.
            self._fail()
        elif self._first and not self._replies and self._part == self._between:
            self._begin(self._take_first(), events)
        self._end_reply()
        return events

    # The parts of aider's output ------------------------------------------------------------

    def _starting(self, line: str, _events: list[Event]) -> None:
        """Until the first blank line after aider's name and version."""
        self._note_crash(line)
        if lines.START.match(line):
            self.begun = True
        elif self.begun and not line:
            self._part = self._between

    def _between(self, line: str, events: list[Event]) -> None:
        """Before a reply and after it."""
        if self._aiders(line, events):
            self._first, self._first_blanks = "", 0
        elif not line.strip():
            self._first_blanks += bool(self._first)
        elif not self._first and lines.one_word(line):
            # A file's name that aider says, or a reply that begins with one word.
            self._first = line
        else:
            first = self._take_first()
            if first and (line == first.rstrip("\n") or self._asked_about(first, line)):
                first = ""
                if lines.one_word(line):
                    self._first = line
                    return
            self._begin(first + line, events)

    def _replying(self, line: str, events: list[Event]) -> None:
        if not self._shown and lines.TOKENS.match(line):
            self._done(line)
        elif not self._shown and lines.TOKEN_LIMIT.match(line):
            self._limit()
        elif match := lines.LITELLM.search(line, self._shown):
            self._say(line[self._shown : match.start()], events)
            self._held, self._failed_between = [match.group()], False
            self._part = self._failing
        else:
            self._say(line[self._shown :], events)
            self._end_line(events)

    def _failing(self, line: str, events: list[Event]) -> None:
        """After what looks like an error of litellm's: ``Retrying in`` proves that it is one,
        the end of the reply that it was the model's own text."""
        if match := lines.RETRY.match(line):
            self._fail()
            self._retry(float(match.group(1)), events)
        elif lines.TOKENS.match(line) or len(self._held) >= _LONGEST_ERROR:
            held, self._held = self._held, []
            self._part = self._replying
            if self._failed_between:
                self._begin("", events)
            for each in (*held, line):
                self._model_says(each, events)
        else:
            self._held.append(line)

    def _reporting(self, line: str, events: list[Event]) -> None:
        """aider's report on edits that did not apply, which it also sends the model. Where its
        end is not known, the next reply may be in it."""
        if lines.TOKENS.match(line):
            held, self._held = self._held, []
            self._part = self._between
            for each in (*held, line):
                self._part(each, events)
        elif lines.REPORT_ENDS.match(line):
            self._note_refused(line)
            self._part = self._between
        elif lines.GAVE_UP.match(line) or lines.LITELLM.match(line):
            self._part = self._between
            self._between(line, events)
        else:
            self._held.append(line)

    def _skipping(self, line: str, _events: list[Event]) -> None:
        """The one line that follows ``Exception while updating files:``."""
        if line.strip():
            self._part = self._between

    def _advising(self, line: str, _events: list[Event]) -> None:
        """What aider advises when the context is too long."""
        if line.startswith(lines.CONTEXT_ENDS):
            self._part = self._between

    def _ending(self, line: str, events: list[Event]) -> None:
        """After a token limit or a crash nothing of the model's comes any more."""
        self._note_crash(line)

    # Lines of aider's own -------------------------------------------------------------------

    def _aiders(self, line: str, events: list[Event]) -> bool:
        """Whether a line between replies is aider's; then it is taken note of."""
        if lines.TOKENS.match(line):
            if self._first:
                # One word was the whole reply.
                self._begin(self._take_first(), events)
            self._done(line)
        elif self._replies and (match := lines.APPLIED.match(line)):
            self.applied.append(match.group(1))
            events += [Tool("edit", match.group(1)), Edited(match.group(1))]
        elif match := lines.LITELLM.match(line):
            self._held, self._failed_between = [match.group()], True
            self._part = self._failing
        elif lines.TOKEN_LIMIT.match(line):
            self._limit()
        elif line.startswith(lines.MALFORMED):
            self._held = []
            self._part = self._reporting
        elif line.startswith(lines.EXCEPTION):
            self._part = self._skipping
        elif line.startswith(lines.CONTEXT):
            self.context_exceeded = True
            self._part = self._advising
        elif line.startswith(lines.EMPTY):
            self.empty_reply = True
        elif lines.GAVE_UP.match(line):
            self.gave_up_editing = True
        elif not self._note_crash(line):
            self._note_refused(line)
            return lines.is_noise(line)
        return True

    def _note_crash(self, line: str) -> bool:
        if not lines.CRASH.match(line):
            return False
        self.crashed = True
        self._part = self._ending
        return True

    def _note_refused(self, line: str) -> None:
        if match := lines.REFUSED.match(line):
            name = next(filter(None, match.groups()))
            self.refused += [name] if name not in self.refused else []

    def _asked_about(self, first: str, line: str) -> bool:
        """Whether ``first`` is a file that aider adds to the chat because the reply before (or
        the prompt) names it. An edit block begins with a name too, but then a fence follows."""
        name = first.rstrip("\n")
        if line.startswith(("```", "~~~", "<source>", "<<<<<<<")) or not lines.may_be_a_path(name):
            return False
        return not self._replies or name.rsplit("/", 1)[-1] in self.answer

    # Replies ----------------------------------------------------------------------------------

    def _early(self, events: list[Event]) -> None:
        """Shows what may be shown of a line that is not whole yet."""
        if self._part == self._between and not lines.may_be_ours_between(self._line):
            if self._first:
                return
            self._begin("", events)
        if self._part == self._replying:
            rest = self._line[self._shown :]
            length = lines.passable(rest, at_start=not self._shown)
            self._say(rest[:length], events)
            self._shown += length

    def _begin(self, text: str, events: list[Event]) -> None:
        """A reply begins with these lines; with none where its first line is not whole yet."""
        self._part = self._replying
        self.empty_reply = False
        if self._mid_line:
            # The attempt before was cut off in mid-line.
            events.append(Text("\n"))
            self._mid_line = False
        for line in text.split("\n") if text else ():
            self._part(line, events)

    def _take_first(self) -> str:
        first = self._first + "\n" * (1 + self._first_blanks) if self._first else ""
        self._first, self._first_blanks = "", 0
        return first

    def _model_says(self, line: str, events: list[Event]) -> None:
        if lines.TOKENS.match(line):
            self._done(line)
        else:
            self._say(line, events)
            self._end_line(events)

    def _say(self, text: str, events: list[Event]) -> None:
        if not text:
            return
        text = "\n" * self._blanks + text
        self._blanks = 0
        self._mid_line = True
        self._keep(text)
        events.append(Text(text))

    def _end_line(self, events: list[Event]) -> None:
        """Blank lines wait: the last ones belong to aider, not to the answer."""
        if not self._mid_line:
            self._blanks += 1
            return
        self._mid_line = False
        self._keep("\n")
        events.append(Text("\n"))

    def _keep(self, text: str) -> None:
        if self._reply_size < _MOST_ANSWER:
            self._reply.append(text)
            self._reply_size += len(text)

    def _done(self, line: str) -> None:
        sent, received = lines.tokens(line)
        self.tokens_sent += sent
        self.tokens_received += received
        self.longest_prompt = max(self.longest_prompt, sent)
        self._end_reply()
        self.error = ""
        self._replies += 1
        self._part = self._between

    def _limit(self) -> None:
        self.hit_token_limit = True
        self._end_reply()
        self._part = self._ending

    def _fail(self) -> None:
        self.error = "\n".join(self._held)[:500]
        self._held = []
        self._drop_reply()
        self._part = self._between

    def _retry(self, delay_s: float, events: list[Event]) -> None:
        self.retries += 1
        if delay_s >= _LONGEST_WAIT_S or lines.is_permanent(self.error):
            events.append(Permanent(self.error))
        else:
            events.append(Retrying(None, self.retries, delay_s, self.error))

    def _end_reply(self) -> None:
        reply = "".join(self._reply).strip("\n")
        if reply:
            self.answer = reply
        self._drop_reply()

    def _drop_reply(self) -> None:
        self._reply.clear()
        self._reply_size = self._blanks = 0
