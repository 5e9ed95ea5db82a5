"""A mistyped AI_CODE_ variable has set nothing: every command that reads settings says so."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.fakes import claude_at_its_limit
from tests.e2e.world import World

SAID = "AI_CODE_MODLE is no setting; did you mean AI_CODE_MODEL?\nhint: unset AI_CODE_MODLE\n"


@pytest.fixture
def world(tmp_path: Path, clean_env: dict[str, str]) -> Iterator[World]:
    made = World(tmp_path, {**clean_env, "AI_CODE_MODLE": "x", "AI_CODE_TESTBED": "not ours"})
    made.files().ollama(models=[])
    yield made
    left = made.close()
    assert not left, f"still running: {left}"


@pytest.mark.parametrize(
    "argv",
    [
        "fix it", "--local fix it", "--dry-run fix it", "ask why", "plan it", "status", "setup git",
        "config show", "config check", "models list", "models recommend", "models list --json",
        "models test x", "engines list", "engines show pi", "hooks show", "hooks install --yes",
        "handover show", "memory show", "memory show --json", "memory search x", "remember note it",
        "undo --list", "drill --scenario none", "drill --scenario none --json",
    ],
)  # fmt: skip
def test_it_is_said_once(world: World, argv: str) -> None:
    world.script("claude", claude_at_its_limit())
    run = world.run(*argv.split())
    assert run.stderr.count("AI_CODE_MODLE is no setting") == 1 and SAID in run.stderr, run
    assert "TESTBED" not in run.stderr
    if "--json" in argv:
        json.loads(run.stdout)


def test_a_screen_of_json_has_it_in_the_object(world: World) -> None:
    for words in (("status", "--json"), ("config", "show", "--json")):
        [warning] = json.loads(world.run(*words).stdout)["warnings"]
        assert warning["hint"] == "unset AI_CODE_MODLE"
    [check] = json.loads(world.run("doctor", "settings-warnings", "--json").stdout)["checks"]
    assert check["state"] == "warn" and check["fix"]["shown"] == "unset AI_CODE_MODLE"


def test_a_shell_prompt_is_not_disturbed(world: World) -> None:
    assert world.run("status", "--short").stderr == ""
