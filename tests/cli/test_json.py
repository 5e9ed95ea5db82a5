"""``--json``: stdout is one JSON document, also where a command ends with an error."""

from __future__ import annotations

import json
from collections.abc import Iterator

import click
import pytest

from ai_code.cli.main import COMMANDS, load
from tests.cli.test_main import BROKEN, CommandWorld, ai_code
from tests.cli.test_main import world as _world

world = _world


def _with_json() -> Iterator[list[str]]:
    for name in COMMANDS:
        command = load(name)
        known = command.commands if isinstance(command, click.Group) else {}
        for words, each in (([name], command), *(([name, sub], c) for sub, c in known.items())):
            if any("--json" in param.opts for param in each.params):
                yield words


def test_there_are_many() -> None:
    assert {*_json_ids()} >= {"run", "models list", "doctor", "history show", "drill", "setup"}


def _json_ids() -> list[str]:
    return [" ".join(words) for words in _with_json()]


@pytest.mark.parametrize("command", list(_with_json()), ids=" ".join)
def test_a_wrong_option_is_told_as_json_too(world: CommandWorld, command: list[str]) -> None:
    error = world.refused(*command, "--json", "--no-such-option")
    told = json.loads(world.console.stdout)
    assert told["version"] == 1 and told["ok"] is False and told["exit_code"] == 2
    assert told["error"] == {"what": error.what, "why": error.why, "hint": error.hint}


def test_without_json_nothing_is_on_stdout(world: CommandWorld) -> None:
    world.refused("models", "list", "--no-such-option")
    assert world.console.stdout == b""


def test_fixes_that_nobody_can_agree_to(clean_env: dict[str, str]) -> None:
    """With something safe to run it wants a yes, else it says what is left to do."""
    told = ai_code(clean_env, "doctor", "--fix", "--json")
    value = json.loads(told.stdout)
    if told.returncode == 2:
        assert value["error"]["hint"] == "ai-code doctor --fix --yes"
    else:
        assert told.returncode == 1 and value["checks"]


@pytest.mark.parametrize("argv", [["status", "--json"], ["fix it", "--json"]], ids=" ".join)
def test_a_bug_is_told_as_json_too(clean_env: dict[str, str], argv: list[str]) -> None:
    told = ai_code(clean_env, *argv, code=BROKEN)
    assert told.returncode == 125
    value = json.loads(told.stdout)
    assert value["exit_code"] == 125 and value["ok"] is False
    assert value["error"]["what"] == "a bug of ai-code's: ZeroDivisionError: xxx"
    assert "ZeroDivisionError" in told.stderr
