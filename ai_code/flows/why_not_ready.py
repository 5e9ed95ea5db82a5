"""Why no local model is ready, in words, each with the command that mends it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

from ai_code.core.errors import CannotStartError
from ai_code.core.memory import gib
from ai_code.core.models import can_chat
from ai_code.core.verdict import Evidence, Unavailable, UnavailableReason
from ai_code.flows.first_model import pull
from ai_code.flows.model_fit import is_local

if TYPE_CHECKING:
    from ai_code.core.ports import ModelServerError, ServedModel
    from ai_code.flows.first_model import FirstModel
    from ai_code.flows.model_fit import NoRoom
    from ai_code.flows.wanted import Wanted
    from ai_code.flows.world import World

SERVE = "ollama serve"
GET_OLLAMA = "ai-code setup   (gets Ollama and starts it)"
HOW_TO_GET_OLLAMA = "ai-code setup   (how to get Ollama, step by step)"
_SETTINGS = "ai-code config show --origin"
CLOSE = "ollama ps"


def serve(world: World) -> str:
    """What starts a server on this machine; where there is no program for it, what gets it."""
    return SERVE if _there(world, "ollama") else get_ollama(world)


def get_ollama(world: World) -> str:
    """What gets it. Setup installs it with Docker or Homebrew alone: its makers' installer wants
    root, and a Nix configuration is the person's, so there setup only says how."""
    way = "brew" if world.site.macos else "docker"
    return GET_OLLAMA if _there(world, way) and not world.site.nix else HOW_TO_GET_OLLAMA


def _there(world: World, name: str) -> bool:
    try:
        return world.processes.find((name,)) is not None
    except CannotStartError:
        return True


def no_server(base_url: str, error: ModelServerError) -> Unavailable:
    """The server does not answer, or not as an Ollama would."""
    evidence = Evidence("ollama." + error.kind, "none", str(error)[:200])
    if error.kind == "http":
        hint = f"{_SETTINGS}   (ollama.api, ollama.headers)"
        message = f"Ollama at {base_url} answered HTTP {error.status}: {error}"
        return Unavailable(UnavailableReason.SERVER, message, evidence, hint)
    if error.kind == "certificate":
        message = f"the certificate of {base_url} is not accepted ({error})"
        hint = f"{_SETTINGS}   (ollama.ca-file names the file it is checked against)"
        return Unavailable(UnavailableReason.SERVER, message, evidence, hint)
    if error.kind == "garbage":
        message = f"what answers at {base_url} is not Ollama ({error})"
        hint = "ai-code --api http://HOST:11434 …   (or set ollama.api)"
        return Unavailable(UnavailableReason.SERVER, message, evidence, hint)
    message = f"Ollama is not running at {base_url} ({error})"
    hint = SERVE if is_local(base_url) else f"curl {base_url}/api/version"
    if error.kind == "timeout":
        message = f"Ollama does not answer in time at {base_url} ({error})"
        hint = f"curl {base_url}/api/version   (if that hangs too, start Ollama anew)"
    return Unavailable(UnavailableReason.SERVER, message, evidence, hint)


def no_model(wanted: str, served: Sequence[ServedModel], models: FirstModel) -> Unavailable:
    """The model is not there, or ``auto`` finds none; what the policy excludes does not count."""
    allowed = _allowed(served, models)
    names = ", ".join(model.name for model in served[:6]) or "none"
    evidence = Evidence("ollama.no-model", "none", names)
    chatting = [model.name for model in allowed if can_chat(model.name)]
    if wanted != "auto":
        message = f"the model {wanted} is not installed in Ollama (installed: {names})"
        hint = pull(wanted)
    elif chatting:
        message = f"none of the installed models is chosen by itself ({names}): name one"
        hint = f"ai-code --model {chatting[0]} …   (or set model: in the settings)"
    elif served and len(allowed) < len(served):
        first = next(each for each in served if each not in allowed)
        rule = _rule(first.name, models)
        message = f"no installed model may be used ({first.name}: {rule})"
        hint = models.hint(models.first())
        evidence = evidence._replace(rule="models.policy")
    else:
        message = "Ollama has no model installed" + (f" that can edit ({names})" * bool(served))
        hint = models.hint(models.first())
    return Unavailable(UnavailableReason.NO_MODEL, message, evidence, hint)


