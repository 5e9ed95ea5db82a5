"""``ai-code doctor``: what is wrong with this machine, and the command that mends it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import click

from ai_code.cli.diff import colours
from ai_code.core.doctor import Result, State, counts
from ai_code.core.errors import UsageError
from ai_code.core.exits import ExitCode
from ai_code.core.text import one_line, visible

if TYPE_CHECKING:
    from ai_code.flows.doctor.examine import Report
    from ai_code.flows.world import World

VERSION = 1
_WIDTH = 80
_INDENT = 31
_MOST = 1000
_COLOURS: dict[State, str] = {"ok": "green", "warn": "yellow", "failed": "red"}
_WORDS: dict[State, str] = {"ok": "ok", "warn": "warn", "failed": "FAILED", "skipped": "-"}


@click.command("doctor", short_help="What is wrong here, and the command that mends it.")
@click.argument("checks", nargs=-1, metavar="[CHECK…]")
@click.option("--fix", is_flag=True, help="Carry out the safe fixes, each after asking.")
@click.option("--yes", "-y", is_flag=True, help="With --fix: do not ask.")
@click.option("--deep", is_flag=True, help="Have aider edit, a model answer, downloads verified.")
@click.option("--json", "as_json", is_flag=True, help="One object on stdout.")
@click.pass_context
def doctor(
    ctx: click.Context, checks: tuple[str, ...], fix: bool, yes: bool, deep: bool, as_json: bool
) -> int:
    """Look at everything that a fallback needs, at once, in seconds.

    Each line: state, the check's id, what was seen; below it the command that mends it. CHECK
    is an id or a group (claude, aider, ollama, models, machine, settings, state). No model is
    asked, and nothing is changed without --fix. Exit code 0: nothing failed; a warning is no
    failure.

    \b
    ai-code doctor                      everything
    ai-code doctor ollama models        two groups
    ai-code doctor --fix                mend what can be mended safely
    """
    from ai_code.flows.doctor.examine import Doctor

    world: World = ctx.obj
    if yes and not fix:
        raise UsageError("--yes goes with --fix", hint="ai-code doctor --fix --yes")
    if fix and not yes and not (world.console.stdin_is_tty and world.console.stderr_is_tty):
        raise UsageError(
            "a fix needs a yes",
            why="there is no terminal to ask on",
            hint="ai-code doctor --fix --yes",
        )
    color = colours(world.environ)
    patient = Doctor(world, checks, deep=deep)
    report = patient.examine()
    if fix:
        before = report
        if not as_json:
            _print(before.results, color, every=True)
        report = patient.mend(before, lambda result: yes or _agreed(world, result))
        if not as_json:
            seen = {each.id: each for each in before.results}
            _print([r for r in report.results if r.state != seen[r.id].state], color, every=False)
    elif not as_json:
        _print(report.results, color, every=True)
    if as_json:
        click.echo(json.dumps(_value(report)))
    else:
        click.echo("")
        click.echo(_last(report))
    return ExitCode.OK if report.healthy else ExitCode.FAILED


def _agreed(world: World, result: Result) -> bool:
    shown = result.fix.shown if result.fix else ""
    question = f"\n{result.id}: {one_line(result.finding.evidence)}\n  fix: {shown}\nDo it?"
    return world.console.ask(question, {"y": "yes", "n": "no"}) == "y"


def _print(results: tuple[Result, ...] | list[Result], color: bool | None, *, every: bool) -> None:
    group = ""
    for result in results:
        if every and result.group != group:
            click.echo(("\n" if group else "") + click.style(result.group, bold=True), color=color)
            group = result.group
        for line in _lines(result):
            click.echo(line, color=color)


def _lines(result: Result) -> Iterator[str]:
    word = _WORDS[result.state]
    colour = _COLOURS.get(result.state)
    styled = click.style(f"{word:<7}", fg=colour) if colour else click.style(f"{word:<7}", dim=True)
    first, *rest = _wrapped(one_line(result.finding.evidence, _MOST), _WIDTH - _INDENT)
    yield f"  {styled}{result.id:<{_INDENT - 9}}{first}"
    for line in rest:
        yield " " * _INDENT + line
    if result.fix is not None and result.fix.shown:
        # Not wrapped: a command is to be copied as one line.
        yield " " * 9 + click.style("fix: ", bold=True) + visible(result.fix.shown)


def _wrapped(text: str, columns: int) -> list[str]:
    import textwrap

    return textwrap.wrap(text, columns, break_on_hyphens=False) or [""]


def _last(report: Report) -> str:
    number = counts(report.results)
    told = [f"{number['ok']} ok"]
    told += [f"{number['warn']} to look at"] if number["warn"] else []
    told += [f"{number['failed']} failed"] if number["failed"] else []
    told += [f"{number['skipped']} not looked at"] if number["skipped"] else []
    done = len(report.fixed)
    mended = f"; {done} {'fix' if done == 1 else 'fixes'} carried out" if done else ""
    safe = any(each.fix and each.fix.safe for each in report.results)
    hint = "\nai-code doctor --fix mends what can be mended safely." if safe else ""
    return ", ".join(told) + mended + hint


def _value(report: Report) -> dict[str, Any]:
    """The report as plain values; the form only grows."""
    return {
        "version": VERSION,
        "ok": report.healthy,
        "counts": counts(report.results),
        "checks": [
            {
                "id": each.id,
                "group": each.group,
                "title": each.title,
                "state": each.state,
                "evidence": each.finding.evidence,
                "fix": each.fix
                and {
                    "shown": each.fix.shown,
                    "commands": [list(argv) for argv in each.fix.commands],
                    "safe": each.fix.safe,
                },
                "seconds": round(each.seconds, 3),
            }
            for each in report.results
        ],
        "fixed": list(report.fixed),
    }
