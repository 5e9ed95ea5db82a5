"""``ai-code engines install NAME``: the official package, in a folder of ours, after asking.

What works is never taken away for what may not: a new one is made in a folder beside the one in
use, and the link by which runs find it leads there once it has started. Its Python environment
could not be moved, so both folders keep their names, and the next one takes the other again.
"""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from ai_code.core.command import Command
from ai_code.core.errors import (
    AiCodeError,
    CannotStartError,
    NotInstalledError,
    Stopped,
    TryLaterError,
    UsageError,
)
from ai_code.core.memory import gb
from ai_code.core.text import from_home
from ai_code.flows.engine_program import HOW_CUSTOM, WHERE_CUSTOM
from ai_code.flows.models.server import confirmed
from ai_code.flows.setup.packages import command_for, python_hint
from ai_code.flows.setup.progress import Doing, said_by

if TYPE_CHECKING:
    from ai_code.core.exits import Exit
    from ai_code.core.task import Program
    from ai_code.engines.registry import LocalEngine
    from ai_code.flows.world import World

_DEADLINE_S = 1800.0
_STARTS_S = 60.0
_LEAST_NODE = 20
"""Below that none of them starts."""
_MINORS = (12, 13, 14)
"""Of Python 3, the best first: what is old enough to be known to all packages."""
_OTHERS = {"aider": "ai-code setup aider", "claude": "ai-code setup claude"}
_ENV: dict[str, str | None] = {"PIP_USER": None, "PIP_TARGET": None, "PYTHONPATH": None}


class Places(NamedTuple):
    """The two folders, of which one is in use, and the link by which runs find the program."""

    folders: tuple[Path, Path]
    link: Path

    def used(self, world: World) -> Path | None:
        """The folder that the link leads into."""
        target = world.site.link_target(self.link)
        inside = (each for each in self.folders if target and target.is_relative_to(each))
        return next(inside, None)


class Installed(NamedTuple):
    """``new`` is False where it was there already."""

    program: Program
    folder: Path
    new: bool = True


def places(world: World, engine: LocalEngine) -> Places:
    """Where an engine that we install lies."""
    base, name = world.programs_dir, engine.name
    folders = (base / "engines" / name, base / "engines" / f"{name}-2")
    return Places(folders, base / "bin" / engine.about.program)


def install_engine(
    world: World, engine: LocalEngine, *, yes: bool, again: bool = False
) -> Installed | None:
    """The program, installed now, or there already in the version that is wanted, unless
    ``again``; None where the person said no. Raises where it cannot be had."""
    how = engine.about.install.how
    if how == "yours":
        raise UsageError(
            "the engine custom is a command of your own",
            why="nothing is installed for it; such a line in your settings sets it "
            f"(docs/en/engines.md#custom): {HOW_CUSTOM}",
            hint=WHERE_CUSTOM,
        )
    if how in _OTHERS:
        raise UsageError(f"{engine.name} comes with another command", hint=_OTHERS[how])
    with world.site.alone():
        return _Installation(world, engine, yes=yes, again=again).go()


class _Installation:
    """One, from the question to the link."""

    def __init__(self, world: World, engine: LocalEngine, *, yes: bool, again: bool) -> None:
        self._world = world
        self._engine = engine
        self._again = again
        self._yes = yes
        self._place = places(world, engine)
        self._old = self._place.used(world)
        self._there = self._program(self._old) if self._old else None
        first, second = self._place.folders
        self._folder = second if self._old == first else first

    def go(self) -> Installed | None:
        about = self._engine.about
        wanted = self._there and self._there.version_text == about.version
        if self._old and self._there and wanted and not self._again:
            return Installed(self._there, self._old, new=False)
        commands = _commands(self._world, self._engine, self._folder)
        if not self._agreed(commands):
            return None
        world = self._world
        if not world.console.stderr_is_tty:
            # Where no status line tells of it: it takes minutes.
            world.console.note(f"installing {self._engine.name}…")
        world.files.remove(self._folder)
        world.files.folder(self._folder)
        try:
            for command in commands:
                ended, said = self._ran(command, f"installing {self._engine.name}", _DEADLINE_S)
                if ended.code != 0:
                    raise AiCodeError(
                        f"{self._engine.name} could not be installed: {_why(ended, said)}",
                        why=self._left,
                        hint=self._once_more,
                    )
            program = self._started()
        except (AiCodeError, Stopped):
            _clear(world, self._folder)
            raise
        world.files.link(self._place.link, Path(program.argv[0]))
        if self._old and world.left_behind().living:
            # The next installation makes room.
            world.console.note("a run is working: what it may use stays until the next time")
        elif self._old:
            world.files.remove(self._old)
        return Installed(program, self._folder)

    def _agreed(self, commands: list[tuple[str, ...]]) -> bool:
        engine, console = self._engine, self._world.console
        about = engine.about
        console.note(f"{engine.name} {about.version} ({about.licence}, {about.homepage})")
        into = from_home(self._folder, self._world.site.home)
        console.note(f"would be installed into {into}:")
        for command in commands:
            console.note(f"  {shlex.join(command)}")
        if self._there:
            console.note(f"in the place of {self._there.version_text}, which stays until it starts")
        if other := self._others():
            told = f"{other.argv[0]} {other.version_text}".rstrip()
            console.note(f"{told} is on your PATH, and runs take that one first")
        _note_node(self._world, engine)
        if self._yes:
            return True
        answer = console.ask("Install it?", {"y": "install", "n": "leave it"})
        if answer is None:
            raise UsageError(
                "an installation needs a yes",
                why="there is no terminal to ask on",
                hint=f"{self._command} --yes",
            )
        return answer == "y"

    def _others(self) -> Program | None:
        """One that did not come from here, and that runs find before ours."""
        link = self._place.link
        found = self._found(link.name)
        return found if found and Path(found.argv[0]) != link else None

    def _found(self, name: str) -> Program | None:
        processes = self._world.processes
        try:
            program = processes.find((name,))
        except CannotStartError:
            return None
        return processes.version(program, away=True) if program else None

    def _ran(self, argv: tuple[str, ...], doing: str, deadline_s: float) -> tuple[Exit, bytes]:
        """Raises Stopped (Ctrl-C)."""
        world = self._world
        listener = Doing(world.console, doing)
        # Not in the project: what lies there is not to decide how programs are installed.
        command = Command(argv, self._folder, _ENV, deadline_s=deadline_s)
        try:
            ended = world.processes.run(command, listener)
        finally:
            world.console.status("")
        if ended.person_signal is not None:
            raise Stopped(ended.person_signal)
        return ended, listener.said

    def _program(self, folder: Path) -> Program | None:
        """The one in that folder, where it tells its version."""
        program = self._found(str(self._made(folder)))
        return program if program and program.version else None

    def _made(self, folder: Path) -> Path:
        about = self._engine.about
        inside = "bin" if about.install.how == "pypi" else "node_modules/.bin"
        return folder / inside / about.program

    def _started(self) -> Program:
        if program := self._program(self._folder):
            return program
        argv = (str(self._made(self._folder)), "--version")
        ended, said = self._ran(argv, f"starting {self._engine.name} once", _STARTS_S)
        raise AiCodeError(
            f"{self._engine.name} was installed and does not start: {_why(ended, said)}",
            why=self._left,
            hint=self._once_more,
        )

    @property
    def _left(self) -> str:
        """What a failure leaves."""
        if self._there:
            return f"the one that you have ({self._there.version_text}) is as it was"
        return "nothing of it is left"

    @property
    def _once_more(self) -> str:
        return self._command + " --yes" * self._yes

    @property
    def _command(self) -> str:
        return f"ai-code engines install {self._engine.name}" + " --again" * self._again


