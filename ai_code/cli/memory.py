"""``ai-code memory``: what every engine is given here; notes searched, edited and forgotten."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import click

from ai_code.cli.loaded import loaded
from ai_code.cli.screen import WIDTH, Screen
from ai_code.core.errors import UsageError
from ai_code.core.exits import ExitCode
from ai_code.core.secret_values import masked, secret_values
from ai_code.core.text import cell, columns, fitting, shown_path, visible, wrapped
from ai_code.flows import memory as flow

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ai_code.core.context_parts import Fitted

VERSION = 1
_TOKENS, _NAME = 8, 38
_FOR = {"project": "for this project", "global": "for all projects"}


@click.group("memory", short_help="What every engine is given here; search, edit, forget notes.")
def memory() -> None:
    """What every engine is given here: CLAUDE.md and the like, and the notes of
    `ai-code remember`.
    """


@memory.command("show", short_help="Print all that an engine is given here.")
@click.option("--file", "files", multiple=True, metavar="FILE",
              help="A file of the task: its rules count too (repeatable).")  # fmt: skip
@click.option("--text", "whole", is_flag=True, help="Print the texts too.")
@click.option("--json", "as_json", is_flag=True, help="One object on stdout, with the texts.")
@click.pass_context
def show(ctx: click.Context, files: tuple[str, ...], whole: bool, as_json: bool) -> None:
    """Print what a local model would be given of this project's memory, the most important first,
    each part with its tokens and its origin; then the notes, with the ids that `edit` and
    `forget` take. Claude is given the notes, and reads its own files itself.
    """
    world = ctx.obj
    settings = loaded(world).settings
    hide = _masking(world, settings)
    told = flow.look(world, settings, files)
    screen = Screen(world.environ)
    if as_json:
        screen.json(_value(told, hide))
        return
    for line in _lines(told, hide, whole=whole):
        screen.line(line)


@memory.command("search", short_help="Search notes and memory files.")
@click.argument("words", nargs=-1, required=True, metavar="WORDS…")
@click.option("--all", "everywhere", is_flag=True, help="Notes of other projects too.")
@click.option("-n", "count", type=click.IntRange(1, 1000), default=20, show_default=True,
              metavar="N", help="How many places.")  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="One object on stdout.")
@click.pass_context
def search(
    ctx: click.Context, words: tuple[str, ...], everywhere: bool, count: int, as_json: bool
) -> None:
    """Search the notes that count here, and the memory files (CLAUDE.md, rules, imports …), for
    places that have all WORDS; the best first. A part of a word is enough, capitals do not
    matter, and Japanese needs no blanks between words.
    """
    world = ctx.obj
    settings = loaded(world).settings
    hide = _masking(world, settings)
    query = " ".join(words)
    found = flow.search(world, settings, query, everywhere=everywhere, width=WIDTH - 4)
    screen = Screen(world.environ)
    if as_json:
        rows = [
            {"name": each.shown, "line": each.line, "id": each.id or None, "text": hide(each.text)}
            for each in found.places[:count]
        ]
        screen.json({"version": VERSION, "index": not found.plain, "places": rows})
        return
    if found.plain:
        world.console.note(f"Searched without an index: {found.plain}.")
    for each in found.places[:count]:
        # A note is found by its id, a place in a file by its line.
        where = f"{each.shown}  {each.id}" if each.id else f"{each.shown}:{each.line}"
        screen.line(visible(where))
        screen.line(fitting(f"    {hide(each.text)}", WIDTH))
    if not found.places:
        screen.line(fitting(f"nothing here has {visible(query)}", WIDTH))
    elif len(found.places) > count:
        screen.line(f"{len(found.places) - count} more (-n {len(found.places)})")


@memory.command("edit", short_help="Edit notes in your editor.")
@click.argument("note", required=False, metavar="[ID]")
@click.option("--global", "everywhere", is_flag=True, help="The notes for all projects.")
@click.pass_context
def edit(ctx: click.Context, note: str | None, everywhere: bool) -> None:
    """Edit the notes for this project, or only the note ID, in $VISUAL or $EDITOR. Notes that you
    take out are kept aside: `ai-code memory forget --undo ID` brings them back.
    """
    from ai_code.flows.edit_notes import edit_notes

    world = ctx.obj
    if note and everywhere:
        raise UsageError("an ID and --global exclude each other", hint="ai-code memory edit --help")
    settings = loaded(world).settings
    before, after, aside, refused = edit_notes(world, settings, note, everywhere=everywhere)
    if before == after:
        world.console.important("nothing was changed")
        if refused:
            ctx.exit(int(ExitCode.FAILED))
        return
    gone = len({each.id for each in before} - {each.id for each in after})
    new = len({each.id for each in after} - {each.id for each in before})
    same = sum(each not in before for each in after) - new
    counts = [(new, "new"), (same, "changed"), (gone, "removed")]
    words = ", ".join(f"{number} {word}" for number, word in counts if number)
    world.console.important(f"notes: {words}")
    _tell_aside(world, aside)


@memory.command("forget", short_help="Forget notes; --undo takes it back.")
@click.argument("notes", nargs=-1, required=True, metavar="ID…")
@click.option("--yes", "-y", is_flag=True, help="Do not ask.")
@click.option("--for-good", is_flag=True, help="Keep no copy aside.")
@click.option("--undo", is_flag=True, help="Take back notes that were forgotten.")
@click.pass_context
def forget(
    ctx: click.Context, notes: tuple[str, ...], yes: bool, for_good: bool, undo: bool
) -> None:
    """Forget the notes with these IDs; the beginning of an ID is enough. They are kept aside, so
    that --undo can take it back, unless you say --for-good.
    """
    world = ctx.obj
    if for_good and undo:
        raise UsageError("--for-good and --undo exclude each other",
                         hint="ai-code memory forget --help")  # fmt: skip
    say = world.console.important
    if undo:
        back = dict.fromkeys(flow.forgotten(world, notes))
        with world.undisturbed():
            flow.take_back(world, tuple(back))
        say(f"{_many(len(back))} taken back")
        return
    found = tuple(dict.fromkeys(_wanted(world, notes, for_good=for_good)))
    for each in found:
        say(fitting(f"  {each.note.id}  {visible(each.note.title)}", WIDTH))
    if not yes:
        _agreed(ctx, len(found), [each.note.id for each in found], for_good=for_good)
    with world.undisturbed():
        aside = flow.forget(world, found, for_good=for_good)
    say(f"{_many(len(found))} forgotten")
    _tell_aside(world, aside)


def _tell_aside(world: Any, ids: Sequence[str]) -> None:
    if ids:
        world.console.note(f"to take this back: ai-code memory forget --undo {' '.join(ids)}")


def _wanted(world: Any, names: Sequence[str], *, for_good: bool) -> Iterator[flow.ScopedNote]:
    """For good goes also what was forgotten before."""
    for name in names:
        try:
            yield from flow.find(world, [name])
        except UsageError:
            if not for_good:
                raise
            yield from flow.forgotten(world, [name])


def _agreed(ctx: click.Context, count: int, ids: list[str], *, for_good: bool) -> None:
    """Ends the command where the person does not want it."""
    console = ctx.obj.console
    if not (console.stdin_is_tty and console.stderr_is_tty):
        flag = " --for-good" if for_good else ""
        raise UsageError(
            "memory forget needs a yes",
            why="there is no terminal to ask on; nothing was changed",
            hint=f"ai-code memory forget --yes{flag} {' '.join(ids)}",
        )
    what = "this note" if count == 1 else f"these {count} notes"
    how = f"Forget {what} for good?" if for_good else f"Forget {what}?"
    if console.ask(how, {"y": "yes", "n": "no"}) != "y":
        console.important("nothing was changed")
        ctx.exit(int(ExitCode.FAILED))


def _many(count: int) -> str:
    return "1 note" if count == 1 else f"{count} notes"


def _masking(world: Any, settings: Any) -> Callable[[str], str]:
    secrets = secret_values(world.environ, settings.ollama_headers)
    return lambda text: masked(text, secrets)


# The screen ---------------------------------------------------------------------------------


def _lines(told: flow.Memory, hide: Callable[[str], str], *, whole: bool) -> Iterator[str]:
    budgeted = told.budgeted
    of = (
        f"{told.model}, context {told.context}"
        if told.model
        else f"context {told.context}, no local model is ready"
    )
    if not budgeted.parts:
        yield "there is no memory here: no CLAUDE.md, AGENTS.md or README.md, and no note"
    else:
        yield from wrapped(f"{budgeted.tokens} of {budgeted.budget} tokens at most ({of})", WIDTH)
    for each in budgeted.parts:
        yield from _part(each)
        if whole:
            yield ""
            yield from (f"    {visible(line)}" for line in hide(each.text).splitlines())
            yield ""
    for note in budgeted.notes:
        yield from wrapped(visible(note), WIDTH, indent="  ")
    if told.unused_rules:
        yield "rules for other files:"
    for name, paths in told.unused_rules:
        rule = f"{shown_path(name)}: {visible(', '.join(paths))}"
        yield from (f"  {line}" for line in wrapped(rule, WIDTH - 2, indent="  "))
    for scope in dict.fromkeys(each.scope for each in told.notes):
        yield f"notes {_FOR[scope.name]}:"
        for scoped in told.notes:
            if scoped.scope == scope:
                kept = scoped.note
                text = visible(hide(kept.title)) + (" …" if "\n" in kept.text else "")
                yield fitting(f"  {kept.id}  {kept.date or '-':<10}  {text}", WIDTH)


def _part(each: Fitted) -> Iterator[str]:
    name = " = ".join(map(shown_path, (each.part.shown, *each.part.also)))
    origin = visible(each.part.origin) + (", cut" if each.cut else "")
    tokens = f"{each.tokens:>{_TOKENS - 2}}  "
    if columns(name) <= _NAME and columns(origin) <= WIDTH - _TOKENS - _NAME - 2:
        yield f"{tokens}{cell(name, _NAME)}  {origin}".rstrip()
        return
    # A path has to be copied: it is not cut, and the origin goes below it.
    yield f"{tokens}{name}"
    yield from (f"{' ' * _TOKENS}  {line}" for line in wrapped(origin, WIDTH - _TOKENS - 2))


def _value(told: flow.Memory, hide: Callable[[str], str]) -> dict[str, Any]:
    """The form only grows."""
    budgeted = told.budgeted
    return {
        "version": VERSION,
        "model": told.model or None,
        "context": told.context,
        "budget": budgeted.budget,
        "tokens": budgeted.tokens,
        "parts": [
            {
                "name": each.part.shown,
                "origin": each.part.origin,
                "kind": each.part.kind,
                "also": list(each.part.also),
                "tokens": each.tokens,
                "cut": each.cut,
                "text": hide(each.text),
            }
            for each in budgeted.parts
        ],
        "left_out": [each.shown for each in budgeted.left_out],
        "messages": list(budgeted.notes),
        "rules_for_other_files": [
            {"name": name, "paths": list(paths)} for name, paths in told.unused_rules
        ],
        "notes": [
            {
                "id": each.note.id,
                "date": each.note.date or None,
                "scope": each.scope.name,
                "file": str(each.scope.path),
                "tokens": flow.tokens_of(each.note),
                "text": hide(each.note.text),
            }
            for each in told.notes
        ],
    }
