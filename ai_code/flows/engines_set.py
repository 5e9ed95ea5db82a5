"""The local engines that the settings name: which of them runs may take, and in which order."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from ai_code.core.engine_table import LOCAL

if TYPE_CHECKING:
    from ai_code.core.about import Mode
    from ai_code.settings import Settings

_MODES: Sequence[Mode] = ("edit", "ask", "plan")


class EngineHere(NamedTuple):
    """A local engine as it is on this machine. ``path`` is its program's, empty where that is not
    there; ``model`` what it would work on. ``why`` it cannot, in words (empty: it can), with
    ``mend``, the command for that. ``unseen``: what nobody looked at and a run will, in words."""

    name: str
    path: str = ""
    model: str = ""
    why: str = ""
    mend: str = ""
    unseen: str = ""


def local_names(settings: Settings, chosen: str) -> tuple[str, ...]:
    """Those that a run tries on the local side, in their order: the one that is chosen, or the
    chain."""
    return (chosen,) if chosen in LOCAL else settings.fallback_chain


def in_turn(settings: Settings) -> tuple[str, ...]:
    """The same of a run that edits."""
    return local_names(settings, settings.engine_for("edit"))


def all_named(settings: Settings) -> tuple[str, ...]:
    """Those that any run may take, each once."""
    chosen = (settings.engine_for(mode) for mode in _MODES)
    local = (name for name in chosen if name in LOCAL)
    return tuple(dict.fromkeys((*in_turn(settings), *local, *settings.fallback_chain)))


def without(
    settings: Settings, engines: Sequence[EngineHere], names: Sequence[str]
) -> EngineHere | None:
    """Who goes on in the place of these, of the ``engines`` that any run may take: the one of a
    run that edits, where every kind of run that would take one of them has another that can."""
    going = going_on([each for each in engines if each.name in in_turn(settings)])
    for mode in _MODES:
        taken = local_names(settings, settings.engine_for(mode))
        able = going_on([each for each in engines if each.name in taken])
        if able is None and not set(taken).isdisjoint(names):
            return None
    return going


def first_engine(settings: Settings) -> str:
    """The local engine that a run goes on with, as the settings have it."""
    return next(iter(in_turn(settings)), "aider")


def going_on(engines: Sequence[EngineHere]) -> EngineHere | None:
    """The one that would really go on: the first that can."""
    return next((each for each in engines if not each.why), None)
