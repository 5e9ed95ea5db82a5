"""An engine's program on this machine: is it there, and what brings it."""

from __future__ import annotations

import json
import shlex
from typing import TYPE_CHECKING

from ai_code.core.errors import CannotStartError
from ai_code.core.plan import SET_CHAIN
from ai_code.core.task import Program
from ai_code.core.verdict import Evidence, Unavailable, UnavailableReason
from ai_code.engines.registry import local_engine
from ai_code.flows.endings import mend_aider, mend_claude
from ai_code.flows.engine_modes import with_aider

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ai_code.core.about import Mode
    from ai_code.engines.registry import LocalEngine
    from ai_code.flows.world import World
    from ai_code.settings import Settings


HOW_CUSTOM = 'custom.command: [my-agent, "{prompt_file}"]'
"""Such a line of the settings makes it; docs/en/engines.md#custom has all of it."""
WHERE_CUSTOM = "ai-code config path"
"""Which file that line belongs into: a line is no command, so it is no hint."""


def command_of(settings: Settings, engine: LocalEngine) -> tuple[str, ...]:
    """How it is started: as the person set it, else by the name of its program."""
    return settings.command_of(engine.name) or (engine.about.program,)


def find_program(world: World, settings: Settings, engine: LocalEngine) -> Program | Unavailable:
    """The engine's program. One that is there and cannot be run is as good as none, and so is one
    that nothing would hold here."""
    found = find_by_path(world, settings, engine)
    if isinstance(found, Unavailable) or engine.fence != "own":
        return found
    if has_own_sandbox(world, settings, engine) or is_fenced(world, settings, engine):
        return found
    words = (
        f"{engine.name}'s own sandbox cannot be made on this system, and no other fence holds it"
    )
    return _not_held(engine, words)


def find_by_path(world: World, settings: Settings, engine: LocalEngine) -> Program | Unavailable:
    """The same as far as files tell it: nothing is started."""
    found = _found(world, settings, engine)
    wanted = engine.fence == "kernel" and settings.fallback_fence == "require"
    if isinstance(found, Unavailable) or not wanted or world.has_kernel_fence:
        return found
    words = f"fallback.fence is require, and this system has no fence for {engine.name}"
    return _not_held(engine, words)


def _found(world: World, settings: Settings, engine: LocalEngine) -> Program | Unavailable:
    name, command = engine.name, command_of(settings, engine)
    if name == "custom" and not settings.command_of(name):
        return Unavailable(
            UnavailableReason.MISSING,
            "no command is set for the engine custom; such a line in your settings sets it "
            f"(docs/en/engines.md#custom): {HOW_CUSTOM}",
            Evidence("custom.missing", "none"),
            WHERE_CUSTOM,
        )
    if name == "claude-local" and _is_led_away(world, settings, engine):
        return Unavailable(
            UnavailableReason.AUTH,
            "an organisation's settings decide on this machine where Claude Code sends its "
            "requests, and nothing but a fence could hold them back",
            Evidence("claude-local.managed", "none"),
            "ai-code --engine aider …",
        )
    try:
        program = world.processes.find(command)
    except CannotStartError as error:
        evidence = Evidence(f"{name}.not-executable", "none", error.what)
        return Unavailable(UnavailableReason.MISSING, error.what, evidence, error.hint)
    if program is not None:
        return program
    if name == "custom" and (words := _one_text(command)):
        return Unavailable(
            UnavailableReason.MISSING,
            f"custom.command is one program's name, and there is none called '{command[0]}' (with "
            f"arguments it is a list: {json.dumps(words, ensure_ascii=False)})",
            Evidence("custom.missing", "none", command[0]),
            "ai-code config show --origin",
        )
    return Unavailable(
        UnavailableReason.MISSING,
        f"{name} is not installed: there is no program {command[0]}",
        Evidence(f"{name}.missing", "none", command[0]),
        mend_engine(settings, name),
    )


def _not_held(engine: LocalEngine, words: str) -> Unavailable:
    evidence = Evidence(f"{engine.name}.not-held", "none")
    return Unavailable(UnavailableReason.MISSING, words, evidence, "ai-code --engine aider …")


def _one_text(command: tuple[str, ...]) -> list[str]:
    """The words of a command line that was written as the name of a program; empty where it is
    none."""
    if len(command) != 1 or not command[0].strip():
        return []
    try:
        words = shlex.split(command[0])
    except ValueError:
        words = command[0].split()
    return words if len(words) > 1 else []


def _is_led_away(world: World, settings: Settings, engine: LocalEngine) -> bool:
    """Managed settings beat every option. Behind a fence that holds the network only the model's
    port is open."""
    return world.claude_home.managed() and not is_network_fenced(world, settings, engine)


def mend_engine(settings: Settings, name: str) -> str:
    """The command for an engine that is not there, or does not start."""
    match name:
        case "aider":
            return mend_aider(settings)
        case "claude" | "claude-local":
            return mend_claude(settings)
        case "custom":
            return "ai-code config show --origin   (custom.command)"
        case _ if settings.command_of(name):
            return "ai-code config show --origin   (engines.command)"
        case _:
            return f"ai-code engines install {name}"


def mend_local(world: World, settings: Settings, names: Sequence[str], mode: Mode) -> str:
    """What it takes before one of these local engines can work on such a task; empty where one is
    there that can."""
    if not names:
        return SET_CHAIN
    able = [engine for engine in map(local_engine, names) if mode in engine.about.modes]
    if not able:
        return with_aider(mode)
    found = [find_by_path(world, settings, engine) for engine in able]
    missing = [each for each in found if isinstance(each, Unavailable)]
    return missing[0].hint if len(missing) == len(found) else ""


def is_fenced(world: World, settings: Settings, engine: LocalEngine) -> bool:
    """Whether a fence stands around it on this system."""
    match engine.fence:
        case "python":
            return True
        case "own":
            return stands_in(world, settings, engine)
        case "kernel":
            return world.has_kernel_fence and settings.fallback_fence != "off"


def stands_in(world: World, settings: Settings, engine: LocalEngine) -> bool:
    """Whether the kernel's fence stands around an engine whose own sandbox cannot be made here:
    one that holds no less, so the network too."""
    could = engine.fence == "own" and could_stand_in(world, settings)
    return could and not has_own_sandbox(world, settings, engine)


def could_stand_in(world: World, settings: Settings) -> bool:
    """Whether that fence is there at all; nothing is started."""
    is_off = settings.fallback_fence == "off"
    return not is_off and world.has_kernel_fence and world.has_network_fence


def has_own_sandbox(world: World, settings: Settings, engine: LocalEngine) -> bool:
    """Whether the sandbox that the engine brings can be made on this system. The first time its
    program is asked: a tenth of a second."""
    try:
        program = world.processes.find(command_of(settings, engine))
    except CannotStartError:
        program = None
    if program is None:
        return True
    with world.scratch() as folder:
        check = engine.sandbox_check(program, folder)
        return check is None or world.processes.succeeds(check)


def is_network_fenced(world: World, settings: Settings, engine: LocalEngine) -> bool:
    """Whether that fence lets it reach the model's server only."""
    held = engine.fence != "kernel" or world.has_network_fence
    return held and is_fenced(world, settings, engine)
