"""``ai-code memory``: what engines are given here, searched; notes edited and forgotten."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from ai_code.core.brief import estimate_tokens
from ai_code.core.context_parts import Budgeted, Part
from ai_code.core.errors import UsageError
from ai_code.core.memory import DEFAULT_CONTEXT
from ai_code.core.notes_file import Note, found_notes, note_id, parse_notes, render_notes
from ai_code.core.ports_memory import Scope, Source
from ai_code.core.text import visible
from ai_code.core.word_search import sections, snippet, words_of
from ai_code.flows.chain import NOTES_OF
from ai_code.flows.context import chain_of, choose_context
from ai_code.flows.readiness import Ready, ask_local
from ai_code.flows.remember import today

if TYPE_CHECKING:
    from ai_code.flows.world import World
    from ai_code.settings import Settings

_MOST_TOKENS = 1 << 20
"""For a search all of a file is looked through, whatever a model would get of it."""
_KEPT = 200
"""Notes that were forgotten and can be taken back, in each scope."""


class ScopedNote(NamedTuple):
    """A note and whose it is."""

    note: Note
    scope: Scope


class Memory(NamedTuple):
    """``context`` is the local model's in tokens, ``model`` its name (empty: none is ready, and
    the context is what is usual)."""

    budgeted: Budgeted
    unused_rules: tuple[tuple[str, tuple[str, ...]], ...]
    notes: tuple[ScopedNote, ...]
    context: int
    model: str


class Found(NamedTuple):
    """One place: the file or scope, the line in it, and the words there."""

    shown: str
    line: int
    id: str
    text: str


class Searched(NamedTuple):
    """``plain`` says why there was no index, if there was none."""

    places: tuple[Found, ...]
    plain: str


def look(world: World, settings: Settings, files: Sequence[str] = ()) -> Memory:
    """What an engine would be given here for a task that is about ``files`` (relative to where
    the person stands)."""
    ready = ask_local(world, settings)
    local = ready.local if isinstance(ready, Ready) else None
    num_ctx = local.num_ctx if local else settings.ollama_num_ctx or DEFAULT_CONTEXT
    root = world.trees.root_of(world.cwd)
    named = [str(_relative(world.cwd.resolve() / name, root)) for name in files]
    chain = chain_of(world, settings, num_ctx=num_ctx, files=named)
    budgeted = choose_context(chain, num_ctx=num_ctx, budget=settings.context_budget)
    return Memory(
        budgeted,
        tuple(chain.unused_rules),
        notes_here(world),
        num_ctx,
        local.name if local else "",
    )


def notes_here(world: World) -> tuple[ScopedNote, ...]:
    """Those that count here, the project's first, each scope's newest first."""
    return tuple(
        ScopedNote(note, scope)
        for scope in world.notes.scopes(world.cwd)
        for note in reversed(parse_notes(world.notes.read(scope)))
    )


def search(
    world: World, settings: Settings, query: str, *, everywhere: bool, width: int
) -> Searched:
    """Places that have all words of ``query``, the best first: in the notes that count here (with
    ``everywhere`` in all), and in the memory files."""
    words = words_of(query)
    if not words:
        raise UsageError("what shall be searched for?", hint="ai-code memory search WORDS")
    sources = list(_sources(world, settings, everywhere))
    hits = world.memory_index.search(sources, words)
    places = []
    for hit in hits:
        source = sources[hit.source]
        line, text = snippet(source.text, words, width)
        places.append(Found(source.shown, source.line + line, source.id, visible(text)))
    return Searched(tuple(places), world.memory_index.plain)


def _sources(world: World, settings: Settings, everywhere: bool) -> Iterable[Source]:
    here = world.notes.scopes(world.cwd)
    others = [each for each in world.notes.all() if each.path not in {e.path for e in here}]
    for scope in (*here, *(others if everywhere else ())):
        shown = NOTES_OF[scope.name] if scope in here else f"notes for {scope.title}"
        for note in parse_notes(world.notes.read(scope)):
            yield Source(shown, note.text, id=note.id)
    chain = chain_of(world, settings, num_ctx=_MOST_TOKENS)
    for part in chain.parts():
        if part.kind != "notes":
            yield from _places(part)


def _places(part: Part) -> Iterable[Source]:
    for line, text in sections(part.text):
        yield Source(part.shown, text, line)


# Notes --------------------------------------------------------------------------------------


def find(world: World, names: Sequence[str]) -> tuple[ScopedNote, ...]:
    """The notes of these ids (their beginnings are enough). Raises UsageError."""
    known = notes_here(world)
    return tuple(_the_one(name, known) for name in names)


def forgotten(world: World, names: Sequence[str]) -> tuple[ScopedNote, ...]:
    """Of those that were forgotten."""
    known = tuple(
        ScopedNote(note, scope)
        for scope in world.notes.scopes(world.cwd)
        for note in parse_notes(world.notes.read(world.notes.forgotten(scope)))
    )
    return tuple(_the_one(name, known, gone=True) for name in names)


def _the_one(name: str, known: Sequence[ScopedNote], *, gone: bool = False) -> ScopedNote:
    found = found_notes(name, [each.note for each in known])
    which = "forgotten note" if gone else "note"
    if not found:
        raise UsageError(f"there is no {which} {visible(name)!r} here", hint="ai-code memory show")
    if len(found) > 1:
        listed = ", ".join(each.id for each in found[:5])
        raise UsageError(f"more than one {which} begins with {visible(name)}", why=listed)
    return next(each for each in known if each.note == found[0])


def forget(world: World, notes: Sequence[ScopedNote], *, for_good: bool) -> tuple[str, ...]:
    """Takes notes out; kept aside, unless ``for_good``. By the ids that this returns they can be
    taken back."""
    aside: list[str] = []
    for scope in dict.fromkeys(each.scope for each in notes):
        gone = [each.note for each in notes if each.scope == scope]
        if not for_good:
            aside += _add(world, world.notes.forgotten(scope), gone)
        _take_out(world, scope, gone)
        if for_good:
            _take_out(world, world.notes.forgotten(scope), gone)
    _no_copies(world)
    return tuple(aside)


def take_back(world: World, notes: Sequence[ScopedNote]) -> None:
    """Notes that were forgotten are notes again."""
    for scope in dict.fromkeys(each.scope for each in notes):
        back = [each.note for each in notes if each.scope == scope]
        _add(world, scope, back)
        _take_out(world, world.notes.forgotten(scope), back)


def _add(world: World, scope: Scope, notes: Sequence[Note]) -> tuple[str, ...]:
    """The ids that they have there: another note may have had one's own."""
    names: list[str] = []

    def add(before: str) -> str:
        kept = list(parse_notes(before))
        for note in notes:
            taken = {each.id for each in kept}
            names.append(note.id if note.id not in taken else note_id(note.text, taken))
            kept.append(note._replace(id=names[-1]))
        return render_notes(scope.title, kept[-_KEPT:] if _is_aside(scope) else kept, today(world))

    world.notes.change(scope, add)
    return tuple(names)


