"""``ai-code status --short``: asked by every shell prompt, so no parser is imported for it."""

from __future__ import annotations

from typing import Any

from ai_code.flows.status import answering, short


def prompt_word(world: Any) -> int:
    """Prints who would answer; the exit code."""
    told = answering(world, world.config.load({}).settings)
    line = short(told, world.clock.now(), world.clock.local_tz())
    world.console.raw(line.encode("ascii", "replace") + b"\n")
    return 0