def none_serves(
    wanted: Wanted, served: Sequence[ServedModel], models: FirstModel, *, calling: bool
) -> Unavailable:
    """The engine can work on none of those that are installed and allowed. ``calling``: some of
    them call tools."""
    names = [each.name for each in served]
    lack: Literal["tools", "context"] = "tools" if wanted.needs_tools and not calling else "context"
    message = in_words(
        wanted.engine, names, lack, context=wanted.least_context, tools=wanted.needs_tools
    )
    evidence = Evidence(f"{wanted.engine}.no-{lack}", "none", ", ".join(names[:6]))
    hint = models.hint(models.first(*names))
    return Unavailable(UnavailableReason.NO_MODEL, message, evidence, hint)


def in_words(
    engine: str,
    names: Sequence[str],
    lack: Literal["tools", "context"],
    *,
    context: int,
    tools: bool,
) -> str:
    """What none of these models has, of what the engine needs."""
    told = ", ".join(names[:6])
    if lack == "tools":
        can = f"{names[0]} cannot" if len(names) == 1 else f"no installed model can ({told})"
        return f"{engine} works by calling tools, and {can}"
    calls = " that calls tools" if tools else ""
    return (
        f"{engine}'s own instructions need a context of {context} tokens, and no installed "
        f"model{calls} was made for as many ({told})"
    )


def refused(name: str, rule: str, served: Sequence[ServedModel], models: FirstModel) -> Unavailable:
    """The model was named, and a rule of the policy forbids it."""
    other = next((each.name for each in _allowed(served, models) if can_chat(each.name)), "")
    hint = f"ai-code --model {other} …" if other else models.hint(models.first())
    message = f"{name} may not be used: {rule}"
    return Unavailable(
        UnavailableReason.NO_MODEL, message, Evidence("models.policy", "none", rule), hint
    )


def no_memory(
    name: str, short: NoRoom, asked: int, others: int, models: FirstModel, room: int | None
) -> Unavailable:
    """Nothing fits; ``others`` is how many models more were tried, ``room`` the bytes that one
    could have (None: of a machine that nobody sees)."""
    message = (
        f"{name} needs about {gib(short.need)} of memory and {gib(short.available)} can be had "
        "(RAM and GPU)"
    )
    if short.failed:
        message = f"{name} did not fit into memory"
    if others:
        message += f"; nor does any of {others} lighter ones" * (others > 1)
        message += "; nor does the one that is lighter" * (others == 1)
    return Unavailable(
        UnavailableReason.MEMORY,
        message,
        Evidence("ollama.memory", "none", f"need {short.need} available {short.available}"),
        "AI_CODE_OLLAMA_NUM_CTX=0 ai-code …   (takes the context that fits)"
        if asked and not short.failed
        else _lighter(name, models, room),
    )


def _lighter(name: str, models: FirstModel, room: int | None) -> str:
    found = models.lighter(name, room=room)
    if found is None:
        return f"{CLOSE}   (what is loaded; close other programs, too)"
    if found.installed:
        return f"ai-code --model {found.name} …   (a smaller model; or close other programs)"
    return models.hint(found, "a smaller model; or close other programs")


def _allowed(served: Sequence[ServedModel], models: FirstModel) -> list[ServedModel]:
    return [each for each in served if not _rule(each.name, models)]


def _rule(name: str, models: FirstModel) -> str:
    return models.wishes.policy.refusal(name, models.catalogue.maker(name))
