"""The step of aider: an environment of its own, below the folder of programs.

Never half used: the link that runs find is made last, after aider has started once. An
interrupted making leaves a folder without its link, which the next call makes anew (what was
downloaded is in pip's and uv's caches).
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from ai_code.core.errors import CannotStartError
from ai_code.core.setup import (
    AIDER_BYTES,
    AIDER_OLDEST,
    AIDER_PYTHON_MINORS,
    AIDER_ROOM,
    AIDER_VERSION,
    StepResult,
)
from ai_code.flows.setup.ollama import keep
from ai_code.flows.setup.packages import command_for
from ai_code.flows.setup.programs import named as of_version

if TYPE_CHECKING:
    from ai_code.flows.setup.ground import Ground

PACKAGE = f"aider-chat=={AIDER_VERSION}"
_AGAIN = "ai-code setup aider"
_WHERE = "ai-code config show --origin"
_DEADLINE_S = 3600.0
_STARTS_S = 180.0
_PYTHONS = ">=3.10,<3.13"
_ENV: dict[str, str | None] = dict.fromkeys(
    (
        *("PYTHONPATH", "PYTHONHOME", "PYTHONDONTWRITEBYTECODE", "PYTHONSTARTUP"),
        *("PIP_TARGET", "PIP_PREFIX", "PIP_ROOT", "PIP_USER", "PIP_NO_DEPS", "PIP_QUIET"),
        *("VIRTUAL_ENV", "CONDA_PREFIX", "UV_PYTHON", "UV_PROJECT", "UV_SYSTEM_PYTHON"),
    )
)
"""What a shell may hold and what would lead pip or uv out of the environment."""


class _Way(NamedTuple):
    """How it is made: by uv, or by a Python with pip. ``told`` for the person."""

    uv: str
    python: str
    told: str


class _FailedError(Exception):
    """A program of the making failed; the text is why."""


def aider(ground: Ground) -> StepResult:
    """One that the person has and that works is left as it is; else ours is made, or made anew,
    and used. A broken one of the person's is not touched."""
    world = ground.world
    wanted = ground.settings.aider_command
    place = _Place(ground)
    named = wanted != ("aider",) and Path(wanted[0]) != place.link
    try:
        program = world.processes.find(wanted)
    except CannotStartError as error:
        return StepResult("aider", "failed", error.what, (error.hint,))
    if program is None:
        if named:
            told = f"the settings name {wanted[0]}, which is not there"
            return StepResult("aider", "missing", told, (_WHERE,))
        ground.say("aider is not installed: it carries out what the local model writes.")
        return _offer(ground, place)
    program = world.processes.version(program)
    if program.version and program.version >= AIDER_OLDEST:
        told = of_version("aider", program)
        if program.version != tuple(map(int, AIDER_VERSION.split("."))):
            told += f" (tested: {AIDER_VERSION})"
        return StepResult("aider", "ok", told)
    path = Path(program.argv[0])
    wrong = f"is too old ({program.version_text})" if program.version else "does not start"
    if named:
        told = f"the settings name {path}, which {wrong}"
        return StepResult("aider", "failed", told, (f"{path} --version", _WHERE))
    if path == place.link:
        ground.say(f"{ground.shown(path)} does not start any more (is its Python gone?).")
        return _offer(ground, place)
    ground.say(f"{ground.shown(path)} {wrong}. It would be left as it is, and not be used.")
    made = _offer(ground, place)
    return _chosen(ground, place, path, made) if made.fine else made


def _chosen(ground: Ground, place: _Place, other: Path, made: StepResult) -> StepResult:
    """Ours has to be named, for another is found before it."""
    keep(ground, "aider.command", str(place.link))
    if ground.settings.aider_command != (str(place.link),):
        told = f"{made.told}, and a variable or a flag names another"
        return StepResult("aider", "failed", told, (_WHERE,))
    return made._replace(told=f"{made.told}, instead of {ground.shown(other)}")


def _offer(ground: Ground, place: _Place) -> StepResult:
    if place.foreign:
        told = f"{ground.shown(place.folder)} is there, and was not made by setup"
        return StepResult("aider", "failed", told, (f"ls -l {place.folder}",))
    way = _way(ground)
    if way is None:
        command = command_for(ground.world, "python")
        told = "aider needs Python 3.10 to 3.12 with venv, or uv"
        ground.say(f"{told}. To get one:")
        ground.show(command)
        return StepResult("aider", "missing", told, (command, _AGAIN))
    free = ground.site.free_bytes(place.folder)
    room = "" if free is None else f"; {free / 1e9:.1f} GB are free"
    ground.say(
        f"aider {AIDER_VERSION} would get an environment of its own in "
        f"{ground.shown(place.folder)}, {way.told}: {AIDER_BYTES // 10**6} MB, "
        f"1 to 3 minutes{room}."
    )
    if free is not None and free < AIDER_ROOM:
        told = f"{AIDER_ROOM / 1e9:.1f} GB are needed and {free / 1e9:.1f} GB are free"
        return StepResult("aider", "failed", told, (f"df -h {place.folder.parent}", _AGAIN))
    if not ground.agrees():
        return StepResult("aider", "missing", "aider is not installed", (_AGAIN,))
    try:
        _make(ground, place, way)
    except _FailedError as failed:
        return StepResult("aider", "failed", f"aider was not installed: {failed}", (_AGAIN,))
    size = ground.site.bytes_below(place.folder) // 10**6
    told = f"aider {AIDER_VERSION} in {ground.shown(place.folder)} ({size} MB)"
    return StepResult("aider", "done", told)


