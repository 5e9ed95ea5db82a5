"""``ai-code models use``: which model runs use from now on, kept as a choice of this command."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ai_code.core.catalogue import Role
from ai_code.core.errors import AiCodeError, UsageError
from ai_code.core.models import can_chat
from ai_code.flows.models.server import require_allowed, served, shown
from ai_code.settings import KEYS
from ai_code.settings.sources import parse_choices

if TYPE_CHECKING:
    from ai_code.flows.world import World
    from ai_code.settings import Loaded
    from ai_code.settings.ports import Config

AUTO = "auto"


def use(world: World, config: Config, loaded: Loaded, name: str, role: Role | None) -> None:
    """Keeps the choice; ``auto`` takes it back. Raises AiCodeError where the model is not
    installed, may not be used or cannot edit."""
    key = "model" if role is None else f"models.roles.{role}"
    if key not in KEYS:
        raise UsageError(
            f"there is no setting {key} in this version", hint=f"ai-code models use {name}"
        )
    console = world.console
    if name == AUTO:
        was = chosen(config, key)
        if was is None:
            console.note(f"there was no choice of {key} to take back")
        else:
            config.choose({key: None})
            console.note(f"the choice of {key} ({was}) is taken back")
    else:
        name = _checked(world, loaded, name)
        config.choose({key: name})
        console.note(f"{key} is {name} from now on")
        console.note(
            "to take it back: ai-code models use auto" + (f" --role {role}" if role else "")
        )
    now = config.load({})
    if name != AUTO and now.values[key] != name:
        console.important(f"{now.origins[key]} says {now.values[key]}, and counts more")


def chosen(config: Config, key: str) -> object:
    """What a command chose for this key; None where none did."""
    file = config.choices()
    entries = parse_choices(file).entries if file else ()
    return next((entry.value for entry in entries if entry.key.name == key), None)


def _checked(world: World, loaded: Loaded, name: str) -> str:
    settings = loaded.settings
    require_allowed(world, settings, name)
    there = served(world, settings)
    model = there.find(name)
    require_allowed(world, settings, model.name, shown(there.server, model.name))
    if not can_chat(model.name):
        raise AiCodeError(
            f"{model.name} makes embeddings and answers nothing", hint="ai-code models list"
        )
    return model.name
