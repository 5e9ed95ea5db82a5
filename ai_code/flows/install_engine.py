"""``ai-code engines install NAME``: the official package, in a folder of ours, after asking."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from ai_code.core.command import Command
from ai_code.core.errors import AiCodeError, NotInstalledError, Stopped, UsageError
from ai_code.core.memory import gb
from ai_code.core.text import one_line
from ai_code.flows.engine_program import HOW_CUSTOM
from ai_code.flows.models.server import confirmed

if TYPE_CHECKING:
    from ai_code.core.exits import EndedBy
    from ai_code.core.ports import OutputChannel
    from ai_code.core.task import Program
    from ai_code.engines.registry import LocalEngine
    from ai_code.flows.world import World

_DEADLINE_S = 1800.0
_LEAST_NODE = 20
"""qwen-code asks for 22 and works on 20 (0.24.4); below that none of them starts."""
_OTHERS = {"aider": "ai-code setup aider", "claude": "ai-code setup claude"}


class Places(NamedTuple):
    """The folder that is filled, and the link by which runs find the program."""

    folder: Path
    link: Path


class _Installer:
    """Listens to npm or pip; what it says last is the reason where it fails."""

    def __init__(self, world: World, doing: str) -> None:
        self._world = world
        self._doing = doing
        self.said = b""

    def started(self) -> None:
        """See ``core.ports.Listener``."""

    def output(self, channel: OutputChannel, data: bytes) -> None:
        self.said = (self.said + data)[-4000:]

    def tick(self, elapsed_s: float, silence_s: float) -> EndedBy | None:
        self._world.console.status(f"{self._doing}… {elapsed_s:.0f} s")
        return None


def places(world: World, engine: LocalEngine) -> Places:
    """Where an engine that we install lies."""
    base = world.programs_dir
    return Places(base / "engines" / engine.name, base / "bin" / engine.about.program)


def install_engine(world: World, engine: LocalEngine, *, yes: bool) -> Program | None:
    """The program, installed now; None where the person said no. Raises where it cannot be had."""
    how, console = engine.about.install.how, world.console
    if how == "yours":
        raise UsageError(
            "the engine custom is a command of your own",
            why="nothing is installed for it; it is set in your settings",
            hint=HOW_CUSTOM,
        )
    if how in _OTHERS:
        raise UsageError(f"{engine.name} comes with another command", hint=_OTHERS[how])
    place = places(world, engine)
    commands = _commands(world, engine, place.folder)
    about = engine.about
    console.note(f"{engine.name} {about.version} ({about.licence}, {about.homepage})")
    console.note(f"would be installed into {place.folder}:")
    for command in commands:
        console.note(f"  {shlex.join(command)}")
    if not yes:
        answer = console.ask("Install it?", {"y": "install", "n": "leave it"})
        if answer is None:
            raise UsageError(
                "an installation needs a yes",
                why="there is no terminal to ask on",
                hint=f"ai-code engines install {engine.name} --yes",
            )
        if answer != "y":
            return None
    if not console.stderr_is_tty:
        # Where no status line tells of it: it takes minutes.
        console.note(f"installing {engine.name}…")
    world.files.remove(place.folder)
    world.files.folder(place.folder)
    try:
        for command in commands:
            _run(world, engine, place.folder, command)
    except (AiCodeError, Stopped):
        _clear(world, place)
        raise
    return _linked(world, engine, place)


def remove_engine(world: World, engine: LocalEngine, *, yes: bool) -> bool | None:
    """Takes away what ``install_engine`` made, after asking; False where there is nothing of it,
    None where the person said no."""
    place = places(world, engine)
    if world.site.link_target(place.link) is None and not world.site.there(place.folder):
        return False
    question = f"Remove {place.folder} ({gb(world.site.bytes_below(place.folder))})?"
    if not confirmed(world, question, yes, f"ai-code engines remove {engine.name}"):
        return None
    target = world.site.link_target(place.link)
    if target is not None and target.is_relative_to(place.folder):
        world.site.delete(place.link)
    _clear(world, place)
    return True


def _clear(world: World, place: Places) -> None:
    world.files.remove(place.folder)
    world.site.prune(place.folder.parent)


def _commands(world: World, engine: LocalEngine, folder: Path) -> list[tuple[str, ...]]:
    """What makes it, as lists of arguments."""
    about = engine.about
    if about.install.how == "npm":
        npm = world.processes.find(("npm",))
        if npm is None:
            raise NotInstalledError("npm is not installed", hint="sudo apt install npm")
        _check_node(world, engine)
        options = ("--no-audit", "--no-fund", "--loglevel=error")
        return [(*npm.argv, "install", "--prefix", str(folder), *options, about.package)]
    least = about.install.python[1]
    python = world.site.python([minor for minor in (12, 13, 14) if minor >= least])
    if python is None:
        raise NotInstalledError(
            f"{engine.name} needs {about.install.needs}, and none was found",
            hint=f"uv python install 3.{least}",
        )
    own = str(folder / "bin" / "python")
    pip = (own, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input")
    return [(python, "-m", "venv", str(folder)), (*pip, about.package)]


def _check_node(world: World, engine: LocalEngine) -> None:
    node = world.processes.find(("node",))
    version = world.processes.version(node).version if node else None
    if version is None or version[0] >= _LEAST_NODE:
        return
    wanted = max(_LEAST_NODE, engine.about.install.node)
    raise NotInstalledError(
        f"{engine.name} needs Node.js {wanted}, and this is {version[0]}",
        hint=f"https://nodejs.org   (or: npm install -g node@{wanted})",
    )


def _run(world: World, engine: LocalEngine, folder: Path, command: tuple[str, ...]) -> None:
    listener = _Installer(world, f"installing {engine.name}")
    env: dict[str, str | None] = {"PIP_USER": None, "PIP_TARGET": None, "PYTHONPATH": None}
    exit_ = world.processes.run(Command(command, folder, env, deadline_s=_DEADLINE_S), listener)
    world.console.status("")
    if exit_.person_signal is not None:
        raise Stopped(exit_.person_signal)
    if exit_.code != 0:
        why = exit_.start_error or _reason(listener.said) or f"exit {exit_.code}"
        raise AiCodeError(
            f"{engine.name} could not be installed: {why}",
            why="nothing of it is left",
            # pip was in the folder, and is gone with it.
            hint=shlex.join(command)
            if engine.about.install.how == "npm"
            else f"ai-code engines install {engine.name}",
        )


def _linked(world: World, engine: LocalEngine, place: Places) -> Program:
    """Found by runs only once it has started."""
    inside = "bin" if engine.about.install.how == "pypi" else "node_modules/.bin"
    made = place.folder / inside / engine.about.program
    program = world.processes.find((str(made),))
    if program is None or not (program := world.processes.version(program)).version:
        raise AiCodeError(
            f"{engine.name} was installed and does not start", hint=f"{made} --version"
        )
    world.files.link(place.link, made)
    return program


_CAUSE = re.compile(
    r"(?:npm (?:error|ERR!)|ERROR:) (?!code |errno |A complete log|This is |If )(\S.*)"
)


def _reason(said: bytes) -> str:
    text = said.decode("utf-8", "replace")
    if found := _CAUSE.search(text):
        return one_line(found.group(1), 200)
    return one_line(" ".join(text.strip().splitlines()[-1:]), 200)
