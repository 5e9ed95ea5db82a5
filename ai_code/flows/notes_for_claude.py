"""The notes of ``ai-code remember`` for Claude, which reads its own memory files itself.

By a file that is appended to the system prompt: the person's prompt stays theirs, and nobody reads
it in a list of processes. Each request has it once: 2.1.329 keeps what a session began with and
ignores more on resume, 2.0.77 wants it every time (seen)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from ai_code.core.brief import estimate_tokens, fit
from ai_code.core.notes_file import as_list, parse_notes
from ai_code.core.secret_values import masked, secret_values

if TYPE_CHECKING:
    from ai_code.core.task import Program, Task
    from ai_code.flows.world import World
    from ai_code.settings import Settings

OPTION = "--append-system-prompt"
_SINCE = (2, 0, 77)
"""The oldest version in which the option for a file was seen to work."""
_MOST_TOKENS = 4000
_OF = {
    "project": "Notes that the person left for this project",
    "global": "Notes that the person left for all projects",
}


class NotesForClaude(NamedTuple):
    """``text`` goes into ``path``; ``number`` notes, so many ``tokens``."""

    path: Path
    text: str
    number: int

    @property
    def tokens(self) -> int:
        return estimate_tokens(self.text)

    @property
    def arguments(self) -> tuple[str, ...]:
        return (f"{OPTION}-file", str(self.path))


def notes_for_claude(
    world: World, settings: Settings, program: Program, arguments: Sequence[str]
) -> NotesForClaude | None:
    """What this Claude is told; None where there is nothing, or where the person's own arguments
    have a text for the system prompt. Nothing is written."""
    old = program.version is not None and program.version < _SINCE
    if old or any(each.startswith(OPTION) for each in arguments):
        return None
    parts: list[str] = []
    count = 0
    for scope in world.notes.scopes(world.cwd):
        notes = parse_notes(world.notes.read(scope))
        if notes:
            count += len(notes)
            parts.append(f"# {_OF[scope.name]} (ai-code remember), newest first\n\n")
            parts[-1] += as_list(notes)
    if not parts:
        return None
    secrets = secret_values(world.environ, settings.ollama_headers)
    text = masked(fit("\n".join(parts), _MOST_TOKENS), secrets)
    return NotesForClaude(world.notes.claude_file(world.cwd), text, count)


def with_notes(world: World, task: Task, notes: NotesForClaude, *, write: bool) -> Task:
    """The task, with the text where Claude is told to read it."""
    if write and not _written(world, notes):
        return task
    return task._replace(extra_args=(*task.extra_args, *notes.arguments))


def _written(world: World, notes: NotesForClaude) -> bool:
    known = world.files.read(notes.path, notes.path.parent, len(notes.text) * 4 + 16)
    if known == notes.text:
        return True
    try:
        world.files.write(notes.path, notes.text)
    except OSError:
        # A full disk: Claude works all the same.
        return False
    return True
