"""One engine, watched: what is shown while it works, and when it is ended."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import tzinfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai_code.core.events import (
    Answer,
    Edited,
    Event,
    PaidUsage,
    Permanent,
    Progress,
    Recovered,
    Retrying,
    Text,
    Tool,
    Warned,
)
from ai_code.core.exits import EndedBy, Exit
from ai_code.core.patience import Patience
from ai_code.core.ports import OutputChannel
from ai_code.core.verdict import PASSING_KINDS, Evidence, Interrupted, LimitKind, Verdict
from ai_code.flows.attempt import Attempt, Sign, Watch
from ai_code.flows.output import Output
from tests.flows.fake_world import FakeClock, FakeConsole

RATE = Retrying(LimitKind.RATE, 1, 40.0, "429 rate_limit")
"""Claude sleeps 40 s before it asks again."""
OVERLOADED = Retrying(LimitKind.OVERLOADED, 3, 40.0, "529 overloaded")


class Scripted:
    """An engine's reader that gives out events as they are told to it."""

    session_id = ""
    begun = True

    def __init__(self) -> None:
        self.next: list[Event] = []
        self.held: list[Event] = []

    def feed(self, channel: OutputChannel, data: bytes) -> Sequence[Event]:
        return self.next

    def finish(self) -> Sequence[Event]:
        return self.held

    def judge(self, exit_: Exit, *, now: int, tz: tzinfo, changed: bool) -> Verdict:
        return Interrupted(0, Evidence("none", "none"))


class Watched:
    """An attempt with all that it talks to."""

    def __init__(self, *, tty: bool = False, patience_s: float = 20.0, **watch: object) -> None:
        self.clock, self.console, self.reader = FakeClock(), FakeConsole(), Scripted()
        if tty:
            self.console.terminal()
        self.signs: list[Sign] = []
        self.patience = Patience(patience_s)
        told = Watch(
            self.patience,
            PASSING_KINDS,
            waiting_for="waiting for Claude",
            on_sign=self._sign,
            **watch,  # type: ignore[arg-type]
        )
        output = Output(self.console, "text")
        self.attempt = Attempt(self.reader, output, self.console, self.clock, told)

    def _sign(self, sign: Sign) -> None:
        self.signs.append(sign)

    def see(self, *events: Event) -> None:
        self.reader.next = list(events)
        self.attempt.output("out", b"x")

    def after(self, seconds: float, silence_s: float = 0.0) -> EndedBy | None:
        self.clock.advance(seconds)
        return self.attempt.tick(seconds, silence_s)


def test_a_retry_within_patience_goes_on_and_beyond_it_is_ended() -> None:
    watched = Watched()
    watched.see(RATE)
    assert watched.after(19.0) is None
    assert watched.after(1.5) is EndedBy.PATIENCE
    assert watched.signs == ["trouble"]


def test_an_answer_that_takes_long_after_a_retry_is_waited_for() -> None:
    """Off a terminal nothing comes until the answer is whole. The next failure ends it."""
    watched = Watched()
    watched.see(Retrying(LimitKind.RATE, 1, 0.5, "429 rate_limit"))
    assert watched.after(60.0, silence_s=60.0) is None
    watched.see(Retrying(LimitKind.RATE, 2, 1.0, "429 rate_limit"))
    assert watched.after(0.0) is EndedBy.PATIENCE


def test_an_answer_gives_patience_back() -> None:
    watched = Watched()
    watched.see(RATE)
    watched.after(15.0)
    watched.see(Recovered())
    assert watched.after(100.0) is None
    watched.see(OVERLOADED)
    assert watched.after(19.0) is None
    assert watched.after(2.0) is EndedBy.PATIENCE


def test_a_claude_that_works_is_never_ended_for_what_failed_before_it() -> None:
    """The attempt before gave up; this one works, and at first it thinks in silence."""
    watched = Watched()
    watched.patience.failing(watched.clock.monotonic())
    assert watched.after(60.0, silence_s=60.0) is None
    watched.see(Text("Here"))
    assert watched.after(60.0) is None
    watched.see(Tool("Edit", "hello.py"))
    watched.see(RATE)
    assert watched.after(15.0) is None, "an answer gives patience back"
    assert watched.after(6.0) is EndedBy.PATIENCE


def test_one_that_fails_again_has_only_what_is_left() -> None:
    watched = Watched()
    watched.patience.failing(watched.clock.monotonic())
    watched.after(15.0)
    watched.see(RATE)
    assert watched.after(4.0) is None
    assert watched.after(2.0) is EndedBy.PATIENCE


def test_other_retries_are_left_to_claude() -> None:
    watched = Watched()
    watched.see(Retrying(None, 1, 0.5, "connection error"))
    assert watched.after(200.0) is None
    assert watched.signs == ["trouble"]


