"""Claude Code: there, recent, logged in, billed as meant, trusted with this folder."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from ai_code.core.doctor import Finding, Fix, failed, ok, run, skipped, warn, write

if TYPE_CHECKING:
    from ai_code.flows.doctor.facts import Facts, Found

INSTALL = ("npm", "install", "-g", "@anthropic-ai/claude-code")
_AUTH_SINCE = (2, 1, 41)
"""``claude auth status`` (Claude Code's changelog). An older one takes the words for a prompt."""
_OLDEST = (1, 0, 128)
"""The oldest version whose limits are known (tests/recordings/claude)."""
_QUIET = {
    "DISABLE_TELEMETRY": "1",
    "DISABLE_AUTOUPDATER": "1",
    "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
}
_GONE = "Claude Code was not found"


def found(facts: Facts) -> Finding:
    """The program is there and executable."""
    return program_found(facts.claude, Fix((INSTALL,)))


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
        return failed(f"{program.argv[0]} --version names no version", Fix((INSTALL,)))
    if program.version < _OLDEST:
        return warn(
            f"{program.version_text}: its limits may not be recognised", run("claude", "update")
        )
    return ok(program.version_text)


def login(facts: Facts) -> Finding:
    """Logged in, as Claude itself says; no model is asked."""
    program = facts.claude_version()
    if program is None or program.version is None:
        return skipped(_GONE)
    if program.version < _AUTH_SINCE:
        return _login_by_folder(facts)
    told = facts.ask(*program.argv, "auth", "status", cwd=Path("/"), **_QUIET)
    try:
        answer = json.loads(told.out)
        logged_in = answer["loggedIn"] is True
    except (ValueError, KeyError, TypeError):
        return _login_by_folder(facts)
    if not logged_in:
        return failed("Claude Code is not logged in", run("claude", "auth", "login"))
    plan = answer.get("subscriptionType")
    method = str(answer.get("authMethod", "")).replace("_", " ")
    return ok(f"by {method}" + (f", plan {plan}" if isinstance(plan, str) else ""))


def _login_by_folder(facts: Facts) -> Finding:
    """For a version that cannot be asked: what its configuration folder holds."""
    folder = facts.world.claude_home.look(facts.world.cwd)
    if folder.auth != "none":
        return ok(f"by {folder.auth} ({folder.config_dir})")
    if facts.system == "darwin":
        return skipped("this version keeps its login in the keychain, and cannot be asked")
    return failed(f"no login in {folder.config_dir}", write("claude   (then /login)"))


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
