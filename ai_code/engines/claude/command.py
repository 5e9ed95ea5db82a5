"""Claude Code's command line: print mode, prompt on stdin, events on stdout."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ai_code.core.command import Command
from ai_code.core.errors import UsageError
from ai_code.core.task import IN_A_RUN

if TYPE_CHECKING:
    from ai_code.core.task import Task

GO_ON = "Please continue where you left off."
"""What a resumed session is told; its own history holds the task."""

RETRY_EVENTS_SINCE = (2, 1, 0)
"""Older versions retry in silence for three minutes: they get few retries, and ours on top."""

_OPTIONS_SINCE: dict[str, tuple[int, ...]] = {
    # 1.0.128 lacks these three; 2.0.77 has them (seen in their --help).
    "--setting-sources": (2, 0, 0),
    "--strict-mcp-config": (1, 0, 73),
    "--include-partial-messages": (1, 0, 109),
}

OWNED_OPTIONS = frozenset(
    {"-p", "--print", "--output-format", "--verbose", "--session-id", "--input-format"}
)
"""Options that are ours to set: among a person's own arguments they are a usage error."""

_MODE_OPTIONS = ("--permission-mode", "--dangerously-skip-permissions")


def claude_command(task: Task) -> Command:
    """The command of one attempt. Options that the installed version lacks are left out."""
    request = task.request
    argv = [*task.program.argv, "-p", "--output-format", "stream-json", "--verbose"]
    if request.deltas and _has(task, "--include-partial-messages"):
        argv.append("--include-partial-messages")
    argv += session_args(task)
    argv += _permissions(task)
    if task.guard_folder:
        if _has(task, "--setting-sources"):
            argv += ["--setting-sources", "user"]
        if _has(task, "--strict-mcp-config"):
            argv.append("--strict-mcp-config")
    if request.claude_model:
        argv += ["--model", request.claude_model]
    argv += [*task.extra_args, *request.engine_args]
    return Command(
        argv=tuple(argv),
        cwd=task.workdir,
        env=_environment(task),
        stdin=request.prompt.encode("utf-8", "replace"),
        stall_timeout_s=task.stall_timeout_s,
        deadline_s=task.deadline_s,
    )


def _permissions(task: Task) -> list[str]:
    """For an answer the tools that write are taken away, whatever settings allow; a command may
    write too."""
    if task.mode == "plan":
        return ["--permission-mode", "plan"]
    if task.mode == "ask":
        return ["--permission-mode", "default", "--disallowedTools", ",".join(WRITING_TOOLS)]
    return ["--permission-mode", "acceptEdits"] if task.choose_permissions else []


WRITING_TOOLS = ("Edit", "MultiEdit", "Write", "NotebookEdit", "Bash")
_OUR_SESSION = {"-c": "-c", "--continue": "-c", "-r": "--resume ID", "--resume": "--resume ID"}
"""Claude's options for a session → ours; Claude refuses them beside the session id we preset."""


def check_engine_args(args: tuple[str, ...]) -> None:
    """Raises UsageError for an argument that is ours to set."""
    for argument in args:
        name = argument.split("=", 1)[0]
        if name in _OUR_SESSION:
            raise UsageError(
                f"{name} after -- is an option of ai-code itself",
                why="ai-code chooses the session, so that it can go on with it after a limit.",
                hint=f"ai-code {_OUR_SESSION[name]} …",
            )
        if name in OWNED_OPTIONS:
            raise UsageError(
                f"{name} after -- is set by ai-code itself",
                why="ai-code reads Claude's events to see a limit the moment it comes.",
                hint="ai-code --help   (--output-format is ai-code's own option)",
            )


def chooses_permission_mode(args: tuple[str, ...]) -> bool:
    """Whether arguments for Claude choose how it asks for permission."""
    return any(argument.split("=", 1)[0] in _MODE_OPTIONS for argument in args)


def session_args(task: Task) -> list[str]:
    """Which conversation it is."""
    session = task.session
    if session is None:
        return []
    match session.mode:
        case "new":
            return ["--session-id", session.id]
        case "resume":
            return ["--resume", session.id]
        case "continue":
            return ["--continue"]


def _environment(task: Task) -> dict[str, str | None]:
    env: dict[str, str | None] = {
        # With it, -p would sleep in silence until the limit resets.
        "CLAUDE_CODE_RETRY_WATCHDOG": None,
        IN_A_RUN: "1",
    }
    version = task.program.version
    if version and version < RETRY_EVENTS_SINCE and "CLAUDE_CODE_MAX_RETRIES" not in task.environ:
        env["CLAUDE_CODE_MAX_RETRIES"] = "3"
    return env


def _has(task: Task, option: str) -> bool:
    version = task.program.version
    return version is None or version >= _OPTIONS_SINCE[option]
