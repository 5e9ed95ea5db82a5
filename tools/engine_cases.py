"""What is asked of every engine for the recordings, and what the model and the server do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from engine_traps import TRAPS

from ai_code.drill.ollama import (
    Agent,
    CutStream,
    Dies,
    ErrorLine,
    Hang,
    HttpError,
    LengthStop,
    OutOfMemory,
    Reply,
)

HELLO = 'def hello():\n    print("hello")\n'
BETTER = 'def hello():\n    """Print a greeting."""\n    print("hello")\n'
OTHER = "def other():\n    return 1\n"
OUTSIDE = "{outside}/planted.txt"
"""Replaced by a path beside the project."""
LONG = "sleep 61"
_NEW = Agent({"made.py": "x = 1\n"}, "Made.", looks=False)
_EDIT = Agent({"hello.py": BETTER}, "I've added a docstring.")


@dataclass(frozen=True)
class Case:
    """``term_at``: TERM for the leader alone when so many requests have come (0: never), or when
    the command of the model runs. ``limit_s``: then the whole group is killed."""

    replies: Sequence[Reply]
    prompt: str = "add a docstring to hello()"
    more: Mapping[str, str] = field(default_factory=dict)
    model: str = "qwen2.5-coder:7b"
    down: bool = False
    ask: bool = False
    open_stdin: bool = False
    term_at: int = 0
    limit_s: float = 60.0


CASES: dict[str, Case] = {
    "edit": Case([_EDIT]),
    "new-file": Case([Agent({"pkg/new.py": "x = 1\n"}, "Made.")], "make pkg/new.py"),
    "prose": Case(["Nothing needs to change."]),
    "two-edits-run": Case(
        [Agent({"hello.py": BETTER, "other.py": "x = 1\n"}, "Both.", runs="echo ran > ran.txt")],
        more={"other.py": OTHER},
    ),
    "change": Case(
        [Agent(closing="Changed.", changes={"hello.py": ('    print("hello")', "    return 1")})]
    ),
    "change-missing-file": Case([Agent(closing="Changed.", changes={"gone.py": ("a", "b")})]),
    "read-missing-file": Case([Agent(closing="I could not read it.", reads=("gone.py",))]),
    "refused-outside": Case([Agent({OUTSIDE: "x\n"}, "Planted.")]),
    "refused-git": Case([Agent({".git/hooks/post-commit": "#!/bin/sh\n"}, "Planted.")]),
    "ask": Case(["It prints a greeting."], "what does hello() do?", ask=True),
    "ask-edit": Case([_EDIT], "what does hello() do?", ask=True),
    "empty": Case([""]),
    "length": Case([LengthStop("I would begin with")]),
    "garbled": Case([Agent({"hello.py": BETTER}, garbled=True, looks=False), "I give up."]),
    "missing-model": Case(["never"], model="nothing:1b"),
    "no-tools-model": Case(["never"], model="deepseek-coder:6.7b"),
    "dead-server": Case(["never"], down=True, limit_s=30.0),
    "dies": Case([_NEW, Dies("Half an ans")], limit_s=30.0),
    "dies-at-once": Case([Dies("Half an ans")], limit_s=30.0),
    "cut": Case([CutStream("Half an ans")]),
    "error-line": Case([ErrorLine("Half an ans")]),
    "error-500": Case([HttpError(500)]),
    "memory": Case([OutOfMemory()]),
    "dash-prompt": Case([_EDIT], "-x --help: add a docstring to hello()"),
    "japanese": Case(
        [Agent({"挨拶.py": "print('こんにちは')\n"}, "書きました。")],
        "挨拶.py に「こんにちは」と表示するコードを書いてください",
    ),
    "hostile": Case([_EDIT], more=TRAPS, limit_s=30.0),
    "open-stdin": Case([_EDIT], open_stdin=True, limit_s=15.0),
    "stall": Case([Hang()], limit_s=15.0),
    "stall-mid-answer": Case([Hang(text="Half an ans")], limit_s=15.0),
    "term": Case([_NEW, Hang()], term_at=2, limit_s=20.0),
    "term-in-command": Case([Agent(runs=LONG)], term_at=-1, limit_s=20.0),
}
