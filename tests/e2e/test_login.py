"""A Claude Code that is not logged in: the same command everywhere, and one that works as shown."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from ai_code.drill.anthropic import Say
from tests.e2e.fakes import aider_that
from tests.e2e.world import World, wait_for

OUT = """#!/bin/sh
case "$1" in
--version) echo '{version} (Claude Code)';;
auth) echo '{{"loggedIn": {logged_in}, "authMethod": "none"}}';;
*) cat >/dev/null; echo 'Not logged in · Please run /login'; exit 1;;
esac
"""


@pytest.fixture
def world(tmp_path: Path, clean_env: dict[str, str]) -> Iterator[World]:
    made = World(tmp_path, clean_env).files()
    del made.env["CLAUDE_CODE_OAUTH_TOKEN"]
    made.ollama()
    made.script("aider", aider_that("say('x')"))
    yield made
    left = made.close()
    assert not left, f"still running: {left}"


def claude(world: World, *, version: str = "2.1.329", logged_in: bool = False) -> None:
    world.script("claude", OUT.format(version=version, logged_in=str(logged_in).lower()))


def of_doctor(world: World) -> str:
    checks = json.loads(world.run("doctor", "claude-login", "--json").stdout)["checks"]
    return str(checks[0]["fix"]["shown"])


def of_status(world: World) -> list[str]:
    lines = [line.strip() for line in world.run("status").stdout.splitlines()]
    return [line.removeprefix("hint: ") for line in lines if line.startswith("hint: ")]


@pytest.mark.claude
def test_the_real_one(world: World) -> None:
    world.claude([Say("Nobody asks.")])
    run = world.run("fix it")
    assert (run.code, run.hint) == (1, "claude auth login"), run
    assert of_doctor(world) == "claude auth login" and of_status(world) == ["claude auth login"]
    text = world.run("status").stdout
    assert "answers   nobody\n          Claude Code is not logged in\n" in text
    helps = subprocess.run(["/bin/sh", "-c", f"{run.hint} --help"], env=world.env,
                           capture_output=True, text=True, check=True)  # fmt: skip
    assert "Sign in to your Anthropic account" in helps.stdout


def test_one_in_a_folder_of_ours_is_named_whole(world: World) -> None:
    claude(world)
    ours = world.home / ".local/share/ai-code/bin"
    ours.mkdir(parents=True)
    (world.bin / "claude").rename(ours / "claude")
    login = f"{ours}/claude auth login"
    run = world.run("fix it")
    assert (run.code, run.hint) == (1, login), run
    assert of_doctor(world) == login
    assert json.loads(world.run("status", "--json").stdout)["answering"]["mend"] == login


def test_an_old_one_has_no_such_command(world: World) -> None:
    claude(world, version="2.0.77")
    assert world.run("fix it").hint == "claude   (then /login)"
    assert of_doctor(world) == "claude   (then /login)"


def test_where_the_settings_go_on_without_a_login(world: World) -> None:
    claude(world)
    world.settings("fallback:\n  on: [plan, auth]\n")
    told = json.loads(world.run("status", "--json").stdout)
    assert told["answering"]["who"] == "local" and told["log_in"] == "claude auth login"
    assert of_status(world) == ["claude auth login"]


def test_who_is_logged_in_hears_nothing(world: World) -> None:
    claude(world, logged_in=True)
    told = json.loads(world.run("status", "--json").stdout)
    assert (told["answering"]["who"], told["log_in"]) == ("claude", None)
    assert of_status(world) == []


def test_one_that_hangs_holds_nobody_up(world: World) -> None:
    text = OUT.format(version="2.1.329", logged_in="false").replace("auth)", "auth) sleep 300;")
    world.script("claude", text)
    told = json.loads(world.run("status", "--json").stdout)
    assert (told["answering"]["who"], told["log_in"]) == ("claude", None)
    # Killed, and not only left: it sleeps for minutes.
    wait_for(lambda: not world.processes(), 20.0)


def test_what_ollama_lacks_is_mended_by_the_command_that_is_shown(world: World) -> None:
    claude(world)
    world.settings("fallback:\n  on: [plan, auth]\n")
    world.script("ollama", "#!/bin/sh\n")
    world.stop_servers()
    answering = json.loads(world.run("status", "--json").stdout)["answering"]
    assert (answering["who"], answering["mend"]) == ("none", "claude auth login")
    assert of_status(world) == ["claude auth login", "ollama serve"]
    world.settings("engine: aider\n")
    answering = json.loads(world.run("status", "--json").stdout)["answering"]
    assert (answering["who"], answering["mend"]) == ("none", "ollama serve")
    (world.bin / "aider").unlink()
    assert of_status(world) == ["ai-code setup aider", "claude auth login", "ollama serve"]


def test_without_any_program(world: World) -> None:
    (world.bin / "claude").unlink(missing_ok=True)
    (world.bin / "aider").unlink()
    world.env["_AI_CODE_SHOWN_AS"] = "./ai-code"
    assert of_status(world) == ["./ai-code setup claude", "./ai-code setup aider"]
