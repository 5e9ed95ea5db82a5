"""``ai-code undo``: takes back what a run landed."""

from __future__ import annotations

from pathlib import Path

import click

from ai_code.core.errors import UsageError
from ai_code.core.exits import ExitCode
from ai_code.core.ports_tree import UndoWork
from ai_code.core.record import RunRecord
from ai_code.core.text import visible
from ai_code.flows import undo as flow

_SIGNS = {"A": "restore", "D": "remove", "M": "put back", "T": "put back"}


@click.command("undo", short_help="Take back what a run landed.")
@click.argument("run", required=False)
@click.option("--yes", "-y", is_flag=True, help="Do not ask.")
@click.pass_context
def undo(ctx: click.Context, run: str | None, yes: bool) -> None:
    """Take back what RUN landed: byte for byte, with modes and links.

    RUN is the id that a run prints (its beginning is enough); without it the last run that
    landed here. A file that you changed since is merged back where that is clean, and else
    left alone and named. An undo is a run too: `ai-code undo ID` takes it back.
    """
    world = ctx.obj
    record = flow.find_run(world.journal, world.trees, world.cwd, run)
    work = flow.preview(world.journal, world.trees, record)
    _show(record, work)
    if not yes and not _confirmed(world.console.stdin_is_tty, record):
        click.echo("nothing was changed", err=True)
        ctx.exit(int(ExitCode.FAILED))
    now, cwd = world.clock.now(), Path(world.cwd)
    with world.undisturbed():
        done = flow.undo(world.journal, world.trees, record, now=now, cwd=cwd)
    count = len(done.written.files)
    files = "1 file is" if count == 1 else f"{count} files are"
    click.echo(f"{files} as before run {record.id}", err=True)
    for left in done.left_alone:
        click.echo(f"left alone: {visible(left.path)} ({visible(left.reason)})", err=True)
    if done.patch_path:
        click.echo(f"what was not undone: {done.patch_path}", err=True)
    if count:
        click.echo(f"to take this back: ai-code undo {done.run.id}", err=True)
    if not done.complete:
        ctx.exit(int(ExitCode.FAILED))


def _show(record: RunRecord, work: UndoWork) -> None:
    title = f": {visible(record.prompt_line)}" if record.prompt_line else ""
    click.echo(f"run {record.id}{title}", err=True)
    for change in work.changes:
        click.echo(f"  {_SIGNS[change.kind]:<9}{visible(change.path)}", err=True)


def _confirmed(may_ask: bool, record: RunRecord) -> bool:
    if not may_ask:
        raise UsageError(
            "undo needs a yes",
            why="there is no terminal to ask on",
            hint=f"ai-code undo {record.id} --yes",
        )
    return click.confirm("undo this?", default=False, err=True)
