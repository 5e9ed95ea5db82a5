"""``ai-code drill`` with the real Claude Code and the real aider: each scenario, and what the
person reads. What is broken on purpose is in tests/drill/test_breaks.py."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ai_code.core.drill import PARTS, SCENARIOS
from ai_code.drill.replies import edit_block
from tests.conftest import real_program
from tests.e2e.world import SMALL, Result, World

BOTH = (
    edit_block("hello.py", "def hello():\n", 'def hello():\n    """Print a greeting."""\n')
    + edit_block("hello.py", "def goodbye():\n", 'def goodbye():\n    """Print a farewell."""\n')
)  # fmt: skip


@pytest.fixture
def machine(world: World, tmp_path: Path) -> World:
    """Claude Code and aider are installed; nobody listens where Ollama should be."""
    world.link("claude", real_program("claude 2.1.329"))
    world.link("aider", real_program("aider"))
    world.env["OLLAMA_HOST"] = "http://127.0.0.1:9"
    world.env["ANTHROPIC_API_KEY"] = "sk-ant-the-persons-own-key"
    world.env["TMPDIR"] = str(tmp_path / "tmp")
    (tmp_path / "tmp").mkdir()
    return world


def report(run: Result) -> dict[str, Any]:
    value: dict[str, Any] = json.loads(run.stdout)
    return value


def rows(run: Result) -> dict[str, dict[str, Any]]:
    return {row["name"]: row for row in report(run)["scenarios"][0]["parts"]}


@pytest.mark.claude
@pytest.mark.aider
@pytest.mark.parametrize("name", SCENARIOS)
def test_every_scenario_passes(machine: World, name: str) -> None:
    before = machine.tree(), machine.tree(machine.home)
    run = machine.run("drill", "--scenario", name, "--json")
    assert run.code == 0, run
    told = report(run)
    [played] = told["scenarios"]
    assert (told["ok"], played["name"], played["ok"]) == (True, name, True)
    assert [part["name"] for part in played["parts"]] == list(PARTS)
    assert rows(run)["claude"]["by"] == "real"
    assert not list(Path(machine.env["TMPDIR"]).iterdir()), "the scratch folder is gone"
    assert machine.tree() == before[0], "the folder it is called in is not touched"
    changed = machine.tree(machine.home).keys() - before[1].keys()
    # Versions of programs are remembered; that a process ran is forgotten at its end.
    assert {path for path in changed if not path.startswith((".cache", ".local"))} == set()


@pytest.mark.claude
@pytest.mark.aider
def test_what_the_person_reads(machine: World) -> None:
    run = machine.run("drill")
    assert run.code == 0, run
    lines = run.stdout.splitlines()
    table = [line for line in lines if line.startswith("  ") and " passed " in line]
    assert [line.split("  ")[1].strip() for line in table] == [
        *("claude", "limit seen", "brief", "Ollama", "model", "aider", "landing", "undo"),
        "return to Claude real",
    ]
    assert all(len(line) <= 80 for line in lines)
    assert '  +    """Print a farewell."""' in lines
    assert "a stand-in plays Ollama" in run.stdout.replace("\n", " ")
    assert "  ollama serve" in lines or any("ollama.com/download" in line for line in lines)
    assert lines[-1] == "passed, in part with stand-ins"
    assert run.stderr.startswith("mid-task: the 5-hour limit in the middle of a task")


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


@pytest.mark.claude
@pytest.mark.aider
def test_a_model_that_does_not_do_the_task_fails(machine: World) -> None:
    machine.ollama("You could add a docstring, if you like.")
    run = machine.run("drill")
    assert run.code == 1, run
    assert "FAILED model: deepseek-coder:6.7b did not do the task" in run.stdout
    assert run.stdout.splitlines()[-1] == "FAILED: mid-task"
    assert any("AI_CODE_MODEL=NAME" in line for line in run.stdout.splitlines())


def test_real_refuses_stand_ins(machine: World) -> None:
    run = machine.run("drill", "--real")
    assert run.code == 1
    assert "--real refuses stand-ins" in run.stderr and "Ollama is not running" in run.stderr
    run = machine.run("drill", "--real", "--scenario", "server-down")
    assert run.code == 2 and run.hint == "ai-code drill --scenario server-down"


def test_an_unknown_scenario(machine: World) -> None:
    run = machine.run("drill", "--scenario", "sunny")
    assert run.code == 2
    assert "hostile-repository" in run.stderr and "all" in run.stderr


@pytest.mark.aider
def test_without_claude_a_recording_plays_it(machine: World) -> None:
    (machine.bin / "claude").unlink()
    run = machine.run("drill", "--json")
    assert run.code == 0, run
    assert rows(run)["claude"]["by"] == rows(run)["return to Claude"]["by"] == "recording"
    assert any("a recording" in note for note in report(run)["notes"])
    assert "npm install -g @anthropic-ai/claude-code" in report(run)["mend"]


def test_without_aider_it_fails_with_the_command_that_mends_it(machine: World) -> None:
    (machine.bin / "claude").unlink()
    (machine.bin / "aider").unlink()
    run = machine.run("drill", "--json")
    assert run.code == 1
    failed = [name for name, row in rows(run).items() if row["result"] == "failed"]
    assert failed == ["aider"], "one cause, one failure"
    assert any("aider-chat" in each for each in report(run)["mend"])


def test_without_git_nothing_can_be_played(machine: World) -> None:
    machine.env["PATH"] = str(machine.bin)
    (machine.bin / "git").unlink()
    run = machine.run("drill")
    assert run.code == 1 and run.hint == "sudo apt install git"


NPM = """#!/bin/sh
echo "$@" > {told}
while [ "$1" != --prefix ]; do shift; done
mkdir -p "$2/node_modules/.bin"
ln -s {claude} "$2/node_modules/.bin/claude"
"""


@pytest.mark.claude
@pytest.mark.aider
@pytest.mark.parametrize("agrees", ["--yes", "terminal"])
def test_claude_code_is_installed_for_those_who_agree(machine: World, agrees: str) -> None:
    (machine.bin / "claude").unlink()
    told = machine.base / "npm-was-told"
    claude = real_program("claude 2.1.329").resolve()
    machine.script("npm", NPM.format(told=told, claude=claude))
    if agrees == "--yes":
        run = machine.run("drill", "--yes")
        assert run.code == 0, run
        said = run.stderr
    else:
        child = machine.terminal("drill")
        child.expect_exact("[y] install")
        child.sendline("y")
        said = (child.before + child.read()).decode()
        child.wait()
        assert child.exitstatus == 0, said
    assert "Anthropic's terms" in said and "https://www.anthropic.com/legal" in said
    assert told.read_text().split()[-1] == "@anthropic-ai/claude-code"
    # From now on it is found, although it is on no PATH.
    shown = machine.run("--dry-run", "x")
    assert "/claude-code/node_modules/.bin/claude" in shown.stdout or "bin/claude" in shown.stdout
    assert "cannot run: Claude" not in shown.stdout


def test_who_does_not_agree_gets_the_recording(machine: World) -> None:
    (machine.bin / "claude").unlink()
    (machine.bin / "aider").unlink()
    machine.script("npm", "#!/bin/sh\nexit 1\n")
    child = machine.terminal("drill")
    child.expect_exact("[y] install")
    child.sendline("n")
    said = child.read().decode()
    assert "recording" in said and "npm could not" not in said


def test_an_npm_that_fails_is_told_and_the_recording_plays(machine: World) -> None:
    (machine.bin / "claude").unlink()
    (machine.bin / "aider").unlink()
    machine.script("npm", "#!/bin/sh\necho 'npm error network is unreachable' >&2\nexit 1\n")
    run = machine.run("drill", "--yes")
    assert "npm could not install Claude Code: network is unreachable" in run.stderr
    assert "recording" in run.stdout


def test_settings_that_switch_the_fallback_off_are_named(machine: World) -> None:
    (machine.bin / "claude").unlink()
    machine.settings("fallback:\n  on-limit: ask\n")
    run = machine.run("drill", "--json", "--scenario", "normal-day")
    assert run.code == 0
    assert any("fallback.on-limit is ask" in note for note in report(run)["notes"])
    assert "ai-code config show --origin" in report(run)["mend"]


def test_keep_leaves_the_scratch_folder(machine: World) -> None:
    (machine.bin / "claude").unlink()
    run = machine.run("drill", "--keep", "--json", "--scenario", "normal-day")
    [kept] = [note for note in report(run)["notes"] if note.startswith("kept: ")]
    assert (Path(kept.removeprefix("kept: ")) / "project/hello.py").is_file()


@pytest.mark.claude
def test_ctrl_c_ends_it_and_leaves_nothing(machine: World) -> None:
    child = machine.terminal("drill", "-v")
    child.expect_exact("[AI: Claude Code]")
    child.sendintr()
    child.read()
    child.wait()
    assert child.exitstatus == 130
    assert not list(Path(machine.env["TMPDIR"]).iterdir())


def test_no_colour_where_none_is_wanted(machine: World) -> None:
    (machine.bin / "claude").unlink()
    machine.script("npm", "#!/bin/sh\nexit 1\n")
    for env in ({"NO_COLOR": "1"}, {"TERM": "dumb"}, {}):
        child = machine.terminal("drill", "--yes", "--scenario", "normal-day", env=env)
        shown = child.read()
        child.wait()
        assert child.exitstatus == 0, shown
        assert (b"\x1b[3" in shown) == (env == {}), env


def test_the_persons_own_arguments_and_aider_settings_count(machine: World) -> None:
    """What breaks every run has to break the drill."""
    (machine.bin / "claude").unlink()
    (machine.home / ".aider.conf.yml").write_text("model: [broken\n")
    run = machine.run("drill", "--json")
    assert run.code == 1 and rows(run)["aider"]["result"] == "failed", run


@pytest.mark.claude
def test_claudes_arguments_count(machine: World) -> None:
    machine.settings("claude:\n  args: [--no-such-option]\n")
    run = machine.run("drill", "--json", "--scenario", "normal-day")
    assert run.code == 1, run
    assert "no-such-option" in run.stdout


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
