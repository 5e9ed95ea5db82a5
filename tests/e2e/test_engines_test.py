"""``ai-code engines test NAME``: the drill with each engine that there is."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from ai_code.core.drill import part_names
from ai_code.drill.ollama import OllamaStandIn
from ai_code.drill.replies import Agent
from tests.conftest import OTHERS
from tests.e2e.drilling import report, rows
from tests.e2e.world import SMALL, World

TOOLS = replace(SMALL, capabilities=("completion", "tools"), context=65536)
DONE = (
    'def hello():\n    """Print a greeting."""\n    print("hello")\n\n\n'
    'def goodbye():\n    """Print a farewell."""\n    print("goodbye")\n'
)
CUSTOM = """\
import json, os, pathlib, sys, urllib.request
prompt = pathlib.Path(sys.argv[1]).read_text()
body = {"model": os.environ["AI_CODE_MODEL_NAME"], "stream": False,
        "messages": [{"role": "user", "content": prompt}]}
asked = urllib.request.Request(sys.argv[2] + "/api/chat", json.dumps(body).encode())
urllib.request.urlopen(asked).read()
path = pathlib.Path("hello.py")
text = path.read_text()
if '"Print a farewell.' not in text:
    told = 'goodbye():\\n    \\"\\"\\"Print a farewell.\\"\\"\\"\\n'
    path.write_text(text.replace('goodbye():\\n', told))
