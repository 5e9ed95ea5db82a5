"""``ai-code review``: Claude looks at what a local model did."""

from __future__ import annotations

import click

from ai_code.core.errors import UsageError


@click.command("review", short_help="Claude reviews what a local model did.")
@click.argument("words", nargs=-1, metavar="[RUN] [-- CLAUDE-ARGS…]", type=click.UNPROCESSED)
@click.option("--claude-model", metavar="NAME", help="Claude's model.")
@click.option("--wait", is_flag=True, help="At a limit wait for the reset; same session.")
@click.option("--json", "as_json", is_flag=True, help="One object on stdout, also for errors.")
@click.pass_context
def review(
    ctx: click.Context,
    words: tuple[str, ...],
    claude_model: str | None,
    wait: bool,
    as_json: bool,
) -> int:
    """Claude reviews what a local model changed here, and mends it or accepts it.

    RUN is one run; without it all since Claude last answered here, else the last one. At a limit
    it stops (exit code 75): a local model does not review itself. What Claude does is in your
    tree at once, as ever; what the local model did is still taken back by `ai-code undo RUN`.
    """
    from ai_code.cli.begin import DEFAULTS, begin
    from ai_code.flows.review import review as about

    world = ctx.obj
    named = words[: len(words) - len(world.after_dashes)]
    if len(named) > 1:
        raise UsageError(f"one run is reviewed, not {len(named)}", hint="ai-code review --help")
    made = about(world, named[0] if named else None)
    world.console.note(f"Claude reviews {', '.join(made.runs)}.")
    options = {
        **DEFAULTS,
        "words": tuple(world.after_dashes),
        "prompt": made.prompt,
        "claude_model": claude_model,
        "wait": wait,
        "json": as_json,
        "no_fallback": True,
        "engine": "claude",
    }
    return begin(world, options)
