"""``ai-code remember``: a note that every engine is given."""

from __future__ import annotations

from typing import Any

import click

from ai_code.cli.diff import show_patch
from ai_code.cli.loaded import loaded
from ai_code.cli.screen import Screen, colours
from ai_code.core.errors import UsageError
from ai_code.core.exits import ExitCode
from ai_code.core.patches import patch
from ai_code.core.ports_memory import ScopeName
from ai_code.core.text import shown_path, visible
from ai_code.flows import remember as flow

VERSION = 1
_MOST_BYTES = 64 * 1024
_FOR = {"project": "for this project", "global": "for all projects"}


@click.command("remember", short_help="A note that every engine is given.")
@click.argument("words", nargs=-1, metavar="TEXT…")
@click.option("--global", "everywhere", is_flag=True, help="For all projects.")
@click.option("--project", "shared", is_flag=True,
              help="Into the repository's CLAUDE.md, after showing the difference.")  # fmt: skip
@click.option("--yes", "-y", is_flag=True, help="With --project: do not ask.")
@click.option("--allow-secret", is_flag=True, help="What looks like a key or password is none.")
@click.option("--json", "as_json", is_flag=True, help="One object on stdout.")
@click.pass_context
def remember(
    ctx: click.Context, words: tuple[str, ...], everywhere: bool, shared: bool, yes: bool,
    allow_secret: bool, as_json: bool,
) -> None:  # fmt: skip
    """Note TEXT; from now on every engine is given it: Claude, and local models.

    In a repository it is a note for that project, kept in the state folder and readable by you
    alone; outside of one it is for all projects. `-` reads it from standard input. `ai-code
    memory` shows, searches, edits and forgets notes.
    """
    if everywhere and shared:
        raise UsageError(
            "--global and --project exclude each other", hint="ai-code remember --help"
        )
    if yes and not shared:
        raise UsageError("--yes goes with --project", hint="ai-code remember --help")
    world = ctx.obj
    settings = loaded(world).settings
    text = _piped(world) if words == ("-",) else " ".join(words)
    text = flow.checked(world, settings, text, allow_secret=allow_secret)
    if shared:
        _into_the_project(ctx, text, yes=yes, as_json=as_json)
        return
    name: ScopeName | None = "global" if everywhere else None
    with world.undisturbed():
        done = flow.remember(world, text, name)
    if as_json:
        note = done.note
        value = {"id": note.id, "date": note.date or None, "text": note.text}
        value |= {"scope": done.scope.name, "file": str(done.scope.path)}
        Screen(world.environ).json({"version": VERSION, "known": done.known, "note": value})
        return
    how = "remembered already" if done.known else "remembered"
    world.console.important(f"{how} {_FOR[done.scope.name]}: {done.note.id}")
    if not done.known:
        world.console.note(f"to take it back: ai-code memory forget {done.note.id}")


def _piped(world: Any) -> str:
    told = world.piped_input(
        wait=True, tell=lambda: world.console.note("Reading standard input until it ends…")
    )
    if told.too_long or len(told.data or b"") > _MOST_BYTES:
        raise UsageError(
            "standard input is too long for a note", hint='ai-code remember "see docs/NAME.md …"'
        )
    return (told.data or b"").decode("utf-8", "replace")


def _into_the_project(ctx: click.Context, text: str, *, yes: bool, as_json: bool) -> None:
    world = ctx.obj
    screen = Screen(world.environ)
    note = flow.project_note(world, text)
    if note is None:
        if as_json:
            screen.json({"version": VERSION, "known": True, "file": None, "text": text})
        else:
            world.console.important("the project's CLAUDE.md says so already")
        return
    shown = shown_path(note.change.path)
    if not as_json:
        show_patch(patch((note.change,)), colours(world.environ))
    if not yes:
        _agreed(ctx, shown)
    with world.undisturbed():
        flow.write_project_note(world, note)
    if as_json:
        screen.json(
            {"version": VERSION, "known": False, "file": visible(str(note.path)), "text": text}
        )
        return
    world.console.important(f"{shown} has it; it is not committed")


def _agreed(ctx: click.Context, shown: str) -> None:
    """Ends the command where the person does not want it."""
    console = ctx.obj.console
    if not (console.stdin_is_tty and console.stderr_is_tty):
        raise UsageError(
            "remember --project needs a yes",
            why="there is no terminal to ask on; nothing was changed",
            hint="ai-code remember --project --yes …",
        )
    if console.ask(f"Write it into {shown}?", {"y": "yes", "n": "no"}) != "y":
        console.important("nothing was changed")
        ctx.exit(int(ExitCode.FAILED))
