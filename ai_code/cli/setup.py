"""``ai-code setup``: from a bare machine to a working fallback, in one conversation."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, get_args

import click

from ai_code.cli.diff import colours
from ai_code.cli.loaded import loaded
from ai_code.core.columns import wrapped
from ai_code.core.exits import ExitCode
from ai_code.core.pasting import shown_command, shown_values
from ai_code.core.setup import STEPS, StepName
from ai_code.core.text import visible

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ai_code.flows.setup.conversation import Outcome
    from ai_code.flows.setup.ground import Options
    from ai_code.flows.setup.removing import Removed

VERSION = 1
_WIDTH = 80
_COLOURS = {"ok": "green", "done": "green", "removed": "green", "missing": "red", "failed": "red"}
_STEP = click.Choice(list(get_args(StepName)))


@click.command("setup", short_help="From a bare machine to a working fallback.")
@click.argument("steps", metavar="[STEP]...", nargs=-1, type=_STEP)
@click.option("--yes", "-y", is_flag=True, help="Agree to each step; never to sudo.")
@click.option(
    "--skip", multiple=True, type=_STEP, metavar="STEP", help="Leave a step out. Repeatable."
)
@click.option("--api", metavar="ADDRESS", help="Use the Ollama at this address from now on.")
@click.option(
    "--no-input", is_flag=True, help="Ask nothing: without --yes only say what is missing."
)
@click.option("--remove", is_flag=True, help="Take back what setup made, each after asking.")
@click.option("--json", "as_json", is_flag=True, help="One object on stdout.")
@click.pass_context
def setup(
    ctx: click.Context,
    steps: tuple[StepName, ...],
    yes: bool,
    skip: tuple[StepName, ...],
    api: str | None,
    no_input: bool,
    remove: bool,
    as_json: bool,
) -> int:
    """Look for all that a fallback needs, and get what is missing, each step after asking.

    The steps are git, claude, aider, ollama, service (the server runs), model and drill; STEP
    names those to go through. What is there already is left as it is. Without a terminal, and
    without --yes, nothing is changed: it is only said. On NixOS and under Home Manager the lines
    for your configuration are printed instead. Exit code 1 where something is missing.

    \b
    ai-code setup                 all steps, each asked
    ai-code setup --yes           all steps; what needs sudo is only said
    ai-code setup aider model     these two
    ai-code setup --remove        take back what setup made; with STEP only that
    """
    from ai_code.flows.setup.ground import Options

    world = ctx.obj
    world.console.hide(tuple(loaded(world).settings.ollama_headers.values()))
    options = Options(steps, skip, yes, not no_input, api or "")
    return _remove(ctx, options, as_json) if remove else _set_up(ctx, options, as_json)


def _set_up(ctx: click.Context, options: Options, as_json: bool) -> int:
    from ai_code.flows.setup.conversation import Setup

    outcome = Setup(ctx.obj, ctx.obj.config, options).go()
    if as_json:
        click.echo(json.dumps(shown_values(_value(outcome), ctx.obj.shown_as)))
    else:
        _show(ctx, outcome)
    return ExitCode.OK if outcome.ok else ExitCode.FAILED


def _show(ctx: click.Context, outcome: Outcome) -> None:
    from ai_code.flows.setup.screens import lines_of

    color = colours(ctx.obj.environ)
    for before, word, after in lines_of(outcome, ctx.obj.shown_as):
        styled = click.style(word, fg=_COLOURS[word.strip()]) if word.strip() in _COLOURS else word
        click.echo(visible(before) + styled + visible(after), color=color)


def _value(outcome: Outcome) -> dict[str, Any]:
    """The form only grows."""
    return {
        "version": VERSION,
        "ok": outcome.ok,
        "mode": outcome.mode,
        "stopped": outcome.stopped,
        "steps": [
            {
                "name": each.step,
                "state": each.state,
                "told": each.told,
                "mend": list(each.mend),
            }
            for each in outcome.results
        ],
        "left": [name for name in STEPS if name not in {each.step for each in outcome.results}],
        "nix": {"kind": outcome.nix_kind, "lines": list(outcome.nix)} if outcome.nix_kind else None,
    }


def _remove(ctx: click.Context, options: Options, as_json: bool) -> int:
    from ai_code.flows.hooks import wired
    from ai_code.flows.setup.removing import Removing

    results = Removing(ctx.obj, ctx.obj.config, options).go()
    # Not setup's: another command wrote them, and takes them out.
    hooks = [] if options.steps else [str(each.file.path) for each in wired(ctx.obj)]
    left = [each for each in results if each.fate in ("kept", "failed")]
    wanted = set(options.steps or STEPS) - set(options.skip)
    still = sum(each.step in wanted for each in ctx.obj.setup_log.changes())
    if as_json:
        rows = [_row(each) for each in results]
        value = {"version": VERSION, "ok": not still, "changes": rows, "hooks": hooks}
        click.echo(json.dumps(shown_values(value, ctx.obj.shown_as)))
    elif not results and not still:
        click.echo("setup has made nothing here that is still there")
    else:
        for each in left:
            ctx.obj.console.important(each.mend) if each.mend else None
        again = shown_command("ai-code setup --remove", ctx.obj.shown_as)
        click.echo(f"{still} left: {again}" if still else _all_is_back(results))
    for path in () if as_json else hooks:
        for line in wrapped(f"the hooks of ai-code are still in {visible(path)}:", _WIDTH, ""):
            click.echo(line)
    if hooks and not as_json:
        click.echo(f"  {shown_command('ai-code hooks remove', ctx.obj.shown_as)}")
    return ExitCode.FAILED if still else ExitCode.OK


def _all_is_back(results: Sequence[Removed]) -> str:
    """What setup made and the person changed since stays, and is named once more."""
    changes = [each.change for each in results if each.fate == "left"]
    names = [f"the choice of {c.name}" if c.kind == "choice" else c.name for c in changes]
    if not names:
        return "all is taken back"
    return visible(f"all else is taken back; yours now, and still there: {', '.join(names)}")


def _row(each: Removed) -> dict[str, Any]:
    return {
        "kind": each.change.kind,
        "name": each.change.name,
        "fate": each.fate,
        "told": each.told,
        "mend": each.mend or None,
    }
