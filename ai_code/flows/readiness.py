"""Is the local model ready? Asked before anything starts, answered in under a second.

aider itself needs 76 silent seconds to say that no server answers; this says it at once, with
the command that mends it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from ai_code.core.errors import CannotStartError
from ai_code.core.memory import (
    CONTEXTS,
    DEFAULT_CONTEXT,
    gib,
    largest_context,
    need_bytes,
    shape_of,
)
from ai_code.core.models import PREFERRED, can_chat, choose, runs_elsewhere, same_model
from ai_code.core.ports import (
    Hardware,
    LoadedModel,
    Machine,
    ModelServer,
    ModelServerError,
    ServedModel,
)
from ai_code.core.preload import fits_beside
from ai_code.core.task import LocalModel
from ai_code.core.verdict import Evidence, Unavailable, UnavailableReason

if TYPE_CHECKING:
    from ai_code.flows.world import World
    from ai_code.settings import Settings

_VRAM_SHARE = 0.9
"""Drivers and the desktop keep some of a card's free memory for themselves."""
_RAM_RESERVE = 512 << 20
_SERVE = "ollama serve"
_GET_OLLAMA = "ollama serve   (install Ollama first: https://ollama.com/download)"
_WISHED_CONTEXT = 16384
"""Larger contexts cost memory and time; an edit with its files rarely needs more."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What settings ask for: a model's name or ``auto``; ``num_ctx`` in tokens, 0 for auto."""

    model: str
    num_ctx: int
    headers: Mapping[str, str]
    keep_alive: str | None


@dataclass(frozen=True, slots=True)
class Ready:
    """A model that is served and fits. ``notes`` are lines worth telling. ``beside``: loading it
    takes nothing from the models that are loaded."""

    local: LocalModel
    notes: tuple[str, ...] = ()
    loaded: bool = False
    beside: bool = True


def ask_local(world: World, settings: Settings) -> Ready | Unavailable:
    """``check_local`` with what the settings want of the server they name. Where no server runs
    and no Ollama is installed, the hint says how to get it."""
    server = world.model_server(settings.ollama_api, settings.ollama_headers)
    wanted = Wanted(
        settings.model,
        settings.ollama_num_ctx,
        settings.ollama_headers,
        settings.ollama_keep_alive,
    )
    checked = check_local(server, world.hardware, wanted)
    if isinstance(checked, Unavailable) and checked.hint == _SERVE:
        try:
            installed = world.processes.find(("ollama",)) is not None
        except CannotStartError:
            installed = True
        if not installed:
            return checked._replace(hint=_GET_OLLAMA)
    return checked


def check_local(server: ModelServer, hardware: Hardware, wanted: Wanted) -> Ready | Unavailable:
    """Server, model and memory, in this order; the first that is missing is the answer."""
    try:
        served = server.models()
        name = choose(wanted.model, [model.name for model in served])
        if name is None:
            return _no_model(wanted.model, served)
        model = next(model for model in served if model.name == name)
        return _fit(server, hardware, wanted, model)
    except ModelServerError as error:
        return _no_server(server.base_url, error)


def _fit(
    server: ModelServer, hardware: Hardware, wanted: Wanted, model: ServedModel
) -> Ready | Unavailable:
    show, told = _shown(server, model.name), _loaded(server)
    loaded = told or ()
    if runs_elsewhere(model.name):
        note = f"{model.name} runs on Ollama's servers: the prompt and files leave this machine."
        context = wanted.num_ctx or _own_context(show)
        return replace(_ready(server, wanted, model, context, (note,)), beside=False)
    running = next((row for row in loaded if same_model(row.name, model.name)), None)
    if running and _will_do(running.context, wanted.num_ctx):
        # It is in memory with a context that will do: asking for another would load it anew.
        return _ready(server, wanted, model, running.context, _offload(running), loaded=True)
    if not _is_local(server.base_url):
        context = wanted.num_ctx or _own_context(show)
        beside = fits_beside(_need(model, show, context), None, told)
        return replace(_ready(server, wanted, model, context, ()), beside=beside)
    machine = hardware.memory()
    available = _available(machine, loaded)
    if wanted.num_ctx:
        context = wanted.num_ctx if _need(model, show, wanted.num_ctx) <= available else 0
    else:
        context = min(largest_context(model.size, shape_of(show), available), _WISHED_CONTEXT)
    if not context:
        need = _need(model, show, wanted.num_ctx or CONTEXTS[-1])
        return _no_memory(model, need, available, wanted.num_ctx)
    beside = fits_beside(_need(model, show, context), machine, told)
    return replace(_ready(server, wanted, model, context, ()), beside=beside)


