"""``ai-code drill`` where something is missing or broken: it says so, once, with what mends it."""

from __future__ import annotations

import re
import shutil

import pytest

from ai_code.flows.endings import INSTALL_AIDER
from tests.conftest import real_program
from tests.e2e.drilling import report, rows
from tests.e2e.fakes import claude_that
from tests.e2e.world import World

SETTING = "ai-code config show --origin"
NPM = """#!/bin/sh
echo "$@" > {told}
while [ "$1" != --prefix ]; do shift; done
mkdir -p "$2/node_modules/.bin"
ln -s {claude} "$2/node_modules/.bin/claude"
"""


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
    for needed in ("ai-code setup claude", "ai-code setup aider"):
        assert needed in run.stderr
    # By whether this machine has Ollama.
    assert "  ollama serve" in run.stderr or "  ai-code setup\n" in run.stderr
    assert run.hint == "ai-code drill --scenario weekly --real   (when they are)"


@pytest.mark.aider
def test_without_claude_a_recording_plays_it(machine: World) -> None:
    (machine.bin / "claude").unlink()
    run = machine.run("drill", "--json")
    assert run.code == 0, run
    assert rows(run)["claude"]["by"] == rows(run)["return to Claude"]["by"] == "recording"
    assert any("a recording" in note for note in report(run)["notes"])
    assert "ai-code setup claude" in report(run)["mend"]


@pytest.mark.aider
def test_a_locale_that_cannot_write_all_of_it(machine: World) -> None:
    """The recording is played in UTF-8 as Claude writes, whatever Python's own encoding is."""
    (machine.bin / "claude").unlink()
    machine.env["PYTHONIOENCODING"] = "euc_jp"
    run = machine.run("drill", "--scenario", "session", "--json")
    assert run.code == 0, run


def test_an_aider_that_is_named_and_not_there(machine: World) -> None:
    """Another one on the PATH is not what the person named: nothing lands by it."""
    (machine.bin / "claude").unlink()
    assert (machine.bin / "aider").exists()
    machine.settings("aider.command: /nonexistent/aider\n")
    run = machine.run("drill", "--json")
    failed = {name: row["note"] for name, row in rows(run).items() if row["result"] == "failed"}
    assert failed == {"aider": "aider is not installed: there is no program /nonexistent/aider"}
    told = machine.run("drill")
    assert "the diff" not in told.stdout and "hello.py" not in told.stdout, told


def test_an_empty_chain_is_said(machine: World) -> None:
    """The drill plays aider all the same; a run would end at the limit."""
    (machine.bin / "claude").unlink()
    machine.settings("fallback.chain: []\n")
    run = machine.run("drill", "--scenario", "network-down", "--json")
    assert run.code == 0, run
    told = "with your settings a limit ends the run there: fallback.chain is empty"
    assert told in report(run)["notes"]
    assert "ai-code config path" in report(run)["mend"]


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
        ("aider:\n  command: [aider-that-fails]\n", "no module named litellm", SETTING),
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


def test_a_full_disk_is_said_to_be_full(machine: World) -> None:
    (machine.bin / "claude").unlink()
    machine.script("git", "#!/bin/sh\necho 'fatal: No space left on device' >&2\nexit 128\n")
    run = machine.run("drill")
    assert run.code == 1 and "FAILED the disk is full:" in run.stdout
    # A long path is on a line of its own, where a shell goes on.
    unbroken = re.sub(r" \\\n +", " ", run.stdout)
    assert f"  df -h {machine.env['TMPDIR']}" in unbroken.splitlines()
    assert "part  " not in run.stdout and "git --version" not in run.stdout


def test_without_git_nothing_can_be_played(machine: World) -> None:
    machine.env["PATH"] = str(machine.bin)
    (machine.bin / "git").unlink()
    run = machine.run("drill")
    assert run.code == 1 and run.hint == "install git with your system's package manager"


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
    removal = said.partition("to remove it:")[2]
    folder = machine.home / ".local/share/ai-code"
    # On a terminal cut where a shell goes on.
    words = removal.replace("\\\n", "").split()[:4]
    assert words == ["rm", "-r", f"{folder}/claude-code", f"{folder}/bin/claude"], removal
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


@pytest.mark.parametrize("words", [["--yes"], ["--yes", "--json"]])
def test_who_agreed_hears_that_there_is_no_npm(machine: World, words: list[str]) -> None:
    """Else the recording plays without a word of the installation that was agreed to."""
    (machine.bin / "claude").unlink()
    (machine.bin / "aider").unlink()
    _only(machine, "git")
    run = machine.run("drill", *words)
    told = "Claude Code is not installed, and neither is npm, which brings it: "
    [line] = [line for line in run.stderr.splitlines() if line.startswith(told)]
    assert "npm" in line.removeprefix(told), run


def test_who_cannot_be_asked_hears_it_in_the_report_alone(machine: World) -> None:
    (machine.bin / "claude").unlink()
    (machine.bin / "aider").unlink()
    _only(machine, "git")
    assert "npm" not in machine.run("drill").stderr


def _only(machine: World, *names: str) -> None:
    """A PATH where nothing else of this machine is found."""
    for name in names:
        (machine.bin / name).unlink(missing_ok=True)
        (machine.bin / name).symlink_to(str(shutil.which(name)))
    machine.env["PATH"] = str(machine.bin)


def test_an_npm_that_fails_is_told_and_the_recording_plays(machine: World) -> None:
    (machine.bin / "claude").unlink()
    (machine.bin / "aider").unlink()
    machine.script("npm", "#!/bin/sh\necho 'npm error network is unreachable' >&2\nexit 1\n")
    run = machine.run("drill", "--yes")
    assert "npm could not install Claude Code: network is unreachable" in run.stderr
    assert "recording" in run.stdout


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


def test_an_engine_that_only_hangs_is_not_installed_anew(machine: World) -> None:
    """A busy machine starts it slowly: what mends it is patience."""
    (machine.bin / "claude").unlink()
    (machine.bin / "aider").unlink()
    machine.script("aider", "#!/bin/sh\nsleep 60\n")
    machine.settings("stall-timeout: 1\n")
    run = machine.run("drill", "--scenario", "session", "--json")
    row = rows(run)["aider"]
    assert row["result"] == "failed", run
    assert row["note"] == "it gave no output for too long, and it never asked the model"
    assert "AI_CODE_STALL_TIMEOUT=15m ai-code drill --scenario session" in report(run)["mend"]
    assert not [each for each in report(run)["mend"] if "install" in each and "aider" in each]
