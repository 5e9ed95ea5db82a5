"""A real ``systemd --user`` of a person without privileges, for one module of tests."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

SYSTEMD = Path("/usr/lib/systemd/systemd")
CHECKOUT = Path(__file__).resolve().parents[2]
UID = 4242
_SPACES = ("--mount", "--pid", "--cgroup", "--net", "--fork", "--kill-child", "--mount-proc")
_PROGRAMS = ("unshare", "nsenter", "setpriv", "systemctl", "journalctl")
_START_S = 30.0


def missing() -> str:
    """Why there can be no session here; empty where there can."""
    if sys.platform != "linux":
        return "Linux"
    lacks = [name for name in _PROGRAMS if not shutil.which(name)]
    lacks += [] if SYSTEMD.exists() else [str(SYSTEMD)]
    lacks += [] if os.geteuid() == 0 else ["root, which makes the namespaces"]
    if not lacks and subprocess.run(["unshare", *_SPACES, "true"], capture_output=True).returncode:
        lacks = ["namespaces, which this machine does not allow"]
    return ", ".join(lacks)


class Session:
    """The person's session. Paths are those that the person sees."""

    home = Path("/home/someone")
    python = f"{sys.base_prefix}/bin/python{sys.version_info[0]}.{sys.version_info[1]}"

    def __init__(self, inside: int) -> None:
        self._inside = inside
        self.env = {
            "PATH": f"{self.home}/bin:/usr/local/bin:/usr/bin:/bin",
            "LANG": "C.UTF-8",
            "TERM": "dumb",
            "HOME": str(self.home),
            "USER": "someone",
            "XDG_RUNTIME_DIR": f"/run/user/{UID}",
            "PYTHONDONTWRITEBYTECODE": "1",
        }

    def run(
        self, *argv: str, text: str | None = None, as_root: bool = False, **env: str
    ) -> subprocess.CompletedProcess[str]:
        """As the person, in the home."""
        enter = ["nsenter", "--target", str(self._inside), "--mount", "--pid", "--cgroup", "--net"]
        person = ["setpriv", "--reuid", str(UID), "--regid", str(UID), "--clear-groups"]
        return subprocess.run(
            [*enter, *([] if as_root else person), "env", f"--chdir={self.home}", *argv],
            env={**self.env, **env},
            input=text,
            stdin=subprocess.DEVNULL if text is None else None,
            capture_output=True,
            text=True,
            timeout=120,
        )

    def systemctl(self, *words: str) -> str:
        """What it prints, errors too."""
        done = self.run("systemctl", "--user", *words)
        return done.stdout + done.stderr

    def show(self, unit: str, name: str) -> str:
        """One property of a unit."""
        return self.systemctl("show", unit, "--value", f"--property={name}").strip()

    def log(self, unit: str) -> str:
        """Its journal, as the person reads it."""
        return self.run("journalctl", "--user", "--unit", unit, "-o", "cat", "--no-pager").stdout

    def write(self, path: Path, text: str, mode: int = 0o644) -> None:
        done = self.run("mkdir", "-p", str(path.parent))
        done = self.run("tee", str(path), text=text)
        assert done.returncode == 0, done.stderr
        assert self.run("chmod", f"{mode:o}", str(path)).returncode == 0

    def text(self, path: Path) -> str | None:
        done = self.run("cat", str(path))
        return done.stdout if done.returncode == 0 else None

    def install(self) -> None:
        """The program of this checkout, in an environment of the person's own."""
        environment = self.home / "env"
        made = self.run(self.python, "-m", "venv", "--without-pip", str(environment))
        assert made.returncode == 0, made.stderr
        packages = environment / "lib" / Path(self.python).name / "site-packages"
        self.write(packages / "ai-code.pth", "/srv/ai-code\n/srv/packages\n")
        program = f"#!{environment}/bin/python\nfrom ai_code.__main__ import main\nmain()\n"
        self.write(environment / "bin" / "ai-code", program, 0o755)

    def ai_code(self, *words: str, **env: str) -> subprocess.CompletedProcess[str]:
        return self.run(f"{self.home}/env/bin/ai-code", *words, **env)

    def until(self, holds: Callable[[], object], what: str, seconds: float = 20.0) -> None:
        end = time.monotonic() + seconds
        while not holds():
            if time.monotonic() > end:
                raise AssertionError(f"{what}: not within {seconds} s\n{self.systemctl('status')}")
            time.sleep(0.05)


@contextmanager
def session() -> Iterator[Session]:
    """Ended with all that runs in it."""
    script = Path(__file__).with_name("session.sh")
    packages = sysconfig.get_path("purelib")
    words = ["sh", str(script), str(UID), str(CHECKOUT), sys.base_prefix, packages]
    process = subprocess.Popen(
        ["unshare", *_SPACES, *words],
        env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield _started(process)
    finally:
        process.kill()
        process.wait()


def _started(process: subprocess.Popen[bytes]) -> Session:
    end = time.monotonic() + _START_S
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    while time.monotonic() < end and process.poll() is None:
        words = children.read_text().split()
        if words:
            made = Session(int(words[0]))
            told = made.run("systemctl", "--user", "is-system-running").stdout.strip()
            if told in ("running", "degraded"):
                return made
        time.sleep(0.1)
    raise RuntimeError("no systemd --user came up")
