"""``ai-code status``: one screen, or one word for a shell prompt."""

from __future__ import annotations

import click

from ai_code.cli.prompt_word import prompt_word
from ai_code.cli.status_screen import show
from ai_code.core.errors import UsageError


@click.command("status", short_help="Who would answer now and why; the local side; last runs.")
@click.option("--short", is_flag=True, help="One short line for a shell prompt; asks nobody.")
@click.option("--json", "as_json", is_flag=True, help="One object on stdout.")
@click.pass_context
def status(ctx: click.Context, short: bool, as_json: bool) -> None:
    """Show on one screen who would answer now and why, Ollama and its models, memory, and the
    last runs.

    --short prints `claude`, `local qwen2.5-coder:7b until 20:00`, `limit until 20:00` or `none`;
    it reads files only, so that a shell prompt or tmux may ask it all the time.
    """
    if short and as_json:
        raise UsageError("--short and --json exclude each other", hint="ai-code status --help")
    if short:
        prompt_word(ctx.obj)
    else:
        show(ctx.obj, as_json=as_json)
