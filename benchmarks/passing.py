"""Megabytes of Claude's events through ai-code: how many a second, and the memory it takes.

python benchmarks/passing.py [--pairs N] [--megabytes N]
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Any

from pairs import report, report_least, seconds
from scratch import OURS, Scratch, of_itself, options

LEAST_MB_S, GROWTH_MB = 30.0, 4.0
_FAKE = """#!{python} -ISE
import os, sys
if "--version" in sys.argv:
    print("2.1.329 (Claude Code)")
    sys.exit()
events, last = (open(name, "rb").read() for name in ({events!r}, {last!r}))
for _ in range(int(os.environ["MEGABYTES"]) * 1_000_000 // len(events)):
    os.write(1, events) == len(events) or sys.exit(9)
os.write(1, last)
"""


def main() -> int:
    parser = options("How fast Claude's output passes, and what of it is held.", pairs=3)
    parser.add_argument("--megabytes", type=int, default=200, help="of events (default 200)")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="ai-code-bench-") as folder:
        scratch = _scratch(Path(folder) / "work", _work(), asked.aider)
        results = [
            result
            for form in ("text", "stream-json")
            for result in _measure(scratch, form, asked.megabytes, asked.pairs)
        ]
        scratch = _scratch(Path(folder) / "deltas", _deltas(), asked.aider)
        few = max(asked.megabytes // 10, 1)
        speed = few / median(_seconds(scratch, "text", few) for _ in range(asked.pairs))
    print(f"(pieces of text in events of 200 bytes: {speed:.0f} MB/s)")
    return 0 if all(results) else 1


def _measure(scratch: Scratch, form: str, megabytes: int, pairs: int) -> Iterator[bool]:
    speed = megabytes / median(_seconds(scratch, form, megabytes) for _ in range(pairs))
    yield report_least(f"events, as {form}", speed, LEAST_MB_S, " MB/s")
    few = max(megabytes // 10, 1)
    peaks = [
        of_itself(scratch, scratch.env(MEGABYTES=str(each)), *_args(form))[0]
        for each in (few, megabytes)
    ]
    growth = peaks[1] - peaks[0]
    name = f"peak of {megabytes} MB − of {few} MB, as {form}"
    yield report(name, growth, GROWTH_MB, " MB")


def _seconds(scratch: Scratch, form: str, megabytes: int) -> float:
    env = scratch.env(MEGABYTES=str(megabytes))
    return seconds([*OURS, *_args(form)], env, scratch.project, drop=True)


def _args(form: str) -> tuple[str, ...]:
    return ("--output-format", form, "x")


def _scratch(folder: Path, events: list[dict[str, Any]], aider: Path) -> Scratch:
    """A scratch machine whose Claude writes these events again and again."""
    folder.mkdir()
    program, rows, last = folder / "fake-claude", folder / "events", folder / "last"
    rows.write_bytes(b"".join(_line(event) for event in events))
    result = {"type": "result", "subtype": "success", "is_error": False, "result": "Done."}
    last.write_bytes(_line(result))
    program.write_text(_FAKE.format(python=sys.executable, events=str(rows), last=str(last)))
    program.chmod(0o755)
    return Scratch(folder, program, aider)


def _line(event: dict[str, Any]) -> bytes:
    """As Claude Code writes it: no blanks."""
    facts = {"session_id": "00000000-0000-4000-8000-000000000000", "parent_tool_use_id": None}
    return json.dumps({**event, **facts}, separators=(",", ":")).encode() + b"\n"


def _work() -> list[dict[str, Any]]:
    """What a Claude that works on files writes: on average 2 KB a line."""
    code = "    value = compute(first, second)  # a line like another\n"
    rows: list[dict[str, Any]] = []
    for number in range(60):
        rows.append(_said({"type": "text", "text": "I look at the next file. " * 10}))
        for tool, given, answer in (
            ("Read", {"file_path": f"/p/f{number}.py"}, code * 120),
            ("Edit", {"file_path": f"/p/f{number}.py", "old_string": code * 10,
                      "new_string": code * 12}, "ok " + code * 30),
            ("Bash", {"command": "make test"}, "passed\n" * 300),
        ):  # fmt: skip
            use = f"toolu_{tool}{number}"
            rows.append(_said({"type": "tool_use", "id": use, "name": tool, "input": given}))
            block = {"tool_use_id": use, "type": "tool_result", "content": answer}
            rows.append({"type": "user", "message": {"role": "user", "content": [block]}})
    return rows


def _said(block: dict[str, Any]) -> dict[str, Any]:
    usage = {"input_tokens": 4, "cache_read_input_tokens": 20_000, "output_tokens": 100}
    message = {"id": "msg", "type": "message", "role": "assistant", "model": "claude-opus-5-5"}
    return {"type": "assistant", "message": {**message, "content": [block], "usage": usage}}


def _deltas() -> list[dict[str, Any]]:
    """Text in pieces, as for a terminal: lines so short that their number is what costs."""
    delta = {"type": "text_delta", "text": "a few words of it "}
    event = {"type": "content_block_delta", "index": 0, "delta": delta}
    return [{"type": "stream_event", "event": event}] * 2000


if __name__ == "__main__":
    sys.exit(main())
