from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai_code.core.changes import LandedFile
from ai_code.core.record import (
    Attempt,
    RecordedLeftOut,
    RecordError,
    RunRecord,
    from_json,
    prompt_line,
    to_json,
)

texts = st.text(st.characters(codec=None))
records = st.builds(
    RunRecord,
    id=st.just("20261120-231245-ab12"),
    started=st.floats(0, 4e9),
    cwd=texts,
    root=texts,
    ended=st.none() | st.floats(0, 4e9),
    prompt_line=texts,
    attempts=st.lists(
        st.builds(
            Attempt,
            engine=texts,
            excerpt=texts,
            exit_code=st.none() | st.integers(0, 255),
            # Not a number equals nothing, itself neither.
            wall_s=st.floats(0, 1e6),
            replying_s=st.floats(0, 1e6),
            ended=st.floats(0, 4e9),
        ),
        max_size=3,
    ).map(tuple),
    landed=st.lists(
        st.builds(LandedFile, texts, st.sampled_from("AMDT"), st.integers(0), st.integers(0)),
        max_size=3,
    ).map(tuple),
    left_out=st.lists(st.builds(RecordedLeftOut, texts, texts), max_size=3).map(tuple),
    exit_code=st.none() | st.integers(0, 255),
    state=st.sampled_from(["running", "done", "crashed", "undone"]),
)


@given(records)
def test_what_is_written_is_read(record: RunRecord) -> None:
    assert from_json(json.loads(json.dumps(to_json(record)))) == record


def test_fields_of_a_newer_program_are_passed_over() -> None:
    value = to_json(RunRecord("a", 1.0, "/", "/", attempts=(Attempt("claude"),)))
    value["new"] = 1
    value["attempts"][0]["new"] = {}
    assert from_json(value).attempts == (Attempt("claude"),)


@pytest.mark.parametrize(
    "wrong",
    [
        {"version": 2},
        {"version": "1"},
        {"version": True},
        {"id": ""},
        {"id": 3},
        {"started": "x"},
        {"state": "lost"},
        {"attempts": 5},
        {"attempts": [5]},
        {"attempts": [{}]},
        {"landed": [{"path": "a"}]},
        {"landed": [{"path": 1, "kind": "A", "plus": 0, "minus": 0}]},
    ],
)
def test_what_is_no_record_is_an_error(wrong: dict[str, object]) -> None:
    with pytest.raises(RecordError):
        from_json(to_json(RunRecord("a", 1.0, "/", "/")) | wrong)


@given(
    st.recursive(
        st.none() | st.integers() | st.text(), lambda x: st.lists(x) | st.dictionaries(st.text(), x)
    )
)
def test_any_json_is_a_record_or_an_error(value: object) -> None:
    with pytest.raises(RecordError):
        from_json(value)


def test_only_the_first_line_of_a_prompt_is_kept() -> None:
    assert prompt_line("\n  add a docstring \nsecret") == "add a docstring"
    assert len(prompt_line("x" * 1000)) == 200 and prompt_line(" \n") == ""
