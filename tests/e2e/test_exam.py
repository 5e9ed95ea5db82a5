"""``ai-code models test --engine NAME``: the exam with each real engine that works by tools, and
who counts its result."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from typing import Any

import pytest

from ai_code.drill.replies import Agent
from tests.e2e.test_engines import MODEL, OTHERS, install, serve
from tests.e2e.world import World
from tests.flows.models.test_exam import RIGHT

FILES = {name: text for files in RIGHT.values() for name, text in files.items()}
GOOD = Agent(FILES | {"steps.py": "x = 1\n"})
"""It writes the answers to all tasks in each: five are right."""
BAD = Agent(dict.fromkeys(FILES, "x = 1\n"))


def take(world: World, engine: str) -> dict[str, Any]:
    run = world.run("models", "test", MODEL.name, "--engine", engine, "--json")
    told: dict[str, Any] = json.loads(run.stdout)
    assert run.code == (0 if 2 * told["passed"] >= told["tasks"] else 1), run
    return told


def engine_row(world: World, name: str) -> dict[str, Any]:
    rows = json.loads(world.run("engines", "list", "--json").stdout)["engines"]
    row: dict[str, Any] = next(each for each in rows if each["name"] == name)
    return row


@pytest.mark.parametrize("engine", OTHERS)
def test_an_exam_with_the_real_engine(world: World, engine: str) -> None:
    install(world, engine)
    server = serve(world, GOOD)
    before = world.tree()
    told = take(world, engine)
    assert (told["engine"], told["name"], told["edit_format"]) == (engine, MODEL.name, "tools")
    assert (told["tasks"], told["passed"], told["followed"]) == (6, 5, 6)
    failed = [each["task"] for each in told["answers"] if not each["passed"]]
    assert failed == ["long-file"]
    assert world.tree() == before
    sent = json.dumps([each.json for each in server.chats])
    assert "total() in prices.py leaves the last price out" in sent


def test_the_result_is_kept_for_each_engine_and_counted(world: World) -> None:
    install(world, "codex")
    install(world, "pi")
    world.settings(f"fallback.chain: [pi]\nmodel: {MODEL.name}\n")
    serve(world, GOOD)
    assert take(world, "pi")["passed"] == 5
    serve(world, BAD)
    assert take(world, "codex")["passed"] == 0
    pi, codex = engine_row(world, "pi"), engine_row(world, "codex")
    assert pi["serves"] and pi["exam"] == {"passed": 5, "tasks": 6}
    assert not codex["serves"] and codex["exam"] == {"passed": 0, "tasks": 6}
    assert codex["unfit"] == f"{MODEL.name} passed 0 of 6 tasks of its exam with codex"
    assert codex["unfit_mend"] == "ai-code models recommend"
    assert engine_row(world, "goose")["exam"] is None
    listed = world.run("engines", "list").stdout
    assert f"{MODEL.name} passed 5 of 6 tasks with it" in listed
    assert "not here: " in listed and max(map(len, listed.splitlines())) <= 80
    shown = world.run("engines", "show", "goose").stdout
    assert "models test" not in shown, "it is not offered for what is not there"
    # What a run goes on with is pi.
    model = json.loads(world.run("models", "show", MODEL.name, "--json").stdout)
    assert model["exam"]["engine"] == "pi"
    assert {each["engine"]: each["passed"] for each in model["exams"]} == {"pi": 5, "codex": 0}
    lines = world.run("models", "show", MODEL.name).stdout
    assert "5 of 6 passed (with pi)" in lines and "0 of 6 passed (with codex)" in lines


@pytest.mark.parametrize("engine", ["codex", "aider"])
def test_it_is_the_engine_that_goes_on_whose_exams_recommend(world: World, engine: str) -> None:
    install(world, "codex")
    known = replace(MODEL, name="gemma3:4b")
    world.settings(f"fallback.chain: [{engine}]\n")
    world.ollama(BAD, models=[known], version="0.20.0")
    run = world.run("models", "test", known.name, "--engine", "codex")
    assert "0 of 6 passed, 6 edited with codex" in run.stdout, run
    found = json.loads(world.run("models", "recommend", "--json").stdout)["recommended"]
    reasons = next(each["reasons"] for each in found if each["name"] == known.name)
    assert ("exam with codex: 0 of 6" in reasons) == (engine == "codex")


def test_an_exam_with_a_command_of_ones_own(world: World) -> None:
    files = world.base / "answers.json"
    files.write_text(json.dumps(FILES))
    writes = (
        "import json, pathlib, sys\n"
        f"for name, text in json.load(open({str(files)!r})).items():\n"
        "    pathlib.Path(name).write_text(text)\n"
        "print('written for', sys.argv[1])\n"
    )
    mine = world.script("mine", f"#!{sys.executable}\n{writes}")
    world.settings(f"custom.command: ['{mine}', '{{model}}']\n")
    serve(world, GOOD)
    told = take(world, "custom")
    assert (told["engine"], told["passed"], told["tasks"]) == ("custom", 6, 6)
    assert engine_row(world, "custom")["exam"] == {"passed": 6, "tasks": 6}


def test_an_engine_that_fails_is_no_failure_of_the_models(world: World) -> None:
    serve(world, GOOD)
    world.script("pi", "#!/bin/sh\necho 'Error: no such module' >&2\nexit 3\n")
    run = world.run("models", "test", MODEL.name, "--engine", "pi")
    assert run.code == 1 and "the exam could not be taken" in run.stderr, run
    assert "no such module" in run.stderr and run.hint == "ai-code engines test pi"
    assert engine_row(world, "pi")["exam"] is None


def test_what_cannot_be_asked_for(world: World) -> None:
    serve(world, GOOD)
    run = world.run("models", "test", "--engine", "codex", MODEL.name)
    assert run.code == 127 and run.hint == "ai-code engines install codex", run
    run = world.run("models", "test", "--engine", "crush")
    assert run.code == 2 and run.hint == "ai-code engines list"
    run = world.run("models", "test", "--engine", "codex", "--edit-format", "whole")
    assert run.code == 2 and run.hint == "ai-code models test --engine codex"
