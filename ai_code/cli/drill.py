"""``ai-code drill``: proves the fallback before it is needed."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

import click

from ai_code.cli.diff import colours
from ai_code.cli.loaded import loaded
from ai_code.core.drill import SCENARIOS, Mend
from ai_code.core.errors import AiCodeError, Stopped
from ai_code.core.exits import ExitCode
from ai_code.core.pasting import shown_values
from ai_code.flows.drill import ALL, DEFAULT, Drill, DrillOptions, RealIsMissing, Report
from ai_code.flows.drill_report import lines_of
from ai_code.flows.envelope import told

VERSION = 1


def _options(command: Callable[..., int]) -> Callable[..., int]:
    """What ``ai-code drill`` and ``ai-code engines test`` take."""
    for option in (
        click.option("-v", "--verbose", is_flag=True, help="Show what ai-code prints meanwhile."),
        click.option("--keep", is_flag=True, help="Leave the scratch folder, and say where it is."),
        click.option("--json", "as_json", is_flag=True, help="One object on stdout."),
        click.option("--yes", "-y", is_flag=True, help="Agree to the installation of Claude Code."),
        click.option("--real", is_flag=True, help="Refuse stand-ins, and recordings of Claude."),
        click.option(
            "--scenario",
            metavar="NAME|all",
            default=DEFAULT,
            show_default=True,
            help=f"What happens: {', '.join(SCENARIOS)}, or {ALL}.",
        ),
    ):
        command = option(command)
    return command


@click.command("drill", short_help="Prove the fallback before it is needed.")
@_options
@click.option(
    "--engine", metavar="NAME", default="",
    help="The local engine that goes on; by default the first of fallback.chain that is there.",
)  # fmt: skip
@click.pass_context
def drill(ctx: click.Context, /, engine: str, **how: Any) -> int:
    """Play a day on which Claude hits its limit, and prove each part of the fallback.

    The real Claude Code works in a scratch project, behind a stand-in of its API on this
    machine that says "You've hit your limit" in the middle of the task. Then everything goes on
    for real: with your Ollama and your model if they answer, else with a stand-in that plays a
    model. Your login, your files and your money are not touched. Exit code 0: all passed.

    \b
    ai-code drill                       the 5-hour limit in the middle of a task
    ai-code drill --scenario all        every scenario
    ai-code drill --engine opencode     with another engine than your first
    ai-code drill --real                your Ollama and model, no stand-ins
    """
    return _play(ctx, engine, **how)


@click.command("test", short_help="The drill with one engine.")
@click.argument("name")
@_options
@click.pass_context
def test(ctx: click.Context, /, name: str, **how: Any) -> int:
    """Play a limit in the middle of a task, and have the engine NAME go on: `ai-code drill
    --engine NAME` is the same.

    The brief, the engine in its worktree, landing, undo, and the return to Claude; with your
    Ollama and model where they will do for it, else with a stand-in that plays a model. Exit
    code 0: all passed.
    """
    return _play(ctx, name, **how)


def _play(
    ctx: click.Context,
    engine: str,
    *,
    scenario: str,
    real: bool,
    yes: bool,
    as_json: bool,
    keep: bool,
    verbose: bool,
) -> int:
    world = ctx.obj
    world.console.verbose = verbose
    world.console.quiet = as_json
    # Who reads JSON answers no question.
    options = DrillOptions(
        scenario=scenario, real=real, yes=yes, offer=yes or not as_json, engine=engine
    )
    stage = world.drill_stage(keep=keep)
    try:
        report = Drill(world, loaded(world).settings, options, stage).go()
    except Stopped:
        left = "What was made is kept" if stage.kept else "Nothing of it is left"
        world.console.important(f"Stopped. {left}; to play it again: {options.command}")
        raise
    except AiCodeError as error:
        if as_json:
            click.echo(json.dumps(_refused(error, world.shown_as)))
            error.in_envelope = True
        raise
    if as_json:
        click.echo(json.dumps(shown_values(_value(report), world.shown_as)))
    else:
        color = colours(world.environ)
        for line in lines_of(report, world.shown_as):
            click.echo(_coloured(line), color=color)
    return ExitCode.OK if report.ok else ExitCode.FAILED


def _value(report: Report) -> dict[str, Any]:
    """The report as plain values; the form only grows."""
    return {
        "version": VERSION,
        "ok": report.ok,
        "engine": report.engine,
        "scenarios": [
            {
                "name": each.scenario.name,
                "ok": each.ok,
                "fault": each.fault or None,
                "parts": [
                    {
                        "name": part.name,
                        "by": part.by or None,
                        "result": part.state,
                        "seconds": part.seconds,
                        "note": part.note,
                    }
                    for part in each.parts
                ],
                "diff": each.diff,
            }
            for each in report.played
        ],
        **_told(report.notes, report.mend),
        "error": None,
    }


def _refused(error: AiCodeError, shown_as: str) -> dict[str, Any]:
    """The same form where nothing could be played."""
    missing, mend = (error.missing, error.mend) if isinstance(error, RealIsMissing) else ((), ())
    value = {
        "version": VERSION,
        "ok": False,
        "engine": None,
        "exit_code": int(error.exit_code),
        "scenarios": [],
        **_told(missing, mend),
        "error": told(error, ""),
    }
    return dict(shown_values(value, shown_as))


def _told(notes: Sequence[str], mend: Sequence[Mend]) -> dict[str, Any]:
    return {
        "notes": list(notes),
        "mend": [each.command for each in mend],
        "mend_about": [each.about for each in mend],
    }


def _coloured(line: str) -> str:
    """Click drops the colours where stdout is no terminal that has them."""
    for word, colour in (("passed", "green"), ("FAILED", "red")):
        before, found, after = line.partition(word)
        if found and (not before.strip() or before.startswith("  ")):
            return before + click.style(word, fg=colour) + after
    if line.startswith("  +"):
        return click.style(line, fg="green")
    if line.startswith("  -"):
        return click.style(line, fg="red")
    return line
