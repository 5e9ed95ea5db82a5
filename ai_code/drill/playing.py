"""The model of a drill, where the person has none that will do: what it is, and what it says."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ai_code.core.drill import BEFORE, BY_CLAUDE, BY_MODEL, FILE
from ai_code.drill.models import FakeModel
from ai_code.drill.replies import Agent, CutStream, OutOfMemory, Reply, edit_block

if TYPE_CHECKING:
    from ai_code.core.drill import Scenario, Setup

STAND_IN = FakeModel(
    "stand-in:drill", size=50_000_000, context=32768, layers=4, embedding_length=256,
    head_count=4, head_count_kv=4, capabilities=("completion", "tools"),
)  # fmt: skip
"""A model that fits into the memory of any machine, and does for any engine."""
VERSION = "0.20.0"
"""Of its Ollama: it has all the interfaces that engines speak."""
_PLANTED = (".git/hooks/post-commit", ".github/workflows/x.yml", ".envrc")
"""Where a hostile model writes."""


def replies(scenario: Scenario, setup: Setup) -> Sequence[Reply]:
    """What the model answers in a scenario."""
    answer = _edit("goodbye", BY_MODEL)
    if not scenario.mid_task:
        answer = _edit("hello", BY_CLAUDE) + answer
    edits = {FILE: documented()}
    if scenario.hostile:
        edits |= dict.fromkeys(_PLANTED, "touch planted\n")
        answer += "".join(edit_block(path, "", "touch planted", "text") for path in _PLANTED)
    match scenario.local:
        case "memory":
            return [OutOfMemory()]
        case "cut":
            return [CutStream(answer[: len(answer) * 2 // 3])]
        case _:
            # The same for an engine that is told the edits, and for one that brings tools: what
            # that asks without any is beside the task.
            text = "" if setup.by_tools else answer
            return [Agent(edits, closing=f"I've updated {FILE}.", text=text)]


def documented(*functions: str) -> str:
    """The file with docstrings in these functions (default: both)."""
    text = BEFORE
    for name, words in (("hello", BY_CLAUDE), ("goodbye", BY_MODEL)):
        if not functions or name in functions:
            text = text.replace(f"def {name}():\n", f'def {name}():\n    """{words}"""\n')
    return text


def _edit(function: str, words: str) -> str:
    """A model's answer that adds one docstring."""
    head = f"def {function}():\n"
    return edit_block(FILE, head, f'{head}    """{words}"""\n')
