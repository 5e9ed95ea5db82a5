"""Whether a model and its server will do for an engine, and what has to be made for it first.

Ollama serves four interfaces, each since a version of its own; an agent calls tools, which not
every model can; and of the engines only aider says how large a context it wants: for the others a
variant of the model carries it (Ollama cuts longer prompts at the front, in silence)."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ai_code.core.about import WIRE_SINCE
from ai_code.core.models import same_model, variant_name
from ai_code.core.ports import ModelServerError
from ai_code.core.verdict import Evidence, Unavailable, UnavailableReason
from ai_code.flows.model_seen import ca_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ai_code.core.ports import ModelServer, ServedModel
    from ai_code.engines.registry import LocalEngine
    from ai_code.flows.readiness import Ready
    from ai_code.flows.world import World
    from ai_code.settings import Settings


def fit_for(
    world: World, settings: Settings, engine: LocalEngine, ready: Ready
) -> Ready | Unavailable:
    """The model as this engine gets it, or why it cannot work on it. Asks the server for its
    version and the model's abilities: milliseconds."""
    about, local = engine.about, ready.local
    if settings.fallback_where == "tree" and engine.fence != "python":
        return _not_in_the_tree(engine)
    if about.sends_ctx:
        return ready
    server = world.model_server(local.base_url, local.headers, ca_of(settings, local.ca_file))
    try:
        why = why_not(engine, ready, server.version(), server.show(local.name))
        return why or _variant(world, settings, server, ready)
    except ModelServerError as error:
        text = f"{local.base_url} does not tell what {engine.name} has to know: {error}"
        evidence = Evidence(f"ollama.{error.kind}", "none", str(error)[:200])
        return Unavailable(UnavailableReason.SERVER, text, evidence, "ollama ps")


def why_not(
    engine: LocalEngine, ready: Ready, version: str, show: Mapping[str, Any]
) -> Unavailable | None:
    """Why the engine cannot work on this model; ``version`` is the server's, ``show`` what it
    tells of the model."""
    about, local = engine.about, ready.local
    if about.sends_ctx:
        return None
    if 0 < local.num_ctx < about.least_context:
        return _no_context(engine, ready)
    since, has = WIRE_SINCE[about.wire], _version(version)
    if has and has < since:
        return _too_old(engine, has, since)
    if about.needs_tools and not calls_tools(show):
        return _no_tools(engine, local.name)
    return None


def calls_tools(show: Mapping[str, Any]) -> bool:
    """By /api/show. A server too old to tell is not doubted: the engine's own error will."""
    told = show.get("capabilities")
    return "tools" in told if isinstance(told, list) else True


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


def _not_in_the_tree(engine: LocalEngine) -> Unavailable:
    """There lies what it would take from the project: plugins, servers, hooks."""
    text = f"{engine.name} works in a private worktree only, and fallback.where is tree"
    evidence = Evidence(f"{engine.name}.where", "none")
    hint = "AI_CODE_FALLBACK_WHERE=worktree ai-code …"
    return Unavailable(UnavailableReason.NO_CHANGE, text, evidence, hint)


def _too_old(engine: LocalEngine, version: tuple[int, ...], since: tuple[int, ...]) -> Unavailable:
    has, needs = (".".join(map(str, each)) for each in (version, since))
    text = f"{engine.name} needs Ollama {needs} or later, and this one is {has}"
    evidence = Evidence(f"{engine.name}.old-server", "none", has)
    return Unavailable(UnavailableReason.SERVER, text, evidence, "ai-code doctor ollama")


def _no_tools(engine: LocalEngine, name: str) -> Unavailable:
    text = f"{engine.name} works by calling tools, and {name} cannot"
    evidence = Evidence(f"{engine.name}.no-tools", "none", name)
    hint = "ai-code models list   (the column tools); then: ai-code --model NAME …"
    return Unavailable(UnavailableReason.NO_MODEL, text, evidence, hint)


def _no_context(engine: LocalEngine, ready: Ready) -> Unavailable:
    local, least = ready.local, engine.about.least_context
    text = (
        f"{engine.name}'s own instructions need a context of {least} tokens, and {local.name} has "
        f"{local.num_ctx} here"
    )
    evidence = Evidence(f"{engine.name}.context", "none", str(local.num_ctx))
    hint = f"ai-code --num-ctx {least} …   (or a smaller model: --model NAME)"
    return Unavailable(UnavailableReason.MEMORY, text, evidence, hint)
