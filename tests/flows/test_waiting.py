"""Waiting for the reset: visibly, to the right moment, and then the same session."""

from __future__ import annotations

import pytest

from ai_code.core.errors import Stopped
from ai_code.core.verdict import Evidence, LimitKind, LimitReached
from ai_code.flows.claude_turn import GO_ON
from ai_code.flows.waiting import wait_for_reset
from tests.flows.fake_world import NOW, FakeWorld, option
from tests.recorded import stream_of

RESET = 1795216200
SESSION = "limit-5h-oauth-stream-2.1.329"
SESSION_ID = "9399e44e-fc07-437e-9f9e-5017b5ce0564"


def limit(resets_at: int | None) -> LimitReached:
    return LimitReached(LimitKind.SESSION, resets_at, Evidence("x", "event"))


def test_it_sleeps_to_the_reset_and_a_little_longer(world: FakeWorld) -> None:
    wait_for_reset(world, limit(NOW + 100))
    assert world.clock.now() == NOW + 105
    assert world.console.of("important") == [
        "Waiting for Claude (session limit): 20:49 (in 1 min). Ctrl-C stops."
    ]
    assert world.console.of("status")[0].startswith("going on with Claude at 20:49")
    assert max(world.clock.slept) <= 1.0, "a signal must not wait"


def test_a_laptop_that_slept_goes_on_at_once(world: FakeWorld) -> None:
    naps = 0

    def sleep(seconds: float) -> None:
        nonlocal naps
        naps += 1
        world.clock.advance(7200)

    world.clock.sleep = sleep  # type: ignore[method-assign]
    wait_for_reset(world, limit(NOW + 3600))
    assert naps == 1


def test_without_a_reset_a_quarter_of_an_hour(world: FakeWorld) -> None:
    wait_for_reset(world, limit(None))
    assert world.clock.now() == NOW + 905
    assert "No reset time is known" in world.console.of("important")[0]


def test_a_reset_that_is_past(world: FakeWorld) -> None:
    wait_for_reset(world, limit(NOW - 60))
    assert world.clock.now() == NOW + 5


def test_a_reset_that_stays_past_is_not_asked_about_every_few_seconds(world: FakeWorld) -> None:
    world.clock.advance(3 * 3600)
    for _ in range(3):
        world.expect_recording(SESSION)
    world.expect_recording("ok-stream-2.1.329")
    before = world.clock.now()
    assert world.go(wait=True).code == 0
    assert world.clock.now() - before == pytest.approx(5 + 905 + 905, abs=1)


def test_a_reset_too_far_ahead_is_not_believed(world: FakeWorld) -> None:
    wait_for_reset(world, limit(NOW + 30 * 86_400))
    assert world.clock.now() == NOW + 905


def test_off_a_terminal_a_line_every_ten_minutes(world: FakeWorld) -> None:
    wait_for_reset(world, limit(NOW + 3600))
    assert len(world.console.of("note")) == 6
    world.console.stderr_is_tty = True
    wait_for_reset(world, limit(int(world.clock.now()) + 3600))
    assert len(world.console.of("note")) == 6


@pytest.mark.parametrize("how", ["flag", "setting"])
def test_wait_goes_on_with_the_same_session(world: FakeWorld, how: str) -> None:
    if how == "setting":
        world.set(fallback_on_limit="wait")
    world.expect_recording(SESSION)
    world.expect_recording("ok-stream-2.1.329")
    assert world.go(wait=how == "flag").code == 0
    first, second = world.processes.commands
    assert option(first, "--session-id") == "session-1" and first.stdin != second.stdin
    assert option(second, "--resume") == SESSION_ID and second.stdin == GO_ON.encode()
    assert world.clock.now() >= RESET
    assert world.server.asked == 0
    assert [each.verdict for each in world.record.attempts] == ["limit", "done"]
    assert world.limits.all(world.clock.now()) == []


def test_wait_again_when_the_limit_is_still_there(world: FakeWorld) -> None:
    world.expect_recording(SESSION)
    world.expect_recording("limit-7d-oauth-stream-2.1.329")
    world.expect_recording("ok-stream-2.1.329")
    assert world.go(wait=True).code == 0
    assert world.clock.now() >= 1795550400


def test_the_guards_stay_on_after_a_wait(world: FakeWorld) -> None:
    world.claude_home.folder = world.claude_home.folder.__class__(
        True, False, None, True, world.cwd, "subscription"
    )
    world.expect_recording(SESSION)
    world.expect_recording("ok-stream-2.1.329")
    world.go(wait=True)
    for command in world.processes.commands:
        assert option(command, "--setting-sources") == "user"
        assert option(command, "--permission-mode") == "acceptEdits"


def test_nobody_waits_for_money(world: FakeWorld) -> None:
    world.expect_recording("400-credit-stream-2.1.329")
    world.expect_aider()
    assert world.go(wait=True).code == 0
    assert world.clock.slept == []


def test_waiting_does_not_hide_another_verdict(world: FakeWorld) -> None:
    world.expect_recording(SESSION)
    world.expect_recording("max-turns-stream-2.1.329")
    assert world.go(wait=True).code == 1


def test_ctrl_c_while_waiting_is_recorded(world: FakeWorld) -> None:
    world.expect_recording(SESSION)

    def sleep(seconds: float) -> None:
        raise Stopped(2)

    world.clock.sleep = sleep  # type: ignore[method-assign]
    with pytest.raises(Stopped):
        world.go(wait=True)
    told = world.console.of("important")[-2:]
    assert told == ["Stopped waiting. To go on later:", f"  ai-code --resume {SESSION_ID} …"]
    assert (world.record.state, world.record.exit_code) == ("done", None)
    assert [each.verdict for each in world.record.attempts] == ["limit"]


def test_wait_without_a_limit_changes_nothing(world: FakeWorld) -> None:
    world.expect("claude", stream_of("Done.").encode())
    assert world.go(wait=True).code == 0
    assert world.clock.slept == []
