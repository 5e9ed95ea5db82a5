"""``ai-code drill`` with the real Claude Code and the real aider: each scenario, and what the
person reads. What is broken on purpose is in tests/drill/test_breaks.py."""

from __future__ import annotations

import json
import signal
from pathlib import Path
from typing import Any

import pytest

from ai_code.core.drill import PARTS, SCENARIOS
from ai_code.drill.replies import Hang, OutOfMemory, Reply, edit_block
from ai_code.flows.endings import INSTALL_AIDER
from tests.conftest import real_program
from tests.e2e.fakes import claude_that
from tests.e2e.world import SMALL, Result, World, wait_for

LARGER = "AI_CODE_MODEL=qwen2.5-coder:7b"
FORCED = INSTALL_AIDER.replace("install", "install --force", 1)

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
    assert "FAILED model: deepseek-coder:6.7b changed nothing; it said: You could" in run.stdout
    assert run.stdout.splitlines()[-1] == "FAILED: mid-task"
    # One cause, one failure; and what is to be typed can be typed as it stands.
    assert run.stdout.count("FAILED ") == 2
    larger = "qwen2.5-coder:7b"
    command = f"  ollama pull {larger} && AI_CODE_MODEL={larger} ai-code drill"
    assert command in run.stdout.splitlines()


@pytest.mark.claude
@pytest.mark.aider
@pytest.mark.parametrize(
    ("reply", "words", "mend"),
    [
        (Hang(), "it gave no output for too long", "AI_CODE_STALL_TIMEOUT=15m ai-code drill"),
        (OutOfMemory(), "requires more system memory", "AI_CODE_MODEL=qwen2.5-coder:3b"),
        (BOTH + edit_block("more.py", "", "x = 1\n"), "nobody asked for: more.py", LARGER),
    ],
    ids=["hangs", "out of memory", "one more file"],
)
def test_a_real_model_that_fails_is_one_failure(
    machine: World, reply: Reply, words: str, mend: str
) -> None:
    machine.settings("stall-timeout: 8\n")
    machine.ollama(reply)
    run = machine.run("drill", "--scenario", "session", "--real", "--json")
    failed = [name for name, row in rows(run).items() if row["result"] == "failed"]
    assert failed == ["model"] and words in rows(run)["model"]["note"], run
    [command] = report(run)["mend"]
    assert mend in command and command.endswith("ai-code drill --scenario session --real")


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
    at = lines.index("  ollama pull qwen2.5-coder:7b &&")
    assert lines[at + 1] == "  AI_CODE_MODEL=qwen2.5-coder:7b ai-code drill --scenario session"
    assert all(len(line) <= 80 for line in lines)


def test_real_names_all_that_is_missing(machine: World) -> None:
    (machine.bin / "claude").unlink()
    (machine.bin / "aider").unlink()
    run = machine.run("drill", "--real", "--scenario", "weekly", "--json")
    assert run.code == 1
    told = report(run)
    assert told["ok"] is False and told["scenarios"] == []
    assert len(told["notes"]) == len(told["mend"]) == len(told["mend_about"]) == 3
    assert (
        told["error"]["what"] == "--real wants the real parts only, and not all of them are there"
    )
    assert "stand-in" not in run.stderr and "recording" not in run.stderr
    for needed in ("npm install", "uv tool install", "  ollama serve"):
        assert f"{needed}" in run.stderr
    assert run.hint == "ai-code drill --scenario weekly --real   (when they are)"


def test_real_with_a_scenario_that_needs_a_stand_in(machine: World) -> None:
    run = machine.run("drill", "--real", "--scenario", "server-down")
    assert run.code == 2 and run.hint == "ai-code drill --scenario server-down"


def test_an_unknown_scenario(machine: World) -> None:
    run = machine.run("drill", "--scenario", "sunny", "--json")
    assert report(run)["error"]["hint"] == run.hint == "ai-code drill --help"
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
    assert [each for each in report(run)["mend"] if "aider" in each] == [INSTALL_AIDER]
    others = ["brief", "Ollama", "model", "landing", "undo"]
    assert {rows(run)[name]["result"] for name in others} == {"not reached"}
    assert {rows(run)[name]["by"] for name in others} == {None}


