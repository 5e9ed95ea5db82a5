"""``./ai-code`` when something is not made yet: makes it, then becomes ai-code.

    launch.py WANT ARGUMENTS…       WANT is aider where the arguments may end with aider

Without ai-code's own environment nothing works. aider's is made before Claude starts, not at the
limit; where that fails Claude works all the same, and one line says what is missing. Without git
no local engine has a worktree, so 700 MB of aider would be of no use yet.
"""

from __future__ import annotations

import contextlib
import os
import shlex
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import environments
from environments import ROOT, TOOLS
from making import Environment, SetUpError, Stopped

CANNOT_START = 126
_FAILED = TOOLS / ".aider.failed"
_TRY_AGAIN_S = 3600.0
"""A set-up that failed (no network) is not tried again at every prompt."""
_AI_CODE = ROOT / ".venv" / "bin" / "ai-code"
_NEED_IT = ("drill", "chat")
"""Commands that know no --no-fallback."""
_COMMANDS = ("run", "ask", "plan")
_NEEDS_AIDER = {"engine": ("auto", "aider"), "fallback.enabled": ("true",),
                "aider.command": ("[aider]",)}  # fmt: skip


def main(want: str, arguments: Sequence[str]) -> int:
    """Never returns where all goes well; else the exit code."""
    before = os.umask(0o022)
    environments.prepare()
    making = environments.ours()
    try:
        making.make()
        _belongs_here()
        if want == "aider" and _is_wanted(arguments):
            making = environments.aider()
            _make_aider(making, explicitly=arguments[:1] == ["drill"])
    except SetUpError as error:
        print(error, file=sys.stderr)
        return CANNOT_START
    except (KeyboardInterrupt, Stopped) as stop:
        print(f"stopped; to go on: {_as_typed(arguments)}", file=sys.stderr)
        if making.name.startswith("aider") and arguments and arguments[0] not in _NEED_IT:
            command = f"{arguments[0]} " if arguments[0] in _COMMANDS else ""
            print(f"hint: without a local model: {_called()} {command}--no-fallback …",
                  file=sys.stderr)  # fmt: skip
        return 128 + getattr(stop, "signum", signal.SIGINT)
    os.umask(before)
    # Python ignores it, and what is ignored stays so in the next program.
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    try:
        os.execve(_AI_CODE, [str(_AI_CODE), *arguments], _environ())
    except OSError as error:
        print(f"ai-code: {_AI_CODE}: {error.strerror}\nhint: rm -r {ROOT / '.venv'}",
              file=sys.stderr)  # fmt: skip
    return CANNOT_START


def _called() -> str:
    """How the person calls this program, as a shell reads it."""
    return shlex.quote(os.environ.get("_AI_CODE_SHOWN_AS", "ai-code"))


def _as_typed(arguments: Sequence[str]) -> str:
    """The command that was interrupted, to be typed once more."""
    typed = " ".join([_called(), *map(shlex.quote, arguments)])
    return typed if typed.isprintable() else f"{_called()} …"


def _belongs_here() -> None:
    """A copied or moved checkout brings environments that belong to the original: the launcher
    looks for the place that ours was made at, and for a link to an aider that works."""
    with contextlib.suppress(OSError):
        (ROOT / ".venv" / ".place").write_text(f"{ROOT}\n")
        if not environments.aider().is_ready():
            (TOOLS / "bin" / "aider").unlink(missing_ok=True)


def _make_aider(made: Environment, *, explicitly: bool) -> None:
    if made.is_ready():
        made.confirm()
        environments.link_aider()
        return
    if not explicitly and _failed_lately():
        _tell(f"its set-up failed {_ago()} ago", _setup())
        return
    try:
        with contextlib.suppress(OSError):
            _FAILED.unlink(missing_ok=True)
        made.make()
    except SetUpError as error:
        with contextlib.suppress(OSError):
            _FAILED.touch()
        log = f"; see {made.log}" if made.log.exists() else ""
        # One command for one aider, here and in what the program says: the launcher finds that
        # of the setup too.
        _tell(f"{error.what}{log}", error.hint.replace(made.again, _setup()))


def _setup() -> str:
    return f"{_called()} setup aider"


def _tell(why: str, command: str) -> None:
    """The one line: what is missing and the command that mends it."""
    print(f"without aider no local model goes on at a limit ({why}): {command}", file=sys.stderr)


def _is_wanted(arguments: Sequence[str]) -> bool:
    """No aider of the person's own, settings that may end with one, and a git for its worktree."""
    if shutil.which("aider"):
        return False
    told = subprocess.run(
        [_AI_CODE, "config", "show"], stdin=subprocess.DEVNULL, capture_output=True, text=True,
        errors="replace", check=False,
    )  # fmt: skip
    # Settings that are wrong are the run's to tell.
    shown = dict(line.split(": ", 1) for line in told.stdout.splitlines() if ": " in line)
    if not all(shown.get(key, right[0]) in right for key, right in _NEEDS_AIDER.items()):
        return False
    if shutil.which("git") or shown.get("fallback.where") == "tree":
        return True
    if arguments[:1] != ["drill"]:
        # A drill says it itself.
        git = "xcode-select --install" if sys.platform == "darwin" else "sudo apt install git"
        print(f"without git no local model goes on at a limit: {git}", file=sys.stderr)
    return False


def _failed_lately() -> bool:
    with contextlib.suppress(OSError):
        return 0 <= time.time() - _FAILED.stat().st_mtime < _TRY_AGAIN_S
    return False


def _ago() -> str:
    return f"{max(1, round((time.time() - _FAILED.stat().st_mtime) / 60))} min"


def _environ() -> Mapping[str, str]:
    """aider's folder is the last on the PATH: the person's own aider is found first."""
    if not os.access(TOOLS / "bin" / "aider", os.X_OK):
        return os.environ
    path = os.environ.get("PATH", os.defpath)
    return {**os.environ, "PATH": f"{path}:{Path(TOOLS, 'bin')}"}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
