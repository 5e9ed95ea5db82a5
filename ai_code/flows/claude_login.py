"""Claude's login, as Claude Code itself tells it (no model is asked), and the command for it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ai_code.core.verdict import Unavailable, UnavailableReason

if TYPE_CHECKING:
    from collections.abc import Callable

    from ai_code.core.ports_machine import Ran
    from ai_code.core.task import Program
    from ai_code.core.verdict import Verdict
    from ai_code.flows.world import World

AUTH_SINCE = (2, 1, 41)
"""``claude auth`` (Claude Code's changelog). An older one takes the words for a prompt."""
_QUIET = {
    "DISABLE_TELEMETRY": "1",
    "DISABLE_AUTOUPDATER": "1",
    "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
}


def ask_login(ask: Callable[..., Ran], program: Program) -> tuple[Ran, Mapping[str, Any] | None]:
    """What ``claude auth status`` printed, and its object, None where it cannot be understood.
    Not for versions before ``AUTH_SINCE``."""
    import json

    told = ask(*program.argv, "auth", "status", cwd=Path("/"), **_QUIET)
    try:
        answer = json.loads(told.out)
    except ValueError:
        return told, None
    known = isinstance(answer, dict) and isinstance(answer.get("loggedIn"), bool)
    return told, answer if known else None


def login_command(world: World, program: Program) -> str:
    """What logs in: a command, for an old version with what to type then. Where the PATH has no
    such program (it lies in a folder of ours), with the whole path."""
    import shlex

    first = Path(program.argv[0])
    folders = world.environ.get("PATH", "").split(":")
    name = first.name if str(first.parent) in folders else str(first)
    called = shlex.join((name, *program.argv[1:]))
    if program.version is not None and program.version < AUTH_SINCE:
        return f"{called}   (then /login)"
    return f"{called} auth login"


def with_login(verdict: Verdict, world: World, program: Program) -> Verdict:
    """The same; where a login is what it lacks, with the command for this Claude Code."""
    if isinstance(verdict, Unavailable) and verdict.reason is UnavailableReason.AUTH:
        return verdict._replace(hint=login_command(world, program))
    return verdict


def is_logged_out(world: World, program: Program, most_s: float) -> bool:
    """Whether Claude Code says so; False where nobody can tell within ``most_s``."""

    def ask(*argv: str, cwd: Path, **env: str) -> Ran:
        return world.machine_facts.run(argv, most_s, cwd=cwd, env=env)

    if program.version is None or program.version < AUTH_SINCE:
        return False
    answer = ask_login(ask, program)[1]
    return answer is not None and not answer["loggedIn"]