def _will_do(context: int, wanted: int) -> bool:
    """Whether a loaded model's context can stay: the one asked for, else any that is no dwarf."""
    return context == wanted if wanted else context >= CONTEXTS[-1]


def _shown(server: ModelServer, name: str) -> Mapping[str, Any]:
    """What the server tells of a model; nothing where it cannot (an older one, a proxy). One
    that does not answer is not ready: aider asks the same, and would wait for minutes."""
    try:
        return server.show(name)
    except ModelServerError as error:
        if error.kind != "http":
            raise
        return {}


def _loaded(server: ModelServer) -> Sequence[LoadedModel] | None:
    """What is in memory; None where the server does not tell, or not in time."""
    try:
        return server.loaded()
    except ModelServerError as error:
        if error.kind not in ("http", "timeout"):
            raise
        return None


def _ready(
    server: ModelServer,
    wanted: Wanted,
    model: ServedModel,
    context: int,
    notes: tuple[str, ...],
    loaded: bool = False,
) -> Ready:
    local = LocalModel(
        model.name, server.base_url, context, dict(wanted.headers), wanted.keep_alive
    )
    return Ready(local, notes, loaded)


def _need(model: ServedModel, show: Mapping[str, Any], context: int) -> int:
    return need_bytes(model.size, shape_of(show), context)


def _own_context(show: Mapping[str, Any]) -> int:
    shape = shape_of(show)
    return min(DEFAULT_CONTEXT, shape.context) if shape and shape.context else DEFAULT_CONTEXT


def _available(machine: Machine, loaded: Sequence[LoadedModel]) -> int:
    """Bytes a model could have. What other models hold counts: Ollama makes room for a new
    one by unloading them."""
    given_back = sum(model.size for model in loaded)
    free = machine.ram_available + int(machine.vram_free * _VRAM_SHARE) - _RAM_RESERVE
    return max(0, free) + given_back


def _is_local(base_url: str) -> bool:
    host = urlsplit(base_url).hostname or ""
    return host in ("localhost", "::1") or host.startswith("127.")


def _offload(running: LoadedModel) -> tuple[str, ...]:
    if 0 < running.size_vram < running.size:
        share = 100 * running.size_vram // running.size
        return (f"{running.name} is only {share} % on the GPU, so it will be slow.",)
    return ()


def _no_server(base_url: str, error: ModelServerError) -> Unavailable:
    evidence = Evidence("ollama." + error.kind, "none", str(error)[:200])
    if error.kind == "http":
        hint = "ai-code config show --origin   (ollama.api, ollama.headers)"
        message = f"Ollama at {base_url} answered HTTP {error.status}: {error}"
        return Unavailable(UnavailableReason.SERVER, message, evidence, hint)
    if error.kind == "garbage":
        message = f"what answers at {base_url} is not Ollama ({error})"
        hint = "ai-code --api http://HOST:11434 …   (or set ollama.api)"
        return Unavailable(UnavailableReason.SERVER, message, evidence, hint)
    message = f"Ollama is not running at {base_url} ({error})"
    hint = _SERVE if _is_local(base_url) else f"curl {base_url}/api/version"
    if error.kind == "timeout":
        message = f"Ollama does not answer in time at {base_url} ({error})"
        hint = f"curl {base_url}/api/version   (if that hangs too, start Ollama anew)"
    return Unavailable(UnavailableReason.SERVER, message, evidence, hint)


def _no_model(wanted: str, served: Sequence[ServedModel]) -> Unavailable:
    names = ", ".join(model.name for model in served[:6]) or "none"
    if wanted != "auto":
        message = f"the model {wanted} is not installed in Ollama (installed: {names})"
        hint = f"ollama pull {wanted}"
    elif any(can_chat(model.name) for model in served):
        message = f"none of the installed models is chosen by itself ({names}): name one"
        first = next(model.name for model in served if can_chat(model.name))
        hint = f"ai-code --model {first} …   (or set model: in the settings)"
    else:
        message = "Ollama has no model installed" + (f" that can edit ({names})" * bool(served))
        hint = f"ollama pull {PREFERRED[0]}"
    evidence = Evidence("ollama.no-model", "none", names)
    return Unavailable(UnavailableReason.NO_MODEL, message, evidence, hint)


def _no_memory(model: ServedModel, need: int, available: int, asked: int) -> Unavailable:
    message = (
        f"{model.name} needs about {gib(need)} of memory and {gib(available)} can be had "
        "(RAM and GPU)"
    )
    return Unavailable(
        UnavailableReason.MEMORY,
        message,
        Evidence("ollama.memory", "none", f"need {need} available {available}"),
        "AI_CODE_OLLAMA_NUM_CTX=0 ai-code …   (takes the context that fits)"
        if asked
        else "ollama pull qwen2.5-coder:3b   (a smaller model; or close other programs)",
    )
