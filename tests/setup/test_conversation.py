"""The conversation as a person and a script have it: what is said, asked, skipped, reported."""

from __future__ import annotations

import json
import re
import shutil
import signal
from pathlib import Path

import pytest

from ai_code.core.setup import STEPS
from ai_code.drill.ollama import OllamaStandIn
from ai_code.drill.replies import edit_block
from tests.conftest import real_program
from tests.e2e.world import SMALL, wait_for
from tests.setup.bare import Bare, Talk, free_port
from tests.setup.starting import served_when_started


def everything(bare: Bare) -> None:
    """All programs are there, and a server with a model."""
    bare.stub("claude", 'echo "2.1.329 (Claude Code)"')
    bare.stub("aider", "echo aider 0.86.2")
    bare.stub("ollama")
    bare.ollama()


def test_without_a_terminal_it_only_says_what_is_missing(bare: Bare) -> None:
    bare.stub("npm", "exit 1")
    bare.stub("docker", 'echo "{}"')
    before = bare.tree(bare.home)
    run = bare.setup()
    assert run.code == 1
    assert "npm would put it into" in run.stderr and "docker run -d" in run.stderr
    assert "127.0.0.1:11434:11434" in run.stderr
    assert "not there yet: claude, aider, ollama, service, model" in run.stdout
    changed = bare.tree(bare.home).keys() - before.keys()
    assert not [path for path in changed if "share" in path or "setup.json" in path]
    assert bare.calls("npm") == [] and bare.log() == []
    assert [
        each for each in bare.calls("docker") if "info" not in each and "inspect" not in each
    ] == []
    # A path of the test's own may be longer than a line.
    lines = (run.stdout + run.stderr).replace(str(bare.base), "").splitlines()
    assert [line for line in lines if len(line) > 80] == []


def test_no_input_on_a_terminal_is_the_same(bare: Bare) -> None:
    talk = Talk(bare.terminal("setup", "--no-input"))
    assert talk.end() == 1
    assert "[y]" not in talk.raw and "not there yet" in talk.raw


def test_a_machine_that_has_everything(bare: Bare) -> None:
    everything(bare)
    run = bare.setup("--skip", "drill")
    assert run.code == 0, run
    assert "claude    ok       Claude Code 2.1.329" in run.stdout
    assert run.stdout.splitlines()[-1].endswith("skipped: drill")
    assert bare.log() == []


def test_json_is_one_object(bare: Bare) -> None:
    run = bare.setup("--json", "git", "aider")
    value = json.loads(run.stdout)
    assert (value["version"], value["ok"], value["mode"], value["stopped"]) == (
        1, False, "look", False,
    )  # fmt: skip
    assert [row["name"] for row in value["steps"]] == ["git", "aider"]
    assert value["steps"][1] == {
        "name": "aider", "state": "missing", "told": "aider is not installed",
        "mend": ["ai-code setup aider"],
    }  # fmt: skip
    assert value["left"] == ["claude", "ollama", "service", "model", "drill"]
    assert value["nix"] is None


def test_steps_come_in_their_own_order(bare: Bare) -> None:
    everything(bare)
    assert list(bare.states("model", "git")) == ["git", "model"]


def test_every_step_can_be_skipped(bare: Bare) -> None:
    options = [word for name in STEPS for word in ("--skip", name)]
    run = bare.setup("--yes", *options)
    assert run.code == 0 and bare.log() == []
    assert run.stdout.count("skipped  as you said") == len(STEPS)


def test_an_unknown_step(bare: Bare) -> None:
    run = bare.setup("everything")
    assert run.code == 2 and "'everything' is not one of" in run.stderr


def test_enough_is_enough(bare: Bare) -> None:
    bare.stub("npm", "exit 1")
    talk = Talk(bare.terminal("setup"))
    talk.answer("Install it under these terms?", "q")
    assert talk.end() == 1
    assert talk.lines[-1] == "" and "stopped; to go on: ai-code setup" in talk.raw
    assert bare.calls("npm") == [] and bare.log() == []
    table = [line.split(maxsplit=2) for line in talk.lines if line.startswith("  ")]
    rows = [row for row in table if row[0] in STEPS]
    assert [(row[0], row[1]) for row in rows] == [("git", "ok"), *((s, "-") for s in STEPS[1:])]
    assert [row[2] for row in rows[1:]] == ["you stopped here", *["not looked at"] * 5]


