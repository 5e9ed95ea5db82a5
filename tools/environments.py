"""Makes the environments of a checkout: ours, the one for development, aider's, Claude Code's.

Standard library only, Python 3.11 or later. Each environment is one folder with a stamp that
says what it was made from; without the stamp, or with another one, it is made anew. So an
interrupted set-up mends itself, and two at once wait for each other.

    python3 tools/environments.py ours | dev | aider | claude VERSION
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Callable, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TOOLS = ROOT / ".tools"
AIDER = "aider-chat==0.86.2"
CLAUDE_VERSIONS = ("2.1.329", "2.0.77")
AIDER_PYTHONS = ((3, 10), (3, 12))


def main(arguments: Sequence[str]) -> int:
    match list(arguments):
        case ["ours"]:
            make_ours()
        case ["dev"]:
            make_dev()
        case ["aider"]:
            make_aider()
        case ["claude", version]:
            make_claude(version)
        case _:
            print(__doc__, file=sys.stderr)
            return 2
    return 0


def make_ours() -> None:
    """``.venv``: ai-code as people have it, from this checkout."""
    _once(ROOT / ".venv", "ai-code's own environment", _pyproject(), _ours)


def make_dev() -> None:
    """``.tools/dev``: ai-code with linters, types and test tools."""
    _once(TOOLS / "dev", "the environment for tests", _pyproject(), _dev)


def make_aider() -> None:
    """``.tools/aider``: aider needs an environment of its own, and compiled bytecode: without
    it one message takes 19 s instead of 3.5 s."""
    _once(TOOLS / "aider", "aider's environment (about 700 MB)", AIDER, _aider)


def make_claude(version: str) -> None:
    """``.tools/claude-VERSION``: Claude Code, installed for you under Anthropic's terms."""
    name = f"Claude Code {version}"
    _once(TOOLS / f"claude-{version}", name, version, lambda folder: _claude(folder, version))


def _ours(folder: Path) -> None:
    _venv(folder, sys.executable)
    _pip(folder, "--editable", str(ROOT))


def _dev(folder: Path) -> None:
    _venv(folder, sys.executable)
    wanted = tomllib.loads(_pyproject())["dependency-groups"]["dev"]
    _pip(folder, "--editable", str(ROOT), *wanted)


def _aider(folder: Path) -> None:
    _venv(folder, _aider_python())
    _pip(folder, "--prefer-binary", AIDER)
    _call(
        [folder / "bin" / "python", "-m", "compileall", "-q", "-j", "0", folder / "lib"], ok=(0, 1)
    )


def _claude(folder: Path, version: str) -> None:
    _need("npm", "npm")
    folder.mkdir(parents=True)
    package = f"@anthropic-ai/claude-code@{version}"
    options = ["--no-audit", "--no-fund", "--loglevel=error"]
    _call(["npm", "install", "--prefix", folder, *options, package])


def _once(folder: Path, name: str, made_from: str, make: Callable[[Path], None]) -> None:
    stamp = folder / ".made-from"
    digest = hashlib.sha256(f"{made_from}{sys.version_info[:2]}{folder}".encode()).hexdigest()
    if _reads(stamp) == digest and _is_whole(folder):
        return
    folder.parent.mkdir(parents=True, exist_ok=True)
    with (folder.parent / f".{folder.name.lstrip('.')}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if _reads(stamp) == digest and _is_whole(folder):
            return
        print(f"making {name} …", file=sys.stderr, flush=True)
        if folder.exists():
            shutil.rmtree(folder)
        make(folder)
        stamp.write_text(digest)


def _is_whole(folder: Path) -> bool:
    """A virtual environment whose Python is still there, or no virtual environment."""
    return not (folder / "pyvenv.cfg").exists() or (folder / "bin" / "python").exists()


def _venv(folder: Path, python: str) -> None:
    told = subprocess.run(
        [python, "-c", "import ensurepip, venv"], capture_output=True, check=False
    )
    if told.returncode:
        _stop("Python's venv module is not installed.", "sudo apt install python3-venv")
    _call([python, "-m", "venv", folder])


def _pip(folder: Path, *what: str) -> None:
    quiet = ["--quiet", "--disable-pip-version-check", "--no-input"]
    _call([folder / "bin" / "python", "-m", "pip", "install", *quiet, *what])


def _aider_python() -> str:
    """aider runs on Python 3.10 to 3.12; ours, if it is one of them."""
    low, high = AIDER_PYTHONS
    if low <= sys.version_info[:2] <= high:
        return sys.executable
    for minor in range(high[1], low[1] - 1, -1):
        name = f"python3.{minor}"
        path = shutil.which(name)
        if (
            path
            and subprocess.run([path, "-c", ""], capture_output=True, check=False).returncode == 0
        ):
            return path
    return _stop("aider needs Python 3.10 to 3.12.", "sudo apt install python3.12-venv")


def _need(program: str, package: str) -> None:
    if shutil.which(program) is None:
        _stop(f"{program} is not installed.", f"sudo apt install {package}")


def _call(command: Sequence[str | Path], ok: tuple[int, ...] = (0,)) -> None:
    """Runs a program with its own progress on stderr; ends us when it fails."""
    code = subprocess.run(list(map(str, command)), stdout=sys.stderr, check=False).returncode
    if code not in ok:
        _stop(f"this failed (exit {code}): {' '.join(map(str, command))}", "the same command again")


def _stop(what: str, hint: str) -> str:
    print(f"{what}\nhint: {hint}", file=sys.stderr)
    sys.exit(1)


def _pyproject() -> str:
    return (ROOT / "pyproject.toml").read_text(encoding="utf-8")


def _reads(path: Path) -> str:
    try:
        return path.read_text()
    except OSError:
        return ""


if __name__ == "__main__":
    os.umask(0o022)
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        print("\nstopped; the same command goes on where it can", file=sys.stderr)
        sys.exit(130)
