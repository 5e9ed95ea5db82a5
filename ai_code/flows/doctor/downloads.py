"""Whether what was downloaded is whole. The model folder: manifests name blobs by digest and size
(``manifests/HOST/NAMESPACE/MODEL/TAG``, ``blobs/sha256-…``)."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from ai_code.core.doctor import Finding, Fix, failed, ok, skipped
from ai_code.core.ports import ModelServerError
from ai_code.flows.doctor.models import chosen, loaded_row, smaller
from ai_code.flows.doctor.server import ELSEWHERE, SILENT

if TYPE_CHECKING:
    from ai_code.flows.doctor.facts import Facts

_MOST_MANIFEST = 1 << 20
_SYSTEM = Path("/usr/share/ollama/.ollama/models")
_ANSWER_S = 180.0
_TOKENS = 8
_DIGEST = re.compile(r"sha256:([0-9a-f]{64})")


class Blob(NamedTuple):
    """One file of a download: where it lies, the digest (hex) and bytes it should have."""

    path: Path
    sha256: str
    size: int


def folder(facts: Facts) -> Path:
    """Where the server keeps its models."""
    if told := facts.variables().get("OLLAMA_MODELS"):
        return Path(told)
    service = facts.service()
    own = facts.home / ".ollama/models"
    if service is not None and service.manager == "system" and facts.machine_facts.names(_SYSTEM):
        return _SYSTEM
    return own


def blobs(facts: Facts, name: str) -> Sequence[Blob]:
    """The files of a model; none where its manifest cannot be read."""
    top = folder(facts)
    text = facts.machine_facts.tail(top / "manifests" / _place(name), _MOST_MANIFEST)
    try:
        manifest = json.loads(text or "")
        layers = [*manifest["layers"], manifest["config"]]
        found = [(_DIGEST.fullmatch(str(row["digest"])), row["size"]) for row in layers]
    except (ValueError, KeyError, TypeError):
        return ()
    if not all(match and isinstance(size, int) for match, size in found):
        return ()
    return [
        Blob(top / "blobs" / f"sha256-{match[1]}", match[1], size) for match, size in found if match
    ]


def _place(name: str) -> Path:
    """``hf.co/maker/model:tag``, ``maker/model:tag``, ``model:tag`` as folders."""
    path, _, tag = name.rpartition(":") if ":" in name.rsplit("/", 1)[-1] else (name, "", "latest")
    parts = [part for part in path.split("/") if part not in ("", ".", "..")]
    if len(parts) == 1:
        parts = ["library", *parts]
    if len(parts) == 2:
        parts = ["registry.ollama.ai", *parts]
    return Path(*parts, tag or "latest")


def anew(name: str) -> Fix:
    """Fetches a model from the beginning."""
    ours = ("ai-code", "models")
    return Fix(((*ours, "rm", name, "--yes"), (*ours, "pull", name)))


def digest(facts: Facts) -> Finding:
    """Each file of each model is there, as large as its manifest says."""
    if not facts.here:
        return skipped(ELSEWHERE)
    served = facts.served()
    if served is None:
        return skipped(SILENT)
    if not served:
        return skipped("no model is installed")
    seen = 0
    for model in served:
        for blob in blobs(facts, model.name):
            entry = facts.machine_facts.entry(blob.path)
            if entry is None:
                return failed(f"{model.name}: a file of it is gone", anew(model.name))
            if entry.kind == "file" and entry.size != blob.size:
                told = f"{model.name}: a file has {entry.size} bytes of {blob.size}"
                return failed(told, anew(model.name))
            seen += 1
    if "digest" in facts.log().troubles:
        name = served[0].name if len(served) == 1 else "MODEL"
        return failed("the log tells of a download whose digest was wrong", anew(name))
    if not seen:
        return skipped(f"no manifest can be read in {folder(facts)}")
    return ok(f"{seen} files have the size that they should have")


def content(facts: Facts) -> Finding:
    """Deep: the content of the chosen model's files is what their digests say."""
    have = chosen(facts) if facts.here else None
    if have is None or have.model is None:
        return skipped(ELSEWHERE if not facts.here else SILENT if have is None else "no model")
    name = have.model.name
    files = blobs(facts, name)
    if not files:
        return skipped(f"no manifest can be read in {folder(facts)}")
    for blob in files:
        if facts.machine_facts.sha256(blob.path) != blob.sha256:
            return failed(f"{name}: the content of a file is not what was published", anew(name))
    return ok(f"{name}: {len(files)} files, each as its digest says")


def answers(facts: Facts) -> Finding:
    """Deep: the chosen model answers a few tokens."""
    have = chosen(facts)
    if have is None or have.model is None:
        return skipped(SILENT if have is None else "there is no model")
    name = have.model.name
    row = loaded_row(facts, name) or {}
    context = row.get("context_length")
    began = facts.world.clock.monotonic()
    try:
        told = facts.server.generate(
            name, "Say OK.", _TOKENS, context if isinstance(context, int) else 0, _ANSWER_S
        )
    except ModelServerError as error:
        return failed(f"{name}: {error}", _mend(facts, name, str(error)))
    if not told.strip():
        return failed(f"{name} gives an empty answer", anew(name))
    return ok(f"{name} answered in {facts.world.clock.monotonic() - began:.1f} s")


def _mend(facts: Facts, name: str, told: str) -> Fix:
    if "memory" in told:
        return smaller(facts, name)
    return Fix((("ollama", "ps"),))
