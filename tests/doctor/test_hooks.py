"""Our hooks in Claude Code's settings, as the doctor looks at them: run, they do nothing."""

from __future__ import annotations

import json
from pathlib import Path

from ai_code.flows import hooks
from tests.doctor.patient import Patient

INSTALL = "ai-code hooks install"


def file(patient: Patient) -> Path:
    return patient.home / ".claude/settings.json"


def installed(patient: Patient, program: str = "") -> None:
    """By the flow itself; ``program`` takes the place of what starts ai-code."""
    world = patient.world()
    hooks.install(world, hooks.installing(world, world.config.load({}).settings))
    if program:
        own = " ".join(world.site.own_command)
        path = Path(world.claude_settings.path)
        path.write_text(path.read_text().replace(f"{own} hooks run", f"{program} hooks run"))


def test_what_they_call_went_away(patient: Patient) -> None:
    patient.claude()
    assert patient.mended("claude-hooks").finding.evidence == "none are installed"
    gone = str(patient.base / "gone/ai-code")
    installed(patient, gone)
    seen = patient.broken("claude-hooks", INSTALL, evidence=f"{gone} is not there")
    assert seen.fix is not None and not seen.fix.safe, "a person sees first what is written"
    assert "SessionStart in " in seen.finding.evidence
    installed(patient)
    assert "SessionStart and StopFailure in " in patient.mended("claude-hooks").finding.evidence


def test_what_they_call_is_broken(patient: Patient) -> None:
    patient.claude()
    broken = patient.program("ai-code", "echo 'No module named ai_code' >&2; exit 1")
    installed(patient, str(broken))
    patient.broken("claude-hooks", INSTALL, evidence='printed "No module named ai_code"')
    broken.chmod(0o644)
    patient.broken("claude-hooks", INSTALL, evidence="ai-code is not executable")
    patient.without("claude")
    patient.broken("claude-hooks", "ai-code hooks remove")


def test_another_ai_code_that_works_is_well(patient: Patient) -> None:
    patient.claude()
    other = patient.program("ai-code", f'echo "$*" >> {patient.base}/called')
    installed(patient, str(other))
    patient.mended("claude-hooks")
    called = (patient.base / "called").read_text().splitlines()
    assert called == ["hooks run session-start", "hooks run stop-failure"]


def test_a_claude_that_drops_all_hooks_for_one_of_ours(patient: Patient) -> None:
    patient.claude()
    installed(patient)
    patient.claude("2.0.77")
    patient.broken("claude-hooks", INSTALL, evidence="2.0.77 does not know StopFailure")


def test_hooks_are_switched_off(patient: Patient) -> None:
    patient.claude()
    installed(patient)
    path = file(patient)
    path.write_text(json.dumps({**json.loads(path.read_text()), "disableAllHooks": True}))
    fix = f'"disableAllHooks": false   (in {path})'
    patient.broken("claude-hooks", fix, state="warn", evidence="no hook runs")


def test_a_file_of_another_claude_folder(patient: Patient) -> None:
    patient.claude()
    other = patient.home / "other claude"
    patient.env["CLAUDE_CONFIG_DIR"] = str(other)
    installed(patient, "/gone/ai-code")
    del patient.env["CLAUDE_CONFIG_DIR"]
    patient.broken("claude-hooks", f"CLAUDE_CONFIG_DIR='{other}' {INSTALL}")
