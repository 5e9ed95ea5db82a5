"""``ai-code models rm``: removes an installed model, after asking."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from ai_code.core.memory import gb
from ai_code.core.models import is_variant_of
from ai_code.flows.models.server import asked, confirmed, served

if TYPE_CHECKING:
    from ai_code.flows.world import World
    from ai_code.settings import Settings


def remove(world: World, settings: Settings, name: str, *, yes: bool) -> bool:
    """False where the person said no. A model that the policy forbids may be removed like any."""
    there = served(world, settings)
    model = there.find(name, "ai-code models list")
    question = f"Remove {model.name} ({gb(model.size)})?"
    if not confirmed(world, question, yes, f"ai-code models rm {model.name}"):
        world.console.note("nothing was removed")
        return False
    # A variant that is left would keep the weights on the disk.
    for each in asked(there.server, there.server.models):
        if is_variant_of(each.name, model.name):
            asked(there.server, partial(there.server.delete, each.name))
    asked(there.server, lambda: there.server.delete(model.name))
    world.console.note(f"{model.name} is removed")
    world.console.note(f"to have it again: ai-code models pull {model.name}")
    if settings.model == model.name:
        world.console.note("your settings still name it: ai-code models use auto")
    return True
