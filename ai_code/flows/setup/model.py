"""The step of the model: one that fits this machine, asked for, pulled, and its context told."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ai_code.core.columns import aligned
from ai_code.core.errors import AiCodeError, NoDiskError
from ai_code.core.memory import gb
from ai_code.core.models import same_model
from ai_code.core.pasting import hint_lines
from ai_code.core.ports import ModelServerError
from ai_code.core.setup import StepResult
from ai_code.core.verdict import Unavailable, UnavailableReason
from ai_code.flows.first_model import pull
from ai_code.flows.model_fit import is_local
from ai_code.flows.models.pulling import Pull
from ai_code.flows.models.recommending import Advice, advise
from ai_code.flows.models.screens import machine_line
from ai_code.flows.models.server import made_by, refusal, server_error, shown
from ai_code.flows.readiness import Ready, ask_local
from ai_code.flows.setup.another_model import another_model
from ai_code.flows.setup.ollama import keep

if TYPE_CHECKING:
    from ai_code.core.ports import ModelServer
    from ai_code.core.recommend import Recommendation
    from ai_code.core.setup import Change
    from ai_code.flows.setup.ground import Ground

_CHOICES = 3
_HINT_WIDTH = 74
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
        return _named(ground, settings.model)
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
    advice = advise(ground.world, ground.settings)
    if advice.found and ground.settings.model == "auto":
        size, maker = _about(advice.found[0])
        ground.say(f"For this machine it would be {advice.found[0].name} ({size}, {maker}).")
        _better(ground, advice)
    return StepResult("model", "missing", "no Ollama answers that could fetch one")


def _named(ground: Ground, name: str) -> StepResult:
    """The one that the settings name, and that is not there."""
    size = ground.world.catalogue.download_bytes(name)
    told = f" ({gb(size)} to download)" if size else ""
    ground.say(f"Your settings name {name}, which is not installed{told}.")
    try:
        Pull(ground.world, ground.settings).require_room(name)
    except AiCodeError as error:
        return _failed(error)
    if not ground.agrees("Pull it?"):
        return StepResult("model", "missing", f"{name} is not installed", (pull(name),))
    try:
        return _pull(ground, name)
    except NoDiskError as error:
        return _failed(error)


def _recommended(ground: Ground) -> StepResult:
    """The best of the catalogue, or one of the next, or any that the person names; asked again
    where the disk has no room for it."""
    advice = advise(ground.world, ground.settings)
    ground.say(
        f"No model is installed that a run would use. This machine: {machine_line(advice.machine)}."
    )
    if not is_local(ground.settings.ollama_api):
        ground.say("The server is another machine, whose memory is not known: these suit yours.")
    while advice.found:
        try:
            return _asked(ground, advice)
        except NoDiskError as error:
            if ground.mode != "ask":
                return _failed(error)
            told = _told_of(error)
            ground.say(f"{told[:1].upper()}{told[1:]}.")
            # A smaller one to pull stands among the choices anyway.
            smaller = error.hint.startswith(pull(""))
            for line in () if smaller else hint_lines(error.hint, _HINT_WIDTH):
                ground.show(line)
            # A download that broke off for want of room took some of it.
            advice = advise(ground.world, ground.settings)
    return _failed(advice.nothing())._replace(state="missing")


def _asked(ground: Ground, advice: Advice) -> StepResult:
    """Which one, and the download. Raises NoDiskError."""
    there = next((each for each in advice.found if each.installed), None)
    found = advice.found[:_CHOICES]
    if there is not None and there not in found:
        found = (*found[: _CHOICES - 1], there)
    rows = aligned([(f"[{n}] {each.name}", *_about(each)) for n, each in enumerate(found, 1)])
    for row, each in zip(rows, found, strict=True):
        ground.world.console.note(f"    {row}")
        ground.world.console.note(f"        {'; '.join(each.reasons[:3])}")
    _better(ground, advice)
    letters = dict.fromkeys("123"[: len(found)], "")
    here = is_local(ground.settings.ollama_api)
    answer = ground.choose("Which?", {**letters, "o": "another"}, default="1" if here else "n")
    if answer == "o":
        return another_model(ground, lambda name: _pull(ground, name)) or _none(found[0])
    if answer not in letters:
        return _none(found[0])
    chosen = found[int(answer) - 1]
    return _use(ground, chosen.name) if chosen.installed else _pull(ground, chosen.name)


def _better(ground: Ground, advice: Advice) -> None:
    if advice.better:
        ground.say(f"{advice.better}.")


def _about(each: Recommendation) -> tuple[str, str]:
    size = "installed" if each.installed else gb(each.fit.quantisation.size)
    return size, made_by(each.entry.maker)


def _none(best: Recommendation) -> StepResult:
    command = f"ai-code models use {best.name}" if best.installed else pull(best.name)
    return StepResult("model", "missing", "no model is there that a run would use", (command,))


def _failed(error: AiCodeError) -> StepResult:
    return StepResult("model", "failed", _told_of(error), (error.hint,) * bool(error.hint))


def _told_of(error: AiCodeError) -> str:
    return f"{error.what}: {error.why}" if error.why else error.what


def _pull(ground: Ground, name: str) -> StepResult:
    """Downloads it; where it was there under that name already, nothing is remembered. Raises
    NoDiskError."""
    settings = ground.settings
    server = ground.world.patient_server(settings.ollama_api, settings.ollama_headers)
    try:
        had = {each.name for each in server.models()}
    except ModelServerError as error:
        return _failed(server_error(settings.ollama_api, error))
    change = None
    if name not in had:
        change = ground.remember("model", name, api=settings.ollama_api)
    try:
        # What is done with it is told below, by the step.
        Pull(ground.world, settings, tells_use=False).go(name, yes=True)
    except AiCodeError as error:
        _forget(ground, server, change)
        if isinstance(error, NoDiskError):
            raise
        return _failed(error)
    installed = _names(server) - had
    if change and len(installed) == 1 and (full := installed.pop()) != name:
        # Without a tag Ollama adds one.
        ground.log.drop(change)
        ground.remember("model", full, api=settings.ollama_api)
    return _use(ground, name)


def _forget(ground: Ground, server: ModelServer, change: Change | None) -> None:
    """A download that failed left nothing to take back, unless it was whole before that."""
    if change and not any(same_model(change.name, each) for each in _names(server)):
        ground.log.drop(change)


def _names(server: ModelServer) -> set[str]:
    try:
        return {each.name for each in server.models()}
    except ModelServerError:
        return set()


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