print("done")
"""


@pytest.fixture
def only(machine: World, engine_bin: Callable[[str], Path]) -> Callable[[str], World]:
    """A machine with one engine beside Claude Code: aider is not there."""

    def made(engine: str) -> World:
        if engine != "claude-local":
            machine.link(engine, engine_bin(engine))
        (machine.bin / "aider").unlink()
        return machine

    return made


@pytest.mark.claude
@pytest.mark.parametrize("engine", ["claude-local", *OTHERS])
@pytest.mark.parametrize("scenario", ["mid-task", "cut-stream"])
def test_the_drill_with_an_engine(only: Callable[[str], World], engine: str, scenario: str) -> None:
    machine = only(engine)
    before = machine.tree()
    run = machine.run("engines", "test", engine, "--scenario", scenario, "--json")
    assert run.code == 0, run
    told = report(run)
    assert (told["ok"], told["engine"]) == (True, engine)
    assert tuple(rows(run)) == part_names(engine)
    assert rows(run)[engine]["by"] == "real" and rows(run)["model"]["by"] == "stand-in"
    if scenario == "mid-task":
        assert {row["result"] for row in rows(run).values()} == {"passed"}
        assert rows(run)["brief"]["note"] == "task, CLAUDE.md, git"
        assert rows(run)["landing"]["note"].startswith("hello.py; ")
    assert machine.tree() == before and not list(Path(machine.env["TMPDIR"]).iterdir())


@pytest.mark.claude
def test_your_own_ollama_where_it_will_do(only: Callable[[str], World]) -> None:
    machine = only("codex")
    server = machine.ollama(Agent({"hello.py": DONE}), models=[TOOLS], version="0.20.0")
    run = machine.run("drill", "--engine", "codex", "--real", "--json")
    assert run.code == 0, run
    assert {row["by"] for row in rows(run).values()} == {"real", "stand-in"}
    assert rows(run)["model"]["note"] == TOOLS.name, "its own name, not the variant's"
    assert server.chats and {each.path for each in server.chats} == {"/v1/responses"}


def test_auto_takes_of_your_models_one_that_will_do(only: Callable[[str], World]) -> None:
    """The catalogue puts the first before the second, which alone calls tools."""
    machine = only("pi")
    (machine.bin / "claude").unlink(missing_ok=True)
    models = [replace(SMALL, context=65536), replace(TOOLS, name="llama3.2:3b")]
    server = machine.ollama(Agent({"hello.py": DONE}), models=models, version="0.20.0")
    run = machine.run("drill", "--engine", "pi", "--json")
    assert run.code == 0, run
    assert rows(run)["model"]["note"] == "llama3.2:3b" and rows(run)["model"]["by"] == "real"
    assert server.chats


@pytest.mark.claude
@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"models": [SMALL]}, "codex works by calling tools, and deepseek-coder:6.7b cannot"),
        ({"models": [TOOLS], "version": "0.12.0"}, "codex needs Ollama 0.13.3 or later"),
    ],
    ids=["no tools", "an old server"],
)
def test_a_model_that_will_not_do_is_played(
    only: Callable[[str], World], options: dict[str, object], words: str
) -> None:
    machine = only("codex")
    server: OllamaStandIn = machine.ollama("never asked", **options)
    run = machine.run("engines", "test", "codex", "--json")
    assert run.code == 0, run
    assert rows(run)["model"]["by"] == "stand-in" and not server.chats
    [note] = report(run)["notes"]
    assert note.startswith(words) and note.endswith("a stand-in plays Ollama and the model")
    real = machine.run("engines", "test", "codex", "--real")
    assert real.code == 1 and words in real.stderr.replace("\n", " "), real
    assert real.hint == "ai-code drill --engine codex --real   (when they are)"


def test_an_engine_that_is_not_there(machine: World) -> None:
    (machine.bin / "claude").unlink()
    run = machine.run("engines", "test", "opencode", "--json")
    assert run.code == 1
    failed = {name: row for name, row in rows(run).items() if row["result"] == "failed"}
    assert list(failed) == ["opencode"], "one cause, one failure"
    assert "opencode is not installed" in failed["opencode"]["note"]
    assert "ai-code engines install opencode" in report(run)["mend"]


def test_an_engine_that_fails_is_told_in_its_words(machine: World) -> None:
    (machine.bin / "claude").unlink()
    machine.script("pi", "#!/bin/sh\necho 'Error: no such module' >&2\nexit 3\n")
    run = machine.run("engines", "test", "pi", "--json")
    failed = {name: row for name, row in rows(run).items() if row["result"] == "failed"}
    assert list(failed) == ["pi"] and "no such module" in failed["pi"]["note"], run
    assert "ai-code engines install pi" in report(run)["mend"]
    machine.script("pi", "#!/bin/sh\n[ $1 = --version ] && echo 0.74.2 && exit\nexit 3\n")
    run = machine.run("engines", "test", "pi", "--json")
    assert "ai-code engines install pi --again" in report(run)["mend"], "it is there already"
    machine.settings("engines.args: {pi: [--no-such-option]}\n")
    run = machine.run("engines", "test", "pi", "--json")
    assert "ai-code config show --origin" in report(run)["mend"]


def test_an_engine_that_there_is_not(machine: World) -> None:
    for words in (("engines", "test", "crush"), ("drill", "--engine", "crush")):
        run = machine.run(*words)
        assert run.code == 2 and run.hint == "ai-code engines list"


def test_by_default_the_one_that_would_go_on(machine: World) -> None:
    """The first of the chain that is there."""
    (machine.bin / "claude").unlink()
    script = machine.base / "agent.py"
    script.write_text(CUSTOM)
    command = f'["{sys.executable}", "{script}", "{{prompt_file}}", "{{ollama_url}}"]'
    machine.settings(f"fallback.chain: [opencode, custom]\ncustom.command: {command}\n")
    run = machine.run("drill", "--json")
    assert run.code == 0, run
    assert report(run)["engine"] == "custom" and rows(run)["custom"]["result"] == "passed"
    assert rows(run)["brief"]["note"] == "task, CLAUDE.md, git"


def test_a_command_that_asks_no_ollama_has_no_brief_to_be_read(machine: World) -> None:
    (machine.bin / "claude").unlink()
    script = machine.base / "agent.py"
    script.write_text("\n".join(line for line in CUSTOM.splitlines() if "urlopen" not in line))
    command = f'["{sys.executable}", "{script}", "{{prompt_file}}", "{{ollama_url}}"]'
    machine.settings(f"custom.command: {command}\n")
    run = machine.run("engines", "test", "custom", "--json")
    assert run.code == 0, run
    assert rows(run)["brief"]["note"] == "not read: it asks a server of its own"
    model = rows(run)["model"]
    assert (model["result"], model["note"]) == ("passed", "whom your command asks is not seen")


def test_a_command_that_does_another_thing_fails(machine: World) -> None:
    (machine.bin / "claude").unlink()
    machine.script("mine", "#!/bin/sh\necho 'x = 1' > made.py\necho made\n")
    machine.settings("custom.command: mine\n")
    run = machine.run("engines", "test", "custom", "--json")
    assert run.code == 1, run
    failed = {name: row["note"] for name, row in rows(run).items() if row["result"] == "failed"}
    assert failed == {"model": "your command did not do the task: no docstring in goodbye()"}
    assert "ai-code config show --origin" in report(run)["mend"]
