"""What a person reads of the doctor: within 80 columns, and what ``--fix`` leaves to them."""

from __future__ import annotations

import os
import pty
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from ai_code.cli.main import main
from ai_code.core.errors import UsageError
from ai_code.core.text import columns
from tests.doctor.patient import Patient

ROOT = Path(__file__).resolve().parents[2]
IDENTITY = [
    "  machine-git-identity",
    "    git config --global user.name 'Your Name' &&",
    "    git config --global user.email you@example.com",
]


def doctor(
    patient: Patient, capfd: pytest.CaptureFixture[str], *words: str
) -> tuple[int, list[str]]:
    code = main(["doctor", *words], patient.world())
    return code, capfd.readouterr().out.splitlines()


def test_it_keeps_to_80_columns(patient: Patient, capfd: pytest.CaptureFixture[str]) -> None:
    patient.claude()
    code, shown = doctor(patient, capfd)
    assert code == 1 and "\x1b" not in "".join(shown)
    # A path alone may be longer: it has to be copied.
    assert all(columns(line) <= 80 or len(line.split()) == 1 for line in shown), shown
    assert "  ok     claude-version        2.1.329" in shown
    assert re.search(r"\d+ ok, \d+ to look at, \d+ failed, \d+ not looked at", shown[-1])


def test_a_long_path_is_whole_in_a_line_of_its_own(
    patient: Patient, capfd: pytest.CaptureFixture[str]
) -> None:
    folder = patient.base / ("とても長い名前のフォルダ" * 2) / ("long" * 8)
    folder.mkdir(parents=True)
    (folder / "ai-code").write_text("")
    patient.env["XDG_STATE_HOME"] = str(folder)
    code, shown = doctor(patient, capfd, "state-folder")
    path = f"{folder}/ai-code"
    assert code == 1 and shown[1] == "  FAILED state-folder"
    assert [each.strip() for each in shown[2:6]] == [
        path, "is no folder", "fix:", shlex.join(["mv", path, f"{path}.old"]),
    ]  # fmt: skip


def test_a_long_fix_is_cut_where_a_shell_goes_on(
    patient: Patient, capfd: pytest.CaptureFixture[str]
) -> None:
    _, shown = doctor(patient, capfd, "machine-git-identity")
    at = shown.index("         fix:")
    assert [line.strip() for line in shown[at + 1 : at + 3]] == [
        line.strip() for line in IDENTITY[1:]
    ]


@pytest.mark.parametrize("agrees", [(), ("--yes",)], ids=["without", "--yes"])
def test_nothing_can_be_mended_by_itself(
    patient: Patient, capfd: pytest.CaptureFixture[str], agrees: tuple[str, ...]
) -> None:
    code, shown = doctor(patient, capfd, "--fix", *agrees, "machine-git-identity")
    assert code == 0, "a warning is no failure"
    at = shown.index("Nothing here can be mended by itself.")
    assert shown[at + 1 :] == ["What you can do:", *IDENTITY, "", "0 ok, 1 to look at"]
    patient.without("git")
    code, shown = doctor(patient, capfd, "--fix", *agrees, "machine-git")
    assert code == 1 and "    sudo apt install git" in shown


def test_nothing_needs_mending(patient: Patient, capfd: pytest.CaptureFixture[str]) -> None:
    code, shown = doctor(patient, capfd, "--fix", "machine-git")
    assert (code, shown[-3]) == (0, "Nothing needs mending.")


def test_checks_with_one_fix_are_named_together(
    patient: Patient, capfd: pytest.CaptureFixture[str]
) -> None:
    _, shown = doctor(patient, capfd, "--fix", "ollama-binary", "ollama-server")
    assert "  ollama-binary, ollama-server" in shown


def test_without_a_terminal_a_fix_needs_a_yes(patient: Patient) -> None:
    patient.service(active="failed")
    with pytest.raises(UsageError, match="a fix needs a yes"):
        main(["doctor", "--fix", "ollama-service"], patient.world())


def test_what_is_left_after_a_fix_is_named(
    patient: Patient, capfd: pytest.CaptureFixture[str]
) -> None:
    patient.service(active="failed")
    _, shown = doctor(patient, capfd, "--fix", "--yes", "ollama-service", "machine-git-identity")
    at = shown.index("What is left to you:")
    assert shown[at + 1 : at + 4] == IDENTITY
    assert shown[-1] == "1 ok, 1 to look at; 1 fix carried out"
    patient.service(active="failed")
    _, shown = doctor(patient, capfd, "--fix", "--yes", "ollama-service")
    assert "Nothing is left to mend." in shown


@pytest.mark.parametrize("env", [{}, {"NO_COLOR": "1"}, {"TERM": "dumb"}])
def test_on_a_terminal_it_says_the_same_with_or_without_colour(
    patient: Patient, env: dict[str, str]
) -> None:
    shown = _on_a_terminal(patient, env, "doctor", "--fix", "machine-git-identity")
    assert ("\x1b[" in shown) == (env == {})
    lines = re.sub(r"\x1b\[[0-9;]*[mK]", "", shown).replace("\r", "").splitlines()
    assert "Nothing here can be mended by itself." in lines
    assert lines[-1] == "0 ok, 1 to look at"


def test_what_is_asked_about_stands_above_the_question(patient: Patient) -> None:
    patient.service(active="failed")
    env = {"NO_COLOR": "1", "TERM": "dumb"}
    shown = _on_a_terminal(patient, env, "doctor", "--fix", "ollama-service", typed="n\n")
    lines = shown.replace("\r", "").splitlines()
    [at] = [number for number, line in enumerate(lines) if line.startswith("Do it? [y] yes")]
    assert lines[at - 4 : at] == [
        "",
        "ollama-service: the user service is failed",
        "    systemctl --user reset-failed ollama.service &&",
        "    systemctl --user start ollama.service",
    ]
    assert lines[at].startswith("Do it? [y] yes, [n] no:")


def _on_a_terminal(patient: Patient, env: dict[str, str], *words: str, typed: str = "") -> str:
    ours, theirs = pty.openpty()
    more = {"PYTHONPATH": str(ROOT), "TERM": "xterm-256color", **env}
    argv = [sys.executable, "-m", "ai_code", *words]
    with subprocess.Popen(
        argv, env={**patient.env, **more}, stdin=theirs, stdout=theirs, stderr=theirs
    ):
        os.close(theirs)
        os.write(ours, typed.encode())
        said = b""
        try:
            while piece := os.read(ours, 4096):
                said += piece
        except OSError:
            pass  # Linux: the other side is closed.
    os.close(ours)
    return said.decode()
