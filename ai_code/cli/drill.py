"""``ai-code drill``: proves the fallback before it is needed."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import click

from ai_code.cli.diff import colours
from ai_code.core.drill import SCENARIOS, Mend
from ai_code.core.errors import AiCodeError
from ai_code.core.exits import ExitCode
from ai_code.flows.drill import ALL, DEFAULT, Drill, DrillOptions, RealIsMissing, Report
from ai_code.flows.drill_report import lines_of

VERSION = 1


@click.command("drill", short_help="Prove the fallback before it is needed.")
@click.option(
    "--scenario",
    metavar="NAME|all",
    default=DEFAULT,
    show_default=True,
    help=f"What happens: {', '.join(SCENARIOS)}, or {ALL}.",
)
@click.option("--real", is_flag=True, help="Refuse stand-ins, and recordings of Claude.")
@click.option("--yes", "-y", is_flag=True, help="Agree to the installation of Claude Code.")
@click.option("--json", "as_json", is_flag=True, help="One object on stdout.")
@click.option("--keep", is_flag=True, help="Leave the scratch folder, and say where it is.")
@click.option("-v", "--verbose", is_flag=True, help="Show what ai-code prints meanwhile.")
@click.pass_context
def drill(
    ctx: click.Context,
    scenario: str,
    real: bool,
    yes: bool,
    as_json: bool,
    keep: bool,
    verbose: bool,
) -> int:
    """Play a day on which Claude hits its limit, and prove each part of the fallback.

    The real Claude Code works in a scratch project, behind a stand-in of its API on this
    machine that says "You've hit your limit" in the middle of the task. Then everything goes on
    for real: with your Ollama and your model if they answer, else with a stand-in that plays a
    model. Your login, your files and your money are not touched. Exit code 0: all passed.

    \b
    ai-code drill                       the 5-hour limit in the middle of a task
    ai-code drill --scenario all        every scenario
    ai-code drill --real                your Ollama and model, or a failure
    """
    world = ctx.obj
    world.console.verbose = verbose
    world.console.quiet = as_json
    options = DrillOptions(scenario=scenario, real=real, yes=yes)
    try:
        settings = world.config.load({}).settings
        report = Drill(world, settings, options, world.drill_stage(keep=keep)).go()
    except AiCodeError as error:
        if as_json:
            click.echo(json.dumps(_refused(error)))
        raise
    if as_json:
        click.echo(json.dumps(_value(report)))
    else:
        color = colours(world.environ)
        for line in lines_of(report):
            click.echo(_coloured(line), color=color)
    return ExitCode.OK if report.ok else ExitCode.FAILED


def _value(report: Report) -> dict[str, Any]:
    """The report as plain values; the form only grows."""
    return {
        "version": VERSION,
        "ok": report.ok,
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


def _refused(error: AiCodeError) -> dict[str, Any]:
    """The same form where nothing could be played."""
    missing, mend = (error.missing, error.mend) if isinstance(error, RealIsMissing) else ((), ())
    return {
        "version": VERSION,
        "ok": False,
        "scenarios": [],
        **_told(missing, mend),
        "error": {"what": error.what, "why": error.why, "hint": error.hint},
    }


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
