"""What only a local engine of Claude's own kind can use. ``handover.resume``: it goes on with the
session that Claude was cut off in, in a copy of its transcript: Claude's own stays as it was, and
goes on from there on its own model."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ai_code.core.mcp_servers import without_keys
from ai_code.core.task import Resume
from ai_code.core.text import one_line
from ai_code.engines.claude.resume import history_tokens, moved

if TYPE_CHECKING:
    from ai_code.core.ports_tree import Workspace
    from ai_code.core.task import Task
    from ai_code.engines.registry import LocalEngine
    from ai_code.flows.readiness import Ready
    from ai_code.flows.turns import Turn
    from ai_code.flows.world import World
    from ai_code.settings import Settings

_SHARE = 0.5
"""Of the context, for the history: tools, the task and the answer need the rest."""


def as_claudes_kind(
    world: World,
    settings: Settings,
    engine: LocalEngine,
    claude: Turn | None,
    task: Task,
    ready: Ready,
    workspace: Workspace,
) -> Task:
    """The task with the session it goes on with, and the MCP servers that want no keys; as it
    was for any other engine."""
    if not engine.about.resumes:
        return task
    home = world.claude_home
    folder = home.look(world.cwd)
    task = task._replace(guard_folder=folder.has_folder_settings and not folder.trusted)
    if task.mode != "edit":
        return task
    servers = without_keys(home.mcp_servers(), world.environ)
    if task.commands:
        for name, keys in servers.left_out.items():
            world.console.note(
                f"MCP server {one_line(name, 60)} is left out: it wants {', '.join(keys)}, and "
                "no local engine gets keys."
            )
    return task._replace(
        resume=_resume_of(world, settings, claude, ready, workspace),
        claude_dir=home.config_dir,
        mcp_servers=servers.rows,
    )


def _resume_of(
    world: World,
    settings: Settings,
    claude: Turn | None,
    ready: Ready,
    workspace: Workspace,
) -> Resume | None:
    """None where nobody asked for it, or it cannot be: then the brief says what was done, and one
    line why."""
    if not settings.handover_resume or claude is None or not claude.session_id:
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
