"""``ai-code engines``: which engines there are, what they can, and how one is got."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from ai_code.cli.completing import engines_to_install, local_engines
from ai_code.cli.drill import test
from ai_code.cli.engines_screen import detail, listing
from ai_code.cli.loaded import loaded
from ai_code.cli.screen import WIDTH, Screen
from ai_code.core.about import ABILITIES
from ai_code.core.exits import ExitCode
from ai_code.core.pasting import shown_command
from ai_code.core.text import from_home

if TYPE_CHECKING:
    from ai_code.flows.engines import EngineRow

VERSION = 1


@click.group("engines", short_help="Engines that can go on at a limit.")
def engines() -> None:
    """The engines that can go on at a limit: what they can, whether they would work here.

    Which of them do is fallback.chain in the settings; `--engine NAME` takes one for a run.
    """


@engines.command("list", short_help="All engines: installed, version, abilities.")
@click.option("--json", "as_json", is_flag=True, help="One object on stdout.")
@click.pass_context
def list_(ctx: click.Context, as_json: bool) -> None:
    """List all engines: installed or not, version, what each can, and whether the model that a
    run would take serves it. Nothing is started but `--version`.
    """
    from ai_code.flows.engines import engine_rows

    world = ctx.obj
    found = engine_rows(world, loaded(world).settings)
    rows = [_called(row, world.shown_as) for row in found]
    if as_json:
        click.echo(json.dumps({"version": VERSION, "engines": [_value(row) for row in rows]}))
        return
    screen = Screen(world.environ)
    for line in listing(rows, WIDTH):
        screen.line(line)


@engines.command("show", short_help="All about one engine.")
@click.argument("name", shell_complete=local_engines)
@click.option("--json", "as_json", is_flag=True, help="One object on stdout.")
@click.pass_context
def show(ctx: click.Context, name: str, as_json: bool) -> None:
    """Show all that is known of the engine NAME: licence, how it is got, what it can and what of
    that is tested, what holds it, and whether it would work here.
    """
    from ai_code.flows.engines import engine_rows, named_engine

    world = ctx.obj
    named_engine(name)
    found = engine_rows(world, loaded(world).settings, (name,))[0]
    row = _called(found, world.shown_as)
    if as_json:
        click.echo(json.dumps({"version": VERSION, **_value(row)}))
        return
    screen = Screen(world.environ)
    for line in detail(row, WIDTH, world.shown_as or "ai-code"):
        screen.line(line)


@engines.command("install", short_help="Install one, in a folder of our own.")
@click.argument("name", shell_complete=engines_to_install)
@click.option("--again", is_flag=True, help="Anew, also where this version is there already.")
@click.option("--yes", "-y", is_flag=True, help="Do not ask.")
@click.pass_context
def install(ctx: click.Context, name: str, again: bool, yes: bool) -> None:
    """Install the engine NAME the official way (npm or PyPI), in a folder of ai-code's own, after
    asking. One that is there already is used until the new one has started.
    `ai-code engines remove NAME` takes it away again.
    """
    from ai_code.flows.engines import named_engine
    from ai_code.flows.install_engine import install_engine

    world = ctx.obj
    done = install_engine(world, named_engine(name), yes=yes, again=again)
    if done is None:
        world.console.note("nothing was installed")
        return
    console, told = world.console, f"{name} {done.program.version_text}"
    console.note(f"installed: {told}" if done.new else f"{told} is installed already")
    console.note(f"in {from_home(done.folder, world.site.home)}")
    if done.new:
        console.note(f"try it: ai-code engines test {name}")
    else:
        console.note(f"to have it anew: ai-code engines install {name} --again")


engines.add_command(test)


@engines.command("remove", short_help="Take away one that was installed here.")
@click.argument("name", shell_complete=engines_to_install)
@click.option("--yes", "-y", is_flag=True, help="Do not ask.")
@click.pass_context
def remove(ctx: click.Context, name: str, yes: bool) -> int:
    """Take away what `ai-code engines install NAME` made, after asking; one of your own is left as
    it is.
    """
    from ai_code.flows.engines import named_engine
    from ai_code.flows.install_engine import remove_engine

    world = ctx.obj
    done = remove_engine(world, named_engine(name), yes=yes)
    if done is None:
        world.console.note("nothing was removed")
        return ExitCode.FAILED
    world.console.note(f"{name} is removed" if done else f"{name} was not installed by ai-code")
    return ExitCode.OK


def _called(row: EngineRow, shown_as: str) -> EngineRow:
    """The commands that mend, as the person calls this program."""
    return row._replace(
        mend=shown_command(row.mend, shown_as), unfit_mend=shown_command(row.unfit_mend, shown_as)
    )


def _value(row: EngineRow) -> dict[str, Any]:
    """The row as plain values; the form only grows."""
    about = row.engine.about
    return {
        "name": row.name,
        "title": row.engine.title,
        "installed": bool(row.path),
        "path": row.path,
        "installed_version": row.version,
        "tested_version": about.version,
        "problem": row.problem,
        "mend": row.mend,
        "chain": row.place,
        "homepage": about.homepage,
        "licence": about.licence,
        "package": about.package,
        "needs": about.install.needs,
        "can": {
            name: {"answer": can.answer, "how": can.how, "tested": can.tested}
            for name in ABILITIES
            if (can := about.can[name])
        },
        "modes": sorted(about.modes),
        "loads": sorted(about.loads),
        "chats": about.chats,
        "resumes": about.resumes,
        "fence": row.fence,
        "fenced": row.fenced,
        "network_fenced": row.network_fenced,
        "model": row.model,
        "serves": bool(row.model) and not row.unfit,
        "unfit": row.unfit,
        "unfit_mend": row.unfit_mend,
        "exam": row.exam and {"passed": row.exam.passed, "tasks": row.exam.tasks},
    }
