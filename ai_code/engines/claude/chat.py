"""Claude Code's own screen: its command line, and which arguments are ours to set there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ai_code.core.command import Command
from ai_code.engines.claude.command import check_engine_args, session_args

if TYPE_CHECKING:
    from ai_code.core.task import Task

_HARMLESS = frozenset({"--verbose"})
"""Ours in a run, where its events are read; on its screen it is the person's."""


def chat_command(task: Task) -> Command:
    """Claude asks for trust and permissions by itself: nothing is chosen for the person but the
    session, and the environment is theirs."""
    request = task.request
    argv = [*task.program.argv, *session_args(task)]
    if request.claude_model:
        argv += ["--model", request.claude_model]
    argv += [*task.extra_args, *request.engine_args]
    return Command(argv=tuple(argv), cwd=task.workdir)


def check_chat_args(args: tuple[str, ...]) -> None:
    """Raises UsageError for an argument that is ours to set."""
    check_engine_args(tuple(each for each in args if each not in _HARMLESS))
