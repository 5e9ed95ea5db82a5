"""``ai-code drill`` with a model server of the person's: what a model did, and what mends it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ai_code.drill.models import CODELLAMA, QWEN_CODER
from ai_code.drill.replies import Hang, OutOfMemory, Reply, edit_block
from tests.e2e.drilling import BOTH, report, rows
from tests.e2e.world import SMALL, World


@pytest.mark.claude
@pytest.mark.aider
def test_your_own_ollama_and_model(machine: World) -> None:
    """A real server is read along through a loopback server of the drill's."""
    ollama = machine.ollama(BOTH)
    run = machine.run("drill", "--scenario", "session", "--real", "--json")
    assert run.code == 0, run
    assert {name: rows(run)[name]["by"] for name in ("Ollama", "model")} == {
        "Ollama": "real",
        "model": "real",
    }
    assert rows(run)["model"]["note"] == SMALL.name
    assert rows(run)["Ollama"]["note"] == ollama.url
    assert len(ollama.chats) == 1 and "imperative mood" in ollama.chats[0].raw.decode()
    assert report(run)["mend"] == []


def mend_of(machine: World, drill: str) -> str:
    """The drill once more, with the model that ``ai-code models recommend`` puts first."""
    told = json.loads(machine.run("models", "recommend", "--json").stdout)
    name = told["recommended"][0]["name"]
    return f"ai-code models pull {name} && AI_CODE_MODEL={name} {drill}"


@pytest.mark.claude
@pytest.mark.aider
def test_a_model_that_does_not_do_the_task_fails(machine: World) -> None:
    machine.ollama("You could add a docstring, if you like.")
    run = machine.run("drill")
    assert run.code == 1, run
    assert "FAILED model: deepseek-coder:6.7b changed nothing; it said: You could" in run.stdout
    assert run.stdout.splitlines()[-1] == "FAILED: mid-task"
    # One cause, one failure; and what is to be typed can be typed as it stands.
    assert run.stdout.count("FAILED ") == 2
    assert mend_of(machine, "ai-code drill") in run.stdout.replace(" &&\n ", " &&")


@pytest.mark.claude
@pytest.mark.aider
@pytest.mark.parametrize(
    ("reply", "words", "mend"),
    [
        (Hang(), "it gave no output for too long", "AI_CODE_STALL_TIMEOUT=15m ai-code drill"),
        (OutOfMemory(), "requires more system memory", "AI_CODE_MODEL="),
        (
            BOTH + edit_block("more.py", "", "x = 1\n"),
            "nobody asked for: more.py",
            "AI_CODE_MODEL=",
        ),
    ],
    ids=["hangs", "out of memory", "one more file"],
)
def test_a_real_model_that_fails_is_one_failure(
    machine: World, reply: Reply, words: str, mend: str
) -> None:
    machine.settings("stall-timeout: 15\n")
    machine.ollama(reply)
    run = machine.run("drill", "--scenario", "session", "--real", "--json")
    failed = [name for name, row in rows(run).items() if row["result"] == "failed"]
    assert failed == ["model"] and words in rows(run)["model"]["note"], run
    [command] = report(run)["mend"]
    assert mend in command and command.endswith("ai-code drill --scenario session --real")


@pytest.mark.aider
def test_all_models_that_were_tried_are_named(machine: World) -> None:
    """One after the other did not fit; the mend is a lighter one than all of them."""
    (machine.bin / "claude").unlink()
    machine.ollama(*[OutOfMemory()] * 9, models=[QWEN_CODER, CODELLAMA])
    run = machine.run("drill", "--scenario", "session", "--json")
    model, aider = rows(run)["model"], rows(run)["aider"]
    tried = "qwen2.5-coder:7b, then codellama:7b, each with less context too"
    assert model["result"] == "failed" and model["note"].startswith(f"{tried}: model requires")
    assert aider["note"] == "in a private worktree, 4 times"
    assert 0 <= model["seconds"] < aider["seconds"], "aider's starts are not the model's time"
    [command] = [each for each in report(run)["mend"] if "AI_CODE_MODEL=" in each]
    assert command.startswith("ai-code models pull ") and ":7b" not in command


@pytest.mark.aider
def test_a_lighter_model_that_fits_passes_and_is_named(machine: World) -> None:
    (machine.bin / "claude").unlink()
    machine.ollama(OutOfMemory(), OutOfMemory(), BOTH, models=[QWEN_CODER, CODELLAMA])
    run = machine.run("drill", "--scenario", "session", "--json")
    assert run.code == 0, run
    assert rows(run)["model"]["note"] == "codellama:7b; qwen2.5-coder:7b did not fit"


@pytest.mark.aider
def test_an_edit_that_was_left_out_is_shown_with_its_reason(machine: World) -> None:
    (machine.bin / "claude").unlink()
    machine.ollama(edit_block("hello.py", '\n\ndef goodbye():\n    print("goodbye")\n', ""))
    run = machine.run("drill", "--real", "--scenario", "session")
    assert "--real wants" in run.stderr, "Claude is missing"
    run = machine.run("drill", "--scenario", "session")
    lines = run.stdout.splitlines()
    assert run.code == 1 and "the edit that did not land, and why:" in lines, run
    assert '  -    print("goodbye")' in lines
    assert sum("FAILED" in line for line in lines) == 3
    assert mend_of(machine, "ai-code drill --scenario session") in run.stdout.replace(
        " &&\n ", " &&"
    )
    assert all(len(line) <= 80 for line in lines)


def test_what_is_kept_holds_no_settings(machine: World) -> None:
    (machine.bin / "claude").unlink()
    machine.settings("ollama:\n  headers:\n    Authorization: Bearer not-to-be-kept\n")
    machine.ollama(BOTH, required_headers={"authorization": "Bearer not-to-be-kept"})
    run = machine.run("drill", "--keep", "--json", "--scenario", "session")
    [kept] = [note for note in report(run)["notes"] if note.startswith("kept: ")]
    found = [
        path
        for path in Path(kept.removeprefix("kept: ")).rglob("*")
        if path.is_file() and b"not-to-be-kept" in path.read_bytes()
    ]
    assert found == []
