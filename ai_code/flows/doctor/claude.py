"""Claude Code: there, recent, logged in, billed as meant, trusted with this folder."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from ai_code.core.doctor import Finding, Fix, failed, ok, run, skipped, warn, write
from ai_code.core.secret_values import masked, secret_values
from ai_code.core.text import one_line
from ai_code.flows.claude_login import AUTH_SINCE, ask_login, login_command
from ai_code.flows.endings import REINSTALL_CLAUDE, mend_claude

if TYPE_CHECKING:
    from ai_code.core.ports_machine import Ran
    from ai_code.core.task import Program
    from ai_code.flows.doctor.facts import Facts, Found

_OLDEST = (1, 0, 128)
"""The oldest version whose limits are known (tests/recordings/claude)."""
_GONE = "Claude Code was not found"
_SAID = 100
"""Characters of what a program printed."""


def found(facts: Facts) -> Finding:
    """The program is there and executable."""
    return program_found(facts.claude, write(mend_claude(facts.settings)))


def program_found(looked: Found, install: Fix) -> Finding:
    """Of any program: its path, or what is the matter."""
    if looked.problem is not None:
        return failed(looked.problem.what, write(looked.problem.hint))
    if looked.program is None:
        return failed(f"there is no program {looked.name} on the PATH", install)
    return ok(looked.program.argv[0])


def version(facts: Facts) -> Finding:
    """It answers, and is one whose limits are known."""
    program = facts.claude_version()
    if program is None:
        return skipped(_GONE)
    if program.version is None:
        return failed(no_version(facts, program), write(REINSTALL_CLAUDE))
    if program.version < _OLDEST:
        return warn(
            f"{program.version_text}: its limits may not be recognised", run("claude", "update")
        )
    return ok(program.version_text)


def no_version(facts: Facts, program: Program) -> str:
    """In words, with what it printed in the place of a version."""
    told = facts.ask(*program.argv, "--version")
    if told.problem == "timeout":
        return f"{program.argv[0]} --version does not answer in time"
    return f"{program.argv[0]} --version names no version: {said_by(facts, told)}"


def said_by(facts: Facts, told: Ran) -> str:
    """The last line that a program printed, which is what a traceback says; shortened."""
    lines = (told.out.strip() or told.err.strip()).splitlines()
    if not lines:
        return f"it printed nothing (exit code {told.code})"
    said = masked(lines[-1], secret_values(facts.world.environ, {}))
    return f'it printed "{one_line(said, _SAID)}"'


def login(facts: Facts) -> Finding:
    """Logged in, as Claude itself says; no model is asked."""
    program = facts.claude_version()
    if program is None:
        return skipped(_GONE)
    if program.version is None:
        # An old one takes the words for a prompt.
        return skipped("not asked: what claude --version prints could not be read")
    if program.version < AUTH_SINCE:
        return _login_by_folder(facts, program)
    told, answer = ask_login(facts.ask, program)
    if answer is None:
        return _unread(facts, told)
    if not answer["loggedIn"]:
        fix = run(*shlex.split(login_command(facts.world, program)))
        return failed("Claude Code is not logged in", fix)
    plan = answer.get("subscriptionType")
    method = str(answer.get("authMethod", "")).replace("_", " ")
    return ok(f"by {method}" + (f", plan {plan}" if isinstance(plan, str) else ""))


def _unread(facts: Facts, told: Ran) -> Finding:
    """What ``claude auth status`` said is nothing that can be understood."""
    seen = "claude auth status could not be read"
    if told.problem:
        why = "no answer in time" if told.problem == "timeout" else told.problem
        seen = f"claude auth status did not work: {why}"
    else:
        seen += f": {said_by(facts, told)}"
    folder = facts.world.claude_home.look(facts.world.cwd)
    if folder.auth != "none":
        seen += f"; {folder.config_dir} has a login by {folder.auth}"
    return warn(seen, run("claude", "update"))


def _login_by_folder(facts: Facts, program: Program) -> Finding:
    """For a version that cannot be asked: what its configuration folder holds."""
    folder = facts.world.claude_home.look(facts.world.cwd)
    if folder.auth != "none":
        return ok(f"by {folder.auth} ({folder.config_dir})")
    if facts.system == "darwin":
        return skipped("this version keeps its login in the keychain, and cannot be asked")
    return failed(f"no login in {folder.config_dir}", write(login_command(facts.world, program)))


def api_key(facts: Facts) -> Finding:
    """A key beside a subscription is billed, and the plan is not used."""
    environ = facts.world.environ
    subscribed = facts.world.claude_home.look(facts.world.cwd).subscription
    if environ.get("ANTHROPIC_API_KEY") and subscribed:
        return warn(
            "ANTHROPIC_API_KEY is set beside a subscription: the key is billed",
            run("unset", "ANTHROPIC_API_KEY"),
        )
    return ok("set, and no subscription beside it" if environ.get("ANTHROPIC_API_KEY") else "none")


def trust(facts: Facts) -> Finding:
    """Settings that a folder brings are not used until somebody trusts them."""
    folder = facts.world.claude_home.look(facts.world.cwd)
    if not folder.has_folder_settings:
        return ok("this folder has no Claude settings of its own")
    if folder.trusted:
        return ok("this folder's settings are trusted")
    return warn(
        "this folder's Claude settings are not trusted, so they are not used",
        write("claude   (after reading .claude/ and .mcp.json here)"),
    )
