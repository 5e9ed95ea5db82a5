"""Which Python an environment is made with, and pip in it."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from making import Command, SetUpError, Work

_PIP = ("-m", "pip", "install", "--progress-bar=off", "--disable-pip-version-check", "--no-input",
        "--no-user")  # fmt: skip


class Pythons(NamedTuple):
    """The first and the last Python that a program's packages are made for. ``lacking`` is how the
    message begins where there is none."""

    lacking: str
    low: tuple[int, int]
    high: tuple[int, int]


class Python(NamedTuple):
    """An interpreter, asked itself: behind a name there may be a shim that chooses."""

    path: str
    version: tuple[int, int]
    has_venv: bool


_ASK = """\
import json, os, sys
try: import ensurepip, venv; has = True
except ImportError: has = False
# The name with the version: the one without leads to another Python after an upgrade.
named = os.path.join(os.path.dirname(sys.executable), "python%d.%d" % tuple(sys.version_info[:2]))
path = named if os.path.exists(named) else sys.executable
print(json.dumps([path, list(sys.version_info[:2]), has]))
"""


def ask_python(command: str) -> Python | None:
    """None where it does not run: a shim of a version that nobody chose, a broken one."""
    try:
        told = subprocess.run(
            [command, "-c", _ASK], stdin=subprocess.DEVNULL, capture_output=True, text=True,
            timeout=30, check=True,
        )  # fmt: skip
        path, (major, minor), has_venv = json.loads(told.stdout)
        return Python(path, (major, minor), has_venv)
    except (OSError, ValueError, subprocess.SubprocessError):
        return None


def this_python() -> str:
    """The Python that runs us. Raises SetUpError where it cannot make environments."""
    python = ask_python(sys.executable)
    if python is None or not python.has_venv:
        raise SetUpError("Python's venv module is not installed", f"sudo apt install {_package()}")
    return python.path


def fitting_python(wanted: Pythons, tools: Path, work: Work) -> str:
    """A Python that a program runs on: ours, another one on the PATH, one that uv has or fetches
    (below ``tools``)."""
    _, low, high = wanted
    if low <= tuple(sys.version_info[:2]) <= high:
        return this_python()
    without_venv = ""
    for minor in range(high[1], low[1] - 1, -1):
        for command in (f"python3.{minor}", *_pyenv_pythons(minor)):
            python = ask_python(command)
            if python is None or python.version != (3, minor):
                continue
            if python.has_venv:
                return python.path
            without_venv = without_venv or f"python3.{minor}-venv"
    try:
        return _python_of_uv(high, tools, work)
    except SetUpError as error:
        ours = _dotted(tuple(sys.version_info[:2]))
        raise SetUpError(
            f"{wanted.lacking} {ours}, and uv could not bring one",
            _python_hint(wanted, without_venv),
            error.why,
        ) from error


def _pyenv_pythons(minor: int) -> list[str]:
    """Those that pyenv has: its shim only runs the versions that the person chose."""
    root = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    return [str(path) for path in root.glob(f"versions/3.{minor}.*/bin/python3.{minor}")]


def _dotted(version: tuple[int, ...]) -> str:
    return "{}.{}".format(*version)


def _python_of_uv(version: tuple[int, int], tools: Path, work: Work) -> str:
    """A Python from uv: the person's own, else one from PyPI that stays below ``tools``. What
    it fetches stays there too."""
    uv = shutil.which("uv") or str(tools / "uv" / "bin" / "uv")
    if not os.access(uv, os.X_OK):
        shutil.rmtree(tools / "uv", ignore_errors=True)
        venv(tools / "uv", work, this_python())
        pip(tools / "uv", work, "uv")
    places = {"UV_PYTHON_INSTALL_DIR": str(tools / "python"), "UV_PYTHON_INSTALL_BIN": "0"}
    wanted = _dotted(version)
    for env in ({}, places):
        if python := _found_by_uv(uv, wanted, env):
            return python
    work.run([uv, "python", "install", wanted], env=places, doing=f"fetching Python {wanted}")
    if python := _found_by_uv(uv, wanted, places):
        return python
    raise SetUpError("uv finds no Python", f"{uv} python list", "uv python find found none")


def _found_by_uv(uv: str, wanted: str, env: Mapping[str, str]) -> str:
    told = subprocess.run(
        [uv, "python", "find", "--no-project", wanted], stdin=subprocess.DEVNULL,
        capture_output=True, text=True, env={**os.environ, **env}, check=False,
    )  # fmt: skip
    python = ask_python(told.stdout.strip()) if told.returncode == 0 else None
    return python.path if python and python.has_venv else ""


def _python_hint(wanted: Pythons, without_venv: str) -> str:
    """What brings a fitting Python on this system."""
    if without_venv:
        return f"sudo apt install {without_venv}"
    for minor in range(wanted.high[1], wanted.low[1] - 1, -1):
        package = f"python3.{minor}-venv"
        with contextlib.suppress(OSError):
            told = subprocess.run(
                ["apt-cache", "show", package], capture_output=True, text=True, check=False
            )
            if told.stdout.strip():
                return f"sudo apt install {package}"
    return f"uv python install {_dotted(wanted.high)}"


def _package() -> str:
    """The Debian package that has venv for the Python that runs us."""
    versioned = "python{}.{}-venv".format(*sys.version_info[:2])
    default = shutil.which("python3", path="/usr/bin")
    is_default = default and os.path.realpath(default) == os.path.realpath(sys.executable)
    return "python3-venv" if is_default or not default else versioned


def venv(folder: Path, work: Work, python: str) -> None:
    work.run([python, "-m", "venv", folder], doing="an empty environment")


def pip(folder: Path, work: Work, *what: str | Path) -> None:
    command: Command = [folder / "bin" / "python", *_PIP, *what]
    work.run(command, doing="asking for packages", told=_pip_does)


_PIP_LINE = re.compile(
    r"\s*(Collecting|Downloading|Using cached|Building wheel for) ([\w.+-]+)(.*)"
)


def _pip_does(line: str) -> str:
    """What pip says that a person understands: a package, and how large it is."""
    if line.startswith("Installing collected packages:"):
        return f"installing {line.count(',') + 1} packages"
    if line.lstrip().startswith(("Obtaining", "Installing build dependencies")):
        return "what builds it"
    found = _PIP_LINE.match(line)
    if not found:
        return ""
    verb, name, rest = found.groups()
    name = re.split(r"-\d|==|>|<|!|~", name)[0]
    size = re.search(r"\([\d.]+ \w?B\)", rest)
    return " ".join(filter(None, [verb.split()[0].lower(), name, size.group() if size else ""]))
