"""The engine on standby and the model loaded early: when, for what notice, and what ends it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ai_code.core.ports import LoadedModel, Machine
from tests.flows.fake_world import GIB, FakeWorld, Silence
from tests.flows.test_recorder import BrokenJournal
from tests.flows.test_warm_up import MODEL, kept, prepared, retries
from tests.recorded import recordings

__all__ = ["prepared"]


NEAR = (
    b'{"type":"rate_limit_event","rate_limit_info":'
    b'{"status":"allowed_warning","rateLimitType":"five_hour","resetsAt":1795216200}}\n'
)
LIMIT = "tool-then-limit-5h-stream-2.1.329"


def near(world: FakeWorld, *, then: str = LIMIT, meanwhile: Any = lambda: None) -> None:
    """A Claude that warns that its limit is near, and goes on as it was recorded."""
    rows = recordings()[then]["stdout"].splitlines(keepends=True)
    pieces = [rows[0].encode(), NEAR, meanwhile, *(row.encode() for row in rows[1:])]
    world.expect("claude", *pieces, exit=recordings()[then]["exit_code"] or 0)


def states(world: FakeWorld) -> list[str]:
    return [each.state for each in world.processes.standbys]


def test_lasting_trouble_has_the_engine_stand_by_with_all_that_it_imports(
    world: FakeWorld,
) -> None:
    retries(world, 3.0, 3.0)
    world.expect_aider()
    assert world.go().code == 0
    (standby,) = world.processes.standbys
    assert (standby.state, standby.modules[0]) == ("ran", "aider.main")
    assert "started anew" not in " ".join(world.console.of("detail"))
    assert "AI_CODE_FENCE" in standby.command.env
    assert standby.command.fresh == world.command.fresh != ()


def test_a_limit_that_is_near_is_notice_too_and_one_line_says_so(
    world: FakeWorld, prepared: list[Path]
) -> None:
    seen: list[Any] = []

    def look() -> None:
        seen.extend((len(world.server.preloaded), len(prepared), states(world)))

    near(world, meanwhile=look)
    world.expect_aider()
    assert world.go().code == 0
    assert seen == [1, 1, ["waits"]], "at once: the limit may come at any moment"
    assert states(world) == ["ran"]
    told = [line for line in world.console.of("detail") if "made ready" in line]
    assert told == ["Claude's limit is near: the model, a worktree and aider are made ready"]


def test_a_limit_of_an_earlier_run_is_notice_from_the_start(world: FakeWorld) -> None:
    world.expect_recording(LIMIT)
    world.expect_aider()
    assert world.go().code == 0
    assert states(world) == [], "nobody knew"
    seen: list[list[str]] = []
    world.expect_recording(LIMIT, lambda: seen.append(states(world)))
    world.expect_aider()
    (world.cwd / "hello.py").write_text('def hello():\n    print("hello")\n')
    assert world.go().code == 0
    assert (seen, states(world)) == ([["waits"]], ["ran"])
    told = [line for line in world.console.of("detail") if "made ready" in line]
    assert [line.partition(":")[0] for line in told] == ["Claude's limit may still hold"]


def test_a_limit_that_never_came(world: FakeWorld) -> None:
    near(world, then="ok-stream-2.1.329")
    assert world.go().code == 0
    assert states(world) == ["ended"]
    assert kept(world) == {"record.json"}


def test_it_ends_when_claude_goes_on_and_stands_by_again(world: FakeWorld) -> None:
    rows = recordings()["ok-stream-2.1.329"]["stdout"].splitlines(keepends=True)
    seen: list[list[str]] = []
    speaks = next(row for row in rows if '"assistant"' in row).encode()
    again = [speaks, lambda: seen.append(states(world))]
    retry = next(
        row
        for row in recordings()["default-529-stream-2.1.329"]["stdout"].splitlines(keepends=True)
        if "api_retry" in row
    ).encode()
    world.expect(
        "claude",
        *[rows[0].encode(), retry, Silence(6.0), retry, *again],
        *[retry, Silence(3.0), retry, lambda: seen.append(states(world))],
        *[Silence(3.0), retry, lambda: seen.append(states(world))],
        *[Silence(16.0), retry, Silence(3.0)],
    )
    world.expect_aider()
    assert world.go().code == 0
    assert seen == [["ended"], ["ended"], ["ended", "waits"]]
    assert states(world) == ["ended", "ran"]


def test_trouble_after_a_warning_has_a_stale_worktree_made_anew(
    world: FakeWorld, prepared: list[Path]
) -> None:
    rows = recordings()["default-529-stream-2.1.329"]["stdout"].splitlines(keepends=True)
    retry = next(row for row in rows if "api_retry" in row).encode()
    seen: list[int] = []
    pieces: list[Any] = [
        *[rows[0].encode(), NEAR, lambda: (world.cwd / "new.txt").write_text("Claude's\n")],
        *[retry, Silence(6.0), retry, lambda: seen.append(len(prepared))],
        *[Silence(16.0), retry, Silence(3.0)],
    ]
    world.expect("claude", *pieces)
    world.expect_aider()
    assert world.go().code == 0
    assert (seen, len(prepared)) == ([2], 2)
    assert states(world) == ["ran"], "one engine waits all the time"


def test_one_that_will_not_do_is_told_with_details_only(world: FakeWorld) -> None:
    world.processes.no_standby = "which Python starts aider is not certain"
    near(world)
    world.expect_aider()
    assert world.go().code == 0
    assert "not certain" not in world.console.told
    why = "aider was started anew: which Python starts aider is not certain"
    assert why in world.console.of("detail")


@pytest.mark.parametrize(("free", "count"), [(200 << 20, 0), (300 << 20, 1)])
def test_with_too_little_memory_nothing_stands_by(world: FakeWorld, free: int, count: int) -> None:
    world.server.running.append(LoadedModel(MODEL, 5 * GIB, 0, 16384))
    world.hardware.machine = Machine(8 * GIB, free)
    near(world)
    world.expect_aider()
    assert world.go().code == 0
    assert len(world.processes.standbys) == count


def test_nothing_stands_by_where_the_engine_works_in_the_tree(world: FakeWorld) -> None:
    """There a .env may tell aider something before it imports the rest."""
    world.set(fallback_where="tree")
    near(world)
    world.expect_aider()
    assert world.go().code == 0
    assert states(world) == []


@pytest.mark.parametrize("how", ["wait", "stop"])
def test_nothing_is_made_ready_where_nobody_would_go_on(world: FakeWorld, how: str) -> None:
    world.set(fallback_on_limit=how)
    near(world, then="ok-stream-2.1.329")
    assert world.go().code == 0
    assert (world.server.asked, states(world)) == (0, [])


# preload -----------------------------------------------------------------------------------------

OTHERS = [LoadedModel("codellama:7b", 6 * GIB, 6 * GIB, 4096)]


@pytest.mark.parametrize(
    ("how", "others", "early"),
    [
        ("auto", [], 1),
        ("auto", OTHERS, 0),
        ("always", [], 1),
        ("always", OTHERS, 1),
        ("never", [], 0),
    ],
)
def test_what_is_loaded_before_the_switch(
    world: FakeWorld, how: str, others: list[LoadedModel], early: int
) -> None:
    world.set(preload=how)
    world.server.running += others
    seen: list[int] = []
    near(world, meanwhile=lambda: seen.append(len(world.server.preloaded)))
    world.expect_aider()
    assert world.go().code == 0
    assert seen == [early]
    assert [name for name, _, _ in world.server.preloaded] == [MODEL], "at the switch at the latest"
    assert states(world) == ["ran"]


def test_always_does_not_wait_for_trouble_to_last(world: FakeWorld) -> None:
    world.set(preload="always")
    retries(world, then="ok-stream-2.1.329")
    assert world.go().code == 0
    assert [name for name, _, _ in world.server.preloaded] == [MODEL]


def test_a_model_that_was_unloaded_again_is_loaded_again(world: FakeWorld) -> None:
    near(world, meanwhile=world.server.running.clear)
    world.expect_aider()
    assert world.go().code == 0
    assert len(world.server.preloaded) == 2


def test_a_journal_that_cannot_be_written_is_no_matter_while_claude_works(
    world: FakeWorld,
) -> None:
    world.journal = BrokenJournal(world.journal, 0)
    near(world, then="ok-stream-2.1.329")
    assert world.go().code == 0
    assert (world.server.preloaded, states(world)) == ([], [])
