"""The local engine's turn: what it is given, where it works, what of it lands."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest

from ai_code.core.ports import LoadedModel, ModelServerError, ServedModel
from ai_code.core.ports_tree import Written
from tests.flows.fake_world import EDITED, GIB, FakeWorld, option
from tests.recorded import recordings

SESSION_LIMIT = "limit-5h-oauth-stream-2.1.329"


def run_local(world: FakeWorld, prompt: str = "improve it", **options: Any) -> None:
    world.expect_aider(edits={})
    assert world.go(prompt, local_only=True, **options).code == 0


def editable(world: FakeWorld) -> list[str]:
    """What the last aider was given to edit, as paths in its worktree."""
    command = world.command
    values = [b for a, b in zip(command.argv, command.argv[1:], strict=False) if a == "--file"]
    return [str(Path(value).relative_to(command.cwd)) for value in values]


def commit(world: FakeWorld) -> None:
    for arguments in (("add", "--all"), ("commit", "--quiet", "--message=More")):
        subprocess.run(["git", *arguments], cwd=world.cwd, env=world.environ, check=True)


# which files it may edit --------------------------------------------------------------------


def test_files_that_the_prompt_names(world: FakeWorld) -> None:
    run_local(world, "add a test for hello.py, and see README.md")
    assert editable(world) == ["hello.py", "README.md"]


def test_files_of_the_command_line_come_first(world: FakeWorld) -> None:
    run_local(world, "like hello.py", files=("README.md",))
    assert editable(world) == ["README.md", "hello.py"]


def test_files_are_relative_to_where_the_person_stands(world: FakeWorld) -> None:
    inner = world.cwd / "src"
    inner.mkdir()
    (inner / "a.py").write_text("a = 1\n")
    commit(world)
    world.cwd = inner
    run_local(world, files=("a.py", "../hello.py"))
    assert editable(world) == ["src/a.py", "hello.py"]


def test_a_file_outside_the_project_is_not_given(world: FakeWorld) -> None:
    outside = world.cwd.parent / "other.py"
    outside.write_text("secret = 1\n")
    run_local(world, files=("../other.py", "hello.py"))
    assert editable(world) == ["hello.py"]
    assert any("other.py is not in the project" in note for note in world.console.of("note"))


def test_a_function_that_the_prompt_names_is_looked_for(world: FakeWorld) -> None:
    run_local(world, "add a docstring to hello()")
    assert editable(world) == ["hello.py"]


def test_a_function_defined_everywhere_is_no_hint(world: FakeWorld) -> None:
    for number in range(5):
        (world.cwd / f"m{number}.py").write_text("def hello():\n    pass\n")
    commit(world)
    run_local(world, "add a docstring to hello()")
    assert editable(world) == []


def test_claudes_edits(world: FakeWorld) -> None:
    recorded = recordings()["tool-then-limit-5h-stream-2.1.329"]
    stdout = recorded["stdout"].replace("/home/user/project", str(world.cwd))
    [name] = recorded["files_after"] or {"hello.txt": ""}
    world.expect("claude", stdout.encode(), exit=1, edits={name: "from Claude\n"})
    world.expect_aider(edits={})
    assert world.go("go on").code == 0
    assert editable(world) == [name]
    assert f"It edited: {name}" in world.message()
    assert world.read(name) == "from Claude\n"


def test_a_file_too_large_for_the_context_is_named_and_left_to_its_parts(world: FakeWorld) -> None:
    (world.cwd / "big.py").write_text("x = 1\n" * 20_000)
    commit(world)
    run_local(world, "fix big.py and hello.py")
    assert editable(world) == ["hello.py"]
    assert any(
        note.startswith("big.py (117 KiB) does not fit") for note in world.console.of("note")
    )


def test_a_private_file_is_not_given(world: FakeWorld) -> None:
    (world.cwd / ".env").write_text("KEY=1\n")
    run_local(world, "fix .env", files=(".env",))
    assert editable(world) == []
    assert any(".env" in line for line in world.console.of("detail"))


# what it is told ------------------------------------------------------------------------------


def test_the_brief(world: FakeWorld) -> None:
    (world.cwd / "new.txt").write_text("new\n")
    run_local(world, "/run rm -rf ~")
    message = world.message()
    assert not message.startswith(("/", "!"))
    assert "/run rm -rf ~" in message
    assert "- git branch: main" in message and "First" in message and "new.txt" in message
    assert "Claude" not in message


def test_memory_files_are_context(world: FakeWorld) -> None:
    (world.cwd / "AGENTS.md").write_text("Be brief.\n")
    run_local(world, "hi", reads=("hello.py",))
    command = world.command
    reads = [b for a, b in zip(command.argv, command.argv[1:], strict=False) if a == "--read"]
    names = [Path(path).name for path in reads]
    assert names == ["about.md", "hello.py", "CLAUDE.md", "AGENTS.md", "README.md"]
    assert all(not Path(path).is_relative_to(command.cwd) for path in reads)


def test_a_long_memory_file_is_cut_and_named(world: FakeWorld) -> None:
    (world.cwd / "CLAUDE.md").write_text("A rule of the project.\n" * 4000)
    run_local(world)
    assert any("CLAUDE.md is long" in note for note in world.console.of("note"))


# where it works -------------------------------------------------------------------------------


def test_it_works_in_a_worktree_that_is_gone_afterwards(world: FakeWorld) -> None:
    before, seen = world.read("hello.py"), []
    world.expect_aider(meanwhile=lambda: seen.append(world.read("hello.py")))
    assert world.go(local_only=True).code == 0
    assert seen == [before]
    assert world.command.cwd != world.cwd and not world.command.cwd.exists()
    assert world.command.cwd.name == world.cwd.name
    left = {path.name for path in world.journal.run_dir(world.record.id).iterdir()}
    assert left <= {"record.json", "before", "left-out.patch"}


def test_in_the_tree_for_those_who_ask(world: FakeWorld) -> None:
    world.set(fallback_where="tree")
    world.expect_aider()
    assert world.go(local_only=True).code == 0
    assert world.command.cwd == world.cwd
    assert world.read("hello.py") == EDITED
    assert [file.path for file in world.record.landed] == ["hello.py"]


def test_outside_git(world: FakeWorld, tmp_path: Path) -> None:
    folder = tmp_path / "plain"
    folder.mkdir()
    (folder / "hello.py").write_text("def hello():\n    pass\n")
    world.cwd = folder
    world.expect_aider()
    assert world.go("add a docstring to hello.py", local_only=True).code == 0
    assert world.read("hello.py") == EDITED
    assert not (folder / ".git").exists()


def test_the_person_edits_another_file_meanwhile(world: FakeWorld) -> None:
    world.expect_aider(meanwhile=lambda: write(world, "README.md", "mine\n"))
    assert world.go(local_only=True).code == 0
    assert world.read("README.md") == "mine\n" and world.read("hello.py") == EDITED


def write(world: FakeWorld, name: str, text: str) -> None:
    (world.cwd / name).write_text(text)


# what lands -----------------------------------------------------------------------------------


def test_landing_lines(world: FakeWorld) -> None:
    (world.cwd / "old.py").write_text("x = 0\n")
    commit(world)
    world.expect_aider(edits={"hello.py": EDITED, "new.py": "x = 1\n", "old.py": None})
    assert world.go(local_only=True).code == 0
    notes = world.console.of("note")
    run_id = world.record.id
    assert "changed: hello.py (+1 −0)" in notes
    assert "new: new.py (+1 −0)" in notes
    assert any(note.startswith("deleted: old.py (+0 −") for note in notes)
    assert f"see: ai-code diff   take back: ai-code undo   (run {run_id})" in notes
    assert "Nothing was changed." not in notes


def test_what_was_given_to_be_read_does_not_land_unless_it_is_named(world: FakeWorld) -> None:
    """Claude obeys CLAUDE.md in every later run."""
    before = world.read("CLAUDE.md")
    world.expect_aider(edits={"hello.py": EDITED, "CLAUDE.md": "Obey me.\n"})
    assert world.go(local_only=True).code == 0
    assert (world.read("CLAUDE.md"), world.read("hello.py")) == (before, EDITED)
    assert any(
        "CLAUDE.md: it was given to be read only" in line for line in world.console.of("important")
    )
    world.expect_aider(edits={"CLAUDE.md": "Be brief.\n"})
    assert world.go("shorten claude.md", local_only=True).code == 0
    assert world.read("CLAUDE.md") == "Be brief.\n"


def test_names_are_meant_from_where_the_person_stands(world: FakeWorld) -> None:
    inner = world.cwd / "sub"
    inner.mkdir()
    (inner / "hello.py").write_text("x = 1\n")
    commit(world)
    world.cwd = inner
    run_local(world, "change hello.py and README.md")
    assert editable(world) == ["sub/hello.py", "README.md"]
    assert "stands in the folder sub/" in world.message()


def test_a_private_file_that_is_named_is_told(world: FakeWorld) -> None:
    (world.cwd / ".env").write_text("KEY=1\n")
    run_local(world, "change .env and hello.py")
    assert any(
        line.startswith("the model does not get .env: ") for line in world.console.of("important")
    )


def test_a_conflict_is_named_and_kept(world: FakeWorld) -> None:
    mine = 'def hello():\n    """Mine."""\n    print("hello")\n'
    world.expect_aider(meanwhile=lambda: write(world, "hello.py", mine))
    assert world.go(local_only=True).code == 1
    assert world.read("hello.py") == mine
    notes = world.console.of("important")
    assert any(note.startswith("not merged: hello.py: ") for note in notes)
    [kept] = [note for note in notes if note.startswith("what did not land is kept: git apply ")]
    assert EDITED.splitlines()[1] in Path(kept.rpartition(" ")[2]).read_text()
    assert [left.path for left in world.record.left_out] == ["hello.py"]


PLACEHOLDER = "def hello():\n    # ... rest of the code unchanged ...\n"


@pytest.mark.parametrize(("answer", "lands"), [("y", True), ("n", False), (None, False)])
def test_a_suspicious_edit_is_asked_about(
    terminal: FakeWorld, answer: str | None, lands: bool
) -> None:
    terminal.console.answers.append(answer)
    terminal.expect_aider(edits={"hello.py": PLACEHOLDER})
    assert terminal.go(local_only=True).code == (0 if lands else 1)
    assert (terminal.read("hello.py") == PLACEHOLDER) == lands
    assert terminal.console.of("ask")[0].startswith("hello.py looks wrong (")
    told = "look at hello.py: " if lands else "left out: hello.py: "
    assert any(note.startswith(told) for note in terminal.console.told.splitlines())


def test_without_anybody_to_ask_it_is_left_out(world: FakeWorld) -> None:
    world.expect_aider(edits={"hello.py": PLACEHOLDER, "new.py": "x = 1\n"})
    assert world.go(local_only=True).code == 0
    assert world.read("hello.py") != PLACEHOLDER and world.read("new.py") == "x = 1\n"
    assert [left.path for left in world.record.left_out] == ["hello.py"]


@pytest.mark.parametrize(("how", "code"), [("keep", 0), ("drop", 1)])
def test_keep_and_drop(terminal: FakeWorld, how: str, code: int) -> None:
    terminal.set(fallback_on_suspect=how)
    terminal.expect_aider(edits={"hello.py": PLACEHOLDER})
    assert terminal.go(local_only=True).code == code
    assert (terminal.read("hello.py") == PLACEHOLDER) == (how == "keep")


def test_a_name_that_fools_the_eye_is_shown_safely(world: FakeWorld) -> None:
    world.expect_aider(edits={"a\x1b[2Jb.py": "x = 1\n"})
    assert world.go(local_only=True).code == 1
    assert "\x1b" not in world.console.told
    told = world.console.of("important")
    assert any(line.startswith('left out: "a^[[2Jb.py": ') for line in told)


def test_aiders_own_droppings_are_nobodys_change(world: FakeWorld) -> None:
    world.expect_aider("No.", edits={".aider.chat.history.md": "# chat\n"})
    assert world.go(local_only=True).code == 0
    assert not (world.cwd / ".aider.chat.history.md").exists()
    assert "Nothing was changed." in world.console.of("note")


def test_another_run_holds_the_tree(world: FakeWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ai_code.flows.local_landing._LOCK_WAIT_S", 0.0)
    world.expect_aider()
    before = world.read("hello.py")
    with world.trees.lock(world.cwd, run_id="another", wait_s=0.0):
        ended = world.go(local_only=True)
    assert ended.code == 75 and world.read("hello.py") == before
    assert ended.error is not None and ended.error.hint.startswith("git apply ")
    assert EDITED.splitlines()[1] in Path(ended.error.hint.split()[-1]).read_text()


def test_a_landing_that_skips_a_file(world: FakeWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    from ai_code.core.changes import LeftOut

    def write_nothing(*arguments: Any) -> Written:
        return Written(skipped=(LeftOut("hello.py", "the folder is read-only"),))

    monkeypatch.setattr(world.trees, "write", write_nothing)
    world.expect_aider()
    assert world.go(local_only=True).code == 1
    assert "left out: hello.py: the folder is read-only" in world.console.of("important")


# the model ------------------------------------------------------------------------------------


def test_the_model_is_loaded_meanwhile_unless_it_is_there(world: FakeWorld) -> None:
    run_local(world)
    assert world.server.preloaded == [("qwen2.5-coder:7b", 16384, None)]
    world.server.running = [LoadedModel("qwen2.5-coder:7b", 5 * GIB, 0, 8192)]
    run_local(world)
    assert len(world.server.preloaded) == 1


def test_notes_on_the_model_are_told(world: FakeWorld) -> None:
    world.server.running = [LoadedModel("qwen2.5-coder:7b", 5 * GIB, 2 * GIB, 8192)]
    run_local(world)
    assert any("only 40 % on the GPU" in note for note in world.console.of("note"))


def test_settings_reach_server_and_engine(world: FakeWorld) -> None:
    world.server.served.append(ServedModel("codellama:7b", 4 * GIB))
    world.set(
        model="codellama:7b",
        ollama_api="http://10.0.0.7:11434",
        ollama_headers={"X-Key": "abcdefghij"},
        aider_edit_format="whole",
        aider_args=("--no-stream",),
        stall_timeout_s=7.0,
        timeout_s=70.0,
    )
    run_local(world)
    command = world.command
    assert option(command, "--model") == "ollama_chat/codellama:7b"
    assert option(command, "--edit-format") == "whole"
    assert "--no-stream" in command.argv and command.stdin is None
    assert (command.stall_timeout_s, command.deadline_s) == (7.0, 70.0)
    assert world.server.base_url == "http://10.0.0.7:11434"
    assert world.server.headers == {"X-Key": "abcdefghij"}


def test_a_server_that_was_down_while_claude_retried_is_asked_again(world: FakeWorld) -> None:
    world.set(patience_s=0.0)
    down = ModelServerError("refused", "connection refused")
    ask = world.server.models

    def models() -> Any:
        world.server.error = down if world.server.asked == 0 else None
        return ask()

    world.server.models = models  # type: ignore[method-assign]
    world.expect_recording("529-stream-2.1.329")
    world.expect_aider()
    assert world.go().code == 0
    assert world.server.asked == 2


def test_on_a_terminal_answer_and_edits_show_as_they_come(terminal: FakeWorld) -> None:
    terminal.expect_aider()
    assert terminal.go(local_only=True).code == 0
    assert terminal.console.stdout.decode().rstrip() == "I added the docstring."
    assert "· edit hello.py" in terminal.console.of("tool")
