"""Models and their downloads: each check broken, and mended."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from pathlib import Path

from ai_code.core.machine import Machine
from ai_code.drill.models import CODELLAMA, FakeModel
from ai_code.drill.replies import HttpError
from tests.doctor.patient import GIB, SMALL, Patient

CONTENTS = (b"weights" * 100, b"{}")


def test_no_model(patient: Patient) -> None:
    server = patient.ollama(models=[])
    patient.broken("models-installed", "ollama pull deepseek-coder:6.7b")
    patient.settings("model: codellama:7b\n")
    server.models = {SMALL.tag: SMALL}
    patient.broken("models-installed", "ollama pull codellama:7b", evidence="not installed")
    server.models = {CODELLAMA.tag: CODELLAMA}
    patient.mended("models-installed")


def test_a_model_that_may_not_be_used(patient: Patient) -> None:
    server = patient.ollama(models=[SMALL, CODELLAMA])
    patient.settings("model: deepseek-coder:6.7b\nmodels.exclude-countries: [CN]\n")
    fix = "model: codellama:7b   (in the settings)"
    patient.broken("models-policy", fix, evidence="exclude-countries has CN")
    patient.settings("model: codellama:7b\nmodels.exclude-countries: [CN]\n")
    patient.mended("models-policy")
    server.models = {SMALL.tag: SMALL}
    patient.settings("models.exclude-countries: [CN]\n")
    seen = patient.see("models-policy")
    assert seen.state == "failed" and "no installed model may be used" in seen.finding.evidence
    assert seen.fix is not None and seen.fix.shown.startswith("ollama pull ")
    assert "deepseek" not in seen.fix.shown and "qwen" not in seen.fix.shown


def test_a_model_that_does_not_fit(patient: Patient) -> None:
    patient.ollama(models=[replace(CODELLAMA, size=40 * GIB)])
    seen = patient.see("models-memory")
    assert seen.fix is not None and seen.fix.shown.startswith("ollama pull ")
    patient.broken("models-memory", seen.fix.shown, evidence="can be had")
    patient.hardware.machine = Machine(128 * GIB, 96 * GIB)
    patient.mended("models-memory")


def test_a_context_that_is_too_small(patient: Patient) -> None:
    server = patient.ollama()
    server.loaded = {SMALL.tag: 4096}
    fix = f"ollama stop {SMALL.tag}"
    patient.broken("models-context", fix, state="warn", evidence="4096 tokens, 16384 are needed")
    server.loaded = {SMALL.tag: 16384}
    patient.mended("models-context")
    patient.settings("ollama.num-ctx: 65536\n")
    patient.broken("models-context", "ollama.num-ctx: 16384", state="warn")


def test_a_model_that_is_split(patient: Patient) -> None:
    server = patient.ollama(models=[replace(SMALL, in_vram=0.5)])
    server.loaded = {SMALL.tag: 16384}
    fix = f"ollama stop {SMALL.tag}   (then ollama.num-ctx lower, or a smaller model)"
    patient.broken("models-offload", fix, state="warn", evidence="on the GPU")
    server.models = {SMALL.tag: replace(SMALL, in_vram=1.0)}
    patient.mended("models-offload")


def installed(patient: Patient, model: FakeModel = SMALL) -> list[Path]:
    """The files of a downloaded model; each with its content."""
    top = patient.home / ".ollama/models"
    name, _, tag = model.name.partition(":")
    manifest = top / "manifests/registry.ollama.ai/library" / name / tag
    rows, paths = [], []
    (top / "blobs").mkdir(parents=True, exist_ok=True)
    for content in CONTENTS:
        digest = hashlib.sha256(content).hexdigest()
        rows.append({"digest": f"sha256:{digest}", "size": len(content)})
        paths.append(top / "blobs" / f"sha256-{digest}")
        paths[-1].write_bytes(content)
    manifest.parent.mkdir(parents=True)
    manifest.write_text(json.dumps({"layers": rows[:1], "config": rows[1]}))
    return paths


ANEW = "ollama rm deepseek-coder:6.7b && ollama pull deepseek-coder:6.7b"


def test_a_download_that_is_not_whole(patient: Patient) -> None:
    patient.ollama()
    assert patient.see("models-digest").state == "skipped"
    weights, _ = installed(patient)
    weights.write_bytes(CONTENTS[0][:-1])
    patient.broken("models-digest", ANEW, evidence="699 bytes of 700")
    weights.unlink()
    patient.broken("models-digest", ANEW, evidence="is gone")
    weights.write_bytes(CONTENTS[0])
    patient.mended("models-digest")
    patient.log('level=ERROR msg="digest mismatch, file must be downloaded again: want sha256:a"\n')
    patient.broken("models-digest", ANEW, evidence="digest was wrong")


def test_a_download_that_is_corrupt(patient: Patient) -> None:
    patient.ollama()
    weights, _ = installed(patient)
    weights.write_bytes(b"W" + CONTENTS[0][1:])
    patient.mended("models-digest")
    assert patient.see("models-content").state == "skipped"
    patient.broken("models-content", ANEW, evidence="not what was published", deep=True)
    weights.write_bytes(CONTENTS[0])
    patient.mended("models-content", deep=True)


def test_a_model_that_does_not_answer(patient: Patient) -> None:
    patient.ollama(replies=[HttpError(500, '{"error": "llama runner process has terminated"}')])
    patient.broken("models-answer", "ollama ps", evidence="has terminated", deep=True)
    patient.ollama(replies=[""])
    patient.broken("models-answer", ANEW, evidence="empty", deep=True)
    patient.ollama(replies=["OK"])
    patient.mended("models-answer", deep=True)