def test_a_permanent_error_ends_it_unless_told_otherwise() -> None:
    watched = Watched()
    watched.see(Permanent("model not found"))
    assert watched.after(0.0) is EndedBy.PERMANENT
    patient = Watched(end_on_permanent=False)
    patient.see(Permanent("model not found"))
    assert patient.after(0.0) is None


def test_paid_usage_is_told_and_ends_it_only_where_asked() -> None:
    watched = Watched()
    watched.see(PaidUsage("extra usage begins"))
    assert watched.after(0.0) is None
    assert watched.console.of("important") == ["Claude: extra usage begins (this costs extra)"]
    careful = Watched(end_on_paid=True)
    careful.see(PaidUsage("extra usage begins"))
    assert careful.after(0.0) is EndedBy.PAID


def test_waiting_is_visible_from_three_seconds_on() -> None:
    watched = Watched(tty=True)
    watched.after(2.75, silence_s=2.75)
    assert watched.console.of("status") == []
    watched.after(0.25, silence_s=3.0)
    assert watched.console.of("status")[-1] == "waiting for Claude… 3 s"
    watched.after(0.0, silence_s=62.0)
    assert watched.console.of("status")[-1] == "waiting for Claude… 1 min 02 s"
    assert watched.console.of("note") == []
    watched.see(Text("x" * 244))
    watched.after(0.0, silence_s=5.0)
    assert watched.console.of("status")[-1] == "writing, 61 tokens… 5 s"
    watched.see(OVERLOADED)
    watched.after(0.0, silence_s=4.0)
    assert watched.console.of("status")[-1] == "overloaded, retry 3… 4 s"
    watched.see(Progress("compacting\nhistory"))
    assert watched.console.of("status")[-1] == "compacting history"


def test_that_it_waits_for_its_server_is_told_once() -> None:
    """Not before it has said anything: it is starting then, and needs the processors."""
    told: list[str] = []
    watched = Watched(on_waiting=lambda: told.append("waits"))
    watched.after(5.0, silence_s=5.0)
    watched.see()
    watched.after(0.1, silence_s=0.1)
    assert told == []
    watched.after(0.25, silence_s=0.35)
    watched.after(0.25, silence_s=0.6)
    assert told == ["waits"]


def test_off_a_terminal_a_line_a_minute() -> None:
    watched = Watched()
    for second in range(1, 200):
        watched.after(1.0, silence_s=float(second))
    assert watched.console.of("note") == [
        "still waiting: waiting for Claude… 1 min 00 s",
        "still waiting: waiting for Claude… 2 min 00 s",
        "still waiting: waiting for Claude… 3 min 00 s",
    ]
    watched.after(1.0, silence_s=0.0)
    watched.after(1.0, silence_s=60.0)
    assert len(watched.console.of("note")) == 4, "a new silence counts anew"


def test_edited_files_are_kept_once_and_the_last_words() -> None:
    watched = Watched(tty=True)
    watched.see(Text("a" * 3000), Edited("b.py"), Edited("a.py"), Edited("b.py"), Text("end"))
    watched.reader.held = [Text("!"), Answer("whole")]
    watched.attempt.finish()
    assert watched.attempt.edited == ["b.py", "a.py"]
    assert len(watched.attempt.said) == 2000 and watched.attempt.said.endswith("end!")
    assert watched.console.stdout.endswith(b"end!")


def test_a_warning_is_one_line() -> None:
    watched = Watched()
    watched.see(Warned("93 % of\nthe limit"))
    assert watched.console.of("note") == ["Claude: 93 % of the limit"]


EVENTS = st.one_of(
    st.builds(Text, st.text(max_size=20)),
    st.builds(Tool, st.text(max_size=10), st.text(max_size=10)),
    st.builds(Edited, st.text(max_size=5)),
    st.sampled_from([RATE, OVERLOADED, Recovered(), Retrying(None), Warned("w"), Answer("a")]),
)


@given(st.lists(st.one_of(EVENTS, st.floats(0, 30)), max_size=40), st.booleans())
def test_only_lasting_failure_ends_it(steps: list[Event | float], tty: bool) -> None:
    """Whatever comes: it is ended only when the last word was a passing limit, 20 s ago."""
    watched = Watched(tty=tty)
    failing = 0.0
    for step in steps:
        if isinstance(step, float):
            failing += step
            ended = watched.after(step, silence_s=step)
            if ended is not None:
                assert ended is EndedBy.PATIENCE
                assert failing >= 20.0 - 1e-6
                return
        else:
            if isinstance(step, Text | Tool | Recovered | Answer):
                failing = 0.0
            watched.see(step)


@pytest.mark.parametrize("kind", list(LimitKind))
def test_only_passing_limits_use_up_patience(kind: LimitKind) -> None:
    watched = Watched()
    watched.see(Retrying(kind, 1, 40.0))
    ended = watched.after(30.0)
    assert (ended is EndedBy.PATIENCE) == (kind in PASSING_KINDS)
