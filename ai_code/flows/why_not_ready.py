"""Why no local model is ready, in words, each with the command that mends it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ai_code.core.memory import gib
from ai_code.core.models import PREFERRED, can_chat
from ai_code.core.verdict import Evidence, Unavailable, UnavailableReason
from ai_code.flows.model_fit import is_local

if TYPE_CHECKING:
    from ai_code.core.catalogue import Catalogue
    from ai_code.core.policy import Policy
    from ai_code.core.ports import ModelServerError, ServedModel
    from ai_code.flows.model_fit import NoRoom

SERVE = "ollama serve"
_SMALL = ("qwen2.5-coder:3b", "gemma3:4b", "llama3.2:3b", "qwen2.5-coder:1.5b")
"""Models for little memory, in the order in which they are named."""
_SETTINGS = "ai-code config show --origin"


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


def no_model(
    wanted: str, served: Sequence[ServedModel], policy: Policy, catalogue: Catalogue
) -> Unavailable:
    """The model is not there, or ``auto`` finds none; what the policy excludes does not count."""
    allowed = [each for each in served if not policy.refusal(each.name, catalogue.maker(each.name))]
    names = ", ".join(model.name for model in served[:6]) or "none"
    evidence = Evidence("ollama.no-model", "none", names)
    chatting = [model.name for model in allowed if can_chat(model.name)]
    if wanted != "auto":
        message = f"the model {wanted} is not installed in Ollama (installed: {names})"
        hint = f"ollama pull {wanted}"
    elif chatting:
        message = f"none of the installed models is chosen by itself ({names}): name one"
        hint = f"ai-code --model {chatting[0]} …   (or set model: in the settings)"
    elif served and len(allowed) < len(served):
        first = next(each for each in served if each not in allowed)
        rule = policy.refusal(first.name, catalogue.maker(first.name))
        message = f"no installed model may be used ({first.name}: {rule})"
        hint = _pull(PREFERRED, policy, catalogue)
        evidence = evidence._replace(rule="models.policy")
    else:
        message = "Ollama has no model installed" + (f" that can edit ({names})" * bool(served))
        hint = _pull(PREFERRED, policy, catalogue)
    return Unavailable(UnavailableReason.NO_MODEL, message, evidence, hint)


def refused(
    name: str,
    rule: str,
    served: Sequence[ServedModel],
    policy: Policy,
    catalogue: Catalogue,
) -> Unavailable:
    """The model was named, and a rule of the policy forbids it."""
    allowed = (
        each.name
        for each in served
        if can_chat(each.name) and not policy.refusal(each.name, catalogue.maker(each.name))
    )
    other = next(allowed, "")
    hint = f"ai-code --model {other} …" if other else _pull(PREFERRED, policy, catalogue)
    message = f"{name} may not be used: {rule}"
    return Unavailable(
        UnavailableReason.NO_MODEL, message, Evidence("models.policy", "none", rule), hint
    )


def no_memory(
    name: str, short: NoRoom, asked: int, others: int, policy: Policy, catalogue: Catalogue
) -> Unavailable:
    """Nothing fits; ``others`` is how many models more were tried."""
    message = (
        f"{name} needs about {gib(short.need)} of memory and {gib(short.available)} can be had "
        "(RAM and GPU)"
    )
    if short.failed:
        message = f"{name} did not fit into memory"
    if others:
        message += f"; nor does any of {others} lighter ones" * (others > 1)
        message += "; nor does the one that is lighter" * (others == 1)
    pull = _pull(_SMALL, policy, catalogue)
    return Unavailable(
        UnavailableReason.MEMORY,
        message,
        Evidence("ollama.memory", "none", f"need {short.need} available {short.available}"),
        "AI_CODE_OLLAMA_NUM_CTX=0 ai-code …   (takes the context that fits)"
        if asked and not short.failed
        else f"{pull}   (a smaller model; or close other programs)",
    )


def _pull(names: Sequence[str], policy: Policy, catalogue: Catalogue) -> str:
    """The command for the first of these that is allowed."""
    for name in names:
        if not policy.refusal(name, catalogue.maker(name)):
            return f"ollama pull {name}"
    return f"{_SETTINGS}   (models.allow, models.deny, models.exclude-…)"
