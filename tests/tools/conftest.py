"""A checkout in small, and Pythons whose ``venv`` and ``pip`` take milliseconds.

The launcher and ``tools/`` are the real ones. A Python of these tests is the one that runs them,
under another prefix: its site-packages put our ``venv``, ``pip`` and ``ensurepip`` first, and let
it claim any version.
"""

from __future__ import annotations

import os
import shutil
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pexpect
import pytest

ROOT = Path(__file__).resolve().parents[2]
REAL = Path(os.path.realpath(sys.executable))
_SITE = f"lib/python{sys.version_info[0]}.{sys.version_info[1]}/site-packages"

FAKES = {
    "start.py": """\
import os, sys
def told(name):
    try: return open(os.path.join(sys.prefix, name)).read().strip()
    except OSError: return ""
if told("version"):
    sys.version_info = (*map(int, told("version").split(".")), 0, "final", 0)
if told("no-venv"):
    sys.modules["ensurepip"] = None
""",
    "ensurepip/__init__.py": "",
    "venv/__init__.py": "",
    "venv/__main__.py": """\
import os, shutil, sys
folder = sys.argv[1]
os.makedirs(folder + "/bin")
for name in ("bin/python3", "lib", "pyvenv.cfg", "version"):
    source = os.path.join(sys.prefix, name)
    if os.path.isdir(source): shutil.copytree(source, os.path.join(folder, name))
    elif os.path.exists(source): shutil.copy(source, folder + "/" + name, follow_symlinks=False)
os.symlink("python3", folder + "/bin/python")
open(os.environ["CALLS"], "a").write(f"venv {os.path.basename(folder)} {sys.prefix}\\n")
""",
    "pip/__init__.py": "",
    "pip/__main__.py": """\
import os, sys, time
what = "ai-code" if "--editable" in sys.argv else sys.argv[-1].split("==")[0].removesuffix("-chat")
open(os.environ["CALLS"], "a").write(f"pip {what} {os.environ.get('PYTHONPATH', '')}\\n")
mode, _, only = os.environ.get("PIP_DOES", "").partition(" ")
if only in ("", what):
    print(f"Collecting {what}==1.0", flush=True)
    print(f"  Downloading {what.replace('-', '_')}-1.0-py3-none-any.whl (11.9 MB)", flush=True)
    if mode == "wrong":
        print(f"ERROR: No matching distribution found for {what}==1.0")
        print("note: This error originates from a subprocess")
        sys.exit(1)
    if mode == "offline":
        print("WARNING: Retrying after connection broken by 'NewConnectionError('...: Failed to "
              "establish a new connection: [Errno -3] Temporary failure in name resolution')'")
        print(f"ERROR: No matching distribution found for {what}==1.0")
        sys.exit(1)
    if mode == "full":
        print("ERROR: Could not install packages due to an OSError: "
              "[Errno 28] No space left on device")
        sys.exit(1)
    if mode == "slow":
        import tempfile
        open(os.path.join(tempfile.gettempdir(), "left-behind"), "w").close()
        while not os.path.exists(os.environ["GO"]): time.sleep(0.02)
texts = {
    "ai-code": '''#!/bin/sh
[ "$1 $2" = "config show" ] && { printf "$SETTINGS"; exit; }
printf %s "${_AI_CODE_SHOWN_AS-}" >"$HOME/shown-as"
printf '%s\\\\n' ai-code "$@"
command -v aider
exit 7
''',
    "aider": "#!/bin/sh\\n",
    "uv": "#!/bin/sh\\necho 'error: dns error' >&2; exit 2\\n",
}
path = os.path.join(sys.prefix, "bin", what)
open(path, "w").write(texts[what])
os.chmod(path, 0o755)
""",
    "compileall.py": """\
import os, sys
open(os.environ["CALLS"], "a").write("compileall\\n")
sys.exit(2 if os.environ.get("COMPILE_DOES") == "fail" else 0)
""",
}


