"""``ai-code handover``: what is handed over when another engine goes on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import click

from ai_code.cli.loaded import loaded
from ai_code.cli.screen import WIDTH, Screen
from ai_code.core.engine_table import LOCAL
from ai_code.core.text import one_line, shown_path, visible, wrapped

if TYPE_CHECKING:
    from ai_code.flows.handover_show import Shown

VERSION = 1


@click.group("handover", short_help="What a local model would be told of Claude's work.")
def handover() -> None:
    """What is handed over from Claude to a local model, and back."""


@handover.command("show", short_help="Print what a local model would be told now.")
@click.option("--for", "engine", type=click.Choice(sorted(LOCAL)), metavar="ENGINE",
              help="The engine that would go on; else the one that a run would take.")  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="One object on stdout.")
@click.pass_context
def show(ctx: click.Context, engine: str | None, as_json: bool) -> None:
    """Print what a local engine would be given if Claude's last session here ended now: its
    messages, notes on what Claude did, the files to edit and those to read. It is made from
    Claude's own transcript, as a run makes it; no model is asked for it.
    """
    from ai_code.flows.handover_show import shown

    world = ctx.obj
    screen = Screen(world.environ)
    told = shown(world, loaded(world).settings, engine or "")
    if as_json:
        screen.json({"version": VERSION, "engine": told.engine, **_value(told)})
        return
    for line in _title(told):
        for part in wrapped(one_line(line), WIDTH, indent="  "):
            click.echo(part, err=True)
    for line in _sections(told):
        screen.line(line)


def _title(told: Shown) -> Iterator[str]:
    story = told.story
    yield f"Claude's session {told.session}" + (f" ({story.model})" if story.model else "")
    if story.limit:
        yield f"It says: {story.limit}"
    if story.skipped:
        yield f"{story.skipped} of {story.rows} rows of its transcript were not understood"
    if told.not_ready:
        yield f"For {told.engine}, with {told.context} tokens assumed: {told.not_ready}"
    else:
        yield f"For {told.engine} with {told.model}, {told.context} tokens"
    yield from told.remarks


def _sections(told: Shown) -> Iterator[str]:
    """Each text under its own title. They are for a person: where a file ends can be seen."""
    count = len(told.messages)
    for number, message in enumerate(told.messages, 1):
        yield _rule("Message" if count == 1 else f"Message {number} of {count}")
        yield from _safe(message)
    if told.notes:
        yield _rule("Notes to read")
        yield from _safe(told.notes)
    for title, paths in (("Files to edit", told.editable), ("Files to read", told.read)):
        yield _rule(title)
        yield from map(shown_path, paths) if paths else ["none"]
        yield ""


def _safe(text: str) -> Iterator[str]:
    """What a command printed may steer a terminal."""
    yield from visible(text.rstrip("\n")).split("\n")
    yield ""


def _rule(title: str) -> str:
    return f"== {title} ".ljust(WIDTH, "=")


def _value(told: Shown) -> dict[str, Any]:
    """The form only grows."""
    story = told.story
    return {
        "session": told.session,
        "model": story.model or None,
        "limit": story.limit or None,
        "task": story.task,
        "steps": [{"text": step.text, "state": step.state} for step in story.steps],
        "steps_from": story.steps_from or None,
        "edited": list(story.edited),
        "begun": list(story.begun),
        "read": list(story.read),
        "commands": [{"command": each.command, "ok": each.ok} for each in story.commands],
        "error": story.error or None,
        "said": story.said[-1] if story.said else None,
        "task_before": story.before.task if story.before else None,
        "rows": story.rows,
        "skipped": story.skipped,
        "local_model": told.model or None,
        "context": told.context,
        "message": told.messages[0],
        "messages": list(told.messages),
        "notes": told.notes,
        "files_to_edit": list(told.editable),
        "files_to_read": list(told.read),
        "remarks": list(told.remarks),
    }
