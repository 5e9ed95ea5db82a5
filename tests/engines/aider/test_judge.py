"""The judge on what no recording shows: how aider ended, and in which order evidence counts."""

from __future__ import annotations

import pytest

from ai_code.core.exits import EndedBy, Exit
from ai_code.core.verdict import (
    Done,
    Failed,
    FailReason,
    Interrupted,
    Unavailable,
    UnavailableReason,
)
from ai_code.engines.aider.judge import judge_aider
from tests.engines.aider.recordings import Recording, read


def judged(name: str, exit_: Exit, changed: bool = False) -> object:
    return judge_aider(read([Recording(name).data])[0], exit_, changed=changed)


OK = Exit(0)


def test_it_does_not_start() -> None:
    reader, _ = read([])
    verdict = judge_aider(reader, Exit(127, start_error="No such file"), changed=False)
    assert isinstance(verdict, Unavailable)
    assert verdict.reason is not UnavailableReason.NO_CHANGE
    assert "No such file" in verdict.message


@pytest.mark.parametrize("changed", [True, False])
def test_the_person_stopped_it(changed: bool) -> None:
    exit_ = Exit(None, signal=15, ended_by=EndedBy.PERSON, person_signal=2)
    verdict = judged("edit", exit_, changed)
    assert isinstance(verdict, Interrupted)
    assert verdict.signal == 2


@pytest.mark.parametrize(
    ("exit_", "reason"),
    [
        (Exit(None, signal=15, ended_by=EndedBy.STALL), FailReason.STALL),
        (Exit(None, signal=15, ended_by=EndedBy.DEADLINE), FailReason.DEADLINE),
        (Exit(1, stderr_tail="KeyError: 'x'\n"), FailReason.CRASH),
        (Exit(None, signal=11), FailReason.CRASH),
    ],
)
def test_a_failure_after_a_change_and_before(exit_: Exit, reason: FailReason) -> None:
    after, before = judged("edit", exit_, True), judged("prose", exit_, False)
    assert isinstance(after, Failed)
    assert after.reason is reason
    assert isinstance(before, Unavailable)
    assert before.message == after.message


def test_without_its_fence_it_is_not_there() -> None:
    """Nothing has changed yet: the next engine may try."""
    verdict = judged("prose", Exit(None, signal=15, ended_by=EndedBy.UNFENCED))
    assert isinstance(verdict, Unavailable) and "fence" in verdict.message
    assert isinstance(judged("edit", Exit(None, 15, EndedBy.UNFENCED), changed=True), Failed)


def test_a_crash_names_its_last_line() -> None:
    verdict = judged("prose", Exit(1, stderr_tail="Traceback\nKeyError: 'x'\n"))
    assert isinstance(verdict, Unavailable)
    assert verdict.message == "aider ended with exit code 1: KeyError: 'x'"


@pytest.mark.parametrize(
    ("name", "reason", "words"),
    [
        ("memory", UnavailableReason.MEMORY, "requires more system memory (8.4 GiB)"),
        ("memory-newer", UnavailableReason.MEMORY, "out-of-memory"),
        ("not-found", UnavailableReason.NO_MODEL, "model 'deepseek-coder:6.7b' not found"),
        ("refused", UnavailableReason.SERVER, "Connection refused"),
        ("cut", UnavailableReason.SERVER, "the server closed the connection"),
        ("error-line", UnavailableReason.SERVER, "unexpected EOF"),
        ("unauthorized", UnavailableReason.SERVER, "unauthorized"),
    ],
)
def test_the_servers_failures_in_its_own_words(
    name: str, reason: UnavailableReason, words: str
) -> None:
    verdict = judged(name, Recording(name).exit)
    assert isinstance(verdict, Unavailable)
    assert verdict.reason is reason
    assert words in verdict.message
    assert "litellm" not in verdict.message


def test_a_cut_answer_that_changed_something_is_a_failure() -> None:
    verdict = judged("cut", Recording("cut").exit, True)
    assert isinstance(verdict, Failed)
    assert verdict.reason is FailReason.CUT


@pytest.mark.parametrize("name", ["outside", "absolute", "git-hook", "git-config"])
def test_what_it_may_not_edit_is_named(name: str) -> None:
    verdict = judged(name, OK)
    assert isinstance(verdict, Unavailable)
    assert "not its to edit" in verdict.message


def test_prose_is_done_and_says_so() -> None:
    verdict = judged("prose", OK)
    assert isinstance(verdict, Done)
    assert verdict.changed_nothing


def test_a_success_that_talks_of_failures() -> None:
    assert isinstance(judged("talk", OK), Done)


def test_what_changed_counts_and_not_what_aider_says() -> None:
    verdict = judged("edit", OK, False)
    assert isinstance(verdict, Done)
    assert verdict.changed_nothing
