"""The step of the model: one that fits this machine, asked for, pulled, and its context told."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ai_code.core.columns import aligned
from ai_code.core.errors import AiCodeError
from ai_code.core.ports import ModelServerError
from ai_code.core.setup import StepResult
from ai_code.core.verdict import Unavailable, UnavailableReason
from ai_code.flows.models.pulling import Pull
from ai_code.flows.models.recommending import advise
from ai_code.flows.models.screens import gb, machine_line
from ai_code.flows.models.server import is_local, made_by, refusal, shown
from ai_code.flows.readiness import Ready, ask_local
from ai_code.flows.setup.ollama import keep

if TYPE_CHECKING:
    from ai_code.core.recommend import Recommendation
    from ai_code.flows.setup.ground import Ground

_CHOICES = 3
_ORDER = ("first", "second", "third")
_PULL = "ai-code models pull"
_RECOMMEND = "ai-code models recommend"


def model(ground: Ground) -> StepResult:
    """What a run would use is asked first: nothing is pulled beside a model that will do."""
    settings = ground.settings
    ready = ask_local(ground.world, settings)
    if isinstance(ready, Ready):
        return _forbidden(ground, ready) or _ok(ground, ready)
    if ready.reason is UnavailableReason.SERVER:
        return _without_server(ground)
    if ready.reason is not UnavailableReason.NO_MODEL:
        return StepResult("model", "failed", ready.message, (ready.hint,))
    if settings.model != "auto":
        return _pull(ground, settings.model)
    return _recommended(ground)


def _ok(ground: Ground, ready: Ready) -> StepResult:
    return StepResult("model", "ok", _told(ground, ready))


def _told(ground: Ground, ready: Ready) -> str:
    """The context is asked of the server by each run: no setting is needed, and none is made."""
    how = "ollama.num-ctx" if ground.settings.ollama_num_ctx else "chosen for each run"
    return f"{ready.local.name}, {ready.local.num_ctx} tokens of context ({how})"


def _forbidden(ground: Ground, ready: Ready) -> StepResult | None:
    server = ground.world.patient_server(ready.local.base_url, ready.local.headers)
    try:
        show = shown(server, ready.local.name)
    except AiCodeError:
        show = {}
    rule = refusal(ground.world, ground.settings, ready.local.name, show)
    told = f"{ready.local.name} may not be used: {rule}"
    return StepResult("model", "failed", told, (_RECOMMEND,)) if rule else None


def _without_server(ground: Ground) -> StepResult:
    """What it would be can be told all the same."""
    found = advise(ground.world, ground.settings).found
    if found and ground.settings.model == "auto":
        size, maker = _about(found[0])
        ground.say(f"For this machine it would be {found[0].name} ({size}, {maker}).")
    return StepResult("model", "missing", "no Ollama answers that could fetch one")


def _recommended(ground: Ground) -> StepResult:
    """The best of the catalogue, or one of the next, or any that the person names."""
    advice = advise(ground.world, ground.settings)
    ground.say(
        f"No model is installed that a run would use. This machine: {machine_line(advice.machine)}."
    )
    here = is_local(ground.settings.ollama_api)
    if not here:
        ground.say("The server is another machine, whose memory is not known: these suit yours.")
    if not advice.found:
        told = "no model of the catalogue suits this machine"
        return StepResult("model", "missing", told, (f"{_RECOMMEND} --all",))
    there = next((each for each in advice.found if each.installed), None)
    found = advice.found[:_CHOICES]
    if there is not None and there not in found:
        found = (*found[: _CHOICES - 1], there)
    rows = aligned([(f"[{n}] {each.name}", *_about(each)) for n, each in enumerate(found, 1)])
    for row, each in zip(rows, found, strict=True):
        ground.world.console.note(f"    {row}")
        ground.world.console.note(f"        {'; '.join(each.reasons[:3])}")
    letters = dict(zip("123", _ORDER[: len(found)], strict=False))
    answer = ground.choose("Which?", {**letters, "o": "another"}, default="1" if here else "n")
    if answer == "o":
        typed = ground.ask_line("Its name, as Ollama has it")
        return _pull(ground, typed) if typed else _none(found[0])
    if answer not in letters:
        return _none(found[0])
    chosen = found[int(answer) - 1]
    return _use(ground, chosen.name) if chosen.installed else _pull(ground, chosen.name)


def _about(each: Recommendation) -> tuple[str, str]:
    size = "installed" if each.installed else gb(each.fit.quantisation.size)
    return size, made_by(each.entry.maker)


def _none(best: Recommendation) -> StepResult:
    return StepResult("model", "missing", "no model is installed", (f"{_PULL} {best.name}",))


def _pull(ground: Ground, name: str) -> StepResult:
    """Downloads it; where it was there under that name already, nothing is remembered."""
    settings = ground.settings
    again = f"{_PULL} {name}"
    if ground.mode == "look":
        return StepResult("model", "missing", f"{name} is not installed", (again,))
    if settings.model == name:
        ground.say(f"Your settings name {name}, which is not installed{_size(ground, name)}.")
        if not ground.agrees("Pull it?"):
            return StepResult("model", "missing", f"{name} is not installed", (again,))
    server = ground.world.patient_server(settings.ollama_api, settings.ollama_headers)
    try:
        had = {each.name for each in server.models()}
    except ModelServerError as error:
        return StepResult("model", "failed", f"Ollama does not answer: {error}", (again,))
    change = None
    if name not in had:
        change = ground.remember("model", name, api=settings.ollama_api)
    try:
        Pull(ground.world, settings).go(name, yes=True)
        installed = {each.name for each in server.models()} - had
    except AiCodeError as error:
        told = f"{error.what}: {error.why}" if error.why else error.what
        return StepResult("model", "failed", told, (error.hint,) * bool(error.hint))
    except ModelServerError as error:
        return StepResult("model", "failed", f"Ollama does not answer: {error}", (again,))
    if change and len(installed) == 1 and (full := installed.pop()) != name:
        # Without a tag Ollama adds one.
        ground.log.drop(change)
        ground.remember("model", full, api=settings.ollama_api)
    return _use(ground, name)


def _size(ground: Ground, name: str) -> str:
    """How much there is to download, where the catalogue knows."""
    entry = ground.world.catalogue.entry(name)
    sizes = {each.tag: each.size for each in entry.quantisations} if entry else {}
    return f" ({gb(sizes[name])} to download)" if name in sizes else ""


def _use(ground: Ground, name: str) -> StepResult:
    """Where ``auto`` would not take it, it is kept as a choice."""
    ready = ask_local(ground.world, ground.settings)
    if isinstance(ready, Unavailable) and ready.reason is UnavailableReason.NO_MODEL:
        ground.say(f"model: auto does not choose {name} by itself: it is kept as a choice.")
        keep(ground, "model", name)
        ready = ask_local(ground.world, ground.settings)
    if isinstance(ready, Unavailable):
        return StepResult("model", "failed", ready.message, (ready.hint,))
    return StepResult("model", "done", _told(ground, ready))
