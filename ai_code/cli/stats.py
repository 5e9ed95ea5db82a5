"""``ai-code stats``: how often, how fast, what went wrong, what waiting was saved."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import click

from ai_code.cli.screen import WIDTH, Screen
from ai_code.core.record_words import day_words, moment, span
from ai_code.core.run_stats import RunStats
from ai_code.core.text import cell, columns, one_line
from ai_code.flows import stats as flow

_NAMES = 12
_BAR = 20
_BLOCKS, _PLAIN_BLOCKS = " ▁▂▃▄▅▆▇█", " .:-=+*%#"


@click.command("stats", short_help="Runs, fallbacks, times, tokens, waiting saved.")
@click.option("--since", metavar="TIME", help="From then on: 7d, 12h, 2w, or a day (2026-11-01).")
@click.option("--json", "as_json", is_flag=True, help="One object on stdout.")
@click.pass_context
def stats(ctx: click.Context, since: str | None, as_json: bool) -> None:
    """Show numbers over all recorded runs, in all folders.

    Tokens a second of a local model are a lower bound: what it wrote by the whole time of its
    turn. Waiting saved is the time from the end of a run that the local model finished to the
    reset of Claude's limit; what runs have in common counts once.
    """
    world = ctx.obj
    screen = Screen(world.environ)
    told = flow.stats(world, since)
    if as_json:
        screen.json(flow.as_json(told))
        return
    now, tz = world.clock.now(), world.clock.local_tz()
    start = f" since {moment(told.since, now, tz).strip()}" if told.since is not None else ""
    if not told.runs:
        screen.line(f"no run is recorded{start}")
        return
    for name, text in _rows(told, start, screen.unicode):
        for number, part in enumerate(_in_width(text)):
            screen.line((cell("" if number else name, _NAMES) + part).rstrip())


def _in_width(text: str) -> list[str]:
    """Broken at commas alone: a number stays with what it counts, a bar with its figures."""
    lines: list[str] = []
    for piece in text.split(", "):
        if lines and columns(f"{lines[-1]}, {piece},") <= WIDTH - _NAMES:
            lines[-1] += f", {piece}"
        else:
            lines[-1:] = [f"{line}," for line in lines[-1:]]
            lines.append(piece)
    return lines


def _rows(told: RunStats, start: str, unicode: bool) -> Iterator[tuple[str, str]]:
    yield "runs", f"{told.runs}{start}: {_counts(told.outcomes)}"
    most = max((each.finished for each in told.engines.values()), default=0)
    for name, each in told.engines.items():
        bar = ("█" if unicode else "#") * (-(-_BAR * each.finished // most) if most else 0)
        bar = cell(bar, _BAR) if most else ""
        took = f", median {span(each.median_s)}" if each.median_s is not None else ""
        failed = f", {each.failed} failed" if each.failed else ""
        share = f"{each.finished} of {each.turns} finished{took}{failed}"
        yield one_line(name, _NAMES - 1), f"{bar} {share}" if bar else share
    if told.days:
        yield from _per_day(told.days, unicode)
    yield "fallbacks", _counts(told.fallbacks) or "none"
    yield "ended by us", f"{told.timeouts} at the deadline, {told.stalls} stalled"
    for number, (name, model) in enumerate(told.models.items()):
        speed = ""
        if model.writing_per_s is not None:
            speed = f", writes {model.writing_per_s:.1f} tokens/s"
        elif model.tokens_per_s is not None:
            speed = f", at least {model.tokens_per_s:.1f} tokens/s"
        counts = f"{model.tokens_sent} sent, {model.tokens_received} received"
        yield "" if number else "tokens", f"{one_line(name, 30)}: {counts}{speed}"
    if told.fallbacks:
        yield "saved", f"{span(told.waiting_saved_s)} of waiting for Claude's resets"


def _counts(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{count} {one_line(name, 20)}" for name, count in counts.items())


def _per_day(days: Sequence[tuple[str, int, int]], unicode: bool) -> Iterator[tuple[str, str]]:
    """One sign a day, as high as the day's runs by the busiest day's."""
    signs = _BLOCKS if unicode else _PLAIN_BLOCKS
    most = max(one + two for _, one, two in days)
    for name, which in (("per day", (1, 2)), ("  local", (2,))):
        row = ""
        for day in days:
            count = sum(int(day[position]) for position in which)
            row += signs[-(-(len(signs) - 1) * count // most)]
        first, last = day_words(days[0][0]), day_words(days[-1][0])
        until = f"  {first} to {last}, at most {most} {'run' if most == 1 else 'runs'}"
        yield name, f"|{row}|" + until * (which == (1, 2))