def _why(ended: Exit, said: bytes) -> str:
    if ended.ended_by is not None:
        return "it took too long"
    return ended.start_error or said_by(said) or f"exit {ended.code}"


def remove_engine(world: World, engine: LocalEngine, *, yes: bool) -> bool | None:
    """Takes away what ``install_engine`` made, after asking; False where there is nothing of it,
    None where the person said no."""
    with world.site.alone():
        return _removed(world, engine, yes=yes)


def _removed(world: World, engine: LocalEngine, *, yes: bool) -> bool | None:
    place = places(world, engine)
    used = place.used(world)
    folders = [each for each in place.folders if world.site.there(each)]
    if not used and not folders:
        return False
    if world.left_behind().living:
        raise TryLaterError(
            f"a run of ai-code is working, and may need {engine.name}",
            hint=f"ai-code engines remove {engine.name}   (when it has ended)",
        )
    size = gb(sum(map(world.site.bytes_below, folders)))
    where = from_home(used or folders[0], world.site.home)
    question = f"Remove {where} ({size})?"
    if not confirmed(world, question, yes, f"ai-code engines remove {engine.name}"):
        return None
    if used:
        world.site.delete(place.link)
    for folder in folders:
        _clear(world, folder)
    return True


def _clear(world: World, folder: Path) -> None:
    world.files.remove(folder)
    world.site.prune(folder.parent)


def _commands(world: World, engine: LocalEngine, folder: Path) -> list[tuple[str, ...]]:
    """What makes it, as lists of arguments."""
    about = engine.about
    if about.install.how == "npm":
        npm = world.processes.find(("npm",))
        if npm is None:
            raise NotInstalledError("npm is not installed", hint=command_for(world, "npm"))
        _check_node(world, engine)
        options = ("--no-audit", "--no-fund", "--loglevel=error")
        return [(*npm.argv, "install", "--prefix", str(folder), *options, about.package)]
    least = about.install.python[1]
    python = world.site.python([minor for minor in _MINORS if minor >= least])
    if python is None:
        raise NotInstalledError(
            f"{engine.name} needs {about.install.needs}, and none was found",
            hint=python_hint(world, [minor for minor in _MINORS if minor >= least]),
        )
    own = str(folder / "bin" / "python")
    pip = (own, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input")
    return [(python, "-m", "venv", str(folder)), (*pip, about.package)]


def _check_node(world: World, engine: LocalEngine) -> None:
    version = _node(world)
    if version is None or version >= _LEAST_NODE:
        return
    wanted = max(_LEAST_NODE, engine.about.install.node)
    raise NotInstalledError(
        f"{engine.name} needs Node.js {wanted}, and this is {version}",
        hint=f"https://nodejs.org   (or: npm install -g node@{wanted})",
    )


def _note_node(world: World, engine: LocalEngine) -> None:
    """Its makers ask for more than it needs."""
    version, wanted = _node(world), engine.about.install.node
    if engine.about.install.how == "npm" and version is not None and version < wanted:
        world.console.note(
            f"its makers ask for Node.js {wanted}; it was seen to work on {_LEAST_NODE}, and this "
            f"is {version}"
        )


def _node(world: World) -> int | None:
    """The major version of Node.js."""
    node = world.processes.find(("node",))
    version = world.processes.version(node).version if node else None
    return version[0] if version else None
