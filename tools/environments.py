"""Makes the environments of a checkout: ours, the one for development, aider's, Claude Code's.

    python3 tools/environments.py ours | dev | aider | nix | claude VERSION

Each is made once; an interrupted set-up mends itself at the next call, two at once wait for each
other. Standard library only, Python 3.11 or later.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import tomllib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import FrameType
from typing import NamedTuple

from debian_nix import nix
from making import Command, Environment, SetUpError, Stopped, Work

ROOT = Path(__file__).resolve().parent.parent
TOOLS = ROOT / ".tools"
AIDER = "aider-chat==0.86.2"
CLAUDE_VERSIONS = ("2.1.329", "2.0.77")
AIDER_PYTHONS = ((3, 10), (3, 12))
"""The first and the last Python that aider's packages are made for."""
_PIP = ("-m", "pip", "install", "--progress-bar=off", "--disable-pip-version-check", "--no-input",
        "--no-user")  # fmt: skip


def ours() -> Environment:
    """``.venv``: ai-code as people have it, from this checkout."""

    def install(work: Work) -> None:
        _venv(work.folder, work, this_python())
        _pip(work.folder, work, "--editable", ROOT)

    def command() -> str:
        return f"{_shown(ROOT / 'ai-code')} --version"

    return Environment(
        ROOT / ".venv", "ai-code's own environment", "20 MB, some seconds", 60, _pyproject(),
        command, install,
    )  # fmt: skip


def dev() -> Environment:
    """``.tools/dev``: ai-code with linters, types and test tools."""

    def install(work: Work) -> None:
        _venv(work.folder, work, this_python())
        wanted = tomllib.loads(_pyproject())["dependency-groups"]["dev"]
        _pip(work.folder, work, "--editable", ROOT, *wanted)

    return Environment(
        TOOLS / "dev", "the environment for tests", "about 200 MB", 400, _pyproject(),
        _again("dev"), install,
    )  # fmt: skip


def aider() -> Environment:
    """``.tools/aider``: an environment of its own, for its packages exclude others; with compiled
    bytecode, for without it one message takes 19 s instead of 3.5 s. ``.tools/bin`` has nothing
    but a link to it."""

    def install(work: Work) -> None:
        link.unlink(missing_ok=True)
        _venv(work.folder, work, aider_python(work))
        # Compiled afterwards, by all cores.
        _pip(work.folder, work, "--no-compile", "--prefer-binary", AIDER)

    def finish(work: Work) -> None:
        compile_ = ["-m", "compileall", "-q", "-j", "0", work.folder / "lib"]
        # 1: some file of some package is made for another Python.
        work.run([work.folder / "bin" / "python", *compile_], ok=(0, 1), doing="compiling bytecode")
        link_aider()

    link = TOOLS / "bin" / "aider"
    return Environment(
        TOOLS / "aider", "aider's environment", "about 700 MB, 1 to 3 minutes", 1000, AIDER,
        _again("aider"), install, finish,
    )  # fmt: skip


def claude(version: str) -> Environment:
    """``.tools/claude-VERSION``: Claude Code, installed for you under Anthropic's terms."""

    def install(work: Work) -> None:
        _need("npm", "npm")
        work.folder.mkdir(parents=True)
        package = f"@anthropic-ai/claude-code@{version}"
        options = ["--no-audit", "--no-fund", "--loglevel=error"]
        work.run(
            ["npm", "install", "--prefix", work.folder, *options, package], doing="npm install"
        )

    return Environment(
        TOOLS / f"claude-{version}", f"Claude Code {version}", "up to 250 MB", 600, version,
        _again("claude", version), install,
    )  # fmt: skip


def link_aider() -> None:
    """``.tools/bin/aider``: what the launcher puts at the end of the PATH."""
    link = TOOLS / "bin" / "aider"
    link.parent.mkdir(parents=True, exist_ok=True)
    with contextlib.suppress(FileExistsError):
        link.symlink_to(Path("..", "aider", "bin", "aider"))


# Which Python -----------------------------------------------------------------------------------


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


def aider_python(work: Work) -> str:
    """A Python that aider runs on: ours, another one on the PATH, one that uv has or fetches."""
    low, high = AIDER_PYTHONS
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
        return _python_of_uv(work)
    except SetUpError as error:
        ours = "{}.{}".format(*sys.version_info[:2])
        raise SetUpError(
            f"aider needs Python 3.10 to 3.12, this is {ours}, and uv could not bring one",
            _python_hint(without_venv),
            error.why,
        ) from error


