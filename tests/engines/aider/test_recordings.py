"""Real output of aider through reader and judge: whole, and cut into pieces anywhere."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ai_code.core.events import Event, Permanent, Text, Tool
from ai_code.core.exits import EndedBy
from ai_code.core.verdict import verdict_name
from ai_code.engines.aider.judge import judge_aider
from ai_code.engines.aider.reader import AiderReader
from tests.engines.aider.recordings import INDEX, Recording, cut, read, shown

ALL = [Recording(name) for name in sorted(INDEX)]
OURS = (
    "Aider v",
    "Analytics have been",
    "Git repo:",
    "Repo-map:",
    "to the chat.",
    "tokens sent",
    "The LLM did not conform",
    "https://aider.chat",
    "failed to match",
    "has hit a token limit",
    "litellm.API",
    "estimated chat context",
    "To reduce the chat context",
    "Unable to create",
    "is a directory",
)


def state(reader: AiderReader) -> tuple[object, ...]:
    return (
        reader.answer,
        reader.error,
        reader.applied,
        reader.refused,
        reader.hit_token_limit,
        reader.gave_up_editing,
        reader.empty_reply,
        reader.context_exceeded,
        reader.crashed,
        reader.retries,
    )


def without_text(events: Sequence[Event]) -> list[tuple[type[Event], Event]]:
    """With their types: events are tuples, and equal where they hold the same."""
    return [(type(event), event) for event in events if not isinstance(event, Text)]


def close_up(text: str) -> str:
    """Without blank lines, which between replies nobody counts."""
    return "\n".join(line for line in text.split("\n") if line.strip())


@pytest.mark.parametrize("recording", ALL, ids=lambda each: each.name)
def test_the_model_is_shown_and_aider_is_not(recording: Recording) -> None:
    _, events = read([recording.data])
    text = shown(events)
    assert close_up(text) == close_up("\n".join(recording.entry["said"]))
    if recording.name != "talk":
        assert not [line for line in OURS if line in text]


@pytest.mark.parametrize("recording", ALL, ids=lambda each: each.name)
def test_the_answer_is_the_last_reply(recording: Recording) -> None:
    reader, _ = read([recording.data])
    assert reader.answer == recording.entry["answer"].strip("\n")


@pytest.mark.parametrize("recording", ALL, ids=lambda each: each.name)
def test_the_verdict(recording: Recording) -> None:
    reader, events = read([recording.data])
    verdict = judge_aider(reader, recording.exit, changed=recording.entry["changed"])
    assert f"{verdict_name(verdict)} {verdict.evidence.rule}" == recording.entry["verdict"]
    permanent = any(isinstance(event, Permanent) for event in events)
    assert permanent == (recording.exit.ended_by is EndedBy.PERMANENT)


@pytest.mark.parametrize("recording", ALL, ids=lambda each: each.name)
def test_edits_are_told(recording: Recording) -> None:
    reader, events = read([recording.data])
    assert [event.detail for event in events if isinstance(event, Tool)] == reader.applied
    # Good blocks beside a bad one are applied without a word: what changed is looked at.
    if recording.name != "good-and-bad-search":
        assert bool(reader.applied) == recording.entry["changed"]


@pytest.mark.parametrize("recording", ALL, ids=lambda each: each.name)
def test_byte_by_byte(recording: Recording) -> None:
    whole, whole_events = read([recording.data])
    data = recording.data
    reader, events = read([data[place : place + 1] for place in range(len(data))])
    assert shown(events) == shown(whole_events)
    assert state(reader) == state(whole)


@settings(max_examples=300)
@given(st.sampled_from(ALL), st.lists(st.integers(0, 1 << 20), max_size=30))
def test_pieces_change_nothing(recording: Recording, places: list[int]) -> None:
    whole, whole_events = read([recording.data])
    reader, events = read(cut(recording.data, places))
    assert shown(events) == shown(whole_events)
    assert without_text(events) == without_text(whole_events)
    assert state(reader) == state(whole)


@settings(max_examples=200)
@given(st.sampled_from(ALL), st.integers(0, 1 << 20), st.lists(st.integers(0, 1 << 20), max_size=5))
def test_an_end_anywhere_is_read(recording: Recording, end: int, places: list[int]) -> None:
    """aider is killed in the middle: still the pieces do not matter, and nothing raises."""
    data = recording.data[: end % (len(recording.data) + 1)]
    whole, whole_events = read([data])
    reader, events = read(cut(data, places))
    assert shown(events) == shown(whole_events)
    assert state(reader) == state(whole)


def test_the_answer_comes_as_it_is_written() -> None:
    """Not only line by line: a slow model is seen to write."""
    recording = Recording("edit")
    reader = AiderReader()
    before = recording.data.index(b"I add a docstring") + len(b"I add a doc")
    events = list(reader.feed("out", recording.data[:before]))
    assert shown(events) == "I add a doc"
