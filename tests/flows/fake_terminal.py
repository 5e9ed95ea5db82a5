"""A terminal on which programs do what a test says: Claude writes its transcript, aider edits."""

from __future__ import annotations

import json
import re
import subprocess
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from ai_code.core.command import Command
from ai_code.core.exits import Exit

Row = Mapping[str, Any]
PID = 4711


def _start_hook(command: Command) -> str:
    """Claude runs it through a shell, and reads what it prints."""
    settings = Path(command.argv[command.argv.index("--settings") + 1]).read_text()
    [group] = json.loads(settings)["hooks"]["SessionStart"]
    [hook] = group["hooks"]
    told = subprocess.run(["/bin/sh", "-c", hook["command"]], capture_output=True, check=True)
    context: str = json.loads(told.stdout)["hookSpecificOutput"]["additionalContext"]
    return context


@dataclass(slots=True)
class Expected:
    """One program: the rows of its session, what it edits, how it ends."""

    engine: str
    rows: Sequence[Row]
    exit: Exit
    edits: Mapping[str, str]
    session: str
    takes_s: float


class FakeTerminal:
    """See ``ai_code.core.ports_terminal.Terminal``. ``lent`` are the commands that had it."""

    def __init__(self, projects: Path, clock: Any) -> None:
        self._projects = projects
        self._clock = clock
        self.expected: deque[Expected] = deque()
        self.lent: list[Command] = []
        self.forgotten = 0
        self.raises_no_fence = False
        self.hooks_are_off = False
        self.heard: list[str] = []
        """What hooks of a command line told Claude at its start."""

    def expect(
        self,
        engine: str,
        *rows: Row,
        exit: Exit | None = None,
        edits: Mapping[str, str] | None = None,
        session: str = "",
        takes_s: float = 10.0,
    ) -> None:
        """``session``: what is on Claude's screen, where it is not the one that was asked for."""
        ended = exit or Exit(0)
        self.expected.append(Expected(engine, rows, ended, edits or {}, session, takes_s))

    def lend(self, command: Command, beside: Callable[[int], None]) -> Exit:
        self.lent.append(command)
        name = Path(command.argv[0]).name
        if not self.expected or self.expected[0].engine != name:
            pytest.fail(f"an unexpected {name}: {command.argv}")
        expected = self.expected.popleft()
        rules = command.env.get("AI_CODE_FENCE")
        if rules and not self.raises_no_fence:
            Path(json.loads(rules)["told"]).touch()
        if "--settings" in command.argv and not self.hooks_are_off:
            self.heard.append(_start_hook(command))
        self._clock.advance(expected.takes_s)
        session = expected.session or self._session(command)
        for row in expected.rows:
            self._write(command.cwd, session, row)
            beside(PID)
        if not expected.rows:
            beside(PID)
        for path, text in expected.edits.items():
            (command.cwd / path).write_text(text)
        return expected.exit._replace(wall_s=expected.takes_s)

    def forget_typed(self) -> None:
        self.forgotten += 1

    def _session(self, command: Command) -> str:
        for option in ("--session-id", "--resume"):
            if option in command.argv:
                return command.argv[command.argv.index(option) + 1]
        return "the-last-one"

    def _write(self, cwd: Path, session: str, row: Row) -> None:
        folder = self._projects / re.sub(r"[^0-9A-Za-z]", "-", str(cwd.resolve()))
        folder.mkdir(parents=True, exist_ok=True)
        at = datetime.fromtimestamp(self._clock.now(), UTC).isoformat()
        with (folder / f"{session}.jsonl").open("a") as file:
            file.write(json.dumps({"timestamp": at, "isSidechain": False, **row}) + "\n")


def typed(text: str) -> Row:
    """The person says something."""
    return {"type": "user", "message": {"role": "user", "content": text}}


def says(text: str) -> Row:
    """The model answers."""
    content = [{"type": "text", "text": text}]
    message = {"role": "assistant", "model": "claude-sonnet-5-5", "content": content}
    return {"type": "assistant", "message": message, "version": "2.1.329"}


def writes(path: str) -> tuple[Row, Row]:
    """The model writes a file, and the tool's answer."""
    use = {"type": "tool_use", "id": "t1", "name": "Write", "input": {"file_path": path}}
    message = {"role": "assistant", "model": "claude-sonnet-5-5", "content": [use]}
    result = {"type": "tool_result", "tool_use_id": "t1", "content": "ok"}
    return (
        {"type": "assistant", "message": message},
        {"type": "user", "message": {"role": "user", "content": [result]}},
    )


def refused(resets_at: int | None, claim: str = "five_hour", text: str = "") -> Row:
    """A limit, as 2.1.329 writes it into the transcript."""
    info = {"status": "rejected", "resetsAt": resets_at, "rateLimitType": claim}
    words = text or "You've hit your 5-hour limit"
    message = {
        "role": "assistant",
        "model": "<synthetic>",
        "content": [{"type": "text", "text": words}],
    }
    return {
        "type": "assistant",
        "message": message,
        "error": "rate_limit",
        "isApiErrorMessage": True,
        "apiErrorStatus": 429,
        "apiError": "usage_limit_reached",
        "apiErrorParams": {"rate_limit_info": info},
        "quotaLimits": info,
    }
