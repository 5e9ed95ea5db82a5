"""``ai-code models recommend``: for this machine, the policy and what exams told."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from ai_code.core.catalogue import Role
from ai_code.core.errors import AiCodeError
from ai_code.core.machine import Machine
from ai_code.core.ports import ModelServerError
from ai_code.core.recommend import LeftOut, Recommendation, Wishes, recommend
from ai_code.flows.model_fit import own_authority

if TYPE_CHECKING:
    from ai_code.core.ports import ServedModel
    from ai_code.flows.world import World
    from ai_code.settings import Settings


class Advice(NamedTuple):
    """``note`` says where the answer knows less than it could (no server)."""

    machine: Machine
    found: tuple[Recommendation, ...]
    left: tuple[LeftOut, ...]
    note: str = ""


def advise(world: World, settings: Settings, role: Role = "edit") -> Advice:
    """Best first. Works without a server too: then nothing counts as installed."""
    server = world.patient_server(
        settings.ollama_api, settings.ollama_headers, own_authority(world, settings)
    )
    models: list[ServedModel] = []
    note = ""
    try:
        models = list(server.models())
    except ModelServerError as error:
        note = f"Ollama does not answer ({error}): what is installed is not known"
    exams = {m.name: exam for m in models if (exam := world.model_notes.exam(m.digest))}
    machine = world.hardware.memory()
    wishes = Wishes(
        settings.policy,
        role,
        settings.ollama_kv_cache_type,
        max(1, settings.ollama_num_parallel),
        # A key that a version of the settings may not have.
        allow_split=bool(getattr(settings, "models_allow_cpu_offload", False)),
        installed=[model.name for model in models],
        exams=exams,
    )
    found, left = recommend(world.catalogue, machine, wishes)
    return Advice(machine, found, left, note)


def best(world: World, settings: Settings, role: Role = "edit") -> Recommendation:
    """The first of them. Raises AiCodeError where nothing suits."""
    advice = advise(world, settings, role)
    if advice.found:
        return advice.found[0]
    rules = sorted({each.rule for each in advice.left if each.rule})
    why = "; ".join(rules) or "nothing fits its memory"
    raise AiCodeError(
        "no model of the catalogue suits this machine",
        why=why,
        hint="ai-code models recommend --all",
    )
