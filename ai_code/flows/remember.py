"""``ai-code remember``: a note for this project, for all of them, or in the project's CLAUDE.md."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from ai_code.core.changes import ABSENT, REGULAR, Change
from ai_code.core.errors import AiCodeError, UsageError
from ai_code.core.notes_file import (
    MOST_CHARACTERS,
    Note,
    clean,
    note_id,
    parse_notes,
    render_notes,
    same_note,
)
from ai_code.core.ports_memory import Scope, ScopeName
from ai_code.core.project_note import with_note
from ai_code.core.secret_values import looks_secret, secret_values

if TYPE_CHECKING:
    from ai_code.flows.world import World
    from ai_code.settings import Settings

_MEMORY_FILES = ("CLAUDE.md", ".claude/CLAUDE.md")


class Remembered(NamedTuple):
    """``known``: it was there before, and nothing was written."""

    note: Note
    scope: Scope
    known: bool


class ProjectNote(NamedTuple):
    """What the project's memory file would become."""

    path: Path
    root: Path
    change: Change


def checked(world: World, settings: Settings, text: str, *, allow_secret: bool) -> str:
    """The text as it is kept. Raises UsageError where it is none that should be."""
    plain = clean(text)
    if not plain:
        raise UsageError("there is nothing to remember", hint='ai-code remember "TEXT"')
    if len(plain) > MOST_CHARACTERS:
        raise UsageError(
            f"that is too long for a note: {len(plain)} characters, {MOST_CHARACTERS} at most",
            why="Every engine is given all notes, and a local model has little room. Put it into "
            "a file of the project, and import that in CLAUDE.md (@docs/NAME.md).",
            hint='ai-code remember "see docs/NAME.md for …"',
        )
    secrets = secret_values(world.environ, settings.ollama_headers)
    if any(secret in plain for secret in secrets):
        raise UsageError(
            "the note holds a key or token of your environment",
            why="Notes go to every engine. Nothing was written.",
            hint="ai-code remember --help",
        )
    if not allow_secret and (what := looks_secret(plain)):
        raise UsageError(
            f"the note seems to hold {what}",
            why="Notes go to every engine. Nothing was written.",
            hint="ai-code remember --allow-secret …   (if it is none)",
        )
    return plain


def scope_of(world: World, name: ScopeName | None) -> Scope:
    """Where a note goes: as asked, else to the project, outside a repository to all projects."""
    scopes = world.notes.scopes(world.cwd)
    found = scopes[0] if name is None else next((e for e in scopes if e.name == name), None)
    if found is None:
        raise UsageError(
            "there is no repository here",
            why=f"{world.cwd} is in no git repository, so there is no project to take notes for",
            hint="ai-code memory show",
        )
    return found


def remember(world: World, text: str, name: ScopeName | None) -> Remembered:
    """Adds a note; one that says the same already stays as it is. ``text`` is checked."""
    scope = scope_of(world, name)
    others = [each for each in world.notes.scopes(world.cwd) if each != scope]
    taken = {note.id for each in others for note in parse_notes(world.notes.read(each))}
    made: list[Remembered] = []

    def add(before: str) -> str:
        notes = parse_notes(before)
        if (known := same_note(text, notes)) is not None:
            made.append(Remembered(known, scope, known=True))
            return before
        note = Note(note_id(text, taken | {each.id for each in notes}), today(world), text)
        made.append(Remembered(note, scope, known=False))
        return render_notes(scope.title, (*notes, note), today(world))

    world.notes.change(scope, add)
    return made[-1]


def project_note(world: World, text: str) -> ProjectNote | None:
    """The project's CLAUDE.md with the note; None where it says so already."""
    scope_of(world, "project")  # Raises where there is no repository.
    root = world.trees.root_of(world.cwd)
    path = root / _MEMORY_FILES[0]
    for name in _MEMORY_FILES:
        if world.files.size(root / name) is not None:
            path = root / name
            break
    try:
        before = world.files.exact(path, root)
    except OSError as error:
        raise _unwritable(path, error) from error
    old = (before or b"").decode("utf-8", "surrogateescape")
    lines = [line.strip().removeprefix("- ") for line in old.splitlines()]
    if text in lines or ("\n" in text and text in old):
        return None
    after = with_note(old, text).encode("utf-8", "surrogateescape")
    shown = str(path.relative_to(root))
    kind, mode = ("A", ABSENT) if before is None else ("M", REGULAR)
    return ProjectNote(path, root, Change(shown, kind, mode, REGULAR, before, after))  # type: ignore[arg-type]


def write_project_note(world: World, note: ProjectNote) -> None:
    """Writes what was shown, if the file is still as it was then."""
    assert note.change.after is not None
    try:
        done = world.files.replace(note.path, note.root, note.change.before, note.change.after)
    except OSError as error:
        raise _unwritable(note.path, error) from error
    if not done:
        raise AiCodeError(
            f"{note.path} was changed meanwhile",
            why="Nothing was written: what you agreed to would not be what is in it afterwards.",
            hint="the same once more",
        )


def today(world: World) -> str:
    """The date as a note has it."""
    zone = world.clock.local_tz()
    return datetime.fromtimestamp(world.clock.now(), zone).date().isoformat()


def _unwritable(path: Path, error: OSError) -> AiCodeError:
    why = error.strerror or str(error)
    return AiCodeError(f"{path} cannot be written", why=why, hint=f"ls -l {path}")
