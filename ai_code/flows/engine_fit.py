"""Whether a model and its server will do for an engine, and what has to be made for it first.

Ollama serves four interfaces, each since a version of its own; an agent calls tools, which not
every model can; and of the engines only aider says how large a context it wants: for the others a
variant of the model carries it (Ollama cuts longer prompts at the front, in silence)."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ai_code.core.about import WIRE_SINCE
from ai_code.core.models import calls_tools, same_model, variant_name
from ai_code.core.ports import ModelServerError
from ai_code.core.verdict import Evidence, Unavailable, UnavailableReason
from ai_code.flows.model_fit import trained_for
from ai_code.flows.model_seen import ca_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ai_code.core.ports import ModelServer, ServedModel
    from ai_code.core.task import LocalModel
    from ai_code.engines.registry import LocalEngine
    from ai_code.flows.readiness import Ready
    from ai_code.flows.world import World
    from ai_code.settings import Settings


def fit_for(
    world: World, settings: Settings, engine: LocalEngine, ready: Ready, *, make: bool = True
) -> Ready | Unavailable:
    """The model as this engine gets it, or why it cannot work on it. Asks the server for its
    version and the model's abilities: milliseconds. Without ``make`` no variant is made of it."""
    about, local = engine.about, ready.local
    if held := not_in_the_tree(settings, engine):
        return held
    if about.sends_ctx:
        return ready
    server = world.model_server(local.base_url, local.headers, ca_of(settings, local.ca_file))
    try:
        asked = settings.ollama_num_ctx
        why = why_not(engine, local, server.version(), server.show(local.name), asked)
        if why is not None or not make:
            return why or ready
        return _variant(world, settings, server, ready)
    except ModelServerError as error:
        text = f"{local.base_url} does not tell what {engine.name} has to know: {error}"
        evidence = Evidence(f"ollama.{error.kind}", "none", str(error)[:200])
        return Unavailable(UnavailableReason.SERVER, text, evidence, "ollama ps")


def why_not(
    engine: LocalEngine, local: LocalModel, version: str, show: Mapping[str, Any], asked: int = 0
) -> Unavailable | None:
    """Why the engine cannot work on this model; ``version`` is the server's, ``show`` what it
    tells of the model; ``asked`` is the context of the settings (0: as it fits)."""
    about = engine.about
    if about.sends_ctx:
        return None
    own = trained_for(show)
    if 0 < own < about.least_context:
        return _made_for_less(engine, local.name, own)
    if 0 < local.num_ctx < about.least_context:
        return _no_context(engine, local, asked)
    if old := too_old(engine, version):
        return old
    if about.needs_tools and not calls_tools(show):
        return _no_tools(engine, local.name)
    return None


def _variant(world: World, settings: Settings, server: ModelServer, ready: Ready) -> Ready:
    local = ready.local
    if settings.models_variants == "never" or not local.num_ctx:
        return ready
    name = variant_name(local.name, local.num_ctx)
    if not _is_made(server.models(), name, local.name):
        try:
            server.derive(name, local.name, local.num_ctx)
        except ModelServerError as error:
            note = f"Ollama makes no variant of {local.name} ({error}): its own context counts."
            return replace(ready, notes=(*ready.notes, note))
        world.console.detail(f"{name} is {local.name} with a context of {local.num_ctx} tokens")
    return replace(ready, local=local._replace(name=name, base_name=local.name))


def _is_made(models: Sequence[ServedModel], name: str, of: str) -> bool:
    """Whether the variant is there, of the model as it is now: one that was pulled anew since has
    other weights, and the variant would go on with the old ones."""
    made = next((each for each in models if same_model(name, each.name)), None)
    base = next((each for each in models if same_model(of, each.name)), None)
    return made is not None and (base is None or base.modified_at <= made.modified_at)


def _version(text: str) -> tuple[int, ...]:
    found = re.match(r"(\d+)\.(\d+)\.(\d+)", text)
    return tuple(map(int, found.groups())) if found else ()


def not_in_the_tree(settings: Settings, engine: LocalEngine) -> Unavailable | None:
    """Why it does not work where the settings say. In the tree lies what it would take from the
    project: plugins, servers, hooks."""
    if settings.fallback_where != "tree" or engine.fence == "python":
        return None
    text = f"{engine.name} works in a private worktree only, and fallback.where is tree"
    evidence = Evidence(f"{engine.name}.where", "none")
    hint = "AI_CODE_FALLBACK_WHERE=worktree ai-code …"
    return Unavailable(UnavailableReason.NO_CHANGE, text, evidence, hint)


def too_old(engine: LocalEngine, version: str) -> Unavailable | None:
    """Why a server of this version is none for it; one that tells none is not doubted."""
    since, has = WIRE_SINCE[engine.about.wire], _version(version)
    if not has or has >= since:
        return None
    told, needs = (".".join(map(str, each)) for each in (has, since))
    text = f"{engine.name} needs Ollama {needs} or later, and this one is {told}"
    evidence = Evidence(f"{engine.name}.old-server", "none", told)
    # By the variable, for an engine that --engine named: the doctor looks at those of the settings.
    hint = f"AI_CODE_ENGINE={engine.name} ai-code doctor ollama   (what updates it)"
    return Unavailable(UnavailableReason.SERVER, text, evidence, hint)


def _no_tools(engine: LocalEngine, name: str) -> Unavailable:
    text = f"{engine.name} works by calling tools, and {name} cannot"
    evidence = Evidence(f"{engine.name}.no-tools", "none", name)
    hint = "ai-code models list   (the column tools); then: ai-code --model NAME …"
    return Unavailable(UnavailableReason.NO_MODEL, text, evidence, hint)


def _made_for_less(engine: LocalEngine, name: str, own: int) -> Unavailable:
    """Asking for more is of no use: Ollama cuts it to what the model was made for."""
    text = f"{_needs(engine)}, and {name} was made for {own}"
    evidence = Evidence(f"{engine.name}.context", "none", str(own))
    hint = "ai-code models list   (the context of each); then: ai-code --model NAME …"
    return Unavailable(UnavailableReason.NO_MODEL, text, evidence, hint)


def _no_context(engine: LocalEngine, local: LocalModel, asked: int) -> Unavailable:
    least = engine.about.least_context
    text = f"{_needs(engine)}, and {local.name} has {local.num_ctx} here"
    evidence = Evidence(f"{engine.name}.context", "none", str(local.num_ctx))
    if 0 < asked < least:
        hint = f"ai-code --num-ctx {least} …   (or set ollama.num-ctx)"
    else:
        hint = "ollama ps   (what is loaded), or a smaller model: --model NAME"
    return Unavailable(UnavailableReason.MEMORY, text, evidence, hint)


def _needs(engine: LocalEngine) -> str:
    least = engine.about.least_context
    return f"{engine.name}'s own instructions need a context of {least} tokens"
