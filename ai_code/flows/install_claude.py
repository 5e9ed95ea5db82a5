"""Offers to install Claude Code from npm, in a folder of ours, after saying whose it is."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING

from ai_code.core.command import Command
from ai_code.core.errors import Stopped
from ai_code.flows.setup.progress import Doing, said_by

if TYPE_CHECKING:
    from ai_code.core.task import Program
    from ai_code.flows.world import World

PACKAGE = "@anthropic-ai/claude-code"
TERMS = (
    "https://code.claude.com/docs/en/legal-and-compliance",
    "https://www.anthropic.com/legal/commercial-terms",
)
"""What the package's own licence names, and one of the agreements that this page lists."""
SIZE = "400 to 800 MB"
"""2.1.329 takes 361 MB; npm of Debian 12 installs a second build beside it: 753 MB."""
VERSIONS = "npm brings the newest version; 2.0.77 and 2.1.329 are the tested ones."
_TERMS_LINES = "\n".join(TERMS)
_DEADLINE_S = 600.0


def offer_claude(world: World, *, agreed: bool, instead: str) -> Program | None:
    """Claude Code, installed now; ``instead`` is what a "no" means. None where nobody agreed,
    or npm is missing or failed (then one line says so)."""
    console = world.console
    npm = world.processes.find(("npm",))
    if npm is None or not (agreed or (console.stdin_is_tty and console.stderr_is_tty)):
        return None
    if not agreed:
        console.note(
            "Claude Code is not installed. It is Anthropic's, under Anthropic's terms:\n"
            f"{_TERMS_LINES}\n{VERSIONS}\n"
            # A line of its own: how long it is nobody knows, and what is asked has to fit.
            f"npm would put {SIZE} into\n{world.programs_dir}"
        )
        answer = console.ask("Install it?", {"y": "install", "n": instead})
        if answer != "y":
            return None
    else:
        console.note(
            f"Installing Claude Code, under Anthropic's terms:\n{_TERMS_LINES}\n{VERSIONS}"
        )
    program = install_claude(world, npm)
    if isinstance(program, str):
        console.important(f"npm could not install Claude Code: {program}")
        return None
    folder, link = places(world)
    console.note(f"Installed: {program.argv[0]}")
    console.note(f"to remove it: {shlex.join(['rm', '-r', str(folder), str(link)])}")
    return program


def places(world: World) -> tuple[Path, Path]:
    """The folder that npm fills, and the link by which runs find it."""
    return world.programs_dir / "claude-code", world.programs_dir / "bin" / "claude"


def install_claude(world: World, npm: Program) -> Program | str:
    """Claude Code, for somebody who has agreed; or why npm failed. Raises Stopped (Ctrl-C)."""
    folder, link = places(world)
    world.files.folder(folder)
    listener = Doing(world.console, f"npm installs {PACKAGE}")
    argv = (*npm.argv, "install", "--prefix", str(folder), "--no-audit", "--no-fund", PACKAGE)
    exit_ = world.processes.run(Command(argv, folder, deadline_s=_DEADLINE_S), listener)
    world.console.status("")
    if exit_.person_signal is not None:
        raise Stopped(exit_.person_signal)
    if exit_.code != 0:
        return exit_.start_error or said_by(listener.said) or f"exit {exit_.code}"
    program = folder / "node_modules" / ".bin" / "claude"
    world.files.link(link, program)
    return world.processes.find((str(program),)) or f"npm made no {program}"