def _is_aside(scope: Scope) -> bool:
    return ".forgotten" in scope.path.suffixes


def _take_out(world: World, scope: Scope, notes: Sequence[Note]) -> None:
    names = {each.id for each in notes}

    def take(before: str) -> str:
        kept = [each for each in parse_notes(before) if each.id not in names]
        return render_notes(scope.title, kept, today(world)) if kept else ""

    world.notes.change(scope, take)


def _no_copies(world: World) -> None:
    """What is forgotten is in no index, nor in what Claude is given."""
    world.memory_index.clear()
    world.files.remove(world.notes.claude_file(world.cwd).parent)


# Editing ------------------------------------------------------------------------------------


class Draft(NamedTuple):
    """A text for an editor: ``path`` holds it. ``before`` is what the scope's file said, ``note``
    the one that it is about; None for the whole file."""

    scope: Scope
    path: Path
    before: str
    text: str
    note: Note | None


def draft(world: World, scope: Scope, note: Note | None) -> Draft:
    """Written into the state folder, beside the notes."""
    before = world.notes.read(scope)
    text = note.text + "\n" if note else before or render_notes(scope.title, (), today(world))
    path = scope.path.parent / "edit" / (f"{note.id}.md" if note else scope.path.name)
    world.files.write(path, text)
    return Draft(scope, path, before, text, note)


def edited(draft: Draft, text: str) -> tuple[Note, ...]:
    """The notes as they are after an edit; a note that was emptied is gone."""
    if draft.note is None:
        return parse_notes(text)
    notes = parse_notes(draft.before)
    words = text.strip()
    rows = [each._replace(text=words) if each.id == draft.note.id else each for each in notes]
    return tuple(each for each in rows if each.text)


def vanished(draft: Draft, notes: Sequence[Note]) -> tuple[Note, ...]:
    """Those that were there before the edit, and are not after it."""
    names = {each.id for each in notes}
    return tuple(each for each in parse_notes(draft.before) if each.id not in names)


def keep(world: World, draft: Draft, notes: Sequence[Note]) -> tuple[str, ...] | None:
    """Puts the edited notes in place, and those that vanished aside, as ``forget`` does: by the
    ids that this returns they can be taken back. None where somebody else changed the notes
    meanwhile (the draft stays then)."""
    done: list[tuple[str, ...]] = []
    gone = vanished(draft, notes)

    def change(now: str) -> str:
        if now != draft.before:
            return now
        # Aside first: what is lost on the way then stands twice, and not nowhere.
        done.append(_add(world, world.notes.forgotten(draft.scope), gone) if gone else ())
        return render_notes(draft.scope.title, notes, today(world)) if notes else ""

    world.notes.change(draft.scope, change)
    if not done:
        return None
    world.files.remove(draft.path.parent)
    _no_copies(world)
    return done[-1]


def tokens_of(note: Note) -> int:
    """About so many."""
    return estimate_tokens(note.text)


def _relative(path: Path, root: Path) -> Path:
    return path.relative_to(root) if path.is_relative_to(root) else path
