"""``ai-code memory edit``: notes in the person's own editor."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from ai_code.core.command import Command
from ai_code.core.errors import AiCodeError, NotInstalledError, UsageError
from ai_code.core.notes_file import MOST_CHARACTERS, Note, parse_notes
from ai_code.core.secret_values import looks_secret, secret_values
from ai_code.flows import memory as flow
from ai_code.flows.remember import scope_of

if TYPE_CHECKING:
    from ai_code.flows.world import World
    from ai_code.settings import Settings

_VARIABLES = ("VISUAL", "EDITOR")
_USUAL = (("sensible-editor",), ("nano",), ("vi",))
_MOST_BYTES = 1 << 22


class Edit(NamedTuple):
    """The notes of the scope before and after; ``aside`` are the ids by which what vanished can be
    taken back. ``refused``: the person did not want them to vanish."""

    before: Sequence[Note]
    after: Sequence[Note]
    aside: Sequence[str] = ()
    refused: bool = False


def edit_notes(world: World, settings: Settings, name: str | None, *, everywhere: bool) -> Edit:
    """Raises AiCodeError."""
    if name:
        found = flow.find(world, [name])[0]
        scope, note = found.scope, found.note
    else:
        scope, note = scope_of(world, "global" if everywhere else None), None
    if not (world.console.stdin_is_tty and world.console.stdout_is_tty):
        raise UsageError(
            "an editor needs a terminal",
            why=f"Notes are plain text: {scope.path}",
            hint="ai-code memory show --json",
        )
    editor = _editor(world)
    draft = flow.draft(world, scope, note)
    argv = (*editor, str(draft.path))
    exit_ = world.terminal.lend(Command(argv=argv, cwd=world.cwd), lambda _: None)
    if exit_.code != 0:
        how = exit_.start_error or f"exit status {exit_.code}"
        raise AiCodeError(
            f"{editor[0]} did not end well ({how}); no note was changed",
            why=f"what it wrote is in {draft.path}",
            hint="echo $VISUAL $EDITOR",
        )
    text = world.files.read(draft.path, draft.path.parent, _MOST_BYTES)
    if text is None:
        raise AiCodeError(f"{draft.path} is gone; no note was changed", hint="ai-code memory edit")
    notes = flow.edited(draft, text)
    before = parse_notes(draft.before)
    if notes == before:
        world.files.remove(draft.path.parent)
        return Edit(before, notes)
    changed = [each for each in notes if each not in before]
    secrets = secret_values(world.environ, settings.ollama_headers)
    if any(secret in each.text for secret in secrets for each in changed):
        raise UsageError(
            "the note holds a key or token of your environment",
            why=f"Notes go to every engine; no note was changed. What you wrote is in {draft.path}",
            hint="ai-code memory edit",
        )
    gone = flow.vanished(draft, notes)
    if _emptied(draft, notes, gone) and not _agreed(world, draft, gone):
        world.files.remove(draft.path.parent)
        return Edit(before, before, refused=True)
    with world.undisturbed():
        aside = flow.keep(world, draft, notes)
    if aside is None:
        raise AiCodeError(
            "the notes were changed by somebody else meanwhile; your edit is not in them",
            why=f"it is in {draft.path}",
            hint="ai-code memory edit",
        )
    _point_out(world, changed)
    return Edit(before, notes, aside)


def _emptied(draft: flow.Draft, notes: Sequence[Note], gone: Sequence[Note]) -> bool:
    """Nothing is left of what the editor was given: probably a slip, or an editor's failure."""
    return bool(gone) and (draft.note is not None or not notes)


def _agreed(world: World, draft: flow.Draft, gone: Sequence[Note]) -> bool:
    what = "this note" if len(gone) == 1 else f"all {len(gone)} notes"
    answer = world.console.ask(f"It is empty. Forget {what}?", {"y": "yes", "n": "no"})
    if answer is None:
        raise UsageError(
            "memory edit needs a yes",
            why=f"{draft.path} is empty, and there is no terminal to ask on; no note was changed",
            hint=f"ai-code memory forget --yes {' '.join(each.id for each in gone)}",
        )
    return answer == "y"


def _editor(world: World) -> tuple[str, ...]:
    """$VISUAL, else $EDITOR, as a list of arguments, else what is usual. Never what a repository
    says (core.editor)."""
    chosen = next(filter(None, (_words(world.environ, each) for each in _VARIABLES)), ())
    for words in (chosen,) if chosen else _USUAL:
        program = world.processes.find(words)
        if program is not None:
            return program.argv
    name = chosen[0] if chosen else "nano"
    raise NotInstalledError(
        f"there is no editor {name}" if chosen else "there is no editor that we know",
        why="VISUAL and EDITOR say which one it is.",
        hint="export EDITOR=nano",
    )


def _words(environ: Mapping[str, str], name: str) -> tuple[str, ...]:
    try:
        return tuple(shlex.split(environ.get(name, "")))
    except ValueError as error:
        raise UsageError(
            f"{name} cannot be read as a command", why=str(error), hint=f"echo ${name}"
        ) from error


def _point_out(world: World, notes: Sequence[Note]) -> None:
    """A person's own edit is kept; what is probably a slip is said."""
    for note in notes:
        if what := looks_secret(note.text):
            world.console.important(f"note {note.id} seems to hold {what}: every engine gets it")
        if len(note.text) > MOST_CHARACTERS:
            world.console.important(f"note {note.id} is long: a local model has little room")
