"""Makes the environments of a checkout: ours, the one for development, those of the engines.

    python3 tools/environments.py ours | dev | aider | nix | claude VERSION | engine NAME

Each is made once; an interrupted set-up mends itself at the next call, two at once wait for each
other. Standard library only, Python 3.11 or later.
"""

from __future__ import annotations

import contextlib
import os
import shlex
import shutil
import signal
import sys
import tomllib
from collections.abc import Callable, Sequence
from pathlib import Path
from types import FrameType

from coding_agents import AGENTS, NoPythonError, agent
from debian_nix import nix
from making import Environment, SetUpError, Stopped, Work, need
from pythons import Pythons, ask_python, fitting_python, pip, this_python, venv

ROOT = Path(__file__).resolve().parent.parent
TOOLS = ROOT / ".tools"
AIDER = "aider-chat==0.86.2"
CLAUDE_VERSIONS = ("2.1.329", "2.0.77")
AIDER_PYTHONS = Pythons("aider needs Python 3.10 to 3.12, this is", (3, 10), (3, 12))
"""The first and the last Python that aider's packages are made for."""


def ours() -> Environment:
    """``.venv``: ai-code as people have it, from this checkout."""

    def install(work: Work) -> None:
        venv(work.folder, work, this_python())
        pip(work.folder, work, "--editable", ROOT)

    def command() -> str:
        return f"{_shown(ROOT / 'ai-code')} --version"

    return Environment(
        ROOT / ".venv", "ai-code's own environment", "20 MB, some seconds", 60, _pyproject(),
        command, install,
    )  # fmt: skip


def dev() -> Environment:
    """``.tools/dev``: ai-code with linters, types and test tools."""

    def install(work: Work) -> None:
        venv(work.folder, work, this_python())
        wanted = tomllib.loads(_pyproject())["dependency-groups"]["dev"]
        pip(work.folder, work, "--editable", ROOT, *wanted)

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
        venv(work.folder, work, fitting_python(AIDER_PYTHONS, TOOLS, work))
        # Compiled afterwards, by all cores.
        pip(work.folder, work, "--no-compile", "--prefer-binary", AIDER)

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


_CLAUDE_TERMS = "https://code.claude.com/docs/en/legal-and-compliance"


def claude(version: str) -> Environment:
    """``.tools/claude-VERSION``: Claude Code, installed for you under Anthropic's terms."""

    def install(work: Work) -> None:
        need("npm", "npm")
        work.folder.mkdir(parents=True)
        package = f"@anthropic-ai/claude-code@{version}"
        options = ["--no-audit", "--no-fund", "--loglevel=error"]
        work.run(
            ["npm", "install", "--prefix", work.folder, *options, package], doing="npm install"
        )

    return Environment(
        TOOLS / f"claude-{version}", f"Claude Code {version}", "up to 800 MB", 1000, version,
        _again("claude", version), install,
    )  # fmt: skip


def link_aider() -> None:
    """``.tools/bin/aider``: what the launcher puts at the end of the PATH."""
    link = TOOLS / "bin" / "aider"
    link.parent.mkdir(parents=True, exist_ok=True)
    with contextlib.suppress(FileExistsError):
        link.symlink_to(Path("..", "aider", "bin", "aider"))


# The parts --------------------------------------------------------------------------------------


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
            if not wanted.is_ready():
                print(f"Claude Code is under Anthropic's terms: {_CLAUDE_TERMS}", file=sys.stderr)
        case ["nix"] if shutil.which("apt-get") is None or shutil.which("dpkg-deb") is None:
            print("no Nix for the tests here: it is made of Debian's packages", file=sys.stderr)
            return 0
        case ["nix"]:
            wanted = nix(TOOLS, _again("nix"))
        case ["engine", name] if name in AGENTS:
            wanted = agent(name, TOOLS, _again("engine", name))
        case _:
            print(__doc__, file=sys.stderr)
            return 2
    try:
        wanted.make()
    except NoPythonError as error:
        print(f"{error.what}: not made", file=sys.stderr)
        return 0
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
