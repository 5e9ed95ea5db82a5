"""Claude Code from a recording, for a drill on a machine that has none.

``python -m ai_code.drill.player PLAY.json`` answers ``--version`` as Claude does, reads its
prompt, carries out the recorded edit at the recorded moment, and prints what was recorded.
"""

from __future__ import annotations

import json
import re
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib import resources
from pathlib import Path
from typing import Any

VERSION = "2.1.329"
_PROJECT = "/home/user/project"
_RECORDED_FILE = f"{_PROJECT}/done.txt"
_RECORDED_TEXTS = ("line 1 written before the limit\n", "hello\n")
PAUSE_S = 0.2
"""Between lines: a recording in no time at all would leave nothing to look at."""
_FAILS = frozenset({"mid-task", "session", "weekly", "model", "credit", "overloaded"})
"""Recordings that ended with status 1 (``network-down`` too, see ``play``)."""


def play(
    name: str, file: Path, content: str, resets_at: int, pause_s: float = PAUSE_S
) -> dict[str, Any]:
    """What the player needs to know for one scenario: the lines, the edit before the line with
    its result, and the exit status. ``resets_at`` is a Unix epoch in seconds."""
    text = (resources.files("ai_code.drill") / "recorded" / f"{name}.txt").read_text("utf-8")
    text = text.replace(_RECORDED_FILE, str(file)).replace(_PROJECT, str(file.parent))
    for recorded in _RECORDED_TEXTS:
        text = text.replace(f'"content":{json.dumps(recorded)}', f'"content":{json.dumps(content)}')
    text = re.sub(r'"resetsAt":\d+', f'"resetsAt":{resets_at}', text)
    text = re.sub(r"resets [A-Z][a-z]{2} [^\"\n]*", f"resets {_in_words(resets_at)}", text)
    lines = text.splitlines()
    before = next((n for n, line in enumerate(lines) if '"tool_result"' in line), None)
    return {
        "lines": lines,
        "edit_before": before,
        "file": str(file),
        "content": content,
        "pause_s": pause_s,
        "exit": 1 if name in _FAILS or name == "network-down" else 0,
    }


def _in_words(resets_at: int) -> str:
    when = datetime.fromtimestamp(resets_at, UTC)
    return f"{when:%b} {when.day}, {when.hour % 12 or 12}{when:%p} (UTC)".replace(
        "PM", "pm"
    ).replace("AM", "am")


def main(arguments: Sequence[str]) -> int:
    """Plays the file named first; further arguments are Claude's."""
    if "--version" in arguments:
        sys.stdout.write(f"{VERSION} (Claude Code)\n")
        return 0
    told = json.loads(Path(arguments[0]).read_text(encoding="utf-8"))
    sys.stdin.buffer.read()
    for number, line in enumerate(told["lines"]):
        time.sleep(told["pause_s"])
        if number == told["edit_before"]:
            Path(told["file"]).write_text(told["content"], encoding="utf-8")
        # In UTF-8 as Claude writes it, whatever the locale can write.
        sys.stdout.buffer.write(f"{line}\n".encode())
        sys.stdout.buffer.flush()
    return int(told["exit"])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
