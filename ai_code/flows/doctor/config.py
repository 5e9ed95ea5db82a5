"""The settings: readable, without warnings, and such that something goes on at a limit."""

from __future__ import annotations

import contextlib
from shlex import quote
from typing import TYPE_CHECKING

from ai_code.core.doctor import Finding, failed, ok, run, skipped, warn, write
from ai_code.core.errors import ConfigError
from ai_code.core.verdict import LimitKind
from ai_code.flows.doctor.changing import set_key
from ai_code.flows.doctor.engines import mend
from ai_code.flows.models.idle_rules import idle_rules
from ai_code.settings.sources import parse_file

if TYPE_CHECKING:
    from ai_code.flows.doctor.facts import Facts
    from ai_code.flows.world import World

_SHOW = ("ai-code", "config", "show", "--origin")


def files(facts: Facts) -> Finding:
    """Your file, variables and choices can be used; what is set, and where."""
    if facts.problem is not None:
        told = f"{facts.problem.what} {facts.problem.why}".strip()
        return failed(told, write(_mend(facts.world, facts.problem)))
    origins = facts.loaded.origins
    set_ = [f"{name} ({origin})" for name, origin in origins.items() if origin.layer != "default"]
    return ok("; ".join(set_) if set_ else "all defaults")


def _mend(world: World, problem: ConfigError) -> str:
    """The file and the line of your own file that cannot be used; else what the error names."""
    check = problem.hint or "ai-code config check"
    with contextlib.suppress(ConfigError):
        file = world.config.user()
        broken = file is not None and parse_file(file).problems
        if not file or not broken:
            return check
        line = f"   (line {broken[0].line})" if broken[0].line else ""
        managed = any(each.managed and each.path == file.path for each in world.config.files())
        command = "ai-code config path" if managed else f'"${{EDITOR:-vi}}" {quote(str(file.path))}'
        return command + line
    return check


def warnings(facts: Facts) -> Finding:
    """Keys that are ignored: unknown ones, and a project's that nobody trusted; and rules about
    models that rule out nobody."""
    if facts.problem is not None:
        return skipped("the settings cannot be used")
    notices = [n for n in facts.loaded.warnings if not n.text.startswith("OLLAMA_")]
    # Where your models.yaml is wrong, another check says so.
    with contextlib.suppress(ConfigError):
        notices += idle_rules(facts.loaded, facts.world.catalogue)
    if notices:
        more = f" (and {len(notices) - 1} more)" if len(notices) > 1 else ""
        hint = notices[0].hint or "ai-code config check"
        return warn(notices[0].text + more, write(hint))
    return ok("none")


def fallback(facts: Facts) -> Finding:
    """At a limit something goes on by itself."""
    if facts.problem is not None:
        # The defaults, which stand in for them, say nothing about the person's own.
        return skipped("the settings cannot be read")
    settings = facts.settings
    why = ""
    if not settings.fallback_enabled:
        why = "fallback.enabled"
    elif LimitKind.SESSION.value not in settings.fallback_on:
        why = "fallback.on"
    elif not settings.fallback_chain:
        why = "fallback.chain"
    elif settings.fallback_on_limit != "local":
        why = "fallback.on-limit"
    elif settings.engine_for("edit") != "auto":
        why = "engines.for.edit" if settings.engines_for_edit else "engine"
    if why:
        origin = facts.loaded.origins[why]
        empty = why == "fallback.chain"
        fix = set_key(facts, why, ["aider"]) if empty else run(*_SHOW)
        return warn(f"at a limit nothing goes on by itself: {why} ({origin})", fix)
    going = facts.going()
    if going is not None:
        return ok(f"{going.name} goes on at a limit, with {going.model}")
    first = facts.engines()[0]
    return failed(f"at a limit nothing could go on: {first.why}", mend(facts, first))


def catalogue(facts: Facts) -> Finding:
    """Your own ``models.yaml`` is one."""
    try:
        entries = facts.world.catalogue.entries
    except ConfigError as error:
        return failed(f"{error.what}: {error.why}", write(error.hint))
    return ok(f"{len(entries)} models are known")
