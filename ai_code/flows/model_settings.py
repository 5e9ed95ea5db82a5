"""How the model that is ready is worked with: see ``core.model_settings``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ai_code.core.model_settings import ModelSettings, model_settings

if TYPE_CHECKING:
    from ai_code.flows.readiness import Ready
    from ai_code.flows.world import World
    from ai_code.settings import Settings


def settings_for(world: World, settings: Settings, ready: Ready) -> ModelSettings:
    """By the catalogue, what was measured here, and the person's ``aider.edit-format``."""
    return model_settings(
        ready.local.shown,
        ready.digest,
        world.catalogue,
        world.model_notes.exams(),
        settings.aider_edit_format,
    )
