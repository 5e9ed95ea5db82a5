"""Numbers over runs, by hand-made records."""

from __future__ import annotations

from datetime import UTC

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai_code.core.errors import UsageError
from ai_code.core.record import Attempt, RunRecord
from ai_code.core.run_stats import run_stats, waiting_saved
from ai_code.flows.stats import started

NOW = 1795207640.0
HOUR = 3600.0


def limit(resets_at: int | None, kind: str = "session") -> Attempt:
    return Attempt("claude", verdict="limit", kind=kind, resets_at=resets_at, wall_s=3.0)


def local(verdict: str = "done", **fields: object) -> Attempt:
    return Attempt("aider", model="m:7b", verdict=verdict, **fields)  # type: ignore[arg-type]


def run(*attempts: Attempt, ended: float = NOW, **fields: object) -> RunRecord:
    values = {"exit_code": 0, "state": "done", "attempts": attempts, **fields}
    return RunRecord("x", ended - 60, "/p", "/p", ended=ended, **values)  # type: ignore[arg-type]


def test_overlapping_waits_count_once() -> None:
    reset = int(NOW + 2 * HOUR)
    runs = [
        run(limit(reset), local()),
        run(limit(reset), local(), ended=NOW + HOUR),
        # Apart from the others, an hour long.
        run(limit(int(NOW + 11 * HOUR)), local(), ended=NOW + 10 * HOUR),
        # Nothing was saved by these.
        run(limit(None), local()),
        run(limit(reset), local("failed"), exit_code=1),
        run(limit(reset)),
        run(limit(int(NOW - 5)), local()),
        run(local()),
    ]
    assert waiting_saved(runs) == 3 * HOUR


def test_a_chat_after_a_limit_is_a_fallback_and_saves_the_waiting() -> None:
    """Claude's screen and the chat that followed it have records of their own."""
    reset = int(NOW + 2 * HOUR)
    chat = {"after": "weekly", "after_resets_at": reset, "interactive": True}
    runs = [
        run(limit(reset, "weekly"), interactive=True, exit_code=75),
        run(local(), **chat),
        # A chat that was chosen, and one that did not even start.
        run(local(), interactive=True),
        run(local("unavailable", reason="no-model"), **chat, exit_code=75),
    ]
    told = run_stats(runs, since=None, until=NOW, tz=UTC)
    assert told.fallbacks == {"weekly": 1}
    assert told.waiting_saved_s == 2 * HOUR


@given(st.lists(st.tuples(st.integers(0, 99), st.integers(0, 99))))
def test_waiting_saved_is_the_length_of_the_union(spans: list[tuple[int, int]]) -> None:
    runs = [run(limit(1000 + end), local(), ended=1000.0 + start) for start, end in spans]
    covered = {second for start, end in spans for second in range(start, end)}
    assert waiting_saved(runs) == len(covered)


def test_a_stall_before_any_change_is_a_stall() -> None:
    """Such a turn is ``no-change`` by its reason: only its rule says what ended it."""
    runs = [
        run(
            limit(None), local("unavailable", reason="no-change", rule=f"aider.{clock}", wall_s=9.0)
        )
        for clock in ("stall", "deadline", "empty")
    ]
    told = run_stats(runs, since=None, until=NOW, tz=UTC)
    assert (told.timeouts, told.stalls) == (1, 1)
    assert told.fallbacks == {"session": 3}


def test_an_engine_that_could_not_start_has_not_gone_on() -> None:
    down = Attempt("aider", verdict="unavailable", reason="server")
    told = run_stats([run(limit(None), down, exit_code=75)], since=None, until=NOW, tz=UTC)
    assert told.fallbacks == {}


def test_a_model_writes_as_fast_as_its_replies_came() -> None:
    """400 tokens in 20 s; a reply that came at once says nothing."""
    turns = [
        local(wall_s=60.0, tokens_received=100, replying_s=10.0),
        local(wall_s=60.0, tokens_received=300, replying_s=10.0),
        local(wall_s=60.0, tokens_received=9000, replying_s=0.1),
    ]
    told = run_stats([run(limit(None), each) for each in turns], since=None, until=NOW, tz=UTC)
    assert told.models["m:7b"].writing_per_s == 20.0


def test_counts_medians_and_speeds() -> None:
    done = Attempt("claude", verdict="done", wall_s=10.0)
    missing = Attempt("claude", verdict="unavailable", reason="missing")
    told = run_stats(
        [
            run(done),
            run(done._replace(wall_s=30.0)),
            run(done._replace(wall_s=20.0), exit_code=1),
            run(limit(None), local(wall_s=10.0, tokens_sent=100, tokens_received=50)),
            run(limit(None, "weekly"), local(wall_s=10.0, tokens_received=150)),
            run(missing, local("failed", reason="stall", wall_s=9.0), exit_code=1),
            run(local("failed", reason="deadline"), exit_code=124),
            run(state="done", undo_of="y"),
        ],
        since=None,
        until=NOW,
        tz=UTC,
    )
    assert told.runs == 7
    assert told.outcomes == {"done": 4, "failed": 3}
    assert told.fallbacks == {"session": 1, "weekly": 1, "missing": 1}
    assert list(told.engines) == ["claude", "aider"]
    assert told.engines["claude"] == (6, 3, 0, 20.0)
    assert told.engines["aider"] == (4, 2, 2, 10.0)
    assert told.models["m:7b"] == (4, 100, 200, 10.0, None)
    assert (told.timeouts, told.stalls) == (1, 1)
    assert told.days == [("2026-11-20", 3, 4)]


def test_without_runs() -> None:
    told = run_stats([], since=None, until=NOW, tz=UTC)
    assert (told.runs, told.days, told.waiting_saved_s) == (0, [], 0.0)


def test_since() -> None:
    assert started("7d", NOW, UTC) == NOW - 7 * 86_400
    assert started("90m", NOW, UTC) == NOW - 5400
    assert started("2026-11-01", NOW, UTC) == 1793491200.0
    wrong_ones = ("", "d", "7", "-7d", "7y", "2026-13-01", "2027-01-01", "9999999d", "٧d", "x")
    for wrong in wrong_ones:
        with pytest.raises(UsageError):
            started(wrong, NOW, UTC)


def test_time_before_a_screen_is_no_speed_of_an_engines() -> None:
    chat = local(wall_s=3600.0, tokens_received=100, replying_s=2.0)
    numbers = run_stats([run(chat, interactive=True)], since=None, until=NOW, tz=UTC)
    assert (numbers.engines["aider"].turns, numbers.engines["aider"].median_s) == (1, None)
    model = numbers.models["m:7b"]
    assert (model.tokens_per_s, model.writing_per_s) == (None, 50.0)
