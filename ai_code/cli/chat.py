"""``ai-code chat``: Claude's own screen, or the local model's chat."""

from __future__ import annotations

from typing import Any

import click

from ai_code.cli.begin_chat import begin_chat


@click.command("chat", short_help="Claude's own screen, or --local: the local model's chat.")
@click.argument("words", nargs=-1, metavar="[-- CLAUDE-ARGS…]", type=click.UNPROCESSED)
@click.option("--local", is_flag=True, help="Leave Claude out: the local model's chat at once.")
@click.option("--model", metavar="NAME", help="The local model, as Ollama names it.")
@click.option("--claude-model", metavar="NAME", help="Claude's model.")
@click.option("--api", metavar="URL", help="Ollama's address, in all of OLLAMA_HOST's spellings.")
@click.option("--num-ctx", metavar="N", help="Context of the local model in tokens; 0: what fits.")
@click.option("--keep-alive", metavar="TIME", help="Keep the local model loaded so long (5m, -1).")
@click.option("--file", "files", multiple=True, metavar="FILE", help="A file to edit; repeatable.")
@click.option("--read", "reads", multiple=True, metavar="FILE", help="A file to read; repeatable.")
@click.option("-c", "--continue", "continue_", is_flag=True, help="Go on with the last session.")
@click.option("--resume", metavar="ID", help="Go on with this session of Claude's.")
@click.option("--allow-protected", is_flag=True, help="Let edits of CI, hooks, .claude land.")
@click.option(
    "--on-suspect",
    type=click.Choice(["ask", "keep", "drop"]),
    help="What happens to edits that look damaged.",
)
@click.option("-q", "--quiet", is_flag=True, help="Only errors, a switch, and what did not land.")
@click.option("-v", "--verbose", is_flag=True, help="Say more about what is done and why.")
@click.pass_context
def chat(ctx: click.Context, /, **options: Any) -> int:
    """Start Claude Code's own screen in this terminal, as `ai-code` without anything does.

    Nothing stands between Claude and the terminal. When it has ended and its session stands at
    a limit, you are asked: the local model's own chat (aider) in a private copy of your tree,
    which lands when it ends; or wait for the reset and come back to the same session; or stop.

    \b
    ai-code                       the same
    ai-code chat -c               go on with the last session
    ai-code chat --local          the local model's chat at once
    ai-code chat -- --permission-mode plan      after --, for Claude
    """
    return begin_chat(ctx.obj, options)
