"""Claude Code and aider: each check broken, and mended."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from tests.conftest import real_program
from tests.doctor.patient import Patient

INSTALL = "ai-code setup claude"
REINSTALL = "npm install -g @anthropic-ai/claude-code   (or as it was installed)"
AIDER = "ai-code setup aider"


def test_claude_is_missing(patient: Patient) -> None:
    patient.broken("claude-found", INSTALL, evidence="no program claude")
    path = patient.claude()
    path.chmod(0o644)
    patient.broken("claude-found", f"chmod +x {path}", evidence="not executable")
    path.chmod(0o755)
    patient.mended("claude-found")


def test_a_claude_of_the_settings_is_missing(patient: Patient) -> None:
    patient.settings("claude.command: /opt/claude\n")
    patient.broken("claude-found", "ai-code config show --origin   (claude.command)")


def test_claude_names_no_version(patient: Patient) -> None:
    assert patient.see("claude-version").state == "skipped"
    patient.program("claude", "exit 1")
    patient.broken("claude-version", REINSTALL)
    patient.claude("1.0.100")
    patient.broken("claude-version", "claude update", state="warn")
    patient.claude()
    patient.mended("claude-version")


@pytest.mark.parametrize(
    ("auth", "seen"),
    [("echo 'Sign in\n\tfirst'", 'could not be read: it printed "first"'),
     ("printf %0300d 7", 'it printed "' + "0" * 99 + "…"),
     ("exit 3", "it printed nothing (exit code 3)"),
     ("echo $ANTHROPIC_API_KEY", 'it printed "‹secret›"'),
     ("echo '[1]'", 'it printed "[1]"')],
)  # fmt: skip
def test_claude_prints_no_answer_about_its_login(patient: Patient, auth: str, seen: str) -> None:
    patient.env["ANTHROPIC_API_KEY"] = "sk-dummy-and-long"
    patient.program("claude", f'case "$1" in --version) echo 2.1.329;; *) {auth};; esac')
    patient.broken("claude-login", "claude update", state="warn", evidence=seen)
    patient.claude(logged_in=True)
    patient.mended("claude-login")


def test_claude_prints_only_garbage(patient: Patient) -> None:
    patient.program("claude", "echo '<html>blocked</html>'")
    said = 'names no version: it printed "<html>blocked</html>"'
    patient.broken("claude-version", REINSTALL, evidence=said)
    login = patient.see("claude-login")
    assert login.state == "skipped"
    assert login.finding.evidence == "not asked: what claude --version prints could not be read"


@pytest.mark.claude
def test_the_real_claude_is_not_logged_in(patient: Patient) -> None:
    node = Path("/usr/bin/env")
    assert node.exists()
    (patient.bin / "claude").symlink_to(real_program("claude 2.1.329"))
    patient.broken("claude-login", "claude auth login", evidence="not logged in")
    login = {"accessToken": "dummy", "refreshToken": "dummy", "subscriptionType": "max"}
    login |= {"expiresAt": 4102444800000, "scopes": ["user:inference"]}  # type: ignore[dict-item]
    (patient.home / ".claude").mkdir(exist_ok=True)
    (patient.home / ".claude/.credentials.json").write_text(json.dumps({"claudeAiOauth": login}))
    seen = patient.mended("claude-login")
    assert "plan max" in seen.finding.evidence and "dummy" not in seen.finding.evidence


def test_an_old_claude_is_not_asked_for_its_login(patient: Patient) -> None:
    """It would take ``auth status`` for a prompt, and send it to the model."""
    patient.program(
        "claude",
        f'[ "$1" = --version ] && echo 2.0.77 || echo asked > {patient.base}/asked',
    )
    patient.broken("claude-login", "claude   (then /login)")
    (patient.home / ".claude").mkdir()
    (patient.home / ".claude/.credentials.json").write_text('{"claudeAiOauth": {}}')
    patient.mended("claude-login")
    assert not (patient.base / "asked").exists()


def test_a_key_beside_a_subscription(patient: Patient) -> None:
    patient.env |= {"CLAUDE_CODE_OAUTH_TOKEN": "dummy", "ANTHROPIC_API_KEY": "sk-dummy"}
    seen = patient.broken("claude-api-key", "unset ANTHROPIC_API_KEY", state="warn")
    assert "sk-dummy" not in str(seen)
    del patient.env["ANTHROPIC_API_KEY"]
    patient.mended("claude-api-key")


def test_a_folder_that_nobody_trusted(patient: Patient) -> None:
    (patient.project / ".claude").mkdir()
    fix = "claude   (after reading .claude/ and .mcp.json here)"
    patient.broken("claude-trust", fix, state="warn")
    row = {"projects": {str(patient.project): {"hasTrustDialogAccepted": True}}}
    (patient.home / ".claude.json").write_text(json.dumps(row))
    patient.mended("claude-trust")


def test_aider_is_missing(patient: Patient) -> None:
    patient.broken("aider-found", AIDER)
    patient.says("aider", "aider 0.86.2\n")
    patient.mended("aider-found")


def test_aider_does_not_say_its_version(patient: Patient) -> None:
    trace = "Traceback (most recent call last):\\nImportError: no module litellm"
    patient.program("aider", f"printf '{trace}' >&2; exit 1")
    said = 'names no version: it printed "ImportError: no module litellm"'
    patient.broken("aider-version", AIDER, evidence=said)
    patient.says("aider", "aider 0.50.0\n")
    patient.broken("aider-version", AIDER, state="warn")
    patient.says("aider", "aider 0.86.2\n")
    patient.mended("aider-version")
    patient.program("mine", "exit 1")
    patient.settings("aider.command: mine\n")
    patient.broken("aider-version", "ai-code config show --origin   (aider.command)")


def test_aider_without_bytecode(patient: Patient) -> None:
    package = patient.base / "venv/lib/python3.12/site-packages/aider"
    package.mkdir(parents=True)
    (package / "main.py").write_text("")
    python = patient.base / "venv/bin/python"
    (patient.bin / "aider").write_text(f"#!{python}\nimport aider\n")
    (patient.bin / "aider").chmod(0o755)
    compiles = f"{python} -m compileall -q -j 0 {package.parent}"
    patient.broken("aider-bytecode", compiles, state="warn")
    (package / "__pycache__").mkdir()
    (package / "__pycache__/main.cpython-312.pyc").write_text("")
    patient.mended("aider-bytecode")


@pytest.mark.aider
def test_aider_that_cannot_edit(patient: Patient) -> None:
    patient.env["PATH"] += ":/usr/bin:/bin"
    assert patient.see("aider-edits").state == "skipped"
    (patient.bin / "aider").write_text(f"#!{sys.executable}\nraise ImportError('litellm')\n")
    (patient.bin / "aider").chmod(0o755)
    patient.broken("aider-edits", AIDER, deep=True)
    (patient.bin / "aider").unlink()
    (patient.bin / "aider").symlink_to(real_program("aider"))
    patient.mended("aider-edits", deep=True)
