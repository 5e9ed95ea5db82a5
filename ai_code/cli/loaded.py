"""The settings of a command: what is wrong with them and not bad enough to stop is said once."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ai_code.settings import Loaded


def loaded(world: Any, flags: Mapping[str, object] = MappingProxyType({})) -> Loaded:
    """As they are now, ``flags`` above them; each warning is a line on stderr, ``--json`` or not:
    a mistyped variable that nobody hears of has not set what it was meant to."""
    found: Loaded = world.config.load(dict(flags))
    for notice in found.warnings:
        world.console.important(f"warning: {notice}")
    return found
