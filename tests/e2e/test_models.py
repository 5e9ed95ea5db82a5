"""``ai-code models`` as a person calls it: a process of its own, Ollama the stand-in."""

from __future__ import annotations

import json
import signal

import pytest

from ai_code.core.exam import TASKS
from ai_code.drill.models import CODELLAMA, QWEN_CODER
from ai_code.drill.replies import edit_block
from tests.e2e.world import SMALL, World, wait_for

LISTINGS = (["list"], ["list", "--all"], ["recommend"], ["show", SMALL.name], ["verify"])


def test_every_listing_has_json(world: World) -> None:
    world.ollama(models=[SMALL, QWEN_CODER])
    for words in LISTINGS:
        result = world.run("models", *words, "--json")
        assert result.code == 0, result
        assert json.loads(result.stdout)["version"] == 1
        assert len(result.raw.splitlines()) == 1


def test_without_a_server_json_is_json_all_the_same(world: World) -> None:
    world.ollama(models=[SMALL])
    world.stop_servers()
    for words in (["list"], ["verify"], ["test"], ["show", "nobody:1b"]):
        result = world.run("models", *words, "--json")
        told = json.loads(result.stdout)
        assert result.code == told["exit_code"] == 1, result
        assert told["error"]["what"].startswith("Ollama is not running at ")
        assert told["error"]["hint"] == result.hint
    for words in (["list", "--all"], ["show", QWEN_CODER.name], ["recommend"]):
        result = world.run("models", *words, "--json")
        assert result.code == 0, result
        assert json.loads(result.stdout)["note"].endswith("what is installed is not known")
        plain = world.run("models", *words)
        assert "what is installed is not known" in " ".join(plain.stdout.split())
        assert max(map(len, plain.stdout.splitlines())) <= 80, plain


def test_an_address_that_cannot_be_read_is_told_of(world: World) -> None:
    world.ollama(models=[SMALL])
    world.env["OLLAMA_HOST"] = "bad::host"
    for words in (["models", "list", "--all"], ["status"], ["--dry-run", "x"]):
        told = world.run(*words).stderr
        assert "OLLAMA_HOST cannot be read as an address, and is ignored" in told, words
        assert "hint: unset OLLAMA_HOST" in told, words
    for words in (["status"], ["config", "show"]):
        (warning,) = json.loads(world.run(*words, "--json").stdout)["warnings"]
        assert warning["hint"] == "unset OLLAMA_HOST"


def test_screens_fit_80_columns(world: World) -> None:
    world.ollama(models=[SMALL, QWEN_CODER])
    for words in (*LISTINGS, ["recommend", "--all", "--role", "draft"]):
        plain = world.run("models", *words)
        assert plain.code == 0, plain
        # A command that is to be pasted is whole, however long a path in it is.
        lines = [line for line in plain.stdout.splitlines() if "ls -ld" not in line]
        assert max(map(len, lines)) <= 80, plain
        assert "\x1b" not in plain.stdout
    coloured = world.on_terminal("models", "list").stdout
    assert "\x1b[1mdeepseek-coder:6.7b\x1b[0m" in coloured
    world.env["NO_COLOR"] = "1"
    assert "\x1b[1m" not in world.on_terminal("models", "list").stdout


def test_the_policy_holds_in_every_command(world: World) -> None:
    server = world.ollama(models=[SMALL, QWEN_CODER])
    world.settings("models.exclude-countries: [CN]\n")
    rule = "models.exclude-countries has CN (Alibaba)"
    for command in ("pull", "use", "test", "preload"):
        result = world.run("models", command, QWEN_CODER.name)
        assert result.code == 78, (command, result)
        assert rule in result.stderr
        assert result.hint == "ai-code models recommend"
    for command in ("list", "show", "verify"):
        name = [QWEN_CODER.name] if command == "show" else []
        assert rule in world.run("models", command, *name).stdout, command
    names = json.loads(world.run("models", "recommend", "--json").stdout)
    assert "CN" not in {each["country"] for each in names["recommended"]}
    assert rule in {each["rule"] for each in names["left_out"]}
    assert server.loaded == {}
    assert not (world.state / "choices.json").exists()


def test_a_choice_counts_for_runs(world: World) -> None:
    world.ollama(models=[SMALL, CODELLAMA])
    assert world.run("models", "use", CODELLAMA.name).code == 0
    shown = world.run("config", "show", "--json")
    model = json.loads(shown.stdout)["settings"]["model"]
    assert (model["value"], model["origin"]["layer"]) == (CODELLAMA.name, "command")
    assert world.run("models", "use", "auto").code == 0
    shown = world.run("config", "show", "--json")
    assert json.loads(shown.stdout)["settings"]["model"]["origin"]["layer"] == "default"


def test_ctrl_c_cancels_a_pull_and_the_next_goes_on(world: World) -> None:
    server = world.ollama(models=[SMALL], pull_gap_s=0.5)
    running = world.start("models", "pull", QWEN_CODER.name)
    wait_for(lambda: server.pulls.begun.get(QWEN_CODER.name))
    running.signal(signal.SIGINT)
    stopped = running.wait()
    assert stopped.code == 130, stopped
    assert f"; to go on: ai-code models pull {QWEN_CODER.name}" in stopped.stderr
    assert QWEN_CODER.name not in server.models
    begun = server.pulls.begun[QWEN_CODER.name]
    again = world.run("models", "pull", QWEN_CODER.name)
    assert again.code == 0, again
    assert begun > 0
    assert QWEN_CODER.name in server.models


@pytest.mark.aider
def test_an_exam_with_the_real_aider(world: World) -> None:
    tasks = {task.id: task for task in TASKS}
    area, main = tasks["two-files"].files.values()
    server = world.aider(
        edit_block("hello.py", "def hello():\n", 'def hello():\n    """Greet."""\n'),
        edit_block(
            "prices.py",
            "    for index in range(len(prices) - 1):",
            "    for index in range(len(prices)):",
        ),
        edit_block(
            "numbers_.py",
            "    return sum(numbers) / len(numbers)",
            "    return sum(numbers) / len(numbers) if numbers else 0",
        ),
        "I would rather not.",
        edit_block("shapes.py", area, area.replace("area", "rectangle_area"))
        + "\n\n"
        + edit_block("main.py", main, main.replace("area", "rectangle_area")),
        edit_block("steps.py", "    return checked * 28\n", "    return checked * 100\n"),
    )
    before = world.tree()
    result = world.run("models", "test", SMALL.name, "--json")
    told = json.loads(result.stdout)
    assert result.code == 0, result
    passed = {each["task"]: each["passed"] for each in told["answers"]}
    assert passed == {task.id: task.id != "parameter" for task in TASKS}
    assert (told["tasks"], told["passed"], told["followed"]) == (6, 5, 5)
    assert world.tree() == before
    assert len(server.chats) == 6
    shown = json.loads(world.run("models", "show", SMALL.name, "--json").stdout)
    assert shown["exam"]["passed"] == 5
