"""The steps of git and Claude Code."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ai_code.core.errors import CannotStartError
from ai_code.core.setup import StepResult
from ai_code.flows.claude_login import login_command
from ai_code.flows.endings import INSTALL_CLAUDE
from ai_code.flows.install_claude import SIZE, TERMS, VERSIONS, install_claude, places
from ai_code.flows.setup.packages import command_for

if TYPE_CHECKING:
    from ai_code.core.task import Program
    from ai_code.flows.setup.ground import Ground


def git(ground: Ground) -> StepResult:
    """The drill makes a scratch project with it, and runs their private worktrees."""
    program = ground.find("git")
    command = command_for(ground.world, "git")
    while program is None:
        ground.say("git is not installed. Local models work in a copy of your tree that git makes.")
        ground.say("To get it, in another terminal:")
        ground.show(command)
        if ground.mode != "ask" or not ground.agrees("Is it there now?"):
            return StepResult("git", "missing", "git is not installed", (command,))
        program = ground.find("git")
    return StepResult("git", "ok", named("git", ground.world.processes.version(program)))


def claude(ground: Ground) -> StepResult:
    """Claude Code, from npm into a folder of ours, under its maker's terms."""
    world = ground.world
    wanted = ground.settings.claude_command
    try:
        program = world.processes.find(wanted)
    except CannotStartError as error:
        return StepResult("claude", "failed", error.what, (error.hint,))
    if program is not None:
        return StepResult("claude", "ok", named("Claude Code", world.processes.version(program)))
    if wanted != ("claude",):
        told = f"the settings name {wanted[0]}, which is not there"
        return StepResult("claude", "missing", told, ("ai-code config show --origin",))
    npm = ground.find("npm")
    if npm is None:
        command = command_for(ground.world, "npm")
        ground.say("Claude Code is not installed, and neither is npm, which brings it:")
        ground.show(command)
        return StepResult(
            "claude", "missing", "Claude Code is not installed", (command, INSTALL_CLAUDE)
        )
    folder, link = places(world)
    ground.say(
        "Claude Code is not installed. It is Anthropic's, under Anthropic's terms "
        f"({', '.join(TERMS)}). npm would put it into {ground.shown(folder)} ({SIZE}). {VERSIONS}"
    )
    if not ground.agrees("Install it under these terms?"):
        return StepResult("claude", "missing", "Claude Code is not installed", (INSTALL_CLAUDE,))
    if not ground.site.there(folder):
        ground.remember("claude", str(folder), link=str(link))
    installed = install_claude(world, npm)
    if isinstance(installed, str):
        told = f"npm could not install Claude Code: {installed}"
        return StepResult("claude", "failed", told, (INSTALL_CLAUDE,))
    program = world.processes.version(installed)
    ground.say("Log in once:")
    ground.show(login_command(world, program._replace(argv=(str(link),))))
    told = named("Claude Code", program)
    return StepResult("claude", "done", f"{told} in {ground.shown(folder)}")


def named(name: str, program: Program) -> str:
    """A program with its version where it tells one."""
    return f"{name} {'.'.join(map(str, program.version))}" if program.version else name
