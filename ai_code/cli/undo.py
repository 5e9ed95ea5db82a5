"""``ai-code undo``: takes back what a run landed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import click

from ai_code.cli.loaded import loaded
from ai_code.cli.screen import Screen
from ai_code.cli.undo_screen import lines
from ai_code.core.changes import LeftOut
from ai_code.core.errors import UsageError
from ai_code.core.exits import ExitCode
from ai_code.core.pasting import shown_values
from ai_code.core.ports_tree import UndoWork
from ai_code.core.record import RunRecord
from ai_code.core.text import shown_path, visible
from ai_code.flows import undo as flow
from ai_code.flows import undo_list
from ai_code.flows.undo_list import undoables
from ai_code.flows.world import World

_SIGNS = {"A": "restore", "D": "remove", "M": "put back", "T": "put back"}
_LEFT = "leave"


@click.command("undo", short_help="Take back what a run landed; list what can be taken back.")
@click.argument("run", required=False)
@click.option("--yes", "-y", is_flag=True, help="Do not ask.")
@click.option("--list", "listing", is_flag=True, help="The runs here that can be undone.")
@click.option("-n", "count", type=click.IntRange(1, 100_000), default=20, show_default=True,
              metavar="N", help="How many --list shows.")  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="With --list: one object on stdout.")
@click.pass_context
def undo(
    ctx: click.Context, run: str | None, yes: bool, listing: bool, count: int, as_json: bool
) -> None:
    """Take back what RUN landed: byte for byte, with modes and links.

    RUN is the id that a run prints (its beginning is enough); without it the last run that
    landed here. What you did since stays: it is merged where that is clean, else the file is
    left as it is and named, and what was not undone is kept as a patch (exit code 1). An undo
    is a run too: `ai-code undo ID` takes it back. `--list` shows the runs here, the newest
    first, and which files an undo would leave alone now.
    """
    world = ctx.obj
    if listing:
        if run or yes:
            other = "RUN" if run else "--yes"
            raise UsageError(f"--list and {other} exclude each other", hint="ai-code undo --help")
        _list(world, count, as_json)
        return
    if as_json:
        raise UsageError("--json goes with --list", hint="ai-code undo --list --json")
    _undo(ctx, world, run, yes)


def _list(world: World, count: int, as_json: bool) -> None:
    screen = Screen(world.environ)
    keep_days = loaded(world).settings.journal_keep_days
    rows = undoables(world.journal, world.trees, world.cwd, count)
    if as_json:
        found = shown_values([undo_list.as_json(row, keep_days) for row in rows], world.shown_as)
        root = str(world.trees.root_of(world.cwd))
        screen.json({"version": undo_list.VERSION, "root": root, "runs": found})
        return
    if not rows:
        screen.line("no run has landed anything here")
        return
    for line in lines(rows, keep_days, world.clock.now(), world.clock.local_tz(), world.shown_as):
        screen.line(line)


def _undo(ctx: click.Context, world: World, run: str | None, yes: bool) -> None:
    # Not through click: a screen that is gone must not keep the undo from being done.
    say = world.console.important
    record = flow.find_run(world.journal, world.trees, world.cwd, run)
    work = flow.preview(world.journal, world.trees, record)
    leaves = world.trees.would_leave(Path(record.root), work.changes)
    # Where nothing of it can be undone now, there is nothing to ask.
    does = len(leaves) < len(work.changes)
    if does:
        _show(say, record, work, leaves)
    if does and not yes and not _confirmed(world, record):
        say("nothing was changed")
        ctx.exit(int(ExitCode.FAILED))
    now, cwd = world.clock.now(), Path(world.cwd)
    with world.undisturbed():
        done = flow.undo(world.journal, world.trees, record, now=now, cwd=cwd)
    count = len(done.written.files)
    files = "1 file is" if count == 1 else f"{count} files are"
    if count or done.complete:
        say(f"{files} as before run {record.id}")
    else:
        say(f"nothing of run {record.id} was undone")
    for left in done.left_alone:
        say(f"left alone: {shown_path(left.path)} ({visible(left.reason)})")
    paths = {each.path for each in done.left_alone}
    if paths and (later := flow.later_run(world.journal, record, paths)):
        say(f"a later run changed the same files; undo it first: ai-code undo {later.id}")
    if done.patch_path:
        say(f"what was not undone: {done.patch_path}")
        say(f"to look at it: ai-code diff {done.run.id}")
    if count:
        say(f"to take this back: ai-code undo {done.run.id}")
    if not done.complete:
        ctx.exit(int(ExitCode.FAILED))


def _show(
    say: Callable[[str], None], record: RunRecord, work: UndoWork, left: Sequence[LeftOut]
) -> None:
    title = f": {visible(record.prompt_line)}" if record.prompt_line else ""
    say(f"run {record.id}{title}")
    reasons = {each.path: each.reason for each in left}
    for change in work.changes:
        reason = reasons.get(change.path)
        sign = _SIGNS[change.kind] if reason is None else _LEFT
        why = f" ({visible(reason)})" if reason else ""
        say(f"  {sign:<9}{shown_path(change.path)}{why}")


def _confirmed(world: World, record: RunRecord) -> bool:
    if not (world.console.stdin_is_tty and world.console.stderr_is_tty):
        raise UsageError(
            "undo needs a yes",
            why="there is no terminal to ask on",
            hint=f"ai-code undo {record.id} --yes",
        )
    return world.console.ask("Undo this?", {"y": "yes", "n": "no"}) == "y"
