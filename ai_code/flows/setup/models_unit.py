"""The unit of the models: what is missing comes in the background, whenever the server starts."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from ai_code.core.errors import AiCodeError, NoDiskError
from ai_code.core.memory import gb
from ai_code.core.models import installed_name
from ai_code.core.pasting import hint_lines
from ai_code.core.setup import StepResult
from ai_code.flows.model_disk import disk_room
from ai_code.flows.models.pull_all import used_models
from ai_code.flows.models.server import served
from ai_code.flows.setup import units
from ai_code.flows.setup.unit import MODELS, models_values, unit_text
from ai_code.flows.setup.units import systemctl

if TYPE_CHECKING:
    from ai_code.flows.setup.ground import Ground

_AGAIN = "ai-code setup service"
_HINT_WIDTH = 74


class _Missing(NamedTuple):
    """What would be downloaded at once, in words. ``no_room`` says why it cannot be, and ``mend``
    is the command that helps then."""

    told: str
    no_room: str = ""
    mend: str = ""


def with_models(ground: Ground, result: StepResult) -> StepResult:
    """The step of the service, once the server answers."""
    values = models_values(ground.site.own_command, ground.settings.ollama_api)
    unit = units.look(ground, MODELS, unit_text(ground.site.unit_template(MODELS), values))
    done = result._replace(state="done", told=f"{result.told}; {MODELS} fetches its models")
    if unit.state == "stale":
        return done if units.update(ground, unit) else result
    alone = ground.options.steps == ("service",)
    if unit.state != "absent":
        return _how_it_is(ground, result) if alone else result
    missing = _missing_now(ground)
    ground.say(
        f"A second one, {ground.shown(unit.path)}, fetches in the background, whenever Ollama "
        "starts, what is missing of the models that runs use, by your settings or recommended. "
        f"{missing.told}"
    )
    for line in hint_lines(missing.mend, _HINT_WIDTH) if missing.mend else ():
        ground.show(line)
    for line in unit.wanted.splitlines():
        if line.startswith("ExecStart="):
            ground.show(line)
    if not ground.agrees("Write and enable it?"):
        return result
    if why := units.write(ground, unit):
        return StepResult("service", "failed", why, (_AGAIN,))
    enabled = systemctl(ground, "enable", MODELS)
    if not enabled.ok:
        told = f"{MODELS} could not be enabled: {enabled.why}"
        return StepResult("service", "failed", told, (_AGAIN,))
    if missing.no_room:
        # Started now it would fail, and for good.
        return _without_room(missing) if alone else done
    # Where the step of the model follows, the person is asked there which one.
    if "model" not in (ground.options.steps or ("model",)):
        systemctl(ground, "start", "--no-block", MODELS)
        ground.say("How far it is:")
        ground.show(f"{units.log_command(MODELS)} -f")
    return done


def _how_it_is(ground: Ground, result: StepResult) -> StepResult:
    """Whoever asks for the services alone is told where the last fetching failed, or the next one
    would."""
    state = units.properties(ground, MODELS, "ActiveState").get("ActiveState")
    if state == "failed":
        told = f"{MODELS} failed ({units.last_words(ground, MODELS) or 'its log says why'})"
        return StepResult("service", "failed", told, (units.log_command(MODELS),))
    missing = _missing_now(ground)
    return _without_room(missing) if missing.no_room else result


def _without_room(missing: _Missing) -> StepResult:
    told = f"{MODELS} is there, and cannot fetch: {missing.no_room}"
    return StepResult("service", "failed", told, (missing.mend,))


def _missing_now(ground: Ground) -> _Missing:
    world, settings = ground.world, ground.settings
    try:
        names = used_models(world, settings)
        installed = [each.name for each in served(world, settings).models]
    except NoDiskError as error:
        told = f"{error.what}: {error.why}"
        return _Missing(f"Now it could fetch nothing: {told}.", told, error.hint)
    except AiCodeError:
        return _Missing("")
    missing = [name for name in names if not installed_name(name, installed)]
    if not missing:
        return _Missing("Now nothing is missing.")
    sizes = {name: world.catalogue.download_bytes(name) for name in missing}
    told = ", ".join(name + (f" ({gb(size)})" if size else "") for name, size in sizes.items())
    room = disk_room(world, settings.ollama_api, installed)
    if room is None or room.holds(sum(sizes.values())):
        return _Missing(f"Now that is {told}.")
    no_room = f"there is no room for {told}; {room.told}"
    mend = room.mend(installed=bool(installed))
    return _Missing(f"Now that is {told}, and there is no room: {room.told}.", no_room, mend)
