"""What of ``ai-code remember`` reaches Claude: by a file, beside the person's own words."""

from __future__ import annotations

from pathlib import Path

import pytest

from ai_code.flows.remember import remember
from tests.flows.fake_world import FakeWorld, option

FILE = "--append-system-prompt-file"


def told(world: FakeWorld, prompt: str = "add a docstring") -> str:
    """What the file says that Claude was given; empty where it got none."""
    world.expect_recording("ok-stream-2.1.329")
    assert world.go(prompt).code == 0
    assert world.command.stdin == prompt.encode(), "the person's words stay theirs"
    path = option(world.command, FILE)
    return Path(path).read_text() if path else ""


def test_nobody_s_notes_change_nothing(world: FakeWorld) -> None:
    assert told(world) == ""
    assert not (world.state / "memory").exists()


def test_project_and_global_the_newest_first(world: FakeWorld) -> None:
    remember(world, "Use tabs.", None)
    remember(world, "日本語で答えてください。", "global")
    remember(world, "Run make check.\nBefore a commit.", None)
    text = told(world)
    assert text == (
        "# Notes that the person left for this project (ai-code remember), newest first\n\n"
        "- Run make check.\n  Before a commit.\n- Use tabs.\n\n"
        "# Notes that the person left for all projects (ai-code remember), newest first\n\n"
        "- 日本語で答えてください。\n"
    )
    path = Path(option(world.command, FILE) or "")
    assert path.stat().st_mode & 0o777 == 0o600
    before = path.stat().st_mtime_ns
    assert told(world) == text
    assert path.stat().st_mtime_ns == before, "what is there already is not written again"


def test_it_can_be_switched_off(world: FakeWorld) -> None:
    remember(world, "Use tabs.", None)
    world.set(memory_to_claude=False)
    assert told(world) == ""


def test_the_person_s_own_system_prompt_wins(world: FakeWorld) -> None:
    remember(world, "Use tabs.", None)
    for arguments in (("--append-system-prompt", "x"), ("--append-system-prompt=x",)):
        world.expect_recording("ok-stream-2.1.329")
        assert world.go(engine_args=arguments).code == 0
        assert FILE not in world.command.argv


@pytest.mark.parametrize(
    ("version", "has"), [((2, 0, 77), True), ((1, 0, 128), False), (None, True)]
)
def test_a_claude_that_does_not_know_the_option(
    world: FakeWorld, version: tuple[int, ...] | None, has: bool
) -> None:
    remember(world, "Use tabs.", None)
    world.processes.versions["claude"] = version
    assert bool(told(world)) is has


def test_many_notes_are_cut_and_keys_hidden(world: FakeWorld) -> None:
    world.environ["A_TOKEN"] = "secret-value-1"
    for number in range(60):
        remember(world, f"{number} secret-value-1 " + "words " * 300, "global")
    text = told(world)
    assert "- 59 ‹secret›" in text and "- 0 " not in text and "secret-value-1" not in text
    assert len(text) < 4 * 4100


def test_a_session_that_goes_on_has_them_too(world: FakeWorld) -> None:
    """2.1.329 ignores it then, 2.0.77 needs it."""
    remember(world, "Use tabs.", None)
    world.expect_recording("ok-stream-2.1.329")
    assert world.go(resume="01234567-89ab-cdef-0123-456789abcdef").code == 0
    assert world.command.argv.count(FILE) == 1 and "--resume" in world.command.argv


def test_a_disk_that_is_full_keeps_nobody_from_working(world: FakeWorld) -> None:
    remember(world, "Use tabs.", None)
    (world.state / "memory" / "for-claude").write_text("no folder")
    assert told(world) == ""
