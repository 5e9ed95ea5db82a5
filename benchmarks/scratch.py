"""A scratch machine for benchmarks: programs by path, a project, a home that is nobody's."""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pairs import seconds

ROOT = Path(__file__).resolve().parent.parent
CLAUDE = ROOT / ".tools" / "claude-2.1.329" / "node_modules" / ".bin" / "claude"
AIDER = ROOT / ".tools" / "aider" / "bin" / "aider"
OURS = (sys.executable, "-c", "from ai_code.__main__ import main; main()")
"""``ai-code`` of the environment that runs the benchmark."""
_MEASURED = """
import sys, time
from ai_code.app import run
code = run(sys.argv[2:])
# VmHWM is of this program alone; ru_maxrss would begin with that of whoever started it.
try:
    rows = open("/proc/self/status").read().splitlines()
    kib = next(int(row.split()[1]) for row in rows if row.startswith("VmHWM"))
except OSError:
    import resource
    kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    kib = kib // 1024 if sys.platform == "darwin" else kib
open(sys.argv[1], "w").write(f"{kib} {time.process_time()}")
sys.exit(code)
"""


def options(description: str, *, pairs: int) -> argparse.ArgumentParser:
    """The options that benchmarks share."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--pairs", type=int, default=pairs, help=f"how often (default {pairs})")
    parser.add_argument("--claude", type=Path, default=CLAUDE, help="Claude Code")
    parser.add_argument("--aider", type=Path, default=AIDER, help="aider")
    return parser


class Scratch:
    """A folder with ``project`` (a git repository), ``home`` and ``bin`` (claude, aider)."""

    def __init__(self, folder: Path, claude: Path, aider: Path) -> None:
        self.project, self.home, self._bin = folder / "project", folder / "home", folder / "bin"
        for path in (self.project, self.home, self._bin):
            path.mkdir()
        for name, program in (("claude", claude), ("aider", aider)):
            if not os.access(program, os.X_OK):
                raise SystemExit(f"there is no {program}\nhint: ./test   (makes it), or --{name}")
            (self._bin / name).symlink_to(program.absolute())
        node = shutil.which("node")
        if node:
            # Older versions of Claude Code are JavaScript.
            (self._bin / "node").symlink_to(Path(node).resolve())
        self.claude = str(self._bin / "claude")
        self._fill()

    def env(self, **more: str) -> dict[str, str]:
        """A whole environment with nothing of the machine's user in it; no real key."""
        return {
            "HOME": str(self.home),
            "PATH": f"{self._bin}:/usr/bin:/bin",
            "LANG": "C.UTF-8",
            "TERM": "dumb",
            "CLAUDE_CODE_OAUTH_TOKEN": "dummy",
            "DISABLE_TELEMETRY": "1",
            "DISABLE_AUTOUPDATER": "1",
            "DISABLE_ERROR_REPORTING": "1",
            "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_AUTHOR_NAME": "a",
            "GIT_AUTHOR_EMAIL": "a@example.invalid",
            "GIT_COMMITTER_NAME": "a",
            "GIT_COMMITTER_EMAIL": "a@example.invalid",
            **more,
        }

    def _fill(self) -> None:
        (self.project / "hello.py").write_text('def hello():\n    print("hello")\n')
        for args in (("init", "-q"), ("add", "-A"), ("commit", "-q", "-m", "x")):
            subprocess.run(["git", *args], cwd=self.project, env=self.env(), check=True)


@contextmanager
def stand_in(module: str, *args: str) -> Iterator[str]:
    """The address of a stand-in (``python -m MODULE ARGS``) in a process of its own: it must not
    wait for our interpreter's lock."""
    argv = [sys.executable, "-m", module, *args]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        try:
            yield server.stdout.readline().strip()
        finally:
            server.terminate()


def of_itself(scratch: Scratch, env: dict[str, str], *args: str) -> tuple[float, float]:
    """Peak memory in MB and processor time in seconds of ``ai-code ARGS``, both without the
    engine's. Its output is read and dropped."""
    file = scratch.home / "itself"
    seconds([sys.executable, "-c", _MEASURED, str(file), *args], env, scratch.project, drop=True)
    kib, worked = file.read_text().split()
    return int(kib) / 1000, float(worked)
