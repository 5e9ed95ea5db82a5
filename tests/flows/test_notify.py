"""When the setting ``notify`` tells something, and what."""

from __future__ import annotations

import pytest

from tests.flows.fake_world import NOW, FakeWorld

LIMIT = "limit-5h-oauth-stream-2.1.329"
OK = "ok-stream-2.1.329"
ACCOUNT = "/home/person/.claude|subscription"


@pytest.fixture
def limited(world: FakeWorld) -> FakeWorld:
    world.set(notify="desktop")
    return world


def test_off_tells_nothing(world: FakeWorld) -> None:
    world.expect_recording(LIMIT)
    world.expect_aider()
    assert world.go().code == 0
    assert (world.notices.told, world.notices.timers) == ([], {})


def test_the_switch_now_and_the_reset_later(limited: FakeWorld) -> None:
    limited.expect_recording(LIMIT)
    limited.expect_aider()
    assert limited.go().code == 0
    [(event, how, title, text)] = limited.notices.told
    assert (event, how, title) == ("switch", "desktop", "ai-code: the local model goes on")
    assert "session limit reached" in text and "now qwen2.5-coder:7b" in text
    [known] = limited.limits.all(NOW)
    assert limited.notices.timers == {ACCOUNT: known.resets_at}


def test_claude_that_works_again_makes_the_reset_old_news(limited: FakeWorld) -> None:
    limited.notices.timers = {ACCOUNT: NOW + 60}
    limited.expect_recording(OK)
    assert limited.go().code == 0
    assert (limited.notices.told, limited.notices.timers) == ([], {})


@pytest.mark.parametrize("lack", ["a timer that fails", "no timers"])
def test_the_end_of_a_wait_where_no_timer_tells_it(limited: FakeWorld, lack: str) -> None:
    if lack == "no timers":
        limited.notices.has_timers = False
    else:
        limited.notices.problem = "systemd-run ended with 1"
    limited.expect_recording(LIMIT)
    limited.expect_recording(OK)
    assert limited.go(wait=True).code == 0
    [(event, _, title, text)] = limited.notices.told
    assert (event, title) == ("reset", "ai-code: Claude is back")
    assert text == "The session limit has been reset."
    said = [line for line in limited.console.of("note") if line.startswith("not notified")]
    assert len(said) == (lack == "a timer that fails"), "what the machine has not is no news"


def test_a_timer_tells_the_end_of_a_wait_once(limited: FakeWorld) -> None:
    limited.expect_recording(LIMIT)
    limited.expect_recording(OK, lambda: limited.console.detail(str(limited.notices.timers)))
    assert limited.go(wait=True).code == 0
    assert ACCOUNT in limited.console.of("detail")[0]
    assert (limited.notices.told, limited.notices.timers) == ([], {})


def test_a_local_engine_that_was_chosen_is_no_switch(limited: FakeWorld) -> None:
    limited.expect_aider()
    assert limited.go(local_only=True).code == 0
    assert not limited.notices.told


def test_what_goes_wrong_is_one_line(limited: FakeWorld) -> None:
    """The timer and the switch have the same trouble."""
    limited.notices.problem = "there is no notify-send"
    limited.expect_recording(LIMIT)
    limited.expect_aider()
    assert limited.go().code == 0
    assert limited.console.of("note").count("not notified: there is no notify-send") == 1


def test_what_has_failed_meanwhile_is_told_at_the_end(limited: FakeWorld) -> None:
    limited.notices.failed = ["/bin/mine ended with 3"]
    limited.expect_recording(LIMIT)
    limited.expect_aider()
    assert limited.go().code == 0
    assert limited.console.of("note")[-1] == "not notified: /bin/mine ended with 3"
