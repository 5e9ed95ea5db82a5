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


def test_the_end_of_a_wait_where_no_timer_tells_it(limited: FakeWorld) -> None:
    limited.notices.problem = "no systemd-run"
    limited.expect_recording(LIMIT)
    limited.expect_recording(OK)
    assert limited.go(wait=True).code == 0
    [(event, _, title, text)] = limited.notices.told
    assert (event, title) == ("reset", "ai-code: Claude is back")
    assert text == "The session limit has been reset."


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


def test_a_notification_that_fails_is_a_detail(limited: FakeWorld) -> None:
    limited.notices.problem = "there is no notify-send"
    limited.expect_recording(LIMIT)
    limited.expect_aider()
    assert limited.go().code == 0
    assert "not notified: there is no notify-send" in limited.console.of("detail")
