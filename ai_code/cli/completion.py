"""``ai-code completion``: prints the script that makes a shell complete our command line."""

from __future__ import annotations

import click

PROGRAM = "ai-code"
COMPLETE_VARIABLE = "_AI_CODE_COMPLETE"
"""Set by the script when it asks us for completions; click's main loop answers it."""

_WHERE = {
    "bash": "ai-code completion bash > ~/.local/share/bash-completion/completions/ai-code",
    "zsh": "ai-code completion zsh > ~/.zfunc/_ai-code  (with ~/.zfunc in fpath, before compinit)",
    "fish": "ai-code completion fish > ~/.config/fish/completions/ai-code.fish",
}


@click.command("completion", short_help="Print the completion script of a shell.")
@click.argument("shell", type=click.Choice(tuple(_WHERE)))
@click.pass_context
def completion(ctx: click.Context, shell: str) -> None:
    """Print the script that makes SHELL complete ai-code.

    Its comment says where to put it. To try it at once: eval "$(ai-code completion bash)".
    """
    click.echo(script(ctx.find_root().command, shell))


def script(command: click.Command, shell: str) -> str:
    """The completion script for ``bash``, ``zsh`` or ``fish``, with a line on its place."""
    from click.shell_completion import ShellComplete, get_completion_class

    kind = get_completion_class(shell)
    if kind is None:
        raise LookupError(shell)
    # The base class's source(): bash's own starts a bash to ask for its version.
    lines = ShellComplete.source(kind(command, {}, PROGRAM, COMPLETE_VARIABLE)).strip().split("\n")
    # zsh reads "#compdef" on the first line only.
    place = 1 if lines[0].startswith("#compdef") else 0
    lines.insert(place, f"# {_WHERE[shell]}")
    return "\n".join(lines)
