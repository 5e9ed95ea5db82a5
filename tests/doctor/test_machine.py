"""The machine and the settings: each check broken, and mended."""

from __future__ import annotations

import pytest

from ai_code.core.machine import Machine
from ai_code.core.ports_machine import Disk
from tests.doctor.patient import GIB, Patient

SHOW = "ai-code config show --origin"


def test_little_memory(patient: Patient) -> None:
    patient.hardware.machine = Machine(4 * GIB, 3 * GIB)
    patient.broken("machine-ram", "ai-code models pull qwen2.5-coder:1.5b", state="warn")
    patient.hardware.machine = Machine(16 * GIB, GIB // 2)
    patient.broken("machine-ram", "ps -eo pid,rss,comm --sort=-rss", state="warn")
    patient.hardware.machine = Machine(16 * GIB, 12 * GIB)
    patient.mended("machine-ram")


def test_a_driver_that_does_not_answer(patient: Patient) -> None:
    patient.program(
        "nvidia-smi",
        "echo 'Failed to initialize NVML: Driver/library version mismatch'; exit 18",
    )
    fix = "sudo reboot   (the driver was updated under the running kernel)"
    patient.broken("machine-gpu", fix, evidence="mismatch")
    patient.program("nvidia-smi", "echo 'NVIDIA-SMI has failed' >&2; exit 9")
    patient.broken("machine-gpu", "sudo modprobe nvidia", evidence="has failed")
    patient.says("nvidia-smi", "GPU 0: NVIDIA GeForce RTX 3060\n")
    patient.mended("machine-gpu")


def test_a_full_disk(patient: Patient) -> None:
    """A full disk is played: a test must not fill one."""
    free = {"bytes": 100 << 20}

    def small(world: object) -> None:
        facts = world.machine_facts  # type: ignore[attr-defined]
        facts.disk = lambda _path: Disk(100 * GIB, free["bytes"])

    patient.seen["disk"] = small
    patient.broken("machine-disk", f"df -h {patient.state}")
    free["bytes"] = 3 * GIB
    patient.broken(
        "machine-disk", "ai-code models list   (then: ai-code models rm NAME)", state="warn"
    )
    patient.ollama(models=[])
    patient.broken("machine-disk", "df -h", state="warn")
    del patient.seen["disk"]
    if patient.see("machine-disk").state == "warn":
        pytest.skip("this machine has less than 10 GiB of disk free")
    patient.mended("machine-disk")


def test_no_git(patient: Patient) -> None:
    real = (patient.bin / "git").readlink()
    patient.without("git")
    patient.broken("machine-git", "sudo apt install git")
    (patient.bin / "git").symlink_to(real)
    patient.mended("machine-git")


def test_git_without_a_name(patient: Patient) -> None:
    fix = (
        "git config --global user.name 'Your Name' && "
        "git config --global user.email you@example.com"
    )
    patient.broken("machine-git-identity", fix, state="warn")
    (patient.home / ".gitconfig").write_text("[user]\nname = A\nemail = a@example.invalid\n")
    patient.mended("machine-git-identity")


def test_settings_that_cannot_be_used(patient: Patient) -> None:
    patient.settings("engine: auto\nmodell: x\n")
    own = patient.home / ".config/ai-code/config.yaml"
    patient.broken("settings-files", f'"${{EDITOR:-vi}}" {own}   (line 2)', evidence="modell")
    skipped = patient.see("settings-fallback")
    assert skipped.state == "skipped"
    assert skipped.finding.evidence == "the settings cannot be read"
    patient.settings("model: x\n")
    assert "model (user " in patient.mended("settings-files").finding.evidence


def test_a_variable_that_cannot_be_used(patient: Patient) -> None:
    patient.env["AI_CODE_ENGINE"] = "gpt"
    patient.broken("settings-files", "unset AI_CODE_ENGINE", evidence="AI_CODE_ENGINE")


def test_a_setting_that_is_ignored(patient: Patient) -> None:
    (patient.project / ".ai-code.yaml").write_text("claude.command: [evil]\n")
    patient.broken("settings-warnings", "ai-code config trust", state="warn")
    (patient.project / ".ai-code.yaml").write_text("model: x\n")
    patient.mended("settings-warnings")


@pytest.mark.parametrize(
    "text", ["fallback.enabled: false\n", "fallback.on-limit: stop\n", "engine: claude\n"]
)
def test_a_fallback_that_is_switched_off(patient: Patient, text: str) -> None:
    patient.ollama()
    patient.says("aider", "aider 0.86.2\n")
    patient.settings(text)
    patient.broken("settings-fallback", SHOW, state="warn", evidence=text.partition(":")[0])
    patient.settings("")
    patient.mended("settings-fallback")


def test_a_catalogue_that_is_wrong(patient: Patient) -> None:
    patient.settings("")
    own = patient.home / ".config/ai-code/models.yaml"
    own.write_text("modells: []\n")
    patient.broken("settings-catalogue", f'"$EDITOR" {own}', evidence="modells")
    own.write_text("models: []\n")
    patient.mended("settings-catalogue")
