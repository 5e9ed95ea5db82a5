"""``ai-code memory``: what an engine would get, words found, notes edited and forgotten."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from ai_code.core.command import Command
from ai_code.core.errors import AiCodeError
from ai_code.core.notes_file import parse_notes
from ai_code.core.text import columns
from ai_code.system.memory_index import SqliteIndex
from tests.cli.test_main import CommandWorld, world

__all__ = ["world"]


@pytest.fixture
def full(world: CommandWorld, monkeypatch: pytest.MonkeyPatch) -> CommandWorld:
    """Notes and memory files of every kind."""
    for path, text in {
        "CLAUDE.md": "Write docstrings in the imperative.\n@docs/style.md\n@../out.md\n",
        "docs/style.md": "# 文体\n\n日本語で書きます。\n",
        ".claude/rules/ts.md": "---\npaths: 'src/**/*.ts'\n---\nStrict.\n",
        "../out.md": "out\n",
    }.items():
        (world.cwd / path).parent.mkdir(parents=True, exist_ok=True)
        (world.cwd / path).write_text(text)
    (world.cwd / "AGENTS.md").symlink_to("CLAUDE.md")
    world.call("remember", "Use tabs in Makefiles.")
    world.call("remember", "テストは pytest で書きます。" * 6)
    world.call("remember", "--global", "Small commits.")
    world.console.shown.clear()
    return world


def ids(world: CommandWorld) -> list[str]:
    scopes = world.notes.scopes(world.cwd)
    return [note.id for scope in scopes for note in parse_notes(world.notes.read(scope))]


def out(world: CommandWorld, capsys: pytest.CaptureFixture[str], *argv: str) -> str:
    assert world.call("memory", *argv) == 0
    return capsys.readouterr().out


# show ---------------------------------------------------------------------------------------


def test_all_that_an_engine_is_given(
    full: CommandWorld, capsys: pytest.CaptureFixture[str]
) -> None:
    text = out(full, capsys, "show")
    lines = text.splitlines()
    assert "tokens at most (qwen2.5-coder:7b, context 16384)" in lines[0]
    assert [line[8:].split()[0] for line in lines[1:6]] == [
        "notes", "notes", "CLAUDE.md", "docs/style.md", "README.md",
    ]  # fmt: skip
    assert "CLAUDE.md = AGENTS.md" in text and "imported by CLAUDE.md" in text
    assert "out.md, imported by CLAUDE.md, left out: it is outside the project" in " ".join(
        text.split()
    )
    assert "  .claude/rules/ts.md: src/**/*.ts" in lines
    first, second, third = ids(full)
    assert [line[:8] for line in lines if "2026-11-20" in line] == [
        f"  {second}  ", f"  {first}  ", f"  {third}  ",
    ]  # fmt: skip
    assert all(columns(line) <= 80 for line in lines if "/" not in line)
    whole = out(full, capsys, "show", "--text", "--file", "src/a.ts")
    assert "    日本語で書きます。" in whole and "rule, for src/**/*.ts" in whole
    assert "rules for other files" not in whole


def test_as_json(full: CommandWorld, capsys: pytest.CaptureFixture[str]) -> None:
    full.environ["SOME_KEY"] = "imperative."
    told = json.loads(out(full, capsys, "show", "--json"))
    assert (told["version"], told["model"], told["context"]) == (1, "qwen2.5-coder:7b", 16384)
    assert [part["kind"] for part in told["parts"]] == [
        "notes", "notes", "project", "import", "readme",
    ]  # fmt: skip
    assert told["tokens"] == sum(part["tokens"] for part in told["parts"]) < told["budget"]
    assert told["parts"][2]["also"] == ["AGENTS.md"]
    assert "‹secret›" in told["parts"][2]["text"], "a key of the environment is never shown"
    assert told["rules_for_other_files"] == [
        {"name": ".claude/rules/ts.md", "paths": ["src/**/*.ts"]}
    ]
    assert [note["scope"] for note in told["notes"]] == ["project", "project", "global"]


def test_nothing_to_show(world: CommandWorld, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("CLAUDE.md", "README.md"):
        (world.cwd / name).unlink()
    assert "there is no memory here" in out(world, capsys, "show")
    assert json.loads(out(world, capsys, "show", "--json"))["parts"] == []
    assert list(world.state.iterdir()) == [], "looking writes nothing"


def test_awkward_names_and_texts_fit_the_screen(
    world: CommandWorld, capsys: pytest.CaptureFixture[str]
) -> None:
    name = "とても長い名前のフォルダー/そしてその中のファイル.md"
    (world.cwd / name).parent.mkdir()
    (world.cwd / name).write_text("x\n")
    (world.cwd / "CLAUDE.md").write_text(f"rules \x1b[2J\n@{name}\n")
    world.call("remember", "長いメモ" * 60)
    text = out(world, capsys, "show", "--text")
    assert "\x1b" not in text and f"  {name}\n" in text
    assert all(columns(line) <= 80 for line in text.splitlines() if "長いメモ" not in line)
    listed = [line for line in text.splitlines() if "2026-" in line]
    assert columns(listed[0]) <= 80 and listed[0].endswith("…")


# search -------------------------------------------------------------------------------------


def test_words_in_notes_and_files(full: CommandWorld, capsys: pytest.CaptureFixture[str]) -> None:
    first, second, _ = ids(full)
    assert out(full, capsys, "search", "TABS") == (
        f"notes for this project  {first}\n    Use tabs in Makefiles.\n"
    )
    assert (
        out(full, capsys, "search", "書き", "日本") == "docs/style.md:3\n    日本語で書きます。\n"
    )
    both = json.loads(out(full, capsys, "search", "書きます", "--json"))
    assert both["index"] is True
    assert {(row["name"], row["id"]) for row in both["places"]} == {
        ("notes for this project", second), ("docs/style.md", None),
    }  # fmt: skip
    assert out(full, capsys, "search", "nowhere") == "nothing here has nowhere\n"
    assert "1 more (-n 2)" in out(full, capsys, "search", "書きます", "-n", "1")
    assert all(columns(x) <= 80 for x in out(full, capsys, "search", "pytest").splitlines())


def test_notes_of_other_projects(
    full: CommandWorld, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    full.cwd = tmp_path / "home"
    assert out(full, capsys, "search", "tabs") == "nothing here has tabs\n"
    found = out(full, capsys, "search", "--all", "tabs")
    assert found.startswith(f"notes for {tmp_path / 'project'}  {''}")
    assert "Use tabs in Makefiles." in found


def test_without_an_index_it_says_so(
    full: CommandWorld, capsys: pytest.CaptureFixture[str]
) -> None:
    full.memory_index = SqliteIndex(full.state / "i.sqlite3", tokenizer="nonesuch")
    assert "Use tabs" in out(full, capsys, "search", "tabs")
    (told,) = full.console.of("note")
    assert told.startswith("Searched without an index: SQLite ") and "nonesuch" in told
    assert json.loads(out(full, capsys, "search", "tabs", "--json"))["index"] is False


# forget -------------------------------------------------------------------------------------


def test_forget_and_take_back(full: CommandWorld) -> None:
    first, second, third = ids(full)
    full.console.terminal()
    full.console.answers += ["n", "y"]
    assert full.call("memory", "forget", first, third[:3]) == 1
    assert ids(full) == [first, second, third]
    assert full.call("memory", "forget", first, third[:3]) == 0
    assert ids(full) == [second]
    assert f"ai-code memory forget --undo {first} {third}" in full.console.told
    assert full.call("memory", "forget", "--undo", first, third) == 0
    assert ids(full) == [second, first, third]
    assert full.console.of("important")[-1] == "2 notes taken back"
    assert "no forgotten note" in full.refused("memory", "forget", "--undo", first).what


def test_for_good_leaves_no_trace(full: CommandWorld, capsys: pytest.CaptureFixture[str]) -> None:
    first, second, _ = ids(full)
    out(full, capsys, "search", "tabs")
    full.expect_recording("ok-stream-2.1.329")
    assert full.call("hello there") == 0
    assert full.call("memory", "forget", "--yes", second) == 0
    assert full.call("memory", "forget", "--yes", "--for-good", first, second) == 0
    left = [path for path in full.state.rglob("*") if path.is_file()]
    assert not [path for path in left if b"tabs" in path.read_bytes()]
    word = "書きます".encode()
    assert not [path for path in left if word in path.read_bytes()]


def test_what_cannot_be_forgotten(full: CommandWorld) -> None:
    first, *_ = ids(full)
    assert "no note 'zz' here" in full.refused("memory", "forget", "zz").what
    assert full.refused("memory", "forget", first).hint == f"ai-code memory forget --yes {first}"
    assert (
        "exclude each other" in full.refused("memory", "forget", "--undo", "--for-good", "x").what
    )
    assert "memory leak" in full.refused("memory", "leak", "in", "x").hint


# edit ---------------------------------------------------------------------------------------


def edits(world: CommandWorld, change: Callable[[Path], None], code: int = 0) -> list[Command]:
    """A person who changes the file that the editor is given."""
    from ai_code.core.exits import Exit

    started: list[Command] = []

    def lend(command: Command, beside: object) -> Exit:
        started.append(command)
        change(Path(command.argv[-1]))
        return Exit(code)

    world.terminal.lend = lend  # type: ignore[assignment,method-assign]
    world.console.terminal()
    return started


def test_one_note_and_all_of_them(full: CommandWorld) -> None:
    first, second, third = ids(full)
    full.environ["VISUAL"] = "code --wait 'a b'"
    started = edits(full, lambda path: path.write_text("Use spaces.\n"))
    assert full.call("memory", "edit", first) == 0
    assert started[0].argv[:-1] == ("/programs/code", "--wait", "a b")
    assert full.console.of("important") == ["notes: 1 changed"]
    text = full.notes.read(full.notes.scopes(full.cwd)[0])
    assert next(note.text for note in parse_notes(text)) == "Use spaces."
    edits(full, lambda path: path.write_text(path.read_text() + "\n## 0f0f · 2026-01-01\n\nNew\n"))
    assert full.call("memory", "edit") == 0
    assert ids(full) == [first, second, "0f0f", third]
    edits(full, lambda path: path.write_text(""))
    full.console.answers.append("y")
    assert full.call("memory", "edit", "--global") == 0
    assert full.console.of("ask") == ["It is empty. Forget this note?"]
    assert full.console.of("note")[-1] == f"to take this back: ai-code memory forget --undo {third}"
    assert ids(full) == [first, second, "0f0f"]
    edits(full, lambda path: None)
    assert full.call("memory", "edit") == 0
    assert full.console.of("important")[-1] == "nothing was changed"
    assert not list(full.state.rglob("edit"))


def test_what_goes_wrong_in_an_editor_changes_nothing(full: CommandWorld) -> None:
    first, *_ = before = ids(full)
    full.environ["EDITOR"] = "vim"
    edits(full, lambda path: path.write_text("x"), code=1)
    with pytest.raises(AiCodeError, match="did not end well") as caught:
        full.call("memory", "edit", first)
    assert Path(caught.value.why.removeprefix("what it wrote is in ")).read_text() == "x"
    edits(full, lambda path: path.unlink())
    with pytest.raises(AiCodeError, match="is gone"):
        full.call("memory", "edit")
    scope = full.notes.scopes(full.cwd)[0]

    def meanwhile(path: Path) -> None:
        path.write_text("mine")
        full.notes.change(scope, lambda text: text + "\n## abcd · 2026-01-01\n\nother\n")

    edits(full, meanwhile)
    with pytest.raises(AiCodeError, match="by somebody else meanwhile"):
        full.call("memory", "edit")
    assert ids(full) == [*before[:2], "abcd", before[2]]


def test_which_editor(full: CommandWorld) -> None:
    started = edits(full, lambda path: None)
    full.processes.missing |= {"sensible-editor", "nano"}
    (full.cwd / ".git" / "config").write_text("[core]\n\teditor = evil\n")
    assert full.call("memory", "edit") == 0
    assert started[0].argv[0] == "/programs/vi"
    full.environ["EDITOR"] = "'unclosed"
    assert "EDITOR cannot be read" in full.refused("memory", "edit").what
    full.environ["EDITOR"] = "gone"
    full.processes.missing.add("gone")
    with pytest.raises(AiCodeError, match="there is no editor gone"):
        full.call("memory", "edit")
    full.console.stdin_is_tty = False
    assert "needs a terminal" in full.refused("memory", "edit").what


def test_a_slip_in_an_edit_is_pointed_out(full: CommandWorld) -> None:
    first, *_ = ids(full)
    full.environ["EDITOR"] = "vim"
    edits(full, lambda path: path.write_text("AKIAIOSFODNN7EXAMPLE"))
    assert full.call("memory", "edit", first) == 0
    assert "seems to hold a key of AWS: every engine gets it" in full.console.told


def test_what_an_edit_takes_out_can_be_taken_back(full: CommandWorld) -> None:
    first, second, third = before = ids(full)
    scope = full.notes.scopes(full.cwd)[0]
    text = full.notes.read(scope)
    cut = text[: text.index(f"## {second}")]
    edits(full, lambda path: path.write_text(cut))
    assert full.call("memory", "edit") == 0
    assert full.console.of("important")[-1] == "notes: 1 removed"
    told = full.console.of("note")[-1]
    assert told == f"to take this back: ai-code memory forget --undo {second}"
    assert ids(full) == [first, third]
    # The same id once more, with another text: the line names the one that was taken out now.
    edits(full, lambda path: path.write_text(f"{cut}\n## {second} · 2026-01-01\n\nOther.\n"))
    assert full.call("memory", "edit") == 0
    edits(full, lambda path: path.write_text(cut))
    assert full.call("memory", "edit") == 0
    other = full.console.of("note")[-1].rsplit(" ", 1)[1]
    assert other != second
    assert full.call("memory", "forget", "--undo", other, second) == 0
    assert "Other." in full.notes.read(scope) and "pytest" in full.notes.read(scope)
    # A heading that is broken is no loss either.
    edits(full, lambda path: path.write_text("garbage\n"))
    assert full.call("memory", "edit") == 0
    back = full.console.of("note")[-1].partition("--undo ")[2].split()
    assert len(back) == 3
    assert full.call("memory", "forget", "--undo", *back) == 0
    assert {*before} < {*ids(full)}


def test_an_emptied_file_is_asked_about(full: CommandWorld) -> None:
    first, second, third = before = ids(full)
    edits(full, lambda path: path.write_text("\n"))
    for argv in ((), (first,)):
        full.console.answers.append("n")
        assert full.call("memory", "edit", *argv) == 1
        assert full.console.of("important")[-1] == "nothing was changed"
        full.console.answers.append(None)
        refused = full.refused("memory", "edit", *argv)
        assert refused.what == "memory edit needs a yes"
        assert refused.hint.startswith("ai-code memory forget --yes ")
        assert ids(full) == before
    assert full.console.of("ask")[0] == "It is empty. Forget all 2 notes?"
    full.console.answers.append("y")
    assert full.call("memory", "edit") == 0 and ids(full) == [third]
    assert full.call("memory", "forget", "--undo", first, second) == 0
    assert ids(full) == before


def test_a_key_of_the_environment_comes_into_no_note(full: CommandWorld) -> None:
    first, *_ = ids(full)
    full.environ["SOME_API_KEY"] = secret = "correct-horse-battery-staple-42"
    scope = full.notes.scopes(full.cwd)[0]
    before = full.notes.read(scope)
    edits(full, lambda path: path.write_text(f"It is {secret}."))
    for argv in ((), (first,)):
        refused = full.refused("memory", "edit", *argv)
        assert refused.what == "the note holds a key or token of your environment"
        kept = Path(refused.why.rpartition("What you wrote is in ")[2])
        assert secret in kept.read_text() and secret not in f"{refused.why}{refused.hint}"
        assert full.notes.read(scope) == before
    assert not full.notes.read(full.notes.forgotten(scope))
