"""``handover.resume``: a local engine goes on with the session that Claude was cut off in, in a
copy of its transcript: Claude's own stays as it was, and goes on from there on its own model."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ai_code.core.task import Resume
from ai_code.engines.claude.resume import history_tokens, moved

if TYPE_CHECKING:
    from ai_code.core.ports_tree import Workspace
    from ai_code.engines.registry import LocalEngine
    from ai_code.flows.readiness import Ready
    from ai_code.flows.turns import Turn
    from ai_code.flows.world import World
    from ai_code.settings import Settings

_SHARE = 0.5
"""Of the context, for the history: tools, the task and the answer need the rest."""


def resume_of(
    world: World,
    settings: Settings,
    engine: LocalEngine,
    claude: Turn | None,
    ready: Ready,
    workspace: Workspace,
) -> Resume | None:
    """None where nobody asked for it, or it cannot be: then the brief says what was done, and one
    line why."""
    if not settings.handover_resume or claude is None or not claude.session_id:
        return None
    if not engine.about.resumes:
        return None
    path = world.transcripts.find(world.cwd, claude.session_id)
    rows = world.transcripts.tail(path) if path else None
    if rows is None or not rows.lines:
        world.console.note("Claude kept no transcript of the session: it gets the brief instead.")
        return None
    tokens, room = history_tokens(rows.lines), int(ready.local.num_ctx * _SHARE)
    if not rows.whole or tokens > room:
        told = f"about {tokens}" if rows.whole else "too many"
        world.console.note(
            f"The session's history is {told} tokens long, and {ready.local.shown} has room for "
            f"{room}: it gets the brief instead."
        )
        return None
    root = workspace.root
    text = moved(rows.lines, (root, root.resolve()), workspace.path)
    world.console.note(f"Claude's session goes on, with about {tokens} tokens of history.")
    world.console.detail(f"session {claude.session_id}")
    return Resume(claude.session_id, text)
