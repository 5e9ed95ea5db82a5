"""What the stand-in of Ollama answers where it runs as a process of its own, by name: all that can
go wrong with an engine, to be seen by hand before a line of it is written."""

from __future__ import annotations

import tempfile
from pathlib import Path

from ai_code.drill.replies import (
    Agent,
    CutStream,
    Dies,
    EndsWithoutDone,
    ErrorLine,
    Hang,
    LengthStop,
    OutOfMemory,
    Reply,
    Slow,
    edit_block,
)

_OLD = 'def hello():\n    print("hello")'
_NEW = 'def hello():\n    """Print a greeting."""\n    print("hello")'
_EDIT = edit_block("hello.py", _OLD, _NEW)
_BEGUN = _EDIT[:60]
_OUTSIDE = str(Path(tempfile.gettempdir(), "ai-code-outside.txt"))

NAMED_REPLIES: dict[str, Reply] = {
    "edit": _EDIT,
    "tools": Agent(changes={"hello.py": (_OLD, _NEW)}, closing="It has a docstring now."),
    "prose": "Nothing needs to change.",
    "empty": "",
    "slow": Slow(_EDIT, 0.1),
    "outside": Agent(edits={_OUTSIDE: "outside\n"}, closing="It is written."),
    "command": Agent(runs="echo it ran > ran.txt", closing="It ran."),
    "garbled": Agent(changes={"hello.py": (_OLD, _NEW)}, garbled=True),
    "out-of-memory": OutOfMemory(),
    "error-line": ErrorLine(_BEGUN),
    "length": LengthStop(_BEGUN),
    "cut-stream": CutStream(_BEGUN),
    "no-end": EndsWithoutDone(_BEGUN),
    "dies": Dies(_BEGUN),
    "hang": Hang(),
}
"""``edit`` is in aider's format, ``tools`` the same edit with the tools that the engine offers."""
