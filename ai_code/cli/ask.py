"""``ai-code ask "QUESTION"``: an answer, and no edits."""

from __future__ import annotations

from typing import Any

import click

from ai_code.cli.answer import answer, answer_options


@click.command("ask", short_help="Ask about the code; nothing is edited.")
@answer_options("question", "Ask this engine only.")
@click.pass_context
def ask(ctx: click.Context, /, **options: Any) -> int:
    """Ask about this project. Claude Code answers first, at a limit a local model; neither may
    edit anything.

    \b
    ai-code ask "where is the configuration read?"
    git diff | ai-code ask "is it right?"    standard input is added
    ai-code ask --local "what does parse() do?"

    Which engine answers: engines.for.ask in the settings, else as in a run.
    """
    return answer(ctx.obj, "ask", options)
