"""``ai-code doctor``: what is wrong with this machine, and the command that mends it."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import click

from ai_code.cli.diff import colours
from ai_code.core.doctor import Result, State, counts
from ai_code.core.errors import Stopped, UsageError
from ai_code.core.exits import ExitCode
from ai_code.core.pasting import hint_lines, shown_command, shown_values
from ai_code.core.text import columns, one_line, visible
from ai_code.core.text import wrapped as lines_of

if TYPE_CHECKING:
    from ai_code.flows.doctor.examine import Doctor, Report
    from ai_code.flows.world import World

VERSION = 1
_WIDTH = 80
_INDENT = 31
_FIX_AT = 9
_MOST = 1000
_NOTHING = "Nothing was changed"
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
    is an id or a group (claude, aider, engines, ollama, models, machine, settings, state). No
    model is asked, and nothing is changed without --fix, which names what is left to you. Exit
    code 0: nothing failed; a warning is no failure.

    \b
    ai-code doctor                      everything
    ai-code doctor ollama models        two groups
    ai-code doctor --fix                mend what can be mended safely
    """
    from ai_code.flows.doctor.examine import Doctor

    world: World = ctx.obj
    if yes and not fix:
        raise UsageError("--yes goes with --fix", hint="ai-code doctor --fix --yes")
    patient = Doctor(world, checks, deep=deep)
    try:
        report = _examined(world, patient, fix=fix, yes=yes, as_json=as_json)
    except Stopped:
        # Threads that still look end with us, and what they have started too.
        flags = [f"--{name}" for name, given in (("fix", fix), ("deep", deep)) if given]
        again = shlex.join(["ai-code", "doctor", *checks, *flags])
        done = f"Mended, or begun: {', '.join(patient.fixed)}" if patient.fixed else _NOTHING
        world.console.important(f"Stopped. {done}; to look again: {again}")
        raise
    if as_json:
        click.echo(json.dumps(shown_values(_value(report), world.shown_as)))
    else:
        click.echo("")
        click.echo(shown_command(_last(report), world.shown_as))
    return ExitCode.OK if report.healthy else ExitCode.FAILED


def _examined(world: World, patient: Doctor, *, fix: bool, yes: bool, as_json: bool) -> Report:
    """What was found, shown as it is known; with ``fix`` what it is after the mending."""
    color, called = colours(world.environ), world.shown_as
    report = patient.examine()
    if not fix:
        _show(as_json, _all(report.results, called), color)
    elif not any(map(_is_safe, report.results)):
        _show(
            as_json,
            [*_all(report.results, called), *_by_hand(report.results, mended=False, called=called)],
            color,
        )
    else:
        if not yes and not (world.console.stdin_is_tty and world.console.stderr_is_tty):
            raise UsageError(
                "a fix needs a yes",
                why="there is no terminal to ask on",
                hint="ai-code doctor --fix --yes",
            )
        _show(as_json, _all(report.results, called), color)
        before = {each.id: each.state for each in report.results}
        report = patient.mend(report, lambda result: yes or _agreed(world, result))
        anew = [each for each in report.results if each.state != before[each.id]]
        shown = [line for each in anew for line in _lines(each, called)]
        _show(as_json, [*shown, *_by_hand(report.results, mended=True, called=called)], color)
    return report


def _is_safe(result: Result) -> bool:
    return result.fix is not None and result.fix.safe


def _agreed(world: World, result: Result) -> bool:
    """Above the question stands what is asked about: the command on lines that can be copied."""
    told = lines_of(f"{result.id}: {one_line(result.finding.evidence)}", _WIDTH, indent="  ")
    shown = shown_command(visible(result.fix.shown), world.shown_as) if result.fix else ""
    fix = hint_lines(shown, _WIDTH - 4) if shown else ()
    for line in ("", *told, *(f"    {line}" for line in fix)):
        world.console.important(line)
    return world.console.ask("Do it?", {"y": "yes", "n": "no"}) == "y"


def _show(as_json: bool, lines: Iterable[str], color: bool | None) -> None:
    for line in () if as_json else lines:
        click.echo(line, color=color)


def _all(results: Sequence[Result], called: str) -> Iterator[str]:
    group = ""
    for result in results:
        if result.group != group:
            yield ("\n" if group else "") + click.style(result.group, bold=True)
            group = result.group
        yield from _lines(result, called)


def _by_hand(results: Sequence[Result], *, mended: bool, called: str) -> Iterator[str]:
    """What ``--fix`` leaves to the person, each with its command."""
    rest = [each for each in results if each.fix is not None and each.fix.shown]
    yield ""
    if not rest:
        yield "Nothing is left to mend." if mended else "Nothing needs mending."
        return
    if not mended:
        yield "Nothing here can be mended by itself."
    yield "What is left to you:" if mended else "What you can do:"
    ids: dict[str, list[str]] = {}
    for each in rest:
        ids.setdefault(each.fix.shown if each.fix else "", []).append(each.id)
    for shown, names in ids.items():
        yield from (click.style(f"  {line}", bold=True) for line in lines_of(", ".join(names), 78))
        yield from (
            "    " + line for line in hint_lines(shown_command(visible(shown), called), _WIDTH - 4)
        )


def _lines(result: Result, called: str) -> Iterator[str]:
    word = _WORDS[result.state]
    colour = _COLOURS.get(result.state)
    styled = click.style(f"{word:<7}", fg=colour) if colour else click.style(f"{word:<7}", dim=True)
    indent, told = _INDENT, shown_command(one_line(result.finding.evidence, _MOST), called)
    lines = lines_of(told, _WIDTH - indent) or [""]
    if max(map(columns, lines)) > _WIDTH - indent:
        # A path that is longer than the column: below, where a whole line is for it.
        indent, lines = _FIX_AT, ["", *lines_of(told, _WIDTH - _FIX_AT)]
    yield f"  {styled}{result.id:<{_INDENT - 9}}{lines[0]}".rstrip()
    yield from (" " * indent + line for line in lines[1:])
    if result.fix is not None and result.fix.shown:
        yield from _fix_lines(shown_command(visible(result.fix.shown), called), " " * _FIX_AT)


def _fix_lines(shown: str, indent: str) -> Iterator[str]:
    """A command that one line holds, or below the word ``fix``, cut where a shell goes on."""
    title = click.style("fix:", bold=True)
    if columns(shown) <= _WIDTH - len(indent) - len("fix: "):
        yield f"{indent}{title} {shown}"
        return
    yield f"{indent}{title}"
    for line in hint_lines(shown, _WIDTH - len(indent) - 2):
        yield f"{indent}  {line}"


def _last(report: Report) -> str:
    number = counts(report.results)
    told = [f"{number['ok']} ok"]
    told += [f"{number['warn']} to look at"] if number["warn"] else []
    told += [f"{number['failed']} failed"] if number["failed"] else []
    told += [f"{number['skipped']} not looked at"] if number["skipped"] else []
    done = len(report.fixed)
    mended = f"; {done} {'fix' if done == 1 else 'fixes'} carried out" if done else ""
    safe = any(map(_is_safe, report.results))
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
