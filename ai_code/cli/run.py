"""``ai-code "PROMPT"``: the options of a run."""

from __future__ import annotations

from typing import Any

import click

from ai_code import __version__
from ai_code.cli.begin import begin
from ai_code.cli.completing import engines
from ai_code.cli.main import COMMANDS


class _RunCommand(click.Command):
    """Its help lists the other commands too: it is the help of the whole program."""

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])
        with formatter.section("Exit codes"):
            formatter.write_text(
                "0 done, by whichever engine · 1 failed, or nothing changed under "
                "--expect-changes · 2 usage · 75 limit and no engine left: try later · "
                "78 configuration · 124 --timeout passed · 125 a bug of ours · "
                "126/127 cannot start / not installed · 128+n signal"
            )
        super().format_epilog(ctx, formatter)


@click.command(
    "run",
    cls=_RunCommand,
    context_settings={"help_option_names": ["-h", "--help"], "ignore_unknown_options": False},
    options_metavar="[OPTIONS]",
)
@click.argument("words", nargs=-1, metavar="PROMPT… [-- CLAUDE-ARGS…]", type=click.UNPROCESSED)
@click.option("-p", "--prompt", "prompt", help="The prompt, when it looks like an option.")
@click.option(
    "--engine", metavar="NAME", shell_complete=engines,
    help="Work with this one only: ai-code engines list.",
)  # fmt: skip
@click.option("--local", is_flag=True, help="Do not ask Claude: the local model at once.")
@click.option("--no-fallback", is_flag=True, help="At a limit stop (exit 75), change no engine.")
@click.option("--wait", is_flag=True, help="At a limit wait for the reset; same session.")
@click.option("--model", metavar="NAME", help="The local model, as Ollama names it.")
@click.option("--claude-model", metavar="NAME", help="Claude's model.")
@click.option("--api", metavar="URL", help="Ollama's address, in all of OLLAMA_HOST's spellings.")
@click.option("--num-ctx", metavar="N", help="Context of the local model in tokens; 0: what fits.")
@click.option("--keep-alive", metavar="TIME", help="Keep the local model loaded so long (5m, -1).")
@click.option("--file", "files", multiple=True, metavar="FILE", help="A file to edit; repeatable.")
@click.option("--read", "reads", multiple=True, metavar="FILE", help="A file to read; repeatable.")
@click.option("-c", "--continue", "continue_", is_flag=True, help="Go on with the last session.")
@click.option("--resume", metavar="ID", help="Go on with this session of Claude's.")
@click.option(
    "--output-format",
    type=click.Choice(["text", "json", "stream-json"]),
    default="text",
    help="As claude -p prints it, plus a field naming the engine.",
)
@click.option("--json", is_flag=True, help="One object of ours on stdout, also for errors.")
@click.option("--timeout", metavar="TIME", help="End the engine after this time (90, 5m, 1h).")
@click.option("--stall-timeout", metavar="TIME", help="End an engine silent for so long (300).")
@click.option("--patience", metavar="TIME", help="Wait so long for a 429 or 529 to pass (20).")
@click.option("--allow-protected", is_flag=True, help="Let edits of CI, hooks, .claude land.")
@click.option(
    "--on-suspect",
    type=click.Choice(["ask", "keep", "drop"]),
    help="What happens to edits that look damaged.",
)
@click.option("--expect-changes", is_flag=True, help="Exit 1 when no file was changed.")
@click.option("--dry-run", is_flag=True, help="Show what would be run, and run nothing.")
@click.option("--no-input", is_flag=True, help="Never ask, never read standard input.")
@click.option(
    "-q", "--quiet", is_flag=True, help="Only the answer, errors, a switch, and what did not land."
)
@click.option("-v", "--verbose", is_flag=True, help="Say more about what is done and why.")
@click.version_option(__version__, "-V", "--version", message="ai-code %(version)s")
@click.pass_context
def run(ctx: click.Context, /, **options: Any) -> int:
    """Run Claude Code on PROMPT. When it says "You've hit your limit", go on with a local model
    (aider on Ollama) in a private copy of your tree, and land what it made; `ai-code undo`
    takes that back. Next time Claude is first again.

    \b
    ai-code "add a docstring to hello()"
    git diff | ai-code "review this"     standard input is added to the prompt
    ai-code --wait "refactor parser.py"  wait for the reset instead of switching
    ai-code --local "explain utils.py"   leave Claude out
    ai-code "run the tests" -- --allowedTools Bash      after --, for Claude
    ai-code                              Claude's own screen; see ai-code chat

    Claude works with --permission-mode acceptEdits unless you or your Claude settings choose.
    """
    return begin(ctx.obj, {**options, "mode": "edit"})
