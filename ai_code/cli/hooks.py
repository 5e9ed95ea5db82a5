"""``ai-code hooks``: our hooks in Claude Code's settings, shown before they are written."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from ai_code.cli.loaded import loaded
from ai_code.cli.screen import Screen
from ai_code.core.claude_hooks import lines_of
from ai_code.core.errors import AiCodeError, UsageError
from ai_code.core.exits import ExitCode
from ai_code.core.text import visible

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ai_code.core.claude_hooks import HookEvent
    from ai_code.flows.hooks import Change, Look

VERSION = 1
_WORDS = {
    "installed": "installed",
    "absent": "not installed",
    "other": "installed, with another command",
    "unknown-to-claude": "not known to this version of Claude Code",
    "harmful": "installed, and this version does not know it: it drops all of your hooks",
}


@click.group("hooks", short_help="Hooks for people who open plain claude.")
def hooks() -> None:
    """Two hooks in Claude Code's own settings, for people who open plain `claude`.

    At a session's start Claude is told, once, what a local model did meanwhile in that
    repository. At a limit its kind and reset are kept for `ai-code status`.
    """


@hooks.command("install", short_help="Write them into Claude's settings, after a yes.")
@click.option("--yes", "-y", is_flag=True, help="Do not ask.")
@click.pass_context
def install(ctx: click.Context, yes: bool) -> None:
    """Write the hooks into Claude's user settings: what changes is shown, then asked.

    Everything else in the file stays as it is. A hook whose name the installed Claude Code
    does not know is left away, for such a version drops all hooks then. Under Nix, and where
    the file cannot be written, the lines to write are printed.
    """
    from ai_code.flows import hooks as flow

    world = ctx.obj
    change = flow.installing(world, loaded(world).settings)
    say = world.console.important
    for event in change.left_away:
        since = ".".join(map(str, event.since))
        say(f"left away: {event.name}, which Claude Code knows since {since}")
    if change.text == change.before:
        say(f"The hooks are in {visible(str(change.path))} already.")
        return
    _show(world, change, "would be written so")
    _agreed(ctx, yes, "Write it?", "install")
    with world.undisturbed():
        _carried_out(change, lambda: flow.install(world, change))
    say("Written. Sessions that begin from now on have them; to take them out: "
        "ai-code hooks remove")  # fmt: skip


@hooks.command("remove", short_help="Take them out again, without a trace.")
@click.option("--yes", "-y", is_flag=True, help="Do not ask.")
@click.pass_context
def remove(ctx: click.Context, yes: bool) -> None:
    """Take the hooks out of Claude's settings. A file that nobody changed since becomes what it
    was, byte for byte; of another one only our entries go.
    """
    from ai_code.flows import hooks as flow

    world = ctx.obj
    changes = flow.removing(world)
    if not changes:
        world.console.important("There are no hooks of ai-code's in Claude's settings.")
        return
    for change in changes:
        if change.text != change.before:
            _show(world, change, "would be changed so" if change.text is not None else "would go")
    if any(change.text != change.before for change in changes):
        _agreed(ctx, yes, "Take them out?", "remove")
    for change in changes:
        with world.undisturbed():
            _carried_out(change, lambda change=change: flow.remove(world, change))
    world.console.important("Taken out.")


@hooks.command("show", short_help="Print whether they are installed, and what they are.")
@click.option("--json", "as_json", is_flag=True, help="One object on stdout.")
@click.pass_context
def show(ctx: click.Context, as_json: bool) -> None:
    """Print whether the hooks are in Claude's settings, and the lines that make them. Changes
    nothing.
    """
    from ai_code.flows.hooks import look

    world = ctx.obj
    told = look(world, loaded(world).settings)
    screen = Screen(world.environ)
    if as_json:
        screen.json(_value(told))
        return
    screen.line(
        visible(f"{told.file.path}" + (f" ({told.file.problem})" * bool(told.file.problem)))
    )
    screen.line(f"Claude Code {told.version}" if told.version else "Claude Code is not installed")
    if told.off:
        screen.line("disableAllHooks is set in it: no hook runs")
    for hook in told.hooks:
        screen.line(f"  {hook.event.name:<14}{_WORDS[hook.state]}: {hook.event.does}")
    commands = {
        hook.event.name: hook.command for hook in told.hooks if hook.state != "unknown-to-claude"
    }
    screen.line()
    for line in _lines(told, commands):
        screen.line(visible(line))


def _lines(told: Look, commands: dict[str, str]) -> list[str]:
    if not (told.nix or told.file.managed):
        return lines_of(commands)
    from ai_code.core.claude_hooks import nix_lines

    events: Sequence[HookEvent] = [h.event for h in told.hooks if h.event.name in commands]
    return nix_lines(events)


def _show(world: Any, change: Change, how: str) -> None:
    screen = Screen(world.environ)
    screen.line(visible(f"{change.path} {how}:"))
    for line in change.difference:
        screen.line(f"  {visible(line)}")


def _agreed(ctx: click.Context, yes: bool, question: str, word: str) -> None:
    """Ends the command where the person does not want it."""
    console = ctx.obj.console
    if yes:
        return
    if not (console.stdin_is_tty and console.stderr_is_tty):
        raise UsageError(
            f"hooks {word} needs a yes",
            why="there is no terminal to ask on; nothing was changed",
            hint=f"ai-code hooks {word} --yes",
        )
    if console.ask(question, {"y": "yes", "n": "no"}) != "y":
        console.important("nothing was changed")
        ctx.exit(int(ExitCode.FAILED))


def _carried_out(change: Change, do: Any) -> None:
    try:
        do()
    except OSError as error:
        raise AiCodeError(
            f"{change.path} cannot be written", why=error.strerror or str(error),
            hint="ai-code hooks show",
        ) from error  # fmt: skip


def _value(told: Look) -> dict[str, Any]:
    """The form only grows."""
    return {
        "version": VERSION,
        "file": str(told.file.path),
        "problem": told.file.problem or None,
        "managed": told.file.managed,
        "claude": told.version or None,
        "off": told.off,
        "hooks": [
            {"event": each.event.name, "state": each.state, "command": each.command}
            for each in told.hooks
        ],
    }