class _Place:
    """Where it lies. ``foreign``: something is there that setup does not know."""

    def __init__(self, ground: Ground) -> None:
        programs = ground.world.programs_dir
        self.folder = programs / "aider"
        self.link = programs / "bin" / "aider"
        self.program = self.folder / "bin" / "aider"
        self.pythons = self.folder / "python"
        self.uv = self.folder / "uv"
        there = ground.site.there(self.folder) or ground.site.there(self.link)
        self.foreign = there and ground.made("aider", str(self.folder)) is None


def _way(ground: Ground) -> _Way | None:
    """uv where the person has it, else a fitting Python, else uv by our own Python's pip."""
    if (uv := ground.find("uv")) is not None:
        return _Way(uv.argv[0], "", "made with uv")
    if python := ground.site.python(AIDER_PYTHON_MINORS):
        return _Way("", python, f"made with {ground.shown(Path(python))}")
    own = ground.site.own_python
    if ground.run((own, "-I", "-c", "import ensurepip, venv"), "looking for a Python").ok:
        return _Way("", own, "with a Python 3.12 that uv fetches")
    return None


def _make(ground: Ground, place: _Place, way: _Way) -> None:
    """Makes it anew. Raises _FailedError, and Stopped where the person stops it."""
    world = ground.world
    ground.remember("aider", str(place.folder), link=str(place.link))
    ground.site.delete(place.link)
    world.files.remove(place.folder)
    world.files.folder(place.folder)
    uv = way.uv
    if not uv and way.python == ground.site.own_python and not _fits(ground, way.python):
        uv = _fetched_uv(ground, place, way.python)
    if uv:
        _by_uv(ground, place, uv)
    else:
        _by_pip(ground, place, way.python)
    _run(ground, (str(place.program), "--version"), "starting aider once", _STARTS_S)
    world.files.link(place.link, place.program)


def _fits(ground: Ground, python: str) -> bool:
    code = "import sys; sys.exit(not (3, 10) <= sys.version_info[:2] <= (3, 12))"
    return ground.run((python, "-I", "-c", code), "looking at Python").ok


def _by_uv(ground: Ground, place: _Place, uv: str) -> None:
    """uv's own Pythons first; one that it has to fetch stays below our folder."""
    # --allow-existing: the folder is there already, and nothing is in the way.
    venv = (uv, "venv", "--no-project", "--allow-existing", "--python", _PYTHONS)
    doing = "making aider's environment"
    plain = {**_ENV, "UV_PYTHON_DOWNLOADS": "never"}
    if not ground.run((*venv, str(place.folder)), doing, env=plain, deadline_s=_DEADLINE_S).ok:
        fetch = {"UV_PYTHON_INSTALL_DIR": str(place.pythons), "UV_PYTHON_INSTALL_BIN": "0"}
        argv = (uv, "venv", "--no-project", "--allow-existing", "--python", "3.12")
        _run(ground, (*argv, str(place.folder)), "fetching a Python for aider", env=fetch)
    python = str(place.folder / "bin" / "python")
    install = (uv, "pip", "install", "--python", python, "--compile-bytecode", PACKAGE)
    _run(ground, install, "installing aider")


def _by_pip(ground: Ground, place: _Place, python: str) -> None:
    _run(ground, (python, "-m", "venv", str(place.folder)), "making aider's environment")
    own = str(place.folder / "bin" / "python")
    # Compiled afterwards, by all cores.
    _run(ground, (own, *_PIP, "--no-compile", "--prefer-binary", PACKAGE), "installing aider")
    compiles = (own, "-m", "compileall", "-q", "-j", "0", str(place.folder / "lib"))
    # 1: some file of some package is made for another Python.
    _run(ground, compiles, "compiling bytecode", also_ok=1)


_PIP = ("-m", "pip", "install", "--progress-bar=off", "--disable-pip-version-check", "--no-input")


def _fetched_uv(ground: Ground, place: _Place, python: str) -> str:
    """uv from PyPI, in an environment of its own below aider's."""
    _run(ground, (python, "-m", "venv", str(place.uv)), "an environment for uv")
    _run(ground, (str(place.uv / "bin" / "python"), *_PIP, "uv"), "fetching uv")
    return str(place.uv / "bin" / "uv")


def _run(
    ground: Ground,
    argv: tuple[str, ...],
    doing: str,
    deadline_s: float = _DEADLINE_S,
    *,
    env: dict[str, str] | None = None,
    also_ok: int = 0,
) -> None:
    ran = ground.run(argv, doing, env={**_ENV, **(env or {})}, deadline_s=deadline_s)
    if ran.code not in (0, also_ok):
        raise _FailedError(ran.why or f"{argv[0]} ended with {ran.code}")
