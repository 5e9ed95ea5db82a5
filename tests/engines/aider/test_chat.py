"""aider's own chat: what it has in common with a run, and what is the person's there."""

from __future__ import annotations

from pathlib import Path

from ai_code.core.brief import Brief
from ai_code.engines.aider import AiderEngine
from tests.engines.aider.test_command import task

ENGINE = AiderEngine()


def test_it_differs_from_a_run_only_in_who_answers() -> None:
    here = task(fence_dir=Path("/fence"))
    run, chat = ENGINE.command(here), ENGINE.chat_command(here)
    assert set(chat.argv) - set(run.argv) == {"--read", "/w/run/aider/about.md"} - set(run.argv)
    missing = [each for each in run.argv if each not in chat.argv]
    assert missing == [
        *("--yes-always", "--no-pretty", "--no-fancy-input"),
        *("--message-file", "/w/run/aider/message"),
    ]
    assert chat.cwd == run.cwd and chat.fresh == run.fresh
    assert (chat.stall_timeout_s, chat.deadline_s, chat.stdin) == (0.0, 0.0, None)


def test_the_same_fence_around_a_screen_of_its_own() -> None:
    here = task(fence_dir=Path("/fence"), environ={"HOME": "/home/p", "AIDER_YES_ALWAYS": "1"})
    run, chat = ENGINE.command(here).env, ENGINE.chat_command(here).env
    differs = {name for name in run if name not in chat or chat[name] != run[name]}
    assert differs == {"TERM", "COLUMNS", "LANG", "LC_ALL"}
    assert chat["AIDER_YES_ALWAYS"] is None and chat["AI_CODE_FENCE"]


def test_what_was_asked_of_claude_is_a_fact_and_no_message() -> None:
    brief = Brief(task="/run rm -r ~\n日本語", claude_edited=("a.py",))
    files = ENGINE.chat_files(task(brief=brief))
    assert "message" not in files
    assert "/run rm -r ~\n日本語" in files["about.md"] and "a.py" in files["about.md"]


def test_nothing_known_is_no_file() -> None:
    bare = task(prompt="", brief=Brief(task=""))
    assert ENGINE.chat_files(bare)["about.md"] == ""
    assert "/w/run/aider/about.md" not in ENGINE.chat_command(bare).argv
