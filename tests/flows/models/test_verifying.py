"""Are a model's files those that its maker sent? Against a small folder of Ollama's form."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ai_code.drill.ollama import QWEN_CODER, FakeModel
from ai_code.flows.models.verifying import verify
from ai_code.system.ollama_folder import SystemOllamaFolder
from tests.flows.models.conftest import ModelsWorld


def store(here: ModelsWorld, model: FakeModel) -> tuple[FakeModel, Path]:
    """A small model in Ollama's folder, whole; and the file of its weights."""
    base = here.world.state / "ollama" / "models"
    blobs = base / "blobs"
    blobs.mkdir(parents=True, exist_ok=True)
    rows = []
    for data in (b"{}", b"weights" * 1000):
        digest = hashlib.sha256(data).hexdigest()
        (blobs / f"sha256-{digest}").write_bytes(data)
        rows.append({"digest": f"sha256:{digest}", "size": len(data)})
    manifest = base / "manifests/registry.ollama.ai/library" / model.name.replace(":", "/")
    manifest.parent.mkdir(parents=True)
    manifest.write_text(json.dumps({"config": rows[0], "layers": rows[1:]}))
    return model, blobs / rows[1]["digest"].replace(":", "-")


@pytest.fixture
def stored(here: ModelsWorld, monkeypatch: pytest.MonkeyPatch) -> Path:
    model, weights = store(here, QWEN_CODER)
    here.serve([model])
    digest = here.world.ollama_folder([]).manifest(model.name)
    assert digest
    monkeypatch.setattr(FakeModel, "digest", property(lambda _: digest.digest))
    return weights


def test_verify_a_good_one(here: ModelsWorld, stored: Path) -> None:
    (found,) = verify(here.world, here.world.settings, None)
    assert (found.state, found.mend) == ("ok", "")
    assert found.evidence.startswith("2 files, ")


@pytest.mark.parametrize(
    ("damage", "told"),
    [
        (lambda path: path.write_bytes(b"weighTs" * 1000), "does not have its digest"),
        (lambda path: path.write_bytes(b"weights"), "has 7 bytes of 7000"),
        (lambda path: path.unlink(), "is missing"),
    ],
    ids=["changed", "short", "missing"],
)
def test_verify_a_damaged_one(here: ModelsWorld, stored: Path, damage: Any, told: str) -> None:
    damage(stored)
    (found,) = verify(here.world, here.world.settings, QWEN_CODER.name)
    assert found.state == "bad"
    assert told in found.evidence
    name = QWEN_CODER.name
    assert found.mend == f"ai-code models rm {name} --yes && ai-code models pull {name}"


def test_verify_what_cannot_be_read(here: ModelsWorld) -> None:
    here.world.set(models_exclude_countries=("CN",))
    found = verify(here.world, here.world.settings, None)
    assert {each.state for each in found} == {"unchecked"}
    assert [each.rule for each in found][2] == ""
    assert found[0].rule == "models.exclude-countries has CN (DeepSeek)"


def test_verify_where_the_folder_is_not_found(
    here: ModelsWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = SystemOllamaFolder(here.world.state / "nowhere")
    monkeypatch.setattr(here.world, "ollama_folder", lambda *_: folder)
    (found,) = verify(here.world, here.world.settings, QWEN_CODER.name)
    assert found.evidence == "Ollama's folder is not found here; the server answers for it"
    assert found.mend == f"OLLAMA_MODELS=FOLDER ai-code models verify {QWEN_CODER.name}"


def test_how_far_it_is_comes_before_the_name(here: ModelsWorld, stored: Path) -> None:
    """A long name is cut by the screen, the figures are not."""
    here.world.console.terminal()
    verify(here.world, here.world.settings, None)
    assert here.world.console.of("status")[-1] == f"100 % of 0 MB read: {QWEN_CODER.name}"


def test_verify_a_manifest_of_another_form(here: ModelsWorld, stored: Path) -> None:
    folder = here.world.ollama_folder([])
    path = folder._manifest_path(QWEN_CODER.name)
    path.write_text("[]")
    (found,) = verify(here.world, here.world.settings, None)
    assert (found.state, "damaged" in found.evidence) == ("bad", True)


def test_two_names_of_one_folder(here: ModelsWorld) -> None:
    model = replace(QWEN_CODER, name="../../etc/passwd:x")
    path = here.world.ollama_folder([])._manifest_path(model.name)
    assert path.is_relative_to(here.world.state / "ollama/models/manifests")
    assert ".." not in path.parts
