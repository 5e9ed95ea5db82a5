"""The real aider against the stand-in of Ollama: what the facts file says, in small."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ai_code.drill.ollama import LengthStop, OllamaStandIn, edit_block, whole_file

pytestmark = pytest.mark.aider
RunAider = Callable[..., Any]
BEFORE = 'def hello():\n    print("hello")\n'
AFTER = 'def hello():\n    """Print a greeting."""\n    print("hello")\n'


def test_applies_an_edit_block(run_aider: RunAider, git_project: Path) -> None:
    reply = f"I add a docstring.\n\n{edit_block('hello.py', BEFORE, AFTER)}"
    with OllamaStandIn(replies=[reply]) as server:
        run = run_aider(server.url)
        assert server.num_ctx == [16384]
    assert run.code == 0
    assert "Applied edit to hello.py" in run.stdout
    assert (git_project / "hello.py").read_text() == AFTER


def test_applies_a_whole_file(run_aider: RunAider, git_project: Path) -> None:
    with OllamaStandIn(replies=[whole_file("hello.py", AFTER)]) as server:
        run = run_aider(server.url, edit_format="whole")
    assert run.code == 0
    assert (git_project / "hello.py").read_text() == AFTER


def test_prose_changes_nothing_and_says_nothing(run_aider: RunAider, git_project: Path) -> None:
    with OllamaStandIn(replies=["Nothing needs to change."]) as server:
        run = run_aider(server.url)
    assert run.code == 0
    assert "Nothing needs to change." in run.stdout
    assert (git_project / "hello.py").read_text() == BEFORE


def test_a_length_stop_is_named(run_aider: RunAider, git_project: Path) -> None:
    with OllamaStandIn(replies=[LengthStop("I would begin")]) as server:
        run = run_aider(server.url)
    assert run.code == 0
    assert "has hit a token limit!" in run.stdout
