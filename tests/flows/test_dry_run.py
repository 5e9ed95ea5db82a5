"""``--dry-run``: everything is looked at, nothing is started or written."""

from __future__ import annotations

from typing import Any

from ai_code.core.ports import ModelServerError
from ai_code.flows.dry_run import dry_run
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


def test_arguments_are_quoted_and_no_prompt_or_secret_is_shown(world: FakeWorld) -> None:
    world.set(ollama_headers={"Authorization": "Bearer proxy-password-42"})
    told = "\n".join(lines(world, engine_args=("--append-system-prompt", "be brief; rm -rf /")))
    assert "--append-system-prompt 'be brief; rm -rf /'" in told
    assert "docstring" not in told and "proxy-password-42" not in told
