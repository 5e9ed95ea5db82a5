"""``ai-code diff``: shows what a run landed, and what it left out."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from ai_code.cli.screen import colours as colours
from ai_code.core.changes import Change
from ai_code.core.errors import UsageError
from ai_code.core.patches import line_counts, patch
from ai_code.core.text import visible
from ai_code.flows.undo import find_run_to_show

if TYPE_CHECKING:
    from ai_code.core.record import RunRecord

VERSION = 1


@click.command("diff", short_help="Show what a run landed.")
@click.argument("run", required=False)
@click.option("--stat", is_flag=True, help="Only names and line counts.")
@click.option("--raw", is_flag=True, help="The landed patch byte for byte, for `git apply`.")
@click.option("--json", "as_json", is_flag=True, help="One object on stdout.")
@click.pass_context
def diff(ctx: click.Context, run: str | None, stat: bool, raw: bool, as_json: bool) -> None:
    """Show what RUN landed, then what was left out of it.

    RUN is the id that a run prints (its beginning is enough); without it the last run that
    landed here. Control characters are written out; --raw leaves them as they are.
    """
    if stat + raw + as_json > 1:
        raise UsageError("--stat, --raw and --json exclude each other", hint="ai-code diff --help")
    world = ctx.obj
    record = find_run_to_show(world.journal, world.trees, world.cwd, run)
    run_dir = world.journal.run_dir(record.id)
    changes = world.trees.landed_changes(run_dir)
    if raw:
        world.console.raw(patch(changes))
        return
    if as_json:
        value = _value(record, changes, world.trees.kept_patch(run_dir))
        world.console.raw(json.dumps(value).encode() + b"\n")
        return
    if stat:
        for change in changes:
            click.echo(_stat_line(change))
        for left in record.left_out:
            click.echo(f" {visible(left.path)} | left out: {visible(left.reason)}")
        return
    color = colours(world.environ)
    show_patch(patch(changes), color)
    left_out = world.trees.kept_patch(run_dir)
    if record.left_out or left_out:
        click.echo(click.style(f"\nleft out of run {record.id}:", bold=True), color=color)
        for left in record.left_out:
            click.echo(f"  {visible(left.path)}: {visible(left.reason)}")
        show_patch(left_out, color)


def _value(record: RunRecord, changes: Sequence[Change], left_out: bytes) -> dict[str, Any]:
    """The form only grows. Bytes of a patch that are no UTF-8 are written out (``\\xff``); who
    wants to apply it takes ``--raw``."""
    return {
        "version": VERSION,
        "run": record.id,
        "changes": [_change_value(change) for change in changes],
        "patch": patch(changes).decode("utf-8", "backslashreplace"),
        "left_out": [{"path": left.path, "reason": left.reason} for left in record.left_out],
        "left_out_patch": left_out.decode("utf-8", "backslashreplace"),
    }


def _change_value(change: Change) -> dict[str, Any]:
    unread = change.binary or change.big
    plus, minus = (None, None) if unread else line_counts(change)
    return {
        "path": change.path,
        "kind": change.kind,
        "added": plus,
        "removed": minus,
        "binary": change.binary,
        "big": change.big,
    }


def _stat_line(change: Change) -> str:
    if change.binary or change.big:
        counts = "binary" if change.binary else "big"
    else:
        plus, minus = line_counts(change)
        counts = f"+{plus} -{minus}"
    return f" {visible(change.path)} | {counts}"


def show_patch(text: bytes, color: bool | None) -> None:
    """A patch on the screen, safe and in colours."""
    for line in text.decode("utf-8", "backslashreplace").split("\n")[:-1]:
        carriage = "^M" if line.endswith("\r") else ""
        click.echo(_coloured(visible(line.removesuffix("\r")) + carriage), color=color)


def _coloured(line: str) -> str:
    if line.startswith(("diff --git ", "--- ", "+++ ", "index ")):
        return click.style(line, bold=True)
    if line.startswith("@@"):
        return click.style(line, fg="cyan")
    if line.startswith("+"):
        return click.style(line, fg="green")
    if line.startswith("-"):
        return click.style(line, fg="red")
    return line
