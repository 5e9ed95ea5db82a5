"""The end of a run in which Claude's verdict stands and nobody takes over."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ai_code.core.errors import AiCodeError, NotInstalledError
from ai_code.core.verdict import Unavailable
from ai_code.flows.endings import claude_ended, no_chain, what_is_missing
from ai_code.flows.engine_program import mend_local

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ai_code.core.about import Mode
    from ai_code.flows.local_turn import LocalTurn
    from ai_code.flows.turns import Turn
    from ai_code.flows.world import World
    from ai_code.settings import Settings


def stopped(
    world: World,
    settings: Settings,
    names: Sequence[str],
    mode: Mode,
    first: Callable[[], LocalTurn],
    turn: Turn,
    reason: str,
) -> AiCodeError:
    """``names`` are the local engines of a run of this ``mode``, ``first`` makes the turn of the
    first of them; ``reason`` is Claude's verdict in words. On a new machine all that is missing is
    told in one screen, not one thing after the other."""
    error = claude_ended(turn, reason, settings, mend_local(world, settings, names, mode))
    if isinstance(error, NotInstalledError):
        if names:
            local = first()
            found = (local.find(), local.check())
            error.why = what_is_missing([each for each in found if isinstance(each, Unavailable)])
        else:
            error.why = what_is_missing([no_chain()])
    return error
