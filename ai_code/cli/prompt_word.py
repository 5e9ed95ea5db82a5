"""``ai-code status --short``: asked by every shell prompt, so no parser is imported for it."""

from __future__ import annotations

from typing import Any

from ai_code.flows.status import answering, model_by_files, short


def prompt_word(world: Any) -> int:
    """Prints who would answer; the exit code."""
    settings = world.config.load({}).settings
    told = answering(world, settings)
    model = model_by_files(world, settings) if told.who == "local" else ""
    line = short(told, world.clock.now(), world.clock.local_tz(), model)
    world.console.raw(line.encode("ascii", "replace") + b"\n")
    return 0
