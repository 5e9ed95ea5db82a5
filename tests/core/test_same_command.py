"""Who asked is told how to ask again, never how to have files edited."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from ai_code.cli import main
from ai_code.core.errors import AiCodeError
from ai_code.core.same_command import EXAMPLES, hints_for, same_command

ROOMS = Path(main.__file__).parents[1]


@pytest.mark.parametrize(
    ("hint", "asked"),
    [
        ("ai-code --model qwen3:8b …", "ai-code ask --model qwen3:8b …"),
        (
            "ai-code --wait …   (goes on at the reset)   or: ai-code --local …",
            "ai-code ask --wait …   (goes on at the reset)   or: ai-code ask --local …",
        ),
        ("AI_CODE_OLLAMA_NUM_CTX=0 ai-code …", "AI_CODE_OLLAMA_NUM_CTX=0 ai-code ask …"),
        ("cut.\nhint: ai-code --num-ctx N …", "cut.\nhint: ai-code ask --num-ctx N …"),
        (
            "To allow it: ai-code … -- --allowedTools X",
            "To allow it: ai-code ask … -- --allowedTools X",
        ),
        ("   hint: ai-code --model NAME …", "   hint: ai-code ask --model NAME …"),
        ("ai-code --file NAME …   (instead)", "ai-code ask --read NAME …   (instead)"),
        ("ai-code --stall-timeout 15m …", "AI_CODE_STALL_TIMEOUT=15m ai-code ask …"),
        ("ai-code --resume 3f-1 …", "ai-code ask -c …"),
        ("ai-code -c …   (the last session)", "ai-code ask -c …   (the last session)"),
        ("ai-code --help", "ai-code ask --help"),
    ],
)
def test_a_plain_run_becomes_the_same_command(hint: str, asked: str) -> None:
    assert same_command(hint, "ask") == asked
    assert same_command(hint, "plan") == asked.replace("ai-code ask", "ai-code plan")
    assert same_command(hint, "edit") == hint
    assert same_command(asked, "ask") == asked, "what is so already stays"


@pytest.mark.parametrize(
    "hint",
    [
        "ai-code doctor ollama",
        "ai-code models pull qwen3:8b",
        "ai-code ask --engine aider …",
        "as a prompt: ai-code run x",
        "a bug of ai-code's: …",
    ],
)
def test_other_commands_and_prose_stay(hint: str) -> None:
    assert same_command(hint, "ask") == hint


def test_of_an_error_reason_and_hint() -> None:
    error = AiCodeError(
        "no", why="The local side is ready: ai-code --local …", hint=EXAMPLES["edit"]
    )
    hints_for("ask", error)
    assert error.why.endswith(": ai-code ask --local …")
    assert error.hint == 'ai-code ask "add a docstring to hello()"'


@pytest.mark.parametrize("mode", ["ask", "plan"])
def test_every_option_in_a_hint_is_one_of_the_command(mode: str) -> None:
    """As the sources of hints have them: a new one cannot be forgotten."""
    known = {option for param in main.load(mode).params for option in (*param.opts, "--help")}
    seen: set[str] = set()
    for path in (*ROOMS.glob("flows/**/*.py"), *ROOMS.glob("[cs]*/*.py"), *ROOMS.glob("core/*.py")):
        text = path.read_text()
        for plain in re.findall(r"ai-code --?[a-z][a-z-]*(?: \S+)? …", text):
            told = same_command(plain, "ask" if mode == "ask" else "plan")
            seen |= set(re.findall(r" (--?[a-z][a-z-]*) ?", told))
    assert {"--model", "--local", "--wait", "--read"} <= seen and seen <= known, seen - known
