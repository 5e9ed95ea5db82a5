"""``ai-code models``: which there are, which suits, and everything that is done with one."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from ai_code.cli.completing import local_engines
from ai_code.cli.diff import colours
from ai_code.cli.loaded import loaded
from ai_code.core.catalogue import ROLES
from ai_code.core.columns import wrapped
from ai_code.core.errors import NoDiskError
from ai_code.core.exits import ExitCode
from ai_code.core.pasting import hint_lines, shown_command, shown_values
from ai_code.core.text import fitting, one_line, visible

if TYPE_CHECKING:
    from ai_code.core.catalogue import Role
    from ai_code.core.columns import Line
    from ai_code.settings import Settings

VERSION = 1
_STYLES: dict[str, dict[str, Any]] = {
    "name": {"bold": True},
    "good": {"fg": "green"},
    "bad": {"fg": "red"},
    "dim": {"dim": True},
}
_JSON = click.option("--json", "as_json", is_flag=True, help="One object on stdout.")
_ROLE = click.option(
    "--role", type=click.Choice(list(ROLES)), help="What it is for: edit unless you say more."
)
_YES = click.option("--yes", "-y", is_flag=True, help="Do not ask.")


@click.group("models", short_help="Local models: which suit this machine, and all about them.")
def models() -> None:
    """Local models: which there are, which suits this machine, get, test and choose one.

    Models that models.exclude-countries, exclude-makers, allow and deny rule out are never
    recommended, pulled, tested, loaded or used.
    """


@models.command("list", short_help="List the installed models.")
@click.option("--all", "all_", is_flag=True, help="Also those of the catalogue.")
@_JSON
@click.pass_context
def list_(ctx: click.Context, all_: bool, as_json: bool) -> None:
    """List the installed models: size, quantisation, context, tools, memory, maker, licence.

    The memory is what a context of 16k (or ollama.num-ctx) takes; "about" where it was not
    measured yet on this machine.
    """
    from ai_code.flows.models.inventory import Inventory
    from ai_code.flows.models.screens import listing, row_value

    there = Inventory(ctx.obj, _settings(ctx), needed=not all_)
    rows, rest = there.rows(), there.rest() if all_ else []
    if as_json:
        models = [row_value(row) for row in (*rows, *rest)]
        _json(ctx, {"models": models, "note": there.unknown or None})
        return
    if there.unknown:
        _wrapped(ctx, there.unknown)
        _say(ctx, f"hint: {there.mend}")
    elif not rows:
        _say(ctx, "no model is installed; ai-code models pull gets the one that suits")
    _show(ctx, listing(rows))
    if rest:
        title = "in the catalogue:" if there.unknown else "not installed:"
        click.echo(f"\n{title}" if rows or there.unknown else title)
        _show(ctx, listing(rest))


@models.command("recommend", short_help="Which models suit this machine, best first.")
@_ROLE
@click.option("--all", "all_", is_flag=True, help="All that suit, and why the others do not.")
@_JSON
@click.pass_context
def recommend(ctx: click.Context, role: Role | None, all_: bool, as_json: bool) -> None:
    """Which models suit this machine and your policy, best first, with reasons.

    Judged by the memory there is, not by what is free now; by what a model edits well; and by
    the exams that it took here (ai-code models test).
    """
    from ai_code.flows.models import screens
    from ai_code.flows.models.recommending import advise

    advice = advise(ctx.obj, _settings(ctx), role or "edit")
    if as_json:
        _json(
            ctx,
            {
                "machine": screens.machine_value(advice.machine),
                "role": role or "edit",
                "recommended": [screens.recommendation_value(each) for each in advice.found],
                "left_out": [screens.left_value(each) for each in advice.left],
                "disk": screens.disk_value(advice.room),
                "note": advice.note or None,
            },
        )
        return
    click.echo(fitting(screens.machine_line(advice.machine), screens.WIDTH))
    if advice.note:
        _wrapped(ctx, advice.note)
    click.echo()
    _show(ctx, screens.recommendations(advice.found, len(advice.found) if all_ else 5))
    none = None if advice.found else advice.nothing()
    if none:
        click.echo(none.what)
    for each in advice.left if all_ else ():
        click.echo(fitting(f"   {each.entry.name}: {each.why}", screens.WIDTH))
    rules = sorted({each.rule for each in advice.left if each.rule})
    for rule in () if all_ else rules:
        click.echo(fitting(f"left out: {rule}", screens.WIDTH))
    if isinstance(none, NoDiskError):
        _wrapped(ctx, none.why)
        click.echo()
        hint = shown_command(visible(none.hint), ctx.obj.shown_as)
        for line in hint_lines(hint, screens.WIDTH):
            click.echo(line)
    elif advice.better:
        click.echo()
        _wrapped(ctx, advice.better)
    if advice.found and not advice.found[0].installed:
        _say(ctx, f"\nto get it: ai-code models pull {advice.found[0].name}")
    elif advice.found:
        _say(ctx, f"\nto choose it: ai-code models use {advice.found[0].name}")


@models.command("pull", short_help="Download a model, or the recommended one.")
@click.argument("names", nargs=-1, metavar="[NAME]…")
@click.option("--missing", is_flag=True, help="Only those that are not installed yet.")
@_YES
@click.pass_context
def pull(ctx: click.Context, names: tuple[str, ...], missing: bool, yes: bool) -> None:
    """Download the models NAME, or after asking the one that is recommended.

    With --missing and no NAME: those that runs use by your settings (model, models.roles,
    models.chain), or the recommended one where a run has none.

    The policy and the room on the disk are looked at first. Ctrl-C stops it; the same command
    goes on where it stopped. Exit code 75 where a later try may have it (no network, no server).
    """
    from ai_code.flows.models.pull_all import pull_all

    pull_all(ctx.obj, _settings(ctx), names, yes=yes, missing=missing)


@models.command("rm", short_help="Remove an installed model.")
@click.argument("name")
@_YES
@click.pass_context
def rm(ctx: click.Context, name: str, yes: bool) -> int:
    """Remove the installed model NAME, after asking."""
    from ai_code.flows.models.removing import remove

    done = remove(ctx.obj, _settings(ctx), name, yes=yes)
    return ExitCode.OK if done else ExitCode.FAILED


@models.command("verify", short_help="Check the files of a model.")
@click.argument("name", required=False)
@_JSON
@click.pass_context
def verify(ctx: click.Context, name: str | None, as_json: bool) -> int:
    """Check the files of the model NAME, or of all, against their digests.

    Where Ollama's folder cannot be read, only what the server tells is checked. Exit code 1
    where a model is damaged.
    """
    from ai_code.flows.models.screens import forbidden
    from ai_code.flows.models.verifying import verify as check

    found = check(ctx.obj, _settings(ctx), name)
    if as_json:
        _json(ctx, {"models": [each._asdict() for each in found]})
    for each in () if as_json else found:
        style = {"ok": "good", "bad": "bad", "unchecked": "dim"}[each.state]
        told = wrapped(f"{one_line(each.name)}: {one_line(each.evidence)}", 80, " " * 11)
        _show(ctx, [((f"{each.state:<11}", style), (told[0].lstrip(), ""))])
        _show(ctx, [((line, ""),) for line in told[1:]])
        if each.rule:
            _show(ctx, forbidden(each.rule, " " * 11))
        if each.mend:
            _say(ctx, f"           {visible(each.mend)}")
    return ExitCode.FAILED if any(each.state == "bad" for each in found) else ExitCode.OK


@models.command("use", short_help="Choose the model that runs use.")
@click.argument("name", metavar="NAME|auto")
@_ROLE
@click.pass_context
def use(ctx: click.Context, name: str, role: Role | None) -> None:
    """Choose the installed model NAME for all runs from now on; auto takes the choice back.

    The choice counts more than the settings files, and less than --model and variables.
    """
    from ai_code.flows.models.choosing import use as choose

    store = ctx.obj.config
    choose(ctx.obj, store, store.load({}), name, role)


@models.command("show", short_help="Everything about one model.")
@click.argument("name")
@_JSON
@click.pass_context
def show(ctx: click.Context, name: str, as_json: bool) -> None:
    """Everything about the model NAME: memory at several contexts, policy, exam, downloads."""
    from ai_code.flows.models.showing import lines_of, value_of
    from ai_code.flows.models.showing import show as look

    found = look(ctx.obj, _settings(ctx), name)
    if as_json:
        _json(ctx, value_of(found))
    else:
        _show(ctx, lines_of(found))


@models.command("test", short_help="A small editing exam with the real engine.")
@click.argument("name", required=False)
@click.option(
    "--edit-format",
    type=click.Choice(["diff", "whole", "udiff"]),
    help="The form of edits; otherwise that of aider.edit-format.",
)
@click.option(
    "--engine", metavar="NAME", shell_complete=local_engines,
    help="With this engine; otherwise the first of fallback.chain.",
)  # fmt: skip
@_JSON
@click.pass_context
def test(
    ctx: click.Context, name: str | None, edit_format: str | None, engine: str | None, as_json: bool
) -> int:
    """Have the model NAME, or the one that runs use, take a small exam in editing.

    Six tasks of rising difficulty, with the engine that a run goes on with, in a scratch folder:
    your files are not touched. The result is remembered for the model with this engine, and
    `ai-code models recommend` and `ai-code engines list` count it. Exit code 1 where the model
    passed less than half.
    """
    from ai_code.flows.models.exam import Exam, exam_engine

    world = ctx.obj
    world.console.quiet = as_json
    flags = {"aider.edit-format": edit_format}
    settings = loaded(world, flags).settings
    done = Exam(world, settings, exam_engine(settings, engine, edit_format)).go(name)
    result = done.result
    if as_json:
        _json(ctx, {**result._asdict(), "answers": [each._asdict() for each in done.answers]})
    else:
        rate = f", {result.tokens_per_s:.0f} tokens/s" if result.tokens_per_s else ""
        by_aider = result.engine == "aider"
        kept = "kept to the edit format" if by_aider else f"edited with {result.engine}"
        told = f"{result.passed} of {result.tasks} passed, {result.followed} {kept}"
        _wrapped(ctx, f"{result.name}: {told}{rate}")
        if done.not_remembered:
            click.echo(f"not remembered: {one_line(done.not_remembered)}", err=True)
    return ExitCode.OK if 2 * result.passed >= result.tasks else ExitCode.FAILED


@models.command("preload", short_help="Load a model into memory.")
@click.argument("name", required=False)
@click.pass_context
def preload(ctx: click.Context, name: str | None) -> None:
    """Load the model NAME, or the one that runs use, with the context that a run would ask for.

    Other models in memory stay; where there is no room beside them, that is an error.
    """
    from ai_code.flows.models.memory import preload as load

    load(ctx.obj, _settings(ctx), name)


@models.command("unload", short_help="Take a model out of memory.")
@click.argument("name", required=False)
@click.pass_context
def unload(ctx: click.Context, name: str | None) -> None:
    """Take the model NAME, or the only one that is loaded, out of memory."""
    from ai_code.flows.models.memory import unload as free

    free(ctx.obj, _settings(ctx), name)


def _settings(ctx: click.Context) -> Settings:
    from ai_code.flows.models.idle_rules import idle_rules

    found = loaded(ctx.obj)
    for notice in idle_rules(found, ctx.obj.catalogue):
        ctx.obj.console.important(f"warning: {notice}")
    ctx.obj.console.hide(tuple(found.settings.ollama_headers.values()))
    return found.settings


def _json(ctx: click.Context, value: dict[str, Any]) -> None:
    click.echo(json.dumps(shown_values({"version": VERSION, **value}, ctx.obj.shown_as)))


def _say(ctx: click.Context, text: str) -> None:
    click.echo(shown_command(text, ctx.obj.shown_as))


def _wrapped(ctx: click.Context, text: str) -> None:
    for line in wrapped(shown_command(one_line(text, 400), ctx.obj.shown_as), 80, ""):
        click.echo(line)


def _show(ctx: click.Context, lines: Sequence[Line]) -> None:
    color = colours(ctx.obj.environ)
    for line in lines:
        called = ((shown_command(text, ctx.obj.shown_as), style) for text, style in line)
        styled = (click.style(text, **_STYLES.get(style, {})) for text, style in called)
        click.echo("".join(styled), color=color)
