"""The doctor as a whole: order, hanging looks, ``--fix``, ``--json``, the screen."""

from __future__ import annotations

import ast
import json
import re
import time
from pathlib import Path

import pytest

from ai_code.cli.main import main
from ai_code.core.doctor import GROUPS
from ai_code.core.errors import UsageError
from ai_code.flows.doctor.checks import CHECKS, IDS
from tests.doctor.patient import Patient
from tools.documents.translations import sections

ROOT = Path(__file__).resolve().parents[2]


def proven(verb: str) -> set[str]:
    """Ids that the tests of this folder call ``patient.<verb>`` with."""
    found: set[str] = set()
    for path in Path(__file__).parent.glob("test_*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                first = node.args[0] if node.args else None
                if node.func.attr == verb and isinstance(first, ast.Constant):
                    found.add(str(first.value))
    return found


@pytest.mark.parametrize("name", IDS)
def test_every_check_is_broken_and_mended(name: str) -> None:
    assert name in proven("broken") and name in proven("mended")


@pytest.mark.parametrize("language", ["en", "ja"])
def test_every_id_is_explained(language: str) -> None:
    page = (ROOT / "docs" / language / "troubleshooting.md").read_text("utf-8")
    told = sections(page)
    assert set(IDS) <= set(told)
    assert all(len(told[name].strip().splitlines()) > 1 for name in IDS)


def test_ids_are_stable_words() -> None:
    assert len(set(IDS)) == len(IDS)
    for check in CHECKS:
        assert re.fullmatch(r"[a-z]+(-[a-z]+)+", check.id)
        assert check.id.startswith(f"{check.group}-") and check.group in GROUPS


def test_the_order_is_that_of_the_table(patient: Patient) -> None:
    assert tuple(result.id for result in patient.examine().results) == IDS


def test_a_look_that_hangs_is_told_and_not_waited_for(patient: Patient) -> None:
    patient.program("ollama", "exec /bin/sleep 60")
    patient.program("claude", '[ "$1" = --version ] && echo 2.1.329 || exec /bin/sleep 60')
    began = time.monotonic()
    report = patient.examine("claude-login", "claude-found", limit_s=1.0)
    assert time.monotonic() - began < 30
    found, login = report.results
    assert found.state == "ok"
    assert login.state == "failed" and "no answer within 1 s" in login.finding.evidence


def test_fix_starts_the_service(patient: Patient) -> None:
    patient.service(active="failed")
    report = patient.mend("ollama-service")
    assert report.healthy and report.fixed == ("ollama-service",)
    told = (patient.base / "systemctl.log").read_text().splitlines()
    # Beside it others ask how the service is.
    done = [line for line in told if not line.startswith(("--user show", "show"))]
    assert done[-2:] == ["--user reset-failed ollama.service", "--user start ollama.service"]


def test_what_is_not_safe_is_never_carried_out(patient: Patient) -> None:
    patient.program("sudo", f"echo sudo >> {patient.base}/ran")
    patient.without("git")
    assert patient.mend("machine-git").fixed == ()
    assert not (patient.base / "ran").exists()


def test_a_fix_that_fails_says_why(patient: Patient) -> None:
    patient.service(active="inactive")
    show = f"exec /bin/cat {patient.base}/units/user/$3"
    patient.program(
        "systemctl",
        f'case "$*" in "--user show "*) {show};; *) echo "Unit is masked." >&2; exit 1;; esac',
    )
    report = patient.mend("ollama-service", again_s=0.0)
    assert not report.healthy
    assert "Unit is masked." in report.results[0].finding.evidence


def test_json(patient: Patient, capfd: pytest.CaptureFixture[str]) -> None:
    code = main(["doctor", "--json", "claude", "machine-git"], patient.world())
    told = json.loads(capfd.readouterr().out)
    assert (code, told["version"], told["ok"], told["fixed"]) == (1, 1, False, [])
    row = told["checks"][0]
    assert row["id"] == "claude-found" and row["state"] == "failed"
    assert row["fix"]["shown"] == "ai-code setup claude"
    assert told["checks"][-1] | {"seconds": 0} == {
        "id": "machine-git", "group": "machine", "title": "git is installed", "state": "ok",
        "evidence": told["checks"][-1]["evidence"], "fix": None, "seconds": 0,
    }  # fmt: skip


def test_warnings_do_not_fail(patient: Patient) -> None:
    assert main(["doctor", "machine-git-identity"], patient.world()) == 0


@pytest.mark.parametrize(
    ("words", "told"),
    [(["nonsense"], "there is no check"), (["--yes"], "--yes goes with --fix")],
)
def test_usage(patient: Patient, words: list[str], told: str) -> None:
    with pytest.raises(UsageError, match=told):
        main(["doctor", *words], patient.world())


def test_nothing_is_written(patient: Patient) -> None:
    patient.examine()
    left = [path for path in patient.home.rglob("*") if path.is_file()]
    assert all(".cache" in path.parts for path in left), left
