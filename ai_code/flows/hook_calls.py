"""What our hooks do when Claude Code calls them. Each says what is to be printed; nothing here
may cost a session more than a moment."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ai_code.core.task import IN_A_RUN

if TYPE_CHECKING:
    from ai_code.flows.world import World

Said = Mapping[str, Any]
"""The object that Claude gives a hook on standard input."""


def answer(world: World, event: str, said: str) -> str:
    """What the hook of that name prints. An event that we do not know, an input that is no
    object and a session that a run of ours began are nothing to us."""
    if event not in _HOOKS or world.environ.get(IN_A_RUN):
        return ""
    try:
        value = json.loads(said)
    except (ValueError, RecursionError):
        return ""
    return _HOOKS[event](world, value) if isinstance(value, dict) else ""


def _session_start(world: World, said: Said) -> str:
    """The note on what local models did meanwhile, as context for Claude."""
    root = world.trees.root_of(_folder(world, said))
    if not world.untold.has(root):
        return ""
    if world.config.load({}).settings.handover_to_claude == "none":
        return ""
    from ai_code.flows.note_to_claude import Note

    note = Note(world, root, "hook")
    if not note.text:
        return ""
    # Kept first: what cannot be kept would be told for ever.
    note.given(Path(_text(said, "transcript_path") or "/dev/null"), world.clock.now())
    told = {"hookEventName": "SessionStart", "additionalContext": note.text}
    return json.dumps({"hookSpecificOutput": told})


def _stop_failure(world: World, said: Said) -> str:
    """A limit is remembered as a run's is."""
    from ai_code.engines.claude.hook import refused
    from ai_code.flows.limit_memory import LimitMemory

    path = _text(said, "transcript_path")
    rows = world.transcripts.tail(Path(path)).lines if path else ()
    found = refused(dict(said), rows, int(world.clock.now()), world.clock.local_tz())
    if found is None:
        return ""
    folder = world.claude_home.look(_folder(world, said))
    if found.subscription:
        folder = folder._replace(auth="subscription")
    settings = world.config.load({}).settings
    memory = LimitMemory(world, settings, folder.account)
    memory.remember(found.limit)
    memory.end()
    return ""


_HOOKS: Mapping[str, Callable[[World, Said], str]] = {
    "session-start": _session_start,
    "stop-failure": _stop_failure,
}


def _folder(world: World, said: Said) -> Path:
    """Where the session works: Claude may have started its hook elsewhere."""
    told = _text(said, "cwd")
    return Path(told) if told.startswith("/") else world.cwd


def _text(said: Said, key: str) -> str:
    value = said.get(key)
    return value if isinstance(value, str) and "\0" not in value else ""
