"""Models and their downloads: each check broken, and mended."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from pathlib import Path

import pytest

from ai_code.core.machine import Machine
from ai_code.drill.models import CODELLAMA, FakeModel
from ai_code.drill.replies import HttpError
from ai_code.flows.models.recommending import best
from tests.doctor.patient import CARD, GIB, SMALL, Patient

CONTENTS = (b"weights" * 100, b"{}")


def recommended(patient: Patient) -> str:
    """The command for what ``ai-code models recommend`` puts first."""
    world = patient.world()
    return f"ai-code models pull {best(world, world.config.load({}).settings).name}"


@pytest.mark.parametrize("role", [False, True])
def test_the_fix_changes_the_layer_that_counts(patient: Patient, role: bool) -> None:
    """A variable counts more than what ``models use`` remembers, and that more than the file."""
    patient.ollama(models=[SMALL, CODELLAMA])
    key, more = ("models.roles.edit", " --role edit") if role else ("model", "")
    patient.settings(f"{key}: codellama:7b\nmodels.exclude-countries: [CN]\n")
    patient.world().config.choose({key: "deepseek-coder:6.7b"})
    patient.broken("models-policy", f"ai-code models use codellama:7b{more}")
    patient.env["AI_CODE_MODEL"] = "deepseek-coder:6.7b"
    patient.broken("models-policy", "export AI_CODE_MODEL=codellama:7b")
    patient.world().config.choose({key: None})
    patient.broken("models-policy", "unset AI_CODE_MODEL")
    patient.env["AI_CODE_MODEL"] = "codellama:7b"
    patient.mended("models-policy")


def test_what_is_pulled_is_used_too(patient: Patient) -> None:
    patient.ollama(models=[SMALL])
    patient.settings("models.exclude-countries: [CN]\n")
    pull = recommended(patient)
    name = pull.split()[-1]
    patient.env["AI_CODE_MODEL"] = "deepseek-coder:6.7b"
    patient.broken("models-policy", f"{pull} && unset AI_CODE_MODEL")
    del patient.env["AI_CODE_MODEL"]
    patient.world().config.choose({"model": "deepseek-coder:6.7b"})
    patient.broken("models-policy", f"{pull} && ai-code models use {name}")
    patient.world().config.choose({"model": None})
    patient.settings("model: deepseek-coder:6.7b\nmodels.exclude-countries: [CN]\n")
    then = f"(then model: {name} in ~/.config/ai-code/config.yaml)"
    patient.broken("models-policy", f"{pull}   {then}")


def test_a_gpu_alone_is_room_where_the_cpu_is_not_wanted(patient: Patient) -> None:
    """The doctor counts memory as a run does."""
    patient.ollama(models=[replace(CODELLAMA, size=10 * GIB)])
    patient.hardware.machine = Machine(64 * GIB, 48 * GIB, (replace(CARD, vram_free=4 * GIB),))
    assert patient.see("models-memory").state == "ok"
    patient.settings("models.allow-cpu-offload: false\n")
    seen = patient.see("models-memory")
    assert seen.state == "failed" and "3.6 GiB can be had" in seen.finding.evidence


def test_no_model(patient: Patient) -> None:
    server = patient.ollama(models=[])
    patient.broken("models-installed", recommended(patient))
    patient.settings("model: codellama:7b\n")
    server.models = {SMALL.tag: SMALL}
    patient.broken("models-installed", "ai-code models pull codellama:7b", evidence="not installed")
    server.models = {CODELLAMA.tag: CODELLAMA}
    patient.mended("models-installed")


def test_a_model_that_may_not_be_used(patient: Patient) -> None:
    server = patient.ollama(models=[SMALL, CODELLAMA])
    patient.settings("model: deepseek-coder:6.7b\nmodels.exclude-countries: [CN]\n")
    fix = "model: codellama:7b   (in ~/.config/ai-code/config.yaml)"
    patient.broken("models-policy", fix, evidence="exclude-countries has CN")
    patient.settings("model: codellama:7b\nmodels.exclude-countries: [CN]\n")
    patient.mended("models-policy")
    server.models = {SMALL.tag: SMALL}
    patient.settings("models.exclude-countries: [CN]\n")
    fix = recommended(patient)
    patient.broken("models-policy", fix, evidence="no installed model may be used")
    assert "deepseek" not in fix and "qwen" not in fix


def test_a_model_that_does_not_fit(patient: Patient) -> None:
    patient.ollama(models=[replace(CODELLAMA, size=40 * GIB)])
    seen = patient.see("models-memory")
    assert seen.fix is not None and seen.fix.shown.startswith("ai-code models pull ")
    patient.broken("models-memory", seen.fix.shown, evidence="can be had")
    patient.hardware.machine = Machine(128 * GIB, 96 * GIB)
    patient.mended("models-memory")


def test_memory_is_judged_with_the_context_that_a_run_asks_for(patient: Patient) -> None:
    """16,384 tokens, or the next smaller context that fits; CODELLAMA takes 0.5 GiB for 1,024."""
    patient.ollama(models=[replace(CODELLAMA, size=4 * GIB)])

    def seen(gib: int) -> str:
        patient.hardware.machine = Machine(64 * GIB, gib * GIB)
        found = patient.see("models-memory")
        told = patient.see("models-context").finding.evidence
        return f"{found.state}: {found.finding.evidence}; {told}"

    assert seen(40).startswith("ok: codellama:7b needs 12.4 GiB with 16384 tokens of ")
    assert seen(10).startswith("ok: codellama:7b needs 8.4 GiB with 8192 tokens of ")
    assert seen(10).endswith("; 8192 tokens will be asked for")
    small = seen(7)
    assert small.startswith("warn: codellama:7b needs 6.4 GiB with 4096 tokens of ")
    assert "few for an edit with its files" in small
    assert seen(5).startswith("failed: codellama:7b needs 6.4 GiB with 4096 tokens, ")


def test_a_context_of_the_settings_that_does_not_fit(patient: Patient) -> None:
    patient.ollama(models=[replace(CODELLAMA, size=4 * GIB)])
    patient.hardware.machine = Machine(64 * GIB, 10 * GIB)
    patient.settings("ollama.num-ctx: 16384\n")
    fix = "ollama.num-ctx: 8192   (in ~/.config/ai-code/config.yaml)"
    patient.broken("models-memory", fix, state="warn", evidence="the 16384 of ollama.num-ctx")
    patient.settings("ollama.num-ctx: 8192\n")
    patient.mended("models-memory")


def test_a_context_that_is_too_small(patient: Patient) -> None:
    server = patient.ollama()
    server.loaded = {SMALL.tag: 4096}
    fix = f"ollama stop {SMALL.tag}"
    patient.broken("models-context", fix, state="warn", evidence="4096 tokens, 16384 are needed")
    server.loaded = {SMALL.tag: 16384}
    patient.mended("models-context")
    patient.settings("ollama.num-ctx: 65536\n")
    fix = "ollama.num-ctx: 16384   (in ~/.config/ai-code/config.yaml)"
    patient.broken("models-context", fix, state="warn")
    patient.env["AI_CODE_OLLAMA_NUM_CTX"] = "65536"
    fix = "export AI_CODE_OLLAMA_NUM_CTX=16384"
    patient.broken("models-context", fix, state="warn")


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


ANEW = "ai-code models rm deepseek-coder:6.7b --yes && ai-code models pull deepseek-coder:6.7b"


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