def _pyenv_pythons(minor: int) -> list[str]:
    """Those that pyenv has: its shim only runs the versions that the person chose."""
    root = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    return [str(path) for path in root.glob(f"versions/3.{minor}.*/bin/python3.{minor}")]


def _python_of_uv(work: Work) -> str:
    """Python 3.12 from uv: the person's own, else one from PyPI that stays below ``.tools``. What
    it fetches stays there too."""
    uv = shutil.which("uv") or str(TOOLS / "uv" / "bin" / "uv")
    if not os.access(uv, os.X_OK):
        shutil.rmtree(TOOLS / "uv", ignore_errors=True)
        _venv(TOOLS / "uv", work, this_python())
        _pip(TOOLS / "uv", work, "uv")
    places = {"UV_PYTHON_INSTALL_DIR": str(TOOLS / "python"), "UV_PYTHON_INSTALL_BIN": "0"}
    wanted = "{}.{}".format(*AIDER_PYTHONS[1])
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


def _python_hint(without_venv: str) -> str:
    """What brings a Python for aider on this system."""
    if without_venv:
        return f"sudo apt install {without_venv}"
    for minor in range(AIDER_PYTHONS[1][1], AIDER_PYTHONS[0][1] - 1, -1):
        package = f"python3.{minor}-venv"
        with contextlib.suppress(OSError):
            told = subprocess.run(
                ["apt-cache", "show", package], capture_output=True, text=True, check=False
            )
            if told.stdout.strip():
                return f"sudo apt install {package}"
    return "uv python install 3.12"


def _package() -> str:
    """The Debian package that has venv for the Python that runs us."""
    versioned = "python{}.{}-venv".format(*sys.version_info[:2])
    default = shutil.which("python3", path="/usr/bin")
    is_default = default and os.path.realpath(default) == os.path.realpath(sys.executable)
    return "python3-venv" if is_default or not default else versioned


# The parts --------------------------------------------------------------------------------------


def _venv(folder: Path, work: Work, python: str) -> None:
    work.run([python, "-m", "venv", folder], doing="an empty environment")


def _pip(folder: Path, work: Work, *what: str | Path) -> None:
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


def _need(program: str, package: str) -> None:
    if shutil.which(program) is None:
        raise SetUpError(f"{program} is not installed", f"sudo apt install {package}")


def _again(*arguments: str) -> Callable[[], str]:
    """The command that makes an environment, as a person types it where they stand."""

    def command() -> str:
        us, on_path = ask_python(sys.executable), ask_python("python3")
        python = "python3" if us and us == on_path else shlex.quote(sys.executable)
        return " ".join([python, _shown(Path(__file__)), *arguments])

    return command


def _shown(path: Path) -> str:
    with contextlib.suppress(OSError, ValueError):
        return shlex.quote(f"./{path.relative_to(Path.cwd())}")
    return shlex.quote(str(path))


def _pyproject() -> str:
    return (ROOT / "pyproject.toml").read_text(encoding="utf-8")


def prepare() -> None:
    """Open streams, and signals that also end what we started."""
    # Started with 2>&-: else the next file that is opened would become standard error.
    while (descriptor := os.open(os.devnull, os.O_RDWR)) <= 2:
        pass
    os.close(descriptor)
    sys.stderr = sys.stderr or os.fdopen(2, "w", closefd=False)

    def stop(signum: int, _: FrameType | None) -> None:
        raise Stopped(signum)

    for signum in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(signum) is not signal.SIG_IGN:
            signal.signal(signum, stop)


def main(arguments: Sequence[str]) -> int:
    """The exit code of a command line."""
    match list(arguments):
        case ["ours"]:
            wanted = ours()
        case ["dev"]:
            wanted = dev()
        case ["aider"]:
            wanted = aider()
        case ["claude", version]:
            wanted = claude(version)
        case ["nix"] if shutil.which("apt-get") is None or shutil.which("dpkg-deb") is None:
            print("no Nix for the tests here: it is made of Debian's packages", file=sys.stderr)
            return 0
        case ["nix"]:
            wanted = nix(TOOLS, _again("nix"))
        case _:
            print(__doc__, file=sys.stderr)
            return 2
    try:
        wanted.make()
    except SetUpError as error:
        print(error, file=sys.stderr)
        return 1
    except (KeyboardInterrupt, Stopped) as stop:
        print(f"stopped; to go on: {wanted.again}", file=sys.stderr)
        return 128 + getattr(stop, "signum", signal.SIGINT)
    return 0


if __name__ == "__main__":
    os.umask(0o022)
    prepare()
    sys.exit(main(sys.argv[1:]))
