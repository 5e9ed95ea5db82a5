"""aider's environment: made whole or not found, by pip or uv, and made again after any failure."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.e2e.world import wait_for
from tests.setup.bare import Bare, Talk, aider_wheel

UV = """\
case "$1" in
  venv) for folder; do :; done
        {python} -m venv --without-pip "$folder" ;;
  pip) {hold}
       printf '#!/bin/sh\\necho aider 0.86.2\\n' > "${{4%/*}}/aider"
       /bin/chmod +x "${{4%/*}}/aider" ;;
esac
"""
"""Of uv what setup asks of it; ``hold`` is done before aider is installed."""


def uv(bare: Bare, hold: str = "") -> None:
    bare.stub("uv", UV.format(python=sys.executable, hold=hold))


def starts(bare: Bare) -> str:
    """What the aider that runs would find says of itself."""
    link = bare.programs / "bin" / "aider"
    told = subprocess.run([str(link), "--version"], env=bare.env, capture_output=True, check=True)
    return told.stdout.decode().strip()


def test_pip_makes_it_and_it_is_found(bare: Bare) -> None:
    run = bare.setup("--yes", "aider")
    assert run.code == 0, run
    assert "700 MB" in run.stderr and "are free" in run.stderr
    assert starts(bare) == "aider 0.86.2"
    compiled = list((bare.programs / "aider/lib").glob("python*/site-packages/aider/__pycache__/*"))
    assert compiled, "without bytecode aider needs 19 s for a message"
    assert bare.kinds() == ["aider"]
    # Runs find it, although it is on no PATH.
    assert "aider" not in os.listdir(bare.bin)
    assert bare.states("aider") == {"aider": "ok"}


def test_twice_is_once(bare: Bare) -> None:
    bare.setup("--yes", "aider")
    before = (bare.programs / "aider/pyvenv.cfg").stat().st_mtime_ns
    assert bare.setup("--yes", "aider").code == 0
    assert (bare.programs / "aider/pyvenv.cfg").stat().st_mtime_ns == before
    assert bare.kinds() == ["aider"]


def test_what_the_shell_holds_does_not_lead_it_astray(bare: Bare) -> None:
    bare.env |= {
        "PIP_TARGET": str(bare.base / "elsewhere"),
        "PYTHONPATH": str(bare.base / "nowhere"),
        "VIRTUAL_ENV": str(bare.base / "venv"),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    assert bare.setup("--yes", "aider").code == 0
    assert not (bare.base / "elsewhere").exists() and starts(bare) == "aider 0.86.2"


def test_uv_makes_it_where_there_is_one(bare: Bare) -> None:
    uv(bare)
    run = bare.setup("--yes", "aider")
    assert run.code == 0, run
    assert "made with uv" in run.stderr and starts(bare) == "aider 0.86.2"
    made, filled = bare.calls("uv")
    assert "--no-project" in made and "--python >=3.10,<3.13" in made
    assert "--compile-bytecode aider-chat==0.86.2" in filled


def test_uv_fetches_a_python_where_it_has_none(bare: Bare) -> None:
    uv(bare)
    body = (bare.bin / "uv").read_text()
    refuse = '[ "$UV_PYTHON_DOWNLOADS" != never ] || { echo error: No interpreter >&2; exit 2; }\n'
    bare.script("uv", body.replace("case", f'echo "$UV_PYTHON_INSTALL_DIR" >> {bare.base}/dir\n'
                                   f'[ "$1" = pip ] || {refuse}case', 1))  # fmt: skip
    run = bare.setup("--yes", "aider")
    assert run.code == 0, run
    assert f"{bare.programs}/aider/python" in (bare.base / "dir").read_text()


def test_a_failure_is_told_and_mended(bare: Bare) -> None:
    wheel = next((bare.base / "wheels").iterdir())
    wheel.rename(bare.base / "hidden.whl")
    row = bare.rows("--yes", "aider")["aider"]
    assert row["state"] == "failed" and "aider-chat==0.86.2" in row["told"]
    assert not (bare.programs / "bin/aider").exists(), "never half used"
    assert bare.kinds() == ["aider"], "what is left of it can be taken back"
    aider_wheel(bare.base / "wheels")
    assert bare.states("--yes", "aider") == {"aider": "done"}
    assert starts(bare) == "aider 0.86.2"


def test_one_that_does_not_start_is_not_used(bare: Bare) -> None:
    (bare.base / "wheels/aider_chat-0.86.2-py3-none-any.whl").unlink()
    aider_wheel(bare.base / "wheels", text="def main():\n    raise SystemExit('no numpy')\n")
    row = bare.rows("--yes", "aider")["aider"]
    assert row["state"] == "failed" and "no numpy" in row["told"]
    assert not (bare.programs / "bin/aider").exists()


@pytest.mark.parametrize("at", ["venv", "pip"])
def test_interrupted_it_mends_itself(bare: Bare, at: str) -> None:
    hold = f'[ "$1" != {at} ] || {{ touch {bare.base}/{at}; sleep 60; }}'
    uv(bare)
    body = (bare.bin / "uv").read_text()
    bare.script("uv", body.replace("case", f"{hold}\ncase", 1))
    talk = Talk(bare.terminal("setup", "aider"))
    talk.answer("Do it?", "y")
    wait_for((bare.base / at).exists)
    talk.interrupt()
    assert talk.end() == 130
    assert "stopped; to go on: ai-code setup" in talk.raw
    assert not (bare.programs / "bin/aider").exists() and bare.kinds() == ["aider"]
    uv(bare)
    assert bare.states("--yes", "aider") == {"aider": "done"}
    assert starts(bare) == "aider 0.86.2"


def test_an_interrupted_one_can_be_taken_back(bare: Bare) -> None:
    uv(bare, hold=f"touch {bare.base}/pip; sleep 60")
    talk = Talk(bare.terminal("setup", "aider"))
    talk.answer("Do it?", "y")
    wait_for((bare.base / "pip").exists)
    talk.interrupt()
    talk.end()
    assert (bare.programs / "aider").exists()
    assert bare.setup("--remove", "--yes").code == 0
    assert not bare.programs.exists() and bare.log() == []


def test_one_whose_python_is_gone_is_made_anew(bare: Bare) -> None:
    bare.setup("--yes", "aider")
    python = bare.programs / "aider/bin/python"
    python.unlink()
    python.symlink_to("/nowhere/python3")
    row = bare.rows("aider")["aider"]
    assert row["state"] == "missing"
    run = bare.setup("--yes", "aider")
    assert run.code == 0 and "does not start any more" in run.stderr
    assert starts(bare) == "aider 0.86.2"


def test_somebody_elses_is_left_alone(bare: Bare) -> None:
    mine = bare.programs / "aider"
    mine.mkdir(parents=True)
    (mine / "notes.txt").write_text("mine")
    row = bare.rows("--yes", "aider")["aider"]
    assert row["state"] == "failed" and "was not made by setup" in row["told"]
    assert (mine / "notes.txt").read_text() == "mine" and bare.log() == []


def test_the_persons_own_aider_is_used_as_it_is(bare: Bare) -> None:
    bare.stub("aider", "echo aider 0.82.1")
    row = bare.rows("--yes", "aider")["aider"]
    assert (row["state"], row["told"]) == ("ok", "aider 0.82.1 (tested: 0.86.2)")
    assert bare.log() == []


@pytest.mark.parametrize(
    ("body", "wrong"),
    [
        ("echo Traceback >&2; exit 1", "does not start"),
        ("echo aider 0.50.0", "is too old (0.50.0)"),
    ],
)
def test_a_broken_one_of_the_persons_is_left_and_ours_is_used(
    bare: Bare, body: str, wrong: str
) -> None:
    uv(bare)
    bare.stub("aider", body)
    run = bare.setup("--yes", "aider")
    assert run.code == 0 and f"{bare.bin}/aider {wrong}." in " ".join(run.stderr.split()), run
    assert starts(bare) == "aider 0.86.2"
    # What runs start, although the other one is on the PATH before it.
    shown = bare.run("config", "show", "--origin").stdout
    assert f"{bare.programs}/bin/aider" in shown
    assert bare.states("aider") == {"aider": "ok"}
    assert bare.setup("--remove", "--yes").code == 0
    assert bare.log() == [] and "bin/aider" not in bare.run("config", "show").stdout
    assert (bare.bin / "aider").exists()


def test_one_that_was_chosen_and_is_gone_is_made_anew(bare: Bare) -> None:
    uv(bare)
    bare.stub("aider", "exit 1")
    bare.setup("--yes", "aider")
    (bare.programs / "bin/aider").unlink()
    assert bare.states("--yes", "aider") == {"aider": "done"}
    assert starts(bare) == "aider 0.86.2"


def test_one_that_the_settings_name_is_the_persons_to_change(bare: Bare) -> None:
    bare.stub("my-aider", "exit 1")
    bare.env["AI_CODE_AIDER_COMMAND"] = "my-aider"
    row = bare.rows("--yes", "aider")["aider"]
    assert row["state"] == "failed" and "the settings name" in row["told"]
    assert row["mend"] == [f"{bare.bin}/my-aider --version", "ai-code config show --origin"]
    assert bare.log() == []


def test_a_project_cannot_say_how_it_is_installed(bare: Bare) -> None:
    """Programs run in a folder of ours: a uv.toml of the repository's is not read."""
    uv(bare, hold=f"/bin/pwd > {bare.base}/cwd")
    bare.write("uv.toml", "index-url = 'http://127.0.0.1:9'")
    assert bare.states("--yes", "aider") == {"aider": "done"}
    assert Path((bare.base / "cwd").read_text().strip()) == bare.programs
