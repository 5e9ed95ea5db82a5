"""Commands cut for a screen: what a shell reads of the lines is the command that it was."""

from __future__ import annotations

import shlex

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai_code.cli.main import COMMANDS as THERE_ARE
from ai_code.core.pasting import (
    COMMANDS,
    command_and_about,
    hint_lines,
    pasted,
    prose_lines,
    screen_lines,
    shown_command,
    shown_values,
)
from ai_code.core.text import columns as width


def read_back(lines: list[str]) -> list[str]:
    """The words that a shell makes of it."""
    return shlex.split("\n".join(lines).replace("\\\n", " ").replace("\n", " "))


def test_a_short_one_is_one_line() -> None:
    assert pasted("ollama serve", 20) == ["ollama serve"]


def test_it_is_cut_after_the_ands_first() -> None:
    command = "ai-code models pull gpt-oss:20b && AI_CODE_MODEL=gpt-oss:20b ai-code drill"
    assert pasted(command, 60) == [
        "ai-code models pull gpt-oss:20b &&",
        "AI_CODE_MODEL=gpt-oss:20b ai-code drill",
    ]


def test_what_is_still_too_long_goes_on_behind_a_backslash() -> None:
    command = "docker rm -f ollama && docker run -d -v ollama:/root/.ollama 'a  b' ollama/ollama"
    lines = pasted(command, 34)
    assert lines == [
        "docker rm -f ollama &&",
        "docker run -d \\",
        "  -v ollama:/root/.ollama 'a  b' \\",
        "  ollama/ollama",
    ]
    assert read_back(lines) == shlex.split(command)


def test_a_path_is_never_cut() -> None:
    path = "/home/ユーザー/" + "x" * 70
    command = f"chmod u+rwx {path}"
    assert pasted(command, 60) == [command]
    assert pasted(f"{command} && ls", 60) == [f"{command} &&", "ls"]


def test_what_it_is_for_stands_below_it() -> None:
    assert hint_lines("ollama ps   (what is loaded)", 40) == ["ollama ps   (what is loaded)"]
    assert hint_lines("ollama ps   (what is loaded; close other programs)", 40) == [
        "ollama ps",
        "  (what is loaded; close other programs)",
    ]
    assert command_and_about("ollama ps   (what)") == ("ollama ps", "what")


@given(st.lists(st.text(min_size=1, max_size=30), min_size=1, max_size=12), st.integers(20, 80))
def test_the_words_stay_the_same(words: list[str], columns: int) -> None:
    words = ["".join(each.split()) or "x" for each in words]
    command = shlex.join(words)
    lines = pasted(command, columns)
    assert read_back(lines) == shlex.split(command)
    long = any(width(shlex.quote(each)) > columns - 4 for each in words)
    assert long or all(width(line) <= columns + len(" &&") for line in lines)


def test_a_line_of_ours_breaks_at_words_and_a_command_where_a_shell_goes_on() -> None:
    assert screen_lines("   cannot run: short", 40) == ["   cannot run: short"]
    assert screen_lines("   cannot run: the program of that name is not there", 30) == [
        "   cannot run: the program of",
        "     that name is not there",
    ]
    told = screen_lines("   $ claude -p --output-format json --verbose   (the prompt on stdin)", 40)
    assert told == [
        "   $ claude -p --output-format json \\",
        "       --verbose",
        "       (the prompt on stdin)",
    ]
    assert screen_lines("    npm install -g some-package", 22) == [
        "    npm install \\",
        "      -g some-package",
    ]
    assert screen_lines("hint: cd /a/folder && git init", 24) == [
        "hint: cd /a/folder &&",
        "      git init",
    ]


# As the person calls the program --------------------------------------------------------------


HERE = "./ai-code"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("ai-code drill", "./ai-code drill"),
        ("hint: ai-code models pull x   (get it)", "hint: ./ai-code models pull x   (get it)"),
        ("stopped; to go on: ai-code setup", "stopped; to go on: ./ai-code setup"),
        (
            "ai-code models pull x && AI_CODE_MODEL=x ai-code drill",
            "./ai-code models pull x && AI_CODE_MODEL=x ./ai-code drill",
        ),
        ("`ai-code undo ID` takes it back", "`./ai-code undo ID` takes it back"),
        ("start `ai-code` alone", "start `./ai-code` alone"),
        ("see: ai-code diff   take: ai-code undo", "see: ./ai-code diff   take: ./ai-code undo"),
        ('ai-code "PROMPT"', './ai-code "PROMPT"'),
        ("ai-code -c …   or: ai-code --local …", "./ai-code -c …   or: ./ai-code --local …"),
        ("allow it: ai-code … -- --allowedTools X", "allow it: ./ai-code … -- --allowedTools X"),
        ("  first\n    ai-code setup", "  first\n    ./ai-code setup"),
    ],
)  # fmt: skip
def test_commands_begin_with_what_was_called(text: str, shown: str) -> None:
    assert shown_command(text, HERE) == shown
    assert shown_command(text, "") == text
    assert shown_command(shown, HERE) == shown


