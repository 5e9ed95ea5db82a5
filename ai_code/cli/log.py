"""``ai-code log``: what happened, one line each, the oldest first."""

from __future__ import annotations

import click

from ai_code.cli.screen import WIDTH, Screen, coloured
from ai_code.core.record_words import moment
from ai_code.core.resets import describe_reset
from ai_code.core.text import cell, fitting
from ai_code.flows import log as flow


@click.command("log", short_help="What happened, line by line; --follow waits for more.")
@click.option("-n", "count", type=click.IntRange(0, 100_000), default=50, show_default=True,
              metavar="N", help="How many of the past.")  # fmt: skip
@click.option("--follow", "-f", is_flag=True, help="Then wait for new ones; Ctrl-C stops.")
@click.option("--errors", is_flag=True, help="Only what did not end well.")
@click.option(
    "--json", "as_json", is_flag=True, help="One object a line; nothing where there is none."
)
@click.pass_context
def log(ctx: click.Context, count: int, follow: bool, errors: bool, as_json: bool) -> None:
    """Print what runs did, in all folders: each began, each engine's verdict, each ended.

    A limit is no error; a run that no engine could finish is.
    """
    world = ctx.obj
    screen = Screen(world.environ)
    clock = world.clock

    def wanted(event: flow.LogEvent) -> bool:
        return event.bad or not errors

    def tell(event: flow.LogEvent) -> None:
        if as_json:
            screen.json(event.as_json())
            return
        now, tz = clock.now(), clock.local_tz()
        text = event.text
        if event.resets_at is not None:
            # Before what may be cut, and without the time that is left: a log is read later too.
            at = describe_reset(event.resets_at, now, tz).split(" (")[0]
            reset = f"resets {at}" if event.resets_at > now else "reset is over"
            kind, *rest = text.split(" · ", 1)
            text = " · ".join([kind, reset, *rest])
        when = moment(event.at, now, tz, seconds=True)
        word = coloured(cell(event.event, 11), "failed" if event.bad else event.event)
        head = f"{when}  {event.run[-4:]}  {cell(event.engine or '-', 6)}  "
        screen.line((head + word + "  " + fitting(text, WIDTH - 44)).rstrip())

    told = False
    for event in flow.past(world, count, wanted):
        tell(event)
        told = True
    if count and not (told or as_json):
        screen.line("no error is recorded" if errors else "no run is recorded")
    if follow:
        for event in flow.follow(world, wanted):
            tell(event)
