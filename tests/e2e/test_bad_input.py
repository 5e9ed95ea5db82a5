"""Prompts and settings as they come: done, or a clear error that says what to do."""

from __future__ import annotations

from pathlib import Path

import pytest

from ai_code.drill.replies import edit_block
from tests.conftest import HELLO
from tests.e2e.fakes import (
    DOCUMENTED,
    aider_writes,
    claude_that_notes,
)
from tests.e2e.world import World

TASK = "add a docstring to hello()"


@pytest.fixture
def noting(world: World) -> World:
    world.script("claude", claude_that_notes())
    return world


def prompt_at_claude(world: World) -> bytes:
    return (world.home / "prompt").read_bytes()


# Prompts ----------------------------------------------------------------------------------


@pytest.mark.parametrize(("args", "stdin"), [([""], None), (["  "], b""), (["-"], b" \n\n")])
def test_an_empty_prompt(noting: World, args: list[str], stdin: bytes | None) -> None:
    run = noting.run(*args, stdin=stdin)
    assert run.code == 2
    assert "the prompt is empty" in run.stderr
    assert run.hint.startswith("ai-code ")
    assert not (noting.home / "prompt").exists()


def test_a_prompt_of_a_megabyte_arrives_whole(noting: World) -> None:
    text = b"please\n" + b"0123456789abcdef" * 65536
    assert noting.run("-", stdin=text).code == 0
    assert prompt_at_claude(noting) == text
    assert noting.run("this:", stdin=text).code == 0
    assert prompt_at_claude(noting) == b"this:\n" + text


def test_more_than_can_be_a_prompt(noting: World) -> None:
    run = noting.run("-", stdin=b"x" * (17 << 20))
    assert run.code == 2
    assert "16 MiB" in run.stderr
    assert run.hint


def test_a_megabyte_is_too_much_for_a_small_model(world: World) -> None:
    world.script("aider", aider_writes(new__txt="x"))
    ollama = world.ollama()
    run = world.run("--local", "-", stdin=b"word " * 200_000)
    assert run.code == 1
    assert "tokens long" in run.stderr
    assert ollama.chats == []


@pytest.mark.parametrize(
    "prompt", ["-x --help", "--version", "-p", "--", "/run touch pwned", "!touch pwned", "undo"]
)
def test_a_prompt_that_looks_like_something_else(noting: World, prompt: str) -> None:
    run = noting.run("-p", prompt)
    assert run.code == 0, run
    assert prompt_at_claude(noting).decode() == prompt


def test_an_option_that_does_not_exist(noting: World) -> None:
    run = noting.run("--no-such-option", "do it")
    assert (run.code, bool(run.hint)) == (2, True)


@pytest.mark.aider
@pytest.mark.parametrize("prompt", ["/run touch pwned", "!touch pwned"])
def test_a_prompt_is_no_command_to_aider(world: World, prompt: str) -> None:
    ollama = world.aider("No.")
    run = world.run("--local", "-p", prompt)
    assert (run.code, run.stdout) == (0, "No.\n"), run
    assert prompt in ollama.chats[0].json["messages"][-1]["content"]
    assert not list(world.base.rglob("pwned"))


def test_bytes_that_are_no_text(noting: World) -> None:
    run = noting.run("-", stdin=b"one\0two \xff three \xe6\x97")
    assert run.code == 0
    assert prompt_at_claude(noting).decode() == "onetwo � three �"
    assert "NUL characters" in run.stderr
    assert "not UTF-8" in run.stderr
    run = noting.run(b"fix \xff it")
    assert run.code == 0
    assert prompt_at_claude(noting) == b"fix ? it"
    assert "not UTF-8" in run.stderr


@pytest.mark.aider
def test_japanese(world: World) -> None:
    world.write("資料/挨拶 する.py", HELLO)
    world.git("add", "-A")
    world.git("commit", "-qm", "日本語")
    ollama = world.aider(edit_block("資料/挨拶 する.py", HELLO, DOCUMENTED))
    prompt = "「資料/挨拶 する.py」のhello関数に説明を付けて下さい"
    run = world.run("--local", prompt)
    assert run.code == 0, run
    assert world.text("資料/挨拶 する.py") == DOCUMENTED
    assert "changed: 資料/挨拶 する.py (+1 −0)" in run.stderr
    messages = [each["content"] for each in ollama.chats[0].json["messages"]]
    assert prompt in messages[-1]
    assert any("日本語" in each for each in messages), "the commit's subject"


# Settings -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("model: [unclosed\n", "config.yaml"),
        ("modle: x\n", "model"),
        ("patience: soon\n", "patience"),
        ("\x00\x01", "config.yaml"),
        ("- a\n- list\n", "config.yaml"),
    ],
)
def test_settings_that_cannot_be_used(noting: World, text: str, said: str) -> None:
    noting.settings(text)
    run = noting.run(TASK)
    assert run.code == 78, run
    assert said in run.stderr
    assert not (noting.home / "prompt").exists()


def test_an_unknown_key_of_a_project_is_a_warning(noting: World) -> None:
    noting.write(".ai-code.yaml", "modle: x\n")
    run = noting.run(TASK)
    assert (run.code, run.stdout) == (0, "Noted.\n")
    assert "modle" in run.stderr


def test_a_missing_file_is_not_made(noting: World) -> None:
    run = noting.run("--file", "no-such.py", TASK)
    assert run.code == 2
    assert "no-such.py" in run.stderr
    assert not (noting.project / "no-such.py").exists()


def test_a_folder_that_is_gone(noting: World, tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    wrap = ("sh", "-c", f'rmdir {gone}; exec "$@"', "sh")
    run = noting.run(TASK, cwd=gone, wrap=wrap)
    assert (run.code, run.hint) == (2, "cd")