def test_a_no_goes_on_to_the_next_step(bare: Bare) -> None:
    bare.stub("npm", "exit 1")
    talk = Talk(bare.terminal("setup", "claude", "aider"))
    talk.answer("Install it under these terms?", "n")
    talk.answer("Do it?", "n")
    assert talk.end() == 1
    assert "not there yet: claude, aider" in talk.raw and bare.log() == []


def test_ctrl_c_at_a_question(bare: Bare) -> None:
    talk = Talk(bare.terminal("setup", "aider"))
    talk.wait_for("Do it?")
    talk.interrupt()
    assert talk.end() == 130
    assert "stopped; to go on: ai-code setup" in talk.lines and bare.log() == []


def test_ctrl_d_is_enough_too(bare: Bare) -> None:
    talk = Talk(bare.terminal("setup", "claude", "ollama"))
    talk.answer("Which one?", "r")
    talk.wait_for("Its address")
    talk.end_of_input()
    assert talk.end() == 1
    assert "stopped; to go on: ai-code setup" in talk.lines and bare.log() == []


def test_what_only_begins_with_a_letter_agrees_to_nothing(bare: Bare) -> None:
    talk = Talk(bare.terminal("setup", "aider"))
    talk.answer("Do it?", "yesterday")
    talk.answer("Do it?", "")
    talk.answer("Do it?", "ｎ")  # as a Japanese keyboard types it
    assert talk.end() == 1 and bare.log() == []
    assert talk.lines.count("    Please type one of these letters: y, n, q") == 2
    assert "    MISSING: aider is not installed" in talk.lines


def test_git_is_said_and_looked_for_again(bare: Bare) -> None:
    git = (bare.bin / "git").resolve()
    bare.without_git()
    bare.stub("apt")
    assert bare.rows("git")["git"]["mend"] == ["sudo apt install git"]
    talk = Talk(bare.terminal("setup", "git"))
    talk.wait_for("sudo apt install git")
    bare.link("git", git)
    talk.answer("Is it there now?", "y")
    assert talk.end() == 0
    assert "nothing is missing here" in talk.raw and bare.calls("apt") == []


NPM = """while [ "$1" != --prefix ]; do shift; done
mkdir -p "$2/node_modules/.bin"
cp {claude} "$2/node_modules/.bin/claude"
"""


def test_claude_code_under_its_makers_terms(bare: Bare) -> None:
    claude = bare.script("claude", "#!/bin/sh\necho '2.1.329 (Claude Code)'\n")
    program = claude.rename(bare.base / "claude")
    bare.stub("npm", NPM.format(claude=program))
    run = bare.setup("--yes", "claude")
    assert run.code == 0, run
    assert "https://www.anthropic.com/legal/commercial-terms" in run.stderr
    assert bare.calls("npm")[0].endswith("@anthropic-ai/claude-code")
    assert bare.kinds() == ["claude"]
    assert bare.states("claude") == {"claude": "ok"}
    assert len(bare.calls("npm")) == 1, "what is there is not installed again"
    run = bare.setup("--remove", "--yes")
    assert run.code == 0 and "all is taken back" in run.stdout
    assert not bare.programs.exists() and bare.log() == []


def test_an_npm_that_fails(bare: Bare) -> None:
    bare.stub("npm", "echo 'npm error network is unreachable' >&2; exit 1")
    row = bare.rows("--yes", "claude")["claude"]
    assert row["state"] == "failed" and row["mend"] == ["ai-code setup claude"]


def test_a_program_that_the_settings_name(bare: Bare) -> None:
    bare.settings("claude.command: /opt/claude\naider.command: /opt/aider\n")
    rows = bare.rows("--yes", "claude", "aider")
    assert "/opt/claude, which is not there" in rows["claude"]["told"]
    assert rows["aider"]["mend"] == ["ai-code config show --origin"]


