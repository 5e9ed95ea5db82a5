"""``ai-code models verify``: are the files of a model those that its maker sent?

Over the API only the listing and /api/show can be checked. Where Ollama's folder can be read, the
manifest and each file are held against their digests.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

from ai_code.core.memory import gb
from ai_code.core.models import runs_elsewhere
from ai_code.flows.model_disk import ollama_folder
from ai_code.flows.model_fit import is_local
from ai_code.flows.models.server import refusal, served, shown

if TYPE_CHECKING:
    from ai_code.core.ports import ServedModel
    from ai_code.core.ports_models import Manifest, OllamaFolder
    from ai_code.flows.world import World
    from ai_code.settings import Settings

State = Literal["ok", "bad", "unchecked"]


class Verified(NamedTuple):
    """``state`` is unchecked where the files cannot be read; ``mend`` is a command."""

    name: str
    state: State
    evidence: str
    mend: str = ""
    rule: str = ""


def verify(world: World, settings: Settings, name: str | None) -> list[Verified]:
    """One model, or all that are installed."""
    there = served(world, settings)
    models = [there.find(name)] if name is not None else list(there.models)
    folder = None
    if is_local(there.server.base_url):
        folder = ollama_folder(world, [model.name for model in there.models])
    found = []
    for model in models:
        show = shown(there.server, model.name)
        result = _verify(world, model, bool(show), folder)
        found.append(result._replace(rule=refusal(world, settings, model.name, show)))
    world.console.status("")
    return found


def _verify(
    world: World, model: ServedModel, answers: bool, folder: OllamaFolder | None
) -> Verified:
    again = f"ai-code models rm {model.name} --yes && ai-code models pull {model.name}"
    if not answers:
        return Verified(model.name, "bad", "the server cannot read it (/api/show fails)", again)
    if runs_elsewhere(model.name):
        return Verified(model.name, "unchecked", "it runs on Ollama's servers")
    if folder is None:
        return Verified(model.name, "unchecked", "the server is on another machine")
    if not folder.there:
        why = "Ollama's folder is not found here; the server answers for it"
        mend = f"OLLAMA_MODELS=FOLDER ai-code models verify {model.name}"
        return Verified(model.name, "unchecked", why, mend)
    try:
        manifest = folder.manifest(model.name)
    except ValueError as error:
        return Verified(model.name, "bad", f"its manifest is damaged: {error}", again)
    if manifest is None:
        why = "its files cannot be read; the server answers for it"
        return Verified(model.name, "unchecked", why, f"ls -ld {folder.path}")
    if model.digest and model.digest.removeprefix("sha256:") != manifest.digest:
        why = "the server has another folder than the one seen here"
        return Verified(model.name, "unchecked", why, "ai-code config show --origin")
    return _files(world, model, manifest, folder, again)


def _files(
    world: World, model: ServedModel, manifest: Manifest, folder: OllamaFolder, again: str
) -> Verified:
    total = sum(blob.size for blob in manifest.blobs)
    before = 0
    for blob in manifest.blobs:
        start = before

        def tell(done: int, start: int = start) -> None:
            share = 100 * (start + done) // max(1, total)
            world.console.status(f"{share:3} % of {gb(total)} read: {model.name}")

        try:
            size = folder.size(blob)
            if size is None:
                return Verified(model.name, "bad", f"{_short(blob.digest)} is missing", again)
            if size != blob.size:
                why = f"{_short(blob.digest)} has {size} bytes of {blob.size}"
                return Verified(model.name, "bad", why, again)
            if folder.sha256(blob, tell) != blob.digest:
                why = f"{_short(blob.digest)} does not have its digest"
                return Verified(model.name, "bad", why, again)
        except OSError as error:
            why = f"{_short(blob.digest)} cannot be read: {error.strerror or error}"
            return Verified(model.name, "unchecked", why, f"ls -ld {folder.path}")
        before += blob.size
    count = len(manifest.blobs)
    return Verified(model.name, "ok", f"{count} files, {gb(total)}, all digests right")


def _short(digest: str) -> str:
    return digest[:19]
