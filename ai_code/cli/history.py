"""``ai-code history``: the last runs, and one of them in full."""

from __future__ import annotations

import click

from ai_code.cli.screen import WIDTH, Screen, coloured
from ai_code.core.pasting import pasted
from ai_code.core.record import RunRecord
from ai_code.core.record_words import engines_words, moment, outcome, span, subject
from ai_code.core.text import cell, columns, fitting, visible, wrapped
from ai_code.flows import history as flow

_NAMES = 17
"""Columns of the names on the left of a run in full."""


@click.group("history", invoke_without_command=True, short_help="The last runs; show one.")
@click.option("-n", "count", type=click.IntRange(1, 100_000), default=20, show_default=True,
              metavar="N", help="How many.")  # fmt: skip
@click.option("--all", "everywhere", is_flag=True, help="Of all folders, not only this one.")
@click.option("--json", "as_json", is_flag=True, help="One object on stdout.")
@click.pass_context
def history(ctx: click.Context, count: int, everywhere: bool, as_json: bool) -> None:
    """List the last runs in this folder, the newest first.

    `ai-code history show ID` has all that is kept of one: engines, verdicts and their evidence,
    resets, files, and the commands to go on with.
    """
    if ctx.invoked_subcommand is not None:
        return
    world = ctx.obj
    screen = Screen(world.environ)
    records = flow.recent(world, count, everywhere=everywhere)
    if as_json:
        rows = [flow.as_json(record, world.shown_as) for record in records]
        screen.json({"version": flow.VERSION, "runs": rows})
        return
    if not records:
        more = "" if everywhere else " in this folder (--all shows the others)"
        screen.line(f"no run is recorded{more}")
    now, tz = world.clock.now(), world.clock.local_tz()
    for record in records:
        for line in _lines(record, moment(record.started, now, tz), everywhere):
            screen.line(line)


@history.command("show", short_help="All that is kept of one run.")
@click.argument("run", metavar="ID")
@click.option("--json", "as_json", is_flag=True, help="One object on stdout.")
@click.pass_context
def show(ctx: click.Context, run: str, as_json: bool) -> None:
    """Show all that is kept of the run ID; its beginning is enough."""
    world = ctx.obj
    screen = Screen(world.environ)
    record = world.journal.load(run)
    if as_json:
        screen.json({"version": flow.VERSION, "run": flow.as_json(record, world.shown_as)})
        return
    now, tz = world.clock.now(), world.clock.local_tz()
    for row in flow.in_full(record, now, tz, world.shown_as):
        parts = _in_width(row, screen.terminal)
        for number, part in enumerate(parts):
            screen.line(cell("" if number else row.name, _NAMES) + part)


def _in_width(row: flow.Row, terminal: bool) -> list[str]:
    """On a terminal a command is cut only where a shell goes on, so that what is copied from it
    is the same command; for a script it is one line."""
    if columns(row.text) <= WIDTH - _NAMES or row.name == "folder":
        return [row.text]
    if row.name in flow.COMMANDS.values():
        return pasted(row.text, WIDTH - _NAMES) if terminal else [row.text]
    return wrapped(row.text, WIDTH - _NAMES)


def _lines(record: RunRecord, when: str, everywhere: bool) -> list[str]:
    word = outcome(record)
    took = "" if record.ended is None else span(record.ended - record.started)
    rest = " · ".join(part for part in (took, flow.landed_words(record)) if part)
    lines = [
        f"{when}  {record.id}  {coloured(word, word)}{' ' * (11 - len(word))}  {rest}".rstrip()
    ]
    below = [engines_words(record), "" if record.undo_of else subject(record)]
    below += [visible(record.root)] if everywhere else []
    return lines + [fitting(f"    {each}", WIDTH) for each in below if each]
