"""Patience is floor and ceiling at once."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ai_code.core.patience import Patience


def test_it_runs_from_the_first_failure() -> None:
    patience = Patience(20.0)
    assert (patience.tried, patience.spent(1000.0), patience.left_s(1000.0)) == (False, False, 20.0)
    patience.failing(1000.0)
    patience.failing(1015.0)
    assert (patience.tried, patience.left_s(1015.0), patience.spent(1019.9)) == (True, 5.0, False)
    assert patience.spent(1020.0)


def test_an_answer_gives_all_of_it_back() -> None:
    patience = Patience(20.0)
    patience.failing(0.0)
    first = patience.pause_s(0.0)
    patience.recovered()
    assert not patience.spent(1e9)
    patience.failing(100.0)
    assert patience.left_s(100.0) == 20.0
    assert patience.pause_s(100.0) == first


def test_none_at_all() -> None:
    patience = Patience(0.0)
    assert not patience.spent(5.0)
    patience.failing(5.0)
    assert patience.spent(5.0)
    assert patience.pause_s(5.0) == 0.0


@given(st.floats(0, 600), st.floats(0, 1e6))
def test_pauses_grow_and_add_up_to_all_of_it(limit: float, start: float) -> None:
    patience = Patience(limit)
    patience.failing(start)
    now, pauses = start, []
    for _ in range(500):
        if patience.spent(now):
            break
        pauses.append(patience.pause_s(now))
        now += max(pauses[-1], 1e-6)
    assert patience.spent(now)
    assert pauses[:-1] == sorted(pauses[:-1])
    assert sum(pauses) <= limit + 1e-3
