"""A person's terminal with a shell in it: what is typed, and what stands on the screen."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable
from functools import cached_property

import pexpect
import pyte

from tests.e2e.world import World

_UNKNOWN = re.compile(rb"\x1b\[[<>=][0-9;]*[a-zA-Z]")
"""Sequences that pyte takes for text: keyboard protocols."""
_PATIENCE_S = 90.0
_NOWHERE = {"ANTHROPIC_BASE_URL": "http://127.0.0.1:9", "OLLAMA_HOST": "http://127.0.0.1:9"}
"""For a test that sets up no server: nothing here ever leaves the machine."""
_PROMPT = re.compile(r"PROMPT (\d+) >\s*")


class Screen:
    """A job-control shell on a terminal of its own. ``raw`` is all that the terminal was sent."""

    def __init__(self, world: World, lines: int = 30, columns: int = 100) -> None:
        command = " ".join(f"'{each}'" for each in world.command())
        world.script("ai-code", f'#!/bin/sh\nexec {command} "$@"\n')
        self._world = world
        self._size = (lines, columns)
        self._screen = pyte.Screen(columns, lines)
        self._stream = pyte.ByteStream(self._screen)
        self.raw = b""

    @cached_property
    def shell(self) -> pexpect.spawn[bytes]:
        """Begun with the first key, in the world as it is then."""
        env = {**_NOWHERE, **self._world.env, "TERM": "xterm-256color", "PS1": "PROMPT $? > "}
        return pexpect.spawn(
            "/bin/bash", ["--norc", "--noprofile", "-i"], cwd=str(self._world.project), env=env,
            dimensions=self._size, timeout=_PATIENCE_S,
        )  # fmt: skip

    def close(self) -> None:
        if "shell" in self.__dict__:
            self.shell.close(force=True)

    @property
    def text(self) -> str:
        return "\n".join(line.rstrip() for line in self._screen.display).rstrip()

    def prompt(self) -> int:
        """Waits for the shell; the exit code that it was left with."""
        self.holds(lambda: _PROMPT.fullmatch(self._line), "the shell")
        found = _PROMPT.fullmatch(self._line)
        return int(found[1]) if found else -1

    @property
    def _line(self) -> str:
        """The one that the cursor is on."""
        line: str = self._screen.display[self._screen.cursor.y]
        return line

    def shows(self, words: str, patience_s: float = _PATIENCE_S) -> None:
        """Waits until ``words`` stand on the screen."""
        self.holds(lambda: words in self.text, words, patience_s)

    def sent(self, data: bytes, start: int = 0) -> None:
        """Waits until the terminal was sent ``data``, after the first ``start`` bytes."""
        self.holds(lambda: data in self.raw[start:], repr(data))

    def holds(
        self, condition: Callable[[], object], what: str = "", patience_s: float = _PATIENCE_S
    ) -> None:
        """Waits for a condition while the terminal goes on."""
        until = time.monotonic() + patience_s
        while True:
            alive = self._read()
            if condition():
                return
            if not alive or time.monotonic() > until:
                raise AssertionError(f"waited in vain for {what or condition}:\n{self.text}")

    def type(self, text: str) -> None:
        self.shell.send(text)

    def say(self, text: str) -> None:
        """A line; Return comes apart from it, or a screen takes both for something pasted."""
        self.shell.send(text)
        self.holds(lambda: text[-20:] in self.text.replace("\n", ""), text)
        self.shell.send("\r")

    def run(self, line: str) -> str:
        """What a command of the shell prints."""
        start = len(self.raw)
        self.shell.send(f"echo 'be''gin'; {line}; echo \"en\"'d'\r")
        self.sent(b"end\r\n", start)
        printed = self.raw[start:].partition(b"begin\r\n")[2]
        return printed.partition(b"end\r\n")[0].decode("utf-8", "replace").replace("\r", "")

    def modes(self) -> str:
        """The terminal's modes, without its size."""
        return self.run("stty -a | sed 's/rows [0-9]*; columns [0-9]*;//'")

    def resize(self, lines: int, columns: int) -> None:
        self._screen.resize(lines, columns)
        self.shell.setwinsize(lines, columns)

    def hang_up(self) -> None:
        """The window is closed."""
        self.shell.close(force=False)

    def _read(self) -> bool:
        try:
            data = self.shell.read_nonblocking(1 << 16, timeout=0.05)
        except pexpect.TIMEOUT:
            return True
        except pexpect.EOF:
            return False
        self.raw += data
        self._stream.feed(_UNKNOWN.sub(b"", data))
        return True


def settled(world: World) -> None:
    """A Claude Code that was started here before: no welcome, no theme, no question of trust."""
    place = {"hasTrustDialogAccepted": True, "hasCompletedProjectOnboarding": True}
    state = {
        "hasCompletedOnboarding": True,
        "theme": "dark",
        "projects": {str(world.project.resolve()): place},
    }
    (world.home / ".claude.json").write_text(json.dumps(state))
