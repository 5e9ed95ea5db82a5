"""One engine, once: its events to the screen, a watch over silence, retries and patience."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Literal, NamedTuple

from ai_code.core.exits import EndedBy
from ai_code.core.text import one_line
from ai_code.core.verdict import LimitKind

if TYPE_CHECKING:
    from ai_code.core.events import Event, Retrying
    from ai_code.core.patience import Patience
    from ai_code.core.ports import Clock, Console, OutputChannel
    from ai_code.engines.registry import EngineRun
    from ai_code.flows.output import Output

Sign = Literal["trouble", "recovered", "limit-near", "limit-known"]
"""What tells that an engine may have to be replaced: it retries, or goes on by itself after that;
it warns that a limit is near; it was at a limit whose reset lies ahead."""

_SILENT_S = 3.0
_WAITS_S = 0.2
_LINE_EVERY_S = 60.0


class Watch(NamedTuple):
    """What an attempt is watched for. ``patient_with`` are the kinds that patience is for."""

    patience: Patience
    patient_with: frozenset[LimitKind]
    patient_with_network: bool = False
    end_on_paid: bool = False
    end_on_permanent: bool = True
    waiting_for: str = ""
    on_sign: Callable[[Sign], None] = lambda _: None
    on_started: Callable[[], None] = lambda: None
    on_waiting: Callable[[], None] = lambda: None
    """Told once: the engine has said something, and now waits for its server. Its own start is
    over, and processors are idle."""
    is_fenced: Callable[[], bool] = lambda: True
    """Asked once the engine itself has spoken: by then the fence stands, or never will."""
    trouble: Callable[[], str] = lambda: ""
    """Why the model's server will not answer any more, where that is seen beside the engine."""
    received: Callable[[], int] = lambda: 0
    """Tokens of all replies that are complete, where the engine tells them: a reply has ended
    when it grows."""


class Attempt:
    """The listener of one process. Afterwards ``edited`` are the files the engine wrote."""

    def __init__(
        self, run: EngineRun, output: Output, console: Console, clock: Clock, watch: Watch
    ) -> None:
        self.run = run
        self._output = output
        self._console = console
        self._clock = clock
        self._watch = watch
        self._fenced = False
        self._spoke = self._waits = False
        self._permanent = False
        self._paid = False
        self._retrying = ""
        self._failing = False
        self._asleep_until = 0.0
        self._out_of_patience = False
        self._written = 0
        self._next_line_s = _LINE_EVERY_S
        self.edited: list[str] = []
        self.said = ""
        self.replying_s = 0.0
        """Seconds of the replies that are complete, each from its first words on."""
        self._reply_began: float | None = None
        self._received = 0

    def started(self) -> None:
        self._watch.on_started()

    def output(self, channel: OutputChannel, data: bytes) -> None:
        """Called by the process room with what came."""
        self._spoke = True
        for event in self.run.feed(channel, data):
            self._take(event)
        if (received := self._watch.received()) != self._received:
            self._received = received
            if self._reply_began is not None:
                self.replying_s += self._clock.monotonic() - self._reply_began
            self._reply_began = None

    def finish(self) -> None:
        for event in self.run.finish():
            self._take(event)
        self._output.end_text()
        self._console.status("")

    def tick(self, elapsed_s: float, silence_s: float) -> EndedBy | None:
        if not self._fenced and self.run.begun:
            self._fenced = self._watch.is_fenced()
            if not self._fenced:
                return EndedBy.UNFENCED
        if (self._permanent and self._watch.end_on_permanent) or self._watch.trouble():
            return EndedBy.PERMANENT
        if self._paid and self._watch.end_on_paid:
            return EndedBy.PAID
        if self._out_of_patience or self._sleeps_too_long():
            return EndedBy.PATIENCE
        if self._spoke and not self._waits and silence_s >= _WAITS_S:
            self._waits = True
            self._watch.on_waiting()
        self._show_waiting(elapsed_s, silence_s)
        return None

    def _sleeps_too_long(self) -> bool:
        """Patience is spent while the engine sleeps before a retry. Once it asks again it may
        be answered, and off a terminal an answer is silent until it is whole: only the next
        failure ends it then."""
        now = self._clock.monotonic()
        return self._failing and now < self._asleep_until and self._watch.patience.spent(now)

    def _take(self, event: Event) -> None:
        # Not at the top: by the first event the engine is at work, and nobody waits for it.
        from ai_code.core import events

        # The most frequent first: an engine may write thousands a second.
        match event:
            case events.RawEvent():
                pass
            case events.Text(text=text):
                self._speaks()
                if self._reply_began is None:
                    self._reply_began = self._clock.monotonic()
                self._written += len(text)
                self.said = (self.said + text)[-2000:]
            case events.Tool() | events.Recovered() | events.Answer():
                self._speaks()
            case events.Edited(path=path):
                if path not in self.edited:
                    self.edited.append(path)
            case events.Retrying():
                # What came of that reply is not counted.
                self._reply_began = None
                self._retry(event)
            case events.Permanent():
                self._permanent = True
            case events.PaidUsage():
                self._paid = True
            case events.Warned(limit_near=True):
                # The warning is told before what is made of it.
                self._output.take(event)
                self._watch.on_sign("limit-near")
                return
            case events.Progress(message=message):
                self._console.status(one_line(message))
            case _:
                pass
        self._output.take(event)

    def _speaks(self) -> None:
        """The model does: whatever failed is over, in an attempt before this one too."""
        if self._retrying or self._watch.patience.tried:
            self._watch.on_sign("recovered")
        self._retrying, self._failing = "", False
        self._watch.patience.recovered()

    def _retry(self, event: Retrying) -> None:
        why = {LimitKind.RATE: "rate limited", LimitKind.OVERLOADED: "overloaded"}.get(
            event.kind or LimitKind.SESSION, _named(event.message)
        )
        self._retrying = f"{one_line(why, 60)}, retry {event.attempt or 1}"
        network = event.network and self._watch.patient_with_network
        if network or event.kind in self._watch.patient_with:
            now = self._clock.monotonic()
            self._failing = True
            self._asleep_until = now + event.delay_s
            self._watch.patience.failing(now)
            self._out_of_patience = self._watch.patience.spent(now)
        self._watch.on_sign("trouble")

    def _show_waiting(self, elapsed_s: float, silence_s: float) -> None:
        if silence_s < _SILENT_S:
            self._next_line_s = _LINE_EVERY_S
            return
        line = f"{self._doing()} {_seconds(silence_s)}"
        self._console.status(line)
        if silence_s >= self._next_line_s and not self._console.stderr_is_tty:
            self._console.note(f"still waiting: {line}")
            self._next_line_s += _LINE_EVERY_S

    def _doing(self) -> str:
        if self._retrying:
            return f"{self._retrying}…"
        if self._written:
            return f"writing, {max(1, self._written // 4)} tokens…"
        return f"{self._watch.waiting_for}…"


def _named(message: str) -> str:
    """Claude calls a connection that fails or drops "unknown"."""
    return "no connection" if message in ("", "unknown") else message


def _seconds(seconds: float) -> str:
    whole = int(seconds)
    return f"{whole} s" if whole < 60 else f"{whole // 60} min {whole % 60:02d} s"
