"""What is made ready while Claude retries, what becomes of it, and that nothing stale is used."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from ai_code.core.errors import AiCodeError
from ai_code.core.ports import Machine, ModelServerError, ServedModel
from tests.flows.fake_world import EDITED, FakeWorld, Silence
from tests.recorded import recordings

MODEL = "qwen2.5-coder:7b"


@pytest.fixture
def prepared(world: FakeWorld, monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The run folders that a worktree was prepared in, in order."""
    made: list[Path] = []
    prepare = world.trees.prepare

    def counted(cwd: Path, run_dir: Path, **more: Any) -> Any:
        made.append(run_dir)
        return prepare(cwd, run_dir, **more)

    monkeypatch.setattr(world.trees, "prepare", counted)
    return made


def retries(
    world: FakeWorld,
    *seconds: float,
    then: str = "",
    rest: Sequence[str] = (),
    meanwhile: Callable[[], object] = lambda: None,
) -> None:
    """A Claude that is overloaded: a retry, so many seconds of silence, a retry …, and at last
    the recording ``then``, or ``rest``, or more silence than patience has."""
    rows = recordings()["default-529-stream-2.1.329"]["stdout"].splitlines(keepends=True)
    retry = next(row for row in rows if "api_retry" in row).encode()
    pieces: list[Any] = [rows[0].encode(), retry]
    for each in seconds:
        pieces += [Silence(each), retry]
    pieces.append(meanwhile)
    rows = rest or (recordings()[then]["stdout"].splitlines(True)[1:] if then else ())
    pieces += [row.encode() for row in rows] or [Silence(16.0), retry, Silence(3.0)]
    world.expect("claude", *pieces, exit=1 if rest else 0)


def kept(world: FakeWorld) -> set[str]:
    return {path.name for path in world.journal.run_dir(world.record.id).iterdir()}


def test_trouble_that_passes_soon_loads_nothing(world: FakeWorld, prepared: list[Path]) -> None:
    retries(world, 1.0, 2.0, then="ok-stream-2.1.329")
    assert world.go().code == 0
    assert world.server.asked == 1
    assert (world.server.preloaded, prepared) == ([], [])


def test_trouble_that_lasts_loads_the_model_and_makes_the_worktree(
    world: FakeWorld, prepared: list[Path]
) -> None:
    retries(world, 3.0, 3.0)
    world.expect_aider()
    assert world.go().code == 0
    assert world.read("hello.py") == EDITED
    assert [name for name, _, _ in world.server.preloaded] == [MODEL], "loaded once"
    assert len(prepared) == 1, "made once, and used"
    assert kept(world) == {"record.json", "before"}


def test_what_claude_did_not_need_is_gone(world: FakeWorld, prepared: list[Path]) -> None:
    retries(world, 3.0, 3.0, then="ok-stream-2.1.329")
    assert world.go().code == 0
    assert len(prepared) == 1
    assert kept(world) == {"record.json"}


def commit(world: FakeWorld) -> None:
    for arguments in (("add", "--all"), ("commit", "--quiet", "--message=Meanwhile")):
        subprocess.run(["git", *arguments], cwd=world.cwd, env=world.environ, check=True)


def edit(world: FakeWorld) -> None:
    (world.cwd / "README.md").write_text("# Changed by the person\n")


def add(world: FakeWorld) -> None:
    (world.cwd / "new.txt").write_text("new\n")


@pytest.mark.parametrize("happens", [[edit], [add], [edit, commit]])
def test_a_tree_that_changed_meanwhile_is_prepared_anew(
    world: FakeWorld, prepared: list[Path], happens: list[Callable[[FakeWorld], None]]
) -> None:
    retries(world, 6.0, meanwhile=lambda: [each(world) for each in happens])
    seen: dict[str, str] = {}

    def look() -> None:
        folder = world.command.cwd
        seen.update({p.name: p.read_text() for p in folder.iterdir() if p.is_file()})

    world.expect_aider(meanwhile=look)
    assert world.go().code == 0
    assert len(prepared) == 2
    for path in world.cwd.iterdir():
        if path.is_file() and path.name != "hello.py":
            assert seen[path.name] == path.read_text()


def test_a_file_claude_edited_that_git_ignores_is_in_the_worktree(
    world: FakeWorld, prepared: list[Path]
) -> None:
    """It was not there when the worktree was prepared, and nothing else tells of it."""
    (world.cwd / ".git/info/exclude").write_text("made.txt\n")
    recorded = recordings()["tool-then-limit-5h-stream-2.1.329"]["stdout"]
    rows = recorded.replace("/home/user/project/done.txt", f"{world.cwd}/made.txt")
    retries(
        world,
        6.0,
        meanwhile=lambda: (world.cwd / "made.txt").write_text("from Claude\n"),
        rest=rows.splitlines(keepends=True)[1:],
    )
    world.expect_aider(edits={})
    assert world.go("go on").code == 0
    assert str(world.command.cwd / "made.txt") in world.command.argv
    assert len(prepared) == 2


def test_without_a_local_model_nothing_is_made(world: FakeWorld, prepared: list[Path]) -> None:
    world.server.error = ModelServerError("refused", "Connection refused")
    retries(world, 6.0)
    assert world.go().code == 75
    assert (world.server.preloaded, prepared) == ([], [])


def test_what_cannot_be_prepared_early_is_tried_again(
    world: FakeWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepare, tries = world.trees.prepare, []

    def fails_once(*args: Any, **more: Any) -> Any:
        tries.append(1)
        if len(tries) == 1:
            raise AiCodeError("the disk is full for a moment")
        return prepare(*args, **more)

    monkeypatch.setattr(world.trees, "prepare", fails_once)
    retries(world, 6.0)
    world.expect_aider()
    assert world.go().code == 0
    assert world.read("hello.py") == EDITED


def test_a_snapshot_for_expect_changes_stays_what_it_is(
    world: FakeWorld, prepared: list[Path]
) -> None:
    retries(world, 6.0, then="ok-stream-2.1.329")
    assert world.go(expect_changes=True).code == 1
    assert [name for name, _, _ in world.server.preloaded] == [MODEL]
    assert len(prepared) == 1, "the snapshot alone"


def test_a_server_that_went_away_meanwhile_is_not_ready(world: FakeWorld) -> None:
    gone = ModelServerError("refused", "Connection refused")
    retries(world, 6.0, meanwhile=lambda: setattr(world.server, "error", gone))
    ended = world.go()
    assert ended.code == 75 and "Ollama is not running" in ended.text


def test_another_model_than_a_moment_ago(world: FakeWorld) -> None:
    other = [ServedModel("codellama:7b", 4 << 30)]
    retries(world, 6.0, meanwhile=lambda: setattr(world.server, "served", other))
    world.expect_aider()
    assert world.go().code == 0
    assert "now codellama:7b" in world.console.of("switch")[0]


def test_the_memory_that_the_model_takes_while_it_loads_is_its_own(world: FakeWorld) -> None:
    little = Machine(8 << 30, 1 << 30)
    retries(world, 6.0, meanwhile=lambda: setattr(world.hardware, "machine", little))
    world.expect_aider()
    assert world.go().code == 0
    assert "now qwen2.5-coder:7b" in world.console.of("switch")[0]