class Checkout:
    """``folder`` is a checkout; ``env`` what its programs are started with."""

    def __init__(self, base: Path) -> None:
        self.base, self.folder, self.bin = base, base / "a checkout", base / "bin"
        self.calls_file, self.go = base / "calls", base / "go"
        for name, text in FAKES.items():
            path = base / "fakes" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        self.bin.mkdir()
        for name in ("readlink", "dirname"):
            (self.bin / name).symlink_to(str(shutil.which(name)))
        shutil.copytree(ROOT / "tools", self.folder / "tools",
                        ignore=shutil.ignore_patterns("__pycache__"))  # fmt: skip
        for name in ("ai-code", "test"):
            shutil.copy(ROOT / name, self.folder / name)
        (self.folder / "pyproject.toml").write_text("[dependency-groups]\ndev = []\n")
        self.env = {
            "PATH": str(self.bin),
            "HOME": str(base),
            "CALLS": str(self.calls_file),
            "GO": str(self.go),
            "SETTINGS": "engine: auto\\nfallback.enabled: true\\naider.command: [aider]\\n",
        }
        self.script("git", "#!/bin/sh\n")
        self.python()

    def python(self, name: str = "python3", version: str = "3.12", *, venv: bool = True) -> Path:
        """A Python on the PATH."""
        prefix = self.base / f"prefix of {name}"
        shutil.rmtree(prefix, ignore_errors=True)
        (prefix / "bin").mkdir(parents=True)
        site = prefix / _SITE
        site.mkdir(parents=True)
        fakes = self.base / "fakes"
        (site / "fakes.pth").write_text(
            f"import sys; sys.path.insert(0, {str(fakes)!r}); import start\n"
        )
        (prefix / "pyvenv.cfg").write_text(f"home = {REAL.parent}\n")
        (prefix / "version").write_text(version)
        if not venv:
            (prefix / "no-venv").write_text("yes")
        (prefix / "bin" / "python3").symlink_to(REAL)
        (self.bin / name).unlink(missing_ok=True)
        self.script(name, f'#!/bin/sh\nexec "{prefix}/bin/python3" "$@"\n')
        return prefix

    def script(self, name: str, text: str) -> Path:
        path = self.bin / name
        path.write_text(text)
        path.chmod(0o755)
        return path

    def run(
        self, *args: str | bytes, program: str = "./ai-code", **env: str
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [program, *args], cwd=self.folder, env={**self.env, **env}, stdin=subprocess.DEVNULL,
            capture_output=True, text=True, errors="surrogateescape", timeout=60, check=False,
        )  # fmt: skip

    def start(self, *args: str, **env: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            ["./ai-code", *args], cwd=self.folder, env={**self.env, **env},
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            process_group=0,
        )  # fmt: skip

    def terminal(self, *args: str, **env: str) -> pexpect.spawn[bytes]:
        return pexpect.spawn(
            "./ai-code", list(args), cwd=str(self.folder), timeout=30, dimensions=(24, 60),
            env={**self.env, "TERM": "xterm", **env},
        )  # fmt: skip

    def mend(self, hint: str) -> subprocess.CompletedProcess[str]:
        """Carries out a hint as a person would."""
        return subprocess.run(
            ["/bin/sh", "-c", hint], cwd=self.folder, env=self.env, capture_output=True, text=True,
            check=False,
        )  # fmt: skip

    @property
    def shown_as(self) -> str:
        """How the last ai-code was told to show its commands."""
        return (self.base / "shown-as").read_text()

    @property
    def calls(self) -> list[str]:
        """What pip and the others were called for since the last look."""
        text = self.calls_file.read_text() if self.calls_file.exists() else ""
        self.calls_file.unlink(missing_ok=True)
        return [line for line in text.splitlines() if not line.startswith("venv ")]

    def wait_for_call(self, line: str) -> None:
        from tests.e2e.world import wait_for

        wait_for(lambda: self.calls_file.exists() and line in self.calls_file.read_text())


@pytest.fixture
def checkout(tmp_path: Path) -> Iterator[Checkout]:
    made = Checkout(tmp_path)
    yield made
    # What a failed test left waiting.
    made.go.touch()


def last_hint(text: str) -> str:
    last = text.rstrip("\n").rsplit("\n", 1)[-1]
    assert last.startswith("hint: "), text
    return last.removeprefix("hint: ")


def interrupt(process: subprocess.Popen[str]) -> None:
    """Ctrl-C on a terminal: the whole group gets it."""
    os.killpg(process.pid, signal.SIGINT)


def is_executable(path: Path) -> bool:
    return path.exists() and bool(path.stat().st_mode & stat.S_IXUSR)
