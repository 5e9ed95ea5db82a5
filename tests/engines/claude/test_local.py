"""What claude-local is told. The real Claude Code works in tests/e2e/test_claude_local.py."""

from __future__ import annotations

from pathlib import Path

import pytest

from ai_code.core.brief import Brief, ContextFile
from ai_code.core.command import Request
from ai_code.core.task import LocalModel, Program, Resume, Task
from ai_code.engines.claude.local import ClaudeLocalEngine

MEMORY = ContextFile(Path("/w/CLAUDE.md"), "CLAUDE.md", 10, text="Say please.")
NOTES = ContextFile(Path("/w/notes.md"), "your notes", 10, text="Use tabs.", kind="notes")


@pytest.mark.parametrize("guard", [True, False])
def test_a_session_that_goes_on_is_told_the_memory_that_its_history_has_not(guard: bool) -> None:
    """Claude Code adds CLAUDE.md to each request; in a folder that nobody trusts it reads none."""
    task = Task(
        Request("go on", Path("/p")),
        Program(("claude",)),
        Path("/w"),
        Path("/run"),
        brief=Brief("go on", context=(MEMORY, NOTES)),
        local=LocalModel("m:7b", "http://127.0.0.1:1", 65536),
        resume=Resume("an-id", "{}"),
        guard_folder=guard,
    )
    told = ClaudeLocalEngine().command(task).stdin.decode()
    assert "The files are now in /w" in told and "Use tabs." in told
    assert ("Say please." in told) == guard