@pytest.mark.parametrize(
    "text",
    [
        "ai-code was started in the background.",
        "ai-code: there is no run 'zzz'",
        "ai-code reads Claude's events to see a limit the moment it comes.",
        "another ai-code setup is at work",
        "take out the entries with “ai-code hooks run” in settings.json",
        "/home/you/.local/bin/ai-code drill",
        "Made by aider with qwen (ai-code 20261120-204720-ab12).",
        "ai-code 0.1.0",
    ],
)
def test_prose_about_ai_code_stays(text: str) -> None:
    assert shown_command(text, HERE) == text


def test_a_path_with_blanks_is_what_a_shell_reads() -> None:
    called = shlex.quote("/home/a b/ai-code")
    words = shlex.split(shown_command("ai-code models pull x", called))
    assert words == ["/home/a b/ai-code", "models", "pull", "x"]
    # Nor is it taken for a command of its own the second time.
    twice = shown_command(shown_command("see: ai-code diff", called), called)
    assert twice == f"see: {called} diff"


def test_the_commands_are_those_that_there_are() -> None:
    assert set(COMMANDS) == set(THERE_ARE)


def test_in_json_words_for_a_person_are_changed_and_arguments_are_not() -> None:
    value = {
        "error": {"hint": "ai-code drill", "what": "x"},
        "fix": {"shown": "ai-code drill", "commands": [["ai-code", "drill"]]},
        "mend": ["ai-code setup"],
        "rows": [{"commands": {"undo": "ai-code undo x"}, "prompt_line": "ai-code drill"}],
    }
    assert shown_values(value, HERE) == {
        "error": {"hint": "./ai-code drill", "what": "x"},
        "fix": {"shown": "./ai-code drill", "commands": [["ai-code", "drill"]]},
        "mend": ["./ai-code setup"],
        "rows": [{"commands": {"undo": "./ai-code undo x"}, "prompt_line": "ai-code drill"}],
    }
    assert shown_values(value, "") is value


# Lines of words ----------------------------------------------------------------------------------


def test_words_are_wrapped_and_a_command_among_them_stands_whole() -> None:
    assert prose_lines("A local model does small tasks best.", 24) == [
        "A local model does small",
        "  tasks best.",
    ]
    told = "Stopped waiting. To go on later: ai-code --resume 01234567-89ab …"
    assert prose_lines(told, 50) == [
        "Stopped waiting. To go on later:",
        "  ai-code --resume 01234567-89ab …",
    ]
    assert prose_lines(told.replace("ai-code", HERE), 52, HERE)[1] == (
        "  ./ai-code --resume 01234567-89ab …"
    )
    assert prose_lines("to remove it: rm -r '/a folder/that is' /somewhere/else", 40) == [
        "to remove it:",
        "  rm -r '/a folder/that is' \\",
        "    /somewhere/else",
    ]
    assert prose_lines("    git is not installed. Local models work in a copy.", 40) == [
        "    git is not installed. Local models",
        "      work in a copy.",
    ]
    assert prose_lines("hint: cd /a/folder && git init", 24) == [
        "hint: cd /a/folder &&",
        "      git init",
    ]


def test_rows_of_a_table_are_not_wrapped() -> None:
    row = "  mid-task          passed    1.2 s  the 5-hour limit in the middle"
    assert prose_lines(row, 40) == [row]


@given(
    st.text("ローカルモデルは小さな作業が得意です。、「」 abc/", min_size=1, max_size=120),
    st.integers(20, 80),
)
def test_japanese_takes_two_columns_and_loses_nothing(text: str, columns: int) -> None:
    text = " ".join(text.split())
    lines = prose_lines(text, columns)
    assert "".join("".join(lines).split()) == "".join(text.split())
    assert all(width(line) <= columns for line in lines if "/" not in line)


def test_a_japanese_line_begins_with_no_mark_that_ends_one() -> None:
    assert prose_lines("変更は次のとおりです。元に戻すこともできます。", 22) == [
        "変更は次のとおりです。",
        "  元に戻すこともできま",
        "  す。",
    ]
