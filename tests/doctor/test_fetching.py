"""The unit that fetches models, which is not Ollama's own: the last words of its journal."""

from __future__ import annotations

import pytest

from ai_code.core.unit_log import hint_in, reading, telling
from ai_code.drill.models import CODELLAMA
from tests.doctor.patient import SMALL, Patient

UNIT = "ai-code-models.service"
START = f"systemctl --user reset-failed {UNIT} && systemctl --user start --no-block {UNIT}"
NO_ROOM = """\
Starting Models of Ollama that ai-code uses...
ai-code: there is no room for codellama:7b
it needs 3.8 GB of disk; 3.0 GB are free in /home/p/.ollama/models
hint: df -h /home/p   (make room)
ai-code-models.service: Main process exited, code=exited, status=1/FAILURE
ai-code-models.service: Failed with result 'exit-code'.
Failed to start Models of Ollama that ai-code uses.
"""
AWAY = """\
ai-code: the download of codellama:7b broke off; what has come is kept
dial tcp: lookup registry.ollama.ai: no such host
hint: ai-code models pull codellama:7b
ai-code-models.service: Failed with result 'exit-code'.
"""


def fails(patient: Patient, log: str, **told: object) -> None:
    patient.service(UNIT, active="failed", result="exit-code", then="inactive", **told)  # type: ignore[arg-type]
    patient.log(log, UNIT)


def test_it_failed_and_its_own_words_say_what_mends_it(patient: Patient) -> None:
    server = patient.ollama(models=[])
    patient.settings("model: codellama:7b\n")
    fails(patient, NO_ROOM, status=1)
    seen = patient.broken(
        "models-service", "df -h /home/p   (make room)",
        evidence=f"{UNIT} failed (ai-code: there is no room for codellama:7b)",
    )  # fmt: skip
    assert seen.fix is not None and not seen.fix.safe
    # What it could not fetch is there now: it is started anew, which costs nothing.
    server.models = {CODELLAMA.tag: CODELLAMA}
    patient.broken("models-service", START, state="warn", evidence="nothing is missing now")
    assert patient.mend("models-service").healthy
    patient.mended("models-service")


def test_what_a_later_try_may_bring_is_tried_by_fix(patient: Patient) -> None:
    patient.ollama(models=[])
    patient.settings("model: codellama:7b\n")
    fails(patient, AWAY, status=75)
    seen = patient.broken("models-service", START, evidence="broke off; what has come is kept")
    assert seen.fix is not None and seen.fix.safe
    assert patient.mend("models-service").fixed == ("models-service",)
    told = (patient.base / "systemctl.log").read_text()
    assert f"--user start --no-block {UNIT}\n" in told and "ollama.service\n" not in [
        line.split()[-1] + "\n" for line in told.splitlines() if " start " in line
    ]


def test_what_its_own_list_could_not_have_is_missing_still(patient: Patient) -> None:
    """Home Manager's unit fetches what its list names, which settings do not."""
    patient.ollama(models=[SMALL])
    patient.settings(f"model: {SMALL.tag}\n")
    fails(patient, AWAY.replace("registry", "r"), status=1)
    patient.broken("models-service", "ai-code models pull codellama:7b", evidence="broke off")


def test_a_program_that_went_away(patient: Patient) -> None:
    patient.ollama(models=[])
    fails(
        patient, f"{UNIT}: Failed at step EXEC spawning /gone/ai-code: No such file\n", status=203
    )
    patient.broken("models-service", "ai-code setup service", evidence="Failed at step EXEC")


def test_without_words_its_log_is_named(patient: Patient) -> None:
    patient.ollama(models=[])
    fails(patient, "", status=1)
    patient.broken("models-service", " ".join(reading(UNIT)), evidence="exit-code")


def test_it_does_not_start_with_ollama(patient: Patient) -> None:
    patient.service(UNIT, active="inactive", enabled="disabled")
    patient.broken("models-service", f"systemctl --user enable {UNIT}", state="warn")
    patient.service(UNIT, active="inactive")
    patient.mended("models-service")


def test_it_is_at_work(patient: Patient) -> None:
    patient.service(UNIT, active="activating", sub="start")
    assert "fetches now" in patient.mended("models-service").finding.evidence
    patient.service(UNIT, active="activating", sub="auto-restart")
    patient.log(AWAY, UNIT)
    patient.broken(
        "models-service", " ".join(reading(UNIT)), state="warn", evidence="is tried again (ai-code"
    )


def test_there_is_none(patient: Patient) -> None:
    """Ollama's own service is another one."""
    patient.service(active="failed")
    assert patient.see("models-service").state == "skipped"
    fails(patient, NO_ROOM, status=1)
    patient.service()
    patient.mended("ollama-service")
    assert patient.see("models-service").state == "failed"
    patient.env["OLLAMA_HOST"] = "gpu.example.invalid"
    assert patient.see("models-service").state == "skipped"


@pytest.mark.parametrize(
    ("log", "last", "hint"),
    [
        (NO_ROOM, "ai-code: there is no room for codellama:7b", "df -h /home/p   (make room)"),
        (NO_ROOM + AWAY, "ai-code: the download of codellama:7b broke off; what has come is kept",
         "ai-code models pull codellama:7b"),
        (NO_ROOM + "Error: no such driver\n", "Error: no such driver", ""),
        ("", "", ""),
        ("started\nstopped\n", "", ""),
    ],
)  # fmt: skip
def test_the_last_words_of_a_journal(log: str, last: str, hint: str) -> None:
    assert (telling(log), hint_in(log)) == (last, hint)
