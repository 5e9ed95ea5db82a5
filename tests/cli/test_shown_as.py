"""Commands that are shown begin with what the person called, wherever they are shown; what is
executed, told an engine or kept is not changed."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from ai_code.wiring import SystemWorld
from tests.e2e.fakes import aider_that, claude_at_its_limit
from tests.e2e.world import World

CALLED = "../a checkout/ai-code"
SHOWN = shlex.quote(CALLED)
BARE = re.compile(
    r"(?<![\w/'.-])ai-code (?:--|[a-z]+ (?:show|pull|undo|list|run)|drill|setup|doctor)"
)
"""A command that begins with a name that the shell of this test does not find."""
EDITS = f"""
assert "_AI_CODE_SHOWN_AS" not in os.environ and {CALLED!r} not in message
say("I add it.")
open("hello.py", "a").write("# made\\n")
"""


@pytest.fixture
def world(tmp_path: Path, clean_env: dict[str, str]) -> Iterator[World]:
    made = World(tmp_path, {**clean_env, "_AI_CODE_SHOWN_AS": CALLED}).files()
    yield made
    left = made.close()
    assert not left, f"still running: {left}"


@pytest.mark.parametrize(
    ("argv", "shown"),
    [
        ("undoo", f"hint: {SHOWN} undo"),
        ("history show zzz", f"hint: {SHOWN} history"),
        ("config trust --yes --list", f"hint: {SHOWN} config trust --help"),
        ("drill --scenario none", f"hint: {SHOWN} drill --help"),
        ("doctor --yes", f"hint: {SHOWN} doctor --fix --yes"),
        ("stats --since never", f"hint: {SHOWN} stats --since 7d"),
        ("models show x", f"hint: {SHOWN} "),
        ("undo", f'hint: {SHOWN} "PROMPT"   (what a local model'),
        ("hooks install", f"hint: {SHOWN} hooks install --yes"),
        ("setup --no-input aider", f"  {SHOWN} setup aider"),
        ("engines list", f"not installed: {SHOWN} setup aider"),
        ("engines show aider", f"{SHOWN} setup aider"),
        ("engines show none", f"hint: {SHOWN} engines list"),
        ("memory forget zzz --yes", f"hint: {SHOWN} memory show"),
        ("remember keep it", f"to take it back: {SHOWN} memory forget "),
        ("handover show", f"hint: {SHOWN} "),
        ("config check", f"hint: {SHOWN} config check"),
        ("status", f"hint: {SHOWN} "),
        ("plan --help", f"\n  {SHOWN} plan "),
        ("drill --help", f"Usage: {SHOWN} drill [OPTIONS]"),
        ("config --help", f"Usage: {SHOWN} config [OPTIONS]"),
        ("config trust --help", f"Usage: {SHOWN} config trust [OPTIONS]"),
        ("doctor --help", f"\n  {SHOWN} doctor ollama models        two groups"),
    ],
)  # fmt: skip
def test_what_is_shown(world: World, argv: str, shown: str) -> None:
    world.ollama(models=[])
    world.script("claude", claude_at_its_limit())
    world.write(".ai-code.yaml", "modle: x\n")
    run = world.run(*argv.split())
    told = run.stdout + run.stderr
    assert shown in told, run
    assert not BARE.search(told), run


@pytest.mark.parametrize("argv", ["history show zzz --json", "drill --scenario none --json"])
def test_an_error_in_json(world: World, argv: str) -> None:
    value = json.loads(world.run(*argv.split()).stdout)
    assert value["error"]["hint"].startswith(f"{SHOWN} ")


def test_a_run_in_json(world: World) -> None:
    value = json.loads(world.run("--json", "--local", "fix it").stdout)
    assert value["error"]["hint"] == f"{SHOWN} setup aider"


def test_the_doctors_arguments_stay(world: World) -> None:
    world.ollama(models=[])
    value = json.loads(world.run("doctor", "--json").stdout)
    fixes = [each["fix"] for each in value["checks"] if each["fix"]]
    assert any(fix["shown"].startswith(SHOWN) for fix in fixes)
    assert not any(SHOWN in word for fix in fixes for argv in fix["commands"] for word in argv)
    assert CALLED not in json.dumps([fix["commands"] for fix in fixes])


def test_no_engine_and_no_record_has_it(world: World) -> None:
    seen = world.base / "seen"
    limited = claude_at_its_limit().replace("cat > /dev/null", f"{{ env; cat; }} > {seen}")
    world.script("claude", limited)
    world.script("aider", aider_that(EDITS))
    world.ollama()
    run = world.run("add a comment; ai-code undo is not to be used")
    assert run.code == 0, run
    assert f"see: {SHOWN} diff   take back: {SHOWN} undo" in run.stderr
    assert "_AI_CODE_SHOWN_AS" not in seen.read_text() and CALLED not in seen.read_text()
    [record] = world.records()
    assert CALLED not in json.dumps(record)
    assert "ai-code undo is not" in record["prompt_line"]
    assert f"take back        {SHOWN} undo" in world.run("history", "show", record["id"]).stdout


def test_on_a_terminal_it_is_put_in_before_lines_are_broken(world: World) -> None:
    run = world.on_terminal("undo")
    lines = re.sub(r"\x1b\[[0-9;]*m|\r", "", run.stdout).splitlines()
    assert any(line.startswith(f'hint: {SHOWN} "PROMPT"') for line in lines), run
    long = [line for line in lines if len(line.replace(str(world.base), "")) > 80]
    assert not long


def test_trust_is_taken_back_by_what_is_shown(world: World) -> None:
    world.write(".ai-code.yaml", "aider.args: [--a]\n")
    run = world.run("config", "trust", "--yes")
    assert f"to take it back: {SHOWN} config trust --revoke" in run.stderr, run


def test_the_world_keeps_it_from_what_it_starts() -> None:
    made = SystemWorld({"_AI_CODE_SHOWN_AS": CALLED, "HOME": "/h"})
    assert made.shown_as == made.console.shown_as == SHOWN
    assert dict(made.environ) == {"HOME": "/h"}
    assert SystemWorld({"HOME": "/h"}).shown_as == ""


def test_what_cannot_be_shown_is_left_out(world: World) -> None:
    world.env["_AI_CODE_SHOWN_AS"] = "/a\nb/ai-code"
    assert "hint: ai-code drill --help" in world.run("drill", "--scenario", "none").stderr


def test_the_command_that_is_shown_works(world: World) -> None:
    """As the README has it: in a checkout, with nothing on the PATH."""
    folder = world.base / "a checkout"
    folder.mkdir()
    program = shlex.join(map(os.fsdecode, world.command()))
    (folder / "ai-code").write_text(f'#!/bin/sh\nexec {program} "$@"\n')
    (folder / "ai-code").chmod(0o755)
    hint = world.run("drill", "--scenario", "none").hint
    told = subprocess.run(["/bin/sh", "-c", hint], cwd=world.project, env=world.env,
                          capture_output=True, text=True, check=False)  # fmt: skip
    assert (told.returncode, told.stdout[:6]) == (0, "Usage:")
