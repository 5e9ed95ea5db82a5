"""``ai-code plan "TASK"``: a plan, and no edits."""

from __future__ import annotations

from typing import Any

import click

from ai_code.cli.answer import answer, answer_options


@click.command("plan", short_help="Have a task planned; nothing is edited.")
@answer_options("task", "Have this engine only plan it.")
@click.pass_context
def plan(ctx: click.Context, /, **options: Any) -> int:
    """Have a task planned, step by step, before anything is edited: in Claude Code's plan mode,
    at a limit in what a local engine has in its place.

    \b
    ai-code plan "split parser.py into two modules"
    ai-code -c "carry the plan out"            goes on with Claude's session

    Which engine plans: engines.for.plan in the settings, else as in a run.
    """
    return answer(ctx.obj, "plan", options)
