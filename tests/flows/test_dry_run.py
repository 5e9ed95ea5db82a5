"""``--dry-run``: everything is looked at, nothing is started or written."""

from __future__ import annotations

from typing import Any

import pytest

from ai_code.core.errors import ConfigError
from ai_code.core.ports import ModelServerError
from ai_code.flows.dry_run import dry_run
from ai_code.flows.remember import remember
from ai_code.flows.turns import RunOptions
from tests.flows.fake_world import FakeWorld


def lines(world: FakeWorld, **options: Any) -> list[str]:
    told = list(dry_run(world, world.settings, RunOptions("add a docstring", **options)))
    assert world.processes.commands == []
    assert list(world.state.iterdir()) == [], "nothing is written"
    return told


def test_both_engines(world: FakeWorld) -> None:
    assert lines(world) == [
        "1. claude",
        "   [AI: Claude Code]",
        "   $ /programs/claude -p --output-format stream-json --verbose --session-id session-1 "
        "--permission-mode acceptEdits   (the prompt on standard input)",
        "2. aider",
        "   [AI: Ollama + Aider (fallback - rate limit detected)]",
        "   $ /programs/aider … in a private worktree",
        "   model qwen2.5-coder:7b at http://127.0.0.1:11434, context 16384 tokens",
        "   memory, 18 of 4096 tokens at most:",
        "         10 tokens  CLAUDE.md (project)",
        "          8 tokens  README.md (project)",
        "The second engine takes over on: plan, credit, rate, overloaded",
    ]


def test_what_stands_against_it(world: FakeWorld) -> None:
    world.processes.missing.add("claude")
    world.server.error = ModelServerError("refused", "connection refused")
    told = lines(world)
    assert "   cannot run: Claude Code is not installed: there is no program claude" in told
    assert "   hint: ollama serve" in told


def test_aider_missing(world: FakeWorld) -> None:
    world.processes.missing.add("aider")
    told = "\n".join(lines(world, local_only=True))
    assert "aider is not installed" in told and "-  claude is left out: --local" in told
    assert "The second engine" not in told


def test_no_fallback(world: FakeWorld) -> None:
    world.set(fallback_enabled=False)
    assert lines(world)[-1] == "-  aider is left out: fallback is off"


def test_without_a_local_engine(world: FakeWorld) -> None:
    world.set(fallback_chain=())
    assert lines(world)[-1] == "Nothing goes on at a limit: fallback.chain is empty"
    with pytest.raises(ConfigError, match="no local engine is set up"):
        lines(world, local_only=True)


def test_arguments_are_quoted_and_no_prompt_or_secret_is_shown(world: FakeWorld) -> None:
    world.set(ollama_headers={"Authorization": "Bearer proxy-password-42"})
    told = "\n".join(lines(world, engine_args=("--append-system-prompt", "be brief; rm -rf /")))
    assert "--append-system-prompt 'be brief; rm -rf /'" in told
    assert "docstring" not in told and "proxy-password-42" not in told


def test_each_part_of_memory_with_its_origin(world: FakeWorld) -> None:
    (world.cwd / "AGENTS.md").symlink_to("CLAUDE.md")
    rules = world.cwd / ".claude" / "rules"
    rules.mkdir(parents=True)
    (rules / "py.md").write_text("---\npaths: '*.py'\n---\nTyped.\n")
    (rules / "ts.md").write_text("---\npaths: '*.ts'\n---\nStrict.\n")
    (world.cwd / "long.md").write_text("long\n" * 1200)
    remember(world, "Use tabs.", None)
    before = sorted(world.state.rglob("*"))
    told = list(dry_run(world, world.settings, RunOptions("edit hello.py", reads=("long.md",))))
    assert sorted(world.state.rglob("*")) == before, "nothing is written"
    claude = next(line for line in told if "append-system-prompt-file" in line)
    assert "/memory/for-claude/project-" in claude
    assert "   memory: 1 note of ai-code remember, 24 tokens, beside its own files" in told
    assert "       1501 tokens  long.md (--read)" in told
    assert "          4 tokens  notes for this project (ai-code remember)" in told
    told = list(dry_run(world, world.settings, RunOptions("edit hello.py")))
    assert "         10 tokens  CLAUDE.md = AGENTS.md (project)" in told
    assert "          2 tokens  .claude/rules/py.md (rule, for *.py)" in told
    assert not [line for line in told if "ts.md" in line]
    told = list(dry_run(world, world.settings, RunOptions("write new.ts")))
    assert [line for line in told if "ts.md (rule" in line], "of a file that is yet to be made"
