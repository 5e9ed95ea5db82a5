"""What changes a setting so that the change counts: in the layer that says what is wrong, or, where
a layer above the files says it, there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ai_code.core.doctor import Fix, run, write
from ai_code.core.models import installed_name
from ai_code.flows.first_model import FirstModel, wishes_of
from ai_code.flows.model_disk import disk_room
from ai_code.flows.wanted import MACHINE_S, wanted_by
from ai_code.settings import Layers, load
from ai_code.settings.show import as_scalar, nix_line

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

    from ai_code.flows.doctor.facts import Facts
    from ai_code.settings import Loaded

_EDIT = "models.roles.edit"


def set_key(facts: Facts, key: str, value: object) -> Fix:
    """A key of the settings, where it was set; one that nobody set, in the person's file."""
    origin = facts.loaded.origins[key]
    if origin.layer in ("env", "flag") and origin.name:
        text = ",".join(value) if isinstance(value, list) else value
        return run("export", f"{origin.name}={text}")
    if origin.layer == "command" and key == "ollama.api":
        return run("ai-code", "setup", "ollama", "--api", str(value))
    file, managed = origin.path, False
    if origin.layer in ("default", "user"):
        rows = facts.world.config.files()
        user = next(each for each in rows if each.role == "user file")
        file, managed = user.path, user.managed
    if managed:
        return write(nix_line(key, value))
    return write(
        f"{key}: {as_scalar(value)}   (in {shown(facts, file) if file else 'your settings'})"
    )


def shown(facts: Facts, path: Path) -> str:
    """A path as a person writes it."""
    inside = facts.home.parts[1:] and path.is_relative_to(facts.home)
    return f"~/{path.relative_to(facts.home)}" if inside else str(path)


def use_model(facts: Facts, name: str, usable: Collection[str]) -> Fix:
    """Has runs use a model; ``usable`` are those that could be used then."""
    key = _EDIT if facts.loaded.values.get(_EDIT) else "model"
    origin = facts.loaded.origins[key]
    if origin.layer == "env":
        beneath = _without(facts, origin.name).settings.model_for("edit")
        if beneath == "auto" or installed_name(beneath, list(usable)):
            return run("unset", origin.name)
    if origin.layer in ("command", "default"):
        role = ("--role", "edit") if key == _EDIT else ()
        return run("ai-code", "models", "use", name, *role)
    return set_key(facts, key, name)


def get_model(facts: Facts, name: str, usable: Collection[str] = ()) -> Fix:
    """Downloads a model, and has runs use it where they would not by themselves."""
    pull = ("ai-code", "models", "pull", name)
    if facts.settings.model_for("edit") == "auto":
        return Fix((pull,))
    use = use_model(facts, name, [name, *usable])
    if use.commands:
        return Fix((pull, *use.commands))
    command, _, about = use.text.partition("   (")
    return write(f"{run(*pull).shown}   (then {command} {about.removesuffix(')')})".rstrip())


def first_model(facts: Facts) -> FirstModel:
    """What to get on this machine, as ``ai-code models recommend`` says."""
    world, served = facts.world, facts.served() or ()
    wanted = wanted_by(world, facts.settings, engine=facts.engine())
    room = disk_room(world, facts.settings.ollama_api, [each.name for each in served])
    wishes = wishes_of(wanted, served, world.model_notes, room)
    return FirstModel(world.catalogue, wishes, lambda: facts.hardware(MACHINE_S))


def _without(facts: Facts, variable: str) -> Loaded:
    """The settings as they would be without a variable."""
    config, environ = facts.world.config, dict(facts.world.environ)
    environ.pop(variable, None)
    return load(
        Layers(
            environ=environ, choices=config.choices(), project=config.project(), user=config.user()
        )
    )
