"""``ai-code completion``: scripts that the shells take, and that complete."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from ai_code.cli.completion import COMPLETE_VARIABLE, completion

ROOT = Path(__file__).parents[2]
SHELLS = ("bash", "zsh", "fish")


@click.group("ai-code")
def root() -> None:
    """Stands for the whole command line."""


root.add_command(completion)


def script(shell: str) -> str:
    result = CliRunner().invoke(root, ["completion", shell])
    assert result.exit_code == 0
    return result.stdout


@pytest.mark.parametrize("shell", SHELLS)
def test_a_script_for_each_shell_with_a_line_on_its_place(shell: str) -> None:
    lines = script(shell).splitlines()
    assert COMPLETE_VARIABLE in "\n".join(lines)
    place = f"# ai-code completion {shell} > ~/"
    assert sum(line.startswith(place) for line in lines) == 1
    assert any(line.startswith(place) for line in lines[:2])


def test_zsh_finds_its_own_line_first() -> None:
    assert script("zsh").splitlines()[0] == "#compdef ai-code"


def test_another_shell_is_a_usage_error() -> None:
    result = CliRunner().invoke(root, ["completion", "tcsh"])
    assert result.exit_code == 2
    assert "bash" in result.stderr


@pytest.mark.parametrize("shell", SHELLS)
def test_the_shell_reads_it(shell: str, tmp_path: Path) -> None:
    program = shutil.which(shell)
    if program is None:
        pytest.skip(f"{shell} is not installed")
    file = tmp_path / "script"
    file.write_text(script(shell))
    run = subprocess.run([program, "-n", str(file)], capture_output=True, text=True)
    assert (run.returncode, run.stderr) == (0, "")


def test_bash_completes_with_it(tmp_path: Path) -> None:
    bash = shutil.which("bash")
    assert bash is not None
    program = tmp_path / "ai-code"
    program.write_text(
        f"#!{sys.executable}\n"
        "import click\n"
        "from ai_code.cli.completion import completion\n"
        "root = click.Group('ai-code'); root.add_command(completion)\n"
        "root.main(prog_name='ai-code')\n"
    )
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    (tmp_path / "script").write_text(script("bash"))
    drive = (
        f"source {tmp_path}/script; COMP_WORDS=(ai-code completion z); COMP_CWORD=2;"
        '_ai_code_completion ai-code z completion; echo "${COMPREPLY[@]}"'
    )
    environ = {"PATH": f"{tmp_path}:{os.environ['PATH']}", "PYTHONPATH": str(ROOT)}
    run = subprocess.run([bash, "--norc", "-c", drive], env=environ, capture_output=True, text=True)
    assert (run.stdout.strip(), run.stderr) == ("zsh", "")
