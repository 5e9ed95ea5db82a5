"""What ``ai-code ask`` and ``ai-code plan`` share: the options of a run that make sense for an
answer."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

from ai_code.cli.completing import engines

if TYPE_CHECKING:
    from ai_code.core.about import Mode

F = TypeVar("F", bound=Callable[..., Any])

_SHARED = (
    click.option("--local", is_flag=True, help="Do not ask Claude: the local model at once."),
    click.option("--no-fallback", is_flag=True, help="At a limit stop (exit 75)."),
    click.option("--wait", is_flag=True, help="At a limit wait for the reset; same session."),
    click.option("--model", metavar="NAME", help="The local model, as Ollama names it."),
    click.option("--claude-model", metavar="NAME", help="Claude's model."),
    click.option("--api", metavar="URL", help="Ollama's address."),
    click.option("--num-ctx", metavar="N", help="Context of the local model in tokens."),
    click.option("--read", "reads", multiple=True, metavar="FILE", help="A file to read."),
    click.option("-c", "--continue", "continue_", is_flag=True, help="Go on with the session."),
    click.option(
        "--output-format", type=click.Choice(["text", "json", "stream-json"]), default="text",
        help="As claude -p prints it, plus a field naming the engine.",
    ),
    click.option("--json", is_flag=True, help="One object of ours on stdout, also for errors."),
    click.option("--timeout", metavar="TIME", help="End the engine after this time (90, 5m)."),
    click.option("--dry-run", is_flag=True, help="Show what would be run, and run nothing."),
    click.option("--no-input", is_flag=True, help="Never ask, never read standard input."),
    click.option("-q", "--quiet", is_flag=True, help="Only the answer, errors and a switch."),
    click.option("-v", "--verbose", is_flag=True, help="Say more about what is done and why."),
)  # fmt: skip


def answer_options(what: str, only: str) -> Callable[[F], F]:
    """Gives a command the options of both. ``what`` it takes, a question or a task; ``only`` is
    the help of ``--engine``."""
    metavar = f"{what.upper()}… [-- CLAUDE-ARGS…]"
    own = (
        click.argument("words", nargs=-1, metavar=metavar, type=click.UNPROCESSED),
        click.option("-p", "--prompt", help=f"The {what}, when it looks like an option."),
        click.option("--engine", metavar="NAME", help=only, shell_complete=engines),
    )

    def give(command: F) -> F:
        for option in reversed((*own, *_SHARED)):
            command = option(command)
        return command

    return give


def answer(world: Any, mode: Mode, options: dict[str, Any]) -> int:
    """A run that changes nothing; the exit code."""
    from ai_code.cli.begin import DEFAULTS, begin

    return begin(world, {**DEFAULTS, **options, "mode": mode})