def test_an_aider_that_must_not_be_started_has_one_mend(machine: World) -> None:
    (machine.bin / "claude").unlink()
    aider = machine.script("aider", "#!/bin/sh\n", mode=0o644)
    run = machine.run("drill", "--json")
    assert rows(run)["aider"]["note"] == f"{aider} is not executable"
    assert [each for each in report(run)["mend"] if "aider" in each] == [f"chmod +x {aider}"]


@pytest.mark.aider
@pytest.mark.parametrize(
    ("settings", "words", "mend"),
    [
        (
            "aider:\n  args: [--no-such-option]\n",
            "--no-such-option",
            "ai-code config show --origin",
        ),
        ("aider:\n  command: [aider-that-fails]\n", "no module named litellm", FORCED),
    ],
)
def test_an_aider_that_fails_is_told_in_its_words(
    machine: World, settings: str, words: str, mend: str
) -> None:
    (machine.bin / "claude").unlink()
    machine.script("aider-that-fails", "#!/bin/sh\necho no module named litellm >&2\nexit 1\n")
    machine.settings(settings)
    run = machine.run("drill", "--json")
    failed = [name for name, row in rows(run).items() if row["result"] == "failed"]
    assert failed == ["aider"] and words in rows(run)["aider"]["note"]
    assert mend in report(run)["mend"] and len(report(run)["mend"]) == 3, "npm, ollama, and this"


def test_a_claude_that_fails_is_one_failure_in_its_words(machine: World) -> None:
    (machine.bin / "claude").unlink()
    machine.script("claude", claude_that("echo 'Error: no module yoga' >&2; exit 1"))
    run = machine.run("drill", "--json")
    assert {row["result"] for row in rows(run).values()} == {"failed", "not reached"}
    assert rows(run)["claude"]["note"] == "it did not work: Error: no module yoga"
    assert any(each.endswith("claude update") for each in report(run)["mend"])


@pytest.mark.claude
def test_the_last_line_claims_nothing_that_did_not_run(machine: World) -> None:
    run = machine.run("drill", "--scenario", "network-down")
    lines = run.stdout.splitlines()
    assert lines[-1] == "passed, with the real Claude Code; the local side had no part in it"
    assert not any("stand-in" in line for line in lines)
    assert "  limit seen                 passed             none: network" in lines


def test_a_full_disk_is_said_to_be_full(machine: World) -> None:
    (machine.bin / "claude").unlink()
    machine.script("git", "#!/bin/sh\necho 'fatal: No space left on device' >&2\nexit 128\n")
    run = machine.run("drill")
    assert run.code == 1 and "FAILED the disk is full:" in run.stdout
    assert f"  df -h {machine.env['TMPDIR']}" in run.stdout.splitlines()
    assert "part  " not in run.stdout and "git --version" not in run.stdout


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
        said = (child.before + child.read()).decode().replace("\r\n", "\n")
        child.wait()
        assert child.exitstatus == 0, said
    removal = said.partition("to remove it: ")[2].splitlines()[0]
    folder = machine.home / ".local/share/ai-code"
    assert removal == f"rm -r {folder}/claude-code {folder}/bin/claude", "no link is left dangling"
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
    asked = child.before.decode().splitlines()
    home = str(machine.home)
    assert all(len(line) <= 80 for line in asked if home not in line), "no word is cut"
    assert f"{home}/.local/share/ai-code" in asked, "a line of its own"
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


@pytest.mark.claude
def test_ctrl_c_with_keep_says_where_the_folder_is(machine: World) -> None:
    child = machine.terminal("drill", "-v", "--keep")
    child.expect_exact("[AI: Claude Code]")
    child.sendintr()
    said = child.read().decode()
    child.wait()
    assert child.exitstatus == 130
    [kept] = Path(machine.env["TMPDIR"]).iterdir()
    assert f"kept: {kept}" in said.replace("\r\n", "") and (kept / "project").is_dir()
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


def test_the_persons_own_arguments_and_aider_settings_count(machine: World) -> None:
    """What breaks every run has to break the drill."""
    (machine.bin / "claude").unlink()
    (machine.home / ".aider.conf.yml").write_text("model: [broken\n")
    run = machine.run("drill", "--json")
    assert run.code == 1 and rows(run)["aider"]["result"] == "failed", run
    assert "~/.aider.conf.yml" in rows(run)["aider"]["note"]
    assert f'"${{EDITOR:-vi}}" {machine.home}/.aider.conf.yml' in report(run)["mend"]


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
