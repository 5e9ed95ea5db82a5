"""``ai-code drill`` with the real Claude Code and the real aider: each scenario, and what the
person reads. What is broken on purpose is in tests/drill/test_breaks.py."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from ai_code.core.drill import SCENARIOS, part_names
from tests.e2e.drilling import report, rows
from tests.e2e.world import World, wait_for


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
    assert [part["name"] for part in played["parts"]] == list(part_names("aider"))
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
    assert "  ollama serve" in lines or "  ai-code setup" in lines
    assert lines[0] == "mid-task: the 5-hour limit in the middle of a task"
    assert not any(line.endswith(" passed") for line in table), "each has its seconds, or a dash"
    assert lines[-1] == "passed, in part with stand-ins"
    assert run.stderr.startswith("mid-task: the 5-hour limit in the middle of a task")


def test_real_with_a_scenario_that_needs_a_stand_in(machine: World) -> None:
    run = machine.run("drill", "--real", "--scenario", "server-down")
    assert run.code == 2 and run.hint == "ai-code drill --scenario server-down"


def test_an_unknown_scenario(machine: World) -> None:
    run = machine.run("drill", "--scenario", "sunny", "--json")
    assert report(run)["error"]["hint"] == run.hint == "ai-code drill --help"
    assert run.code == 2
    assert "hostile-repository" in run.stderr and "all" in run.stderr


@pytest.mark.claude
def test_the_last_line_claims_nothing_that_did_not_run(machine: World) -> None:
    run = machine.run("drill", "--scenario", "network-down")
    lines = run.stdout.splitlines()
    assert lines[-1] == "passed, with the real Claude Code; the local side had no part in it"
    assert not any("stand-in" in line for line in lines)
    [seen] = [line.split() for line in lines if line.startswith("  limit seen ")]
    assert [*seen[:3], *seen[4:]] == ["limit", "seen", "passed", "none:", "network"]
    assert float(seen[3]) > 0, "until the run gave up"


@pytest.mark.parametrize("signum", [signal.SIGKILL, signal.SIGQUIT])
@pytest.mark.parametrize("keep", [False, True])
def test_what_a_killed_drill_left_is_removed_by_the_next(
    machine: World, signum: int, keep: bool
) -> None:
    (machine.bin / "claude").unlink()
    tmp = Path(machine.env["TMPDIR"])
    (tmp / "ai-code-drill-of-somebody").mkdir()
    machine.settings("ollama:\n  headers:\n    Authorization: Bearer not-to-be-kept\n")
    running = machine.start("drill", *["--keep"] * keep)
    settings = "ai-code-drill-*/home/.config/ai-code/config.yaml"
    wait_for(lambda: list(tmp.glob(settings)))
    running.signal(signum)
    running.wait()
    wait_for(lambda: not machine.processes())
    assert list(tmp.glob(settings))
    assert machine.run("drill", "--scenario", "normal-day").code == 0
    left = sorted(path.name for path in tmp.iterdir())
    assert len(left) == 1 + keep and "ai-code-drill-of-somebody" in left
    assert not list(tmp.glob(settings))


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
    said = child.read().decode()
    child.wait()
    assert child.exitstatus == 130 and "Traceback" not in said
    last = said.rstrip().splitlines()[-1].rpartition("\x1b[K")[2]
    assert last == "Stopped. Nothing of it is left; to play it again: ai-code drill"
    assert not list(Path(machine.env["TMPDIR"]).iterdir())


@pytest.mark.claude
def test_ctrl_c_with_keep_says_where_the_folder_is(machine: World) -> None:
    child = machine.terminal("drill", "-v", "--keep")
    child.expect_exact("[AI: Claude Code]")
    child.sendintr()
    said = child.read().decode()
    child.wait()
    assert child.exitstatus == 130
    [kept] = Path(machine.env["TMPDIR"]).iterdir()
    assert "Stopped. What was made is kept; to play it again: ai-code drill" in said
    assert f"kept: {kept}" in " ".join(said.split()) and (kept / "project").is_dir()
    assert not (kept / "lock-of-kept").exists()


def test_no_colour_where_none_is_wanted(machine: World) -> None:
    (machine.bin / "claude").unlink()
    machine.script("npm", "#!/bin/sh\nexit 1\n")
    for env in ({"NO_COLOR": "1"}, {"TERM": "dumb"}, {}):
        child = machine.terminal("drill", "--yes", "--scenario", "normal-day", env=env)
        shown = child.read()
        child.wait()
        assert child.exitstatus == 0, shown
        assert (b"\x1b[3" in shown) == (env == {}), env