def test_colour_only_where_it_is_wanted(bare: Bare) -> None:
    everything(bare)
    for env in ({"NO_COLOR": "1"}, {"TERM": "dumb"}, {}):
        child = bare.terminal("setup", "git", "aider", env=env)
        shown = child.read()
        child.wait()
        assert child.exitstatus == 0
        assert (b"\x1b[32m" in shown) == (env == {}), env


def test_two_at_once(bare: Bare) -> None:
    bare.stub("uv", f"test -e {bare.base}/go || touch {bare.base}/here; sleep 30")
    first = bare.start("setup", "--yes", "aider")
    wait_for((bare.base / "here").exists)
    second = bare.setup("--yes", "aider")
    assert second.code == 75 and "another ai-code setup is at work" in second.stderr
    first.signal(signal.SIGTERM)
    assert first.wait().code == 128 + 15


@pytest.mark.claude
@pytest.mark.aider
def test_from_nothing_to_a_fallback_that_works_and_back(bare: Bare) -> None:
    """One conversation: Claude Code from npm, a server that a service starts, a model, the drill
    with all of them. aider is the real one, for its own environment takes a minute."""
    port = free_port()
    bare.env["OLLAMA_HOST"] = f"http://127.0.0.1:{port}"
    bare.link("node", Path(shutil.which("node") or "/nowhere"))
    bare.link("aider", real_program("aider"))
    bare.stub("npm", NPM.format(claude=real_program("claude 2.1.329")).replace("cp ", "ln -s "))
    bare.stub("ollama")
    bare.stub("systemctl", SYSTEMCTL.format(base=bare.base))
    # What Claude had done before its limit stays; the model does the rest.
    rest = edit_block("hello.py", "def goodbye():\n", 'def goodbye():\n    """Say goodbye."""\n')
    server = OllamaStandIn([], [rest], port=port, pullable=[SMALL])
    with served_when_started(bare, server=server):
        talk = Talk(bare.terminal("setup"))
        talk.answer("Install it under these terms?", "y")
        talk.answer("Write, enable and start it?", "y")
        talk.answer("Write and enable it?", "y")
        talk.answer("Which?", "o")
        talk.answer("Its name", SMALL.tag)
        talk.answer("Play it?", "y")
        assert talk.end() == 0, talk.raw
        told = [line for line in talk.lines if line.startswith("passed, ")]
        assert told == [], "said once, by the step"
        steps = [line[:3] for line in talk.lines if re.match(r"\d/\d ", line)]
        assert steps == [f"{n}/7" for n in range(1, 8)]
        assert any(line.split()[:3] == ["model", "real", "passed"] for line in talk.lines)
        assert [line for line in talk.lines if line][-1] == "the fallback works"
        assert all(len(line) <= 80 for line in talk.lines)
        assert bare.kinds() == ["claude", "unit", "unit", "model"]
        before = bare.log()
        assert bare.setup("--yes", "--skip", "drill").code == 0, "twice is once"
        assert bare.log() == before
        assert bare.setup("--remove", "--yes").code == 0
        assert server.models == {}
    left = [path for path in bare.tree(bare.home) if "share/ai-code" in path or "systemd" in path]
    assert left == [] and bare.log() == []


SYSTEMCTL = """case "$*" in
  "cat "*|"--user cat "*) exit 1 ;;
  "--user enable "*) touch {base}/started ;;
esac
"""


@pytest.mark.claude
@pytest.mark.aider
def test_the_real_drill_at_the_end(bare: Bare) -> None:
    """Everything is there but the server: the drill plays with a stand-in of it."""
    bare.link("node", Path(shutil.which("node") or "/nowhere"))
    bare.link("claude", real_program("claude 2.1.329"))
    bare.link("aider", real_program("aider"))
    talk = Talk(bare.terminal("setup", "claude", "aider", "drill"))
    talk.answer("Play it?", "y")
    assert talk.end() == 0, talk.raw
    assert "the fallback works" in talk.raw
    assert any(line.split()[:3] == ["aider", "real", "passed"] for line in talk.lines)
    assert all(len(line) <= 80 for line in talk.lines)
