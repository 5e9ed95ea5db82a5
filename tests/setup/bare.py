"""A bare machine for ``ai-code setup``: a PATH of its own, where only what a test puts there is
found, and an aider-chat that is two lines long in the place of the real one's 687 MB."""

from __future__ import annotations

import json
import shutil
import socket
import sys
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pexpect
import pyte

from tests.e2e.world import Result, World

AIDER = """\
import sys

def main():
    print("aider 0.86.2")
    sys.exit(0 if "--version" in sys.argv else 1)
"""
_PLAIN = ("sh", "cat", "mkdir", "ln", "ls", "sleep", "touch", "rm", "cp", "grep", "echo", "git")
"""Programs that stubs are made of, and git."""


class Bare(World):
    """A machine with git and a Python, and nothing else. Docker, systemd, brew, npm, uv and
    ollama are there where a test says so, as scripts that write down how they were called."""

    def bare(self) -> Bare:
        self.env["PATH"] = str(self.bin)
        for path in self.bin.iterdir():
            path.unlink()
        for name in _PLAIN:
            self.link(name, Path(shutil.which(name) or f"/bin/{name}"))
        minor = f"python3.{sys.version_info[1]}"
        self.link(minor, Path(sys.base_prefix, "bin", minor))
        self.env["OLLAMA_HOST"] = "http://127.0.0.1:9"
        self.env["TMPDIR"] = str(self.base / "tmp")
        (self.base / "tmp").mkdir()
        wheels = self.base / "wheels"
        wheels.mkdir()
        aider_wheel(wheels)
        self.env |= {
            "PIP_NO_INDEX": "1",
            "PIP_FIND_LINKS": str(wheels),
            "PIP_CONFIG_FILE": "/dev/null",
            "PIP_NO_CACHE_DIR": "1",
        }
        return self

    @property
    def calls_file(self) -> Path:
        return self.base / "calls.txt"

    def stub(self, name: str, body: str = "") -> None:
        """A program that writes down how it was called; then ``body``, of a shell."""
        self.script(name, f'#!/bin/sh\necho "{name} $*" >> {self.calls_file}\n{body}\n')

    def calls(self, name: str = "") -> list[str]:
        """What was called, one line each."""
        if not self.calls_file.exists():
            return []
        return [li for li in self.calls_file.read_text().splitlines() if li.startswith(name)]

    def without_git(self) -> None:
        (self.bin / "git").unlink()

    # What setup said ------------------------------------------------------------------------

    def setup(self, *args: str) -> Result:
        """Without a terminal."""
        return self.run("setup", *args)

    def states(self, *args: str) -> dict[str, str]:
        """Step → state, of a run with ``--json``."""
        return {name: row["state"] for name, row in self.rows(*args).items()}

    def rows(self, *args: str) -> dict[str, dict[str, Any]]:
        run = self.setup("--json", *args)
        assert run.stdout, run
        return {row["name"]: row for row in json.loads(run.stdout)["steps"]}

    def log(self) -> list[dict[str, Any]]:
        """What setup remembers."""
        path = self.state / "setup.json"
        rows: list[dict[str, Any]] = (
            json.loads(path.read_text())["changes"] if path.exists() else []
        )
        return rows

    def kinds(self) -> list[str]:
        return [row["kind"] for row in self.log()]

    @property
    def programs(self) -> Path:
        return self.home / ".local/share/ai-code"


def free_port() -> int:
    """A port where nobody listens now."""
    with socket.socket() as each:
        each.bind(("127.0.0.1", 0))
        return int(each.getsockname()[1])


def aider_wheel(folder: Path, version: str = "0.86.2", text: str = AIDER) -> Path:
    """aider-chat as small as it can be: a wheel that pip installs without an index."""
    path = folder / f"aider_chat-{version}-py3-none-any.whl"
    info = f"aider_chat-{version}.dist-info"
    files = {
        "aider/__init__.py": text,
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: aider-chat\nVersion: {version}\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: t\nRoot-Is-Purelib: true\n"
        "Tag: py3-none-any\n",
        f"{info}/entry_points.txt": "[console_scripts]\naider = aider:main\n",
    }
    record = "".join(f"{name},,\n" for name in (*files, f"{info}/RECORD"))
    with zipfile.ZipFile(path, "w") as wheel:
        for name, text in {**files, f"{info}/RECORD": record}.items():
            wheel.writestr(name, text)
    return path


class Talk:
    """A conversation on a terminal of 80 columns, and its screen."""

    def __init__(self, child: pexpect.spawn[bytes], columns: int = 80) -> None:
        self._child = child
        self._screen = pyte.HistoryScreen(columns, 24, history=2000, ratio=1)
        self._stream = pyte.ByteStream(self._screen)
        self._seen = b""

    def answer(self, question: str, reply: str) -> None:
        """Waits for the question, and types."""
        self._child.expect_exact(question)
        self._take(self._child.before + self._child.after)
        self._child.expect_exact(": ")
        self._take(self._child.before + self._child.after)
        self._take(reply.encode() + b"\r\n")
        self._child.sendline(reply)

    def wait_for(self, text: str) -> None:
        self._child.expect_exact(text)
        self._take(self._child.before + self._child.after)

    def interrupt(self) -> None:
        self._child.sendintr()

    def end_of_input(self) -> None:
        self._child.sendeof()

    def end(self) -> int:
        """Reads to the end; the exit code."""
        self._take(self._child.read())
        self._child.wait()
        signalled = self._child.signalstatus or 0
        return self._child.exitstatus if self._child.exitstatus is not None else -signalled

    def _take(self, data: bytes) -> None:
        self._seen += data
        self._stream.feed(data)

    @property
    def raw(self) -> str:
        return self._seen.decode("utf-8", "replace")

    @property
    def lines(self) -> Sequence[str]:
        """All lines of the screen, those that scrolled away too."""
        gone = [
            "".join(row[x].data for x in range(self._screen.columns)).rstrip()
            for row in self._screen.history.top
        ]
        return [*gone, *(line.rstrip() for line in self._screen.display)]
