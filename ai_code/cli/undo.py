"""``ai-code undo``: takes back what a run landed."""

from __future__ import annotations

from collections.abc import Callable
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
    # Not through click: a screen that is gone must not keep the undo from being done.
    say = world.console.important
    record = flow.find_run(world.journal, world.trees, world.cwd, run)
    work = flow.preview(world.journal, world.trees, record)
    _show(say, record, work)
    if not yes and not _confirmed(world.console.stdin_is_tty, record):
        say("nothing was changed")
        ctx.exit(int(ExitCode.FAILED))
    now, cwd = world.clock.now(), Path(world.cwd)
    with world.undisturbed():
        done = flow.undo(world.journal, world.trees, record, now=now, cwd=cwd)
    count = len(done.written.files)
    files = "1 file is" if count == 1 else f"{count} files are"
    say(f"{files} as before run {record.id}")
    for left in done.left_alone:
        say(f"left alone: {visible(left.path)} ({visible(left.reason)})")
    if done.patch_path:
        say(f"what was not undone: {done.patch_path}")
    if count:
        say(f"to take this back: ai-code undo {done.run.id}")
    if not done.complete:
        ctx.exit(int(ExitCode.FAILED))


def _show(say: Callable[[str], None], record: RunRecord, work: UndoWork) -> None:
    title = f": {visible(record.prompt_line)}" if record.prompt_line else ""
    say(f"run {record.id}{title}")
    for change in work.changes:
        say(f"  {_SIGNS[change.kind]:<9}{visible(change.path)}")


def _confirmed(may_ask: bool, record: RunRecord) -> bool:
    if not may_ask:
        raise UsageError(
            "undo needs a yes",
            why="there is no terminal to ask on",
            hint=f"ai-code undo {record.id} --yes",
        )
    return click.confirm("undo this?", default=False, err=True)
