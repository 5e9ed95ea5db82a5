"""Our hooks in Claude Code's settings: what they call is there, and works."""

from __future__ import annotations

from shlex import quote
from typing import TYPE_CHECKING

from ai_code.core.claude_hooks import parts_of
from ai_code.core.doctor import Finding, Fix, failed, ok, run, warn, write
from ai_code.flows.doctor.claude import said_by
from ai_code.flows.hooks import look, wired

if TYPE_CHECKING:
    from ai_code.core.ports_hooks import SettingsFile
    from ai_code.flows.doctor.facts import Facts


def hooks(facts: Facts) -> Finding:
    """Those that are installed can be run. They are run, without the input that Claude gives:
    then they do nothing."""
    world = facts.world
    there = wired(world)
    if not there:
        return ok("none are installed")
    for file, commands in there:
        for event, each in commands.items():
            for command in dict.fromkeys(each):
                if problem := _problem(facts, command):
                    told = f"{event} in {file.path}: {problem}"
                    return failed(told, _anew(facts, file))
    now = look(world, facts.settings)
    if harmful := [each.event.name for each in now.hooks if each.state == "harmful"]:
        told = f"Claude Code {now.version} does not know {harmful[0]} and drops all of your hooks"
        return failed(told, _anew(facts, now.file))
    if now.off:
        fix = write(f'"disableAllHooks": false   (in {now.file.path})')
        return warn(f"disableAllHooks in {now.file.path}: no hook runs", fix)
    return ok(", ".join(f"{' and '.join(commands)} in {file.path}" for file, commands in there))


def _problem(facts: Facts, command: str) -> str:
    """Why a hook cannot be run; empty where it can."""
    words = parts_of(command)
    if not words:
        return f"its command cannot be read: {command}"
    ran = facts.ask(*words)
    if ran.problem == "missing":
        return f"{words[0]} is not there"
    if ran.problem:
        return f"{words[0]} does not answer in time" if ran.problem == "timeout" else ran.problem
    return f"{words[0]} does not work: {said_by(facts, ran)}" if ran.code else ""


def _anew(facts: Facts, file: SettingsFile) -> Fix:
    """What writes them anew; where Nix made the file, what shows the lines to write."""
    world = facts.world
    if file.managed or world.site.nix:
        return run("ai-code", "hooks", "show")
    if facts.claude.program is None:
        # Without it nobody knows which hooks it takes.
        return run("ai-code", "hooks", "remove")
    if file.path == world.claude_settings.path:
        return run("ai-code", "hooks", "install")
    return write(f"CLAUDE_CONFIG_DIR={quote(str(file.path.parent))} ai-code hooks install")
