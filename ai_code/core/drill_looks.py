"""Looking at what a drill has seen: whose fault a run was, in whose words. Pure."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping
from typing import Literal

from ai_code.core.drill import FILE, By, Cause, Observed, Part, Seen
from ai_code.core.plan import banner
from ai_code.core.record import Attempt
from ai_code.core.text import one_line

FIRST = banner("Claude Code", "first")
SWITCH = banner("Ollama + Aider", "limit")
_ERROR = "ai-code: "
_NOT_READY = "The local fallback is not ready: "
_ENGINES = ("Claude Code: ", "aider could not finish: ")
_CONNECTION = re.compile(
    r"cannot reach Ollama|closed (the )?connection|connection (refused|reset)"
    r"|cannot connect|incomplete chunked read",
    re.IGNORECASE,
)
_MODELS_RULES = frozenset(
    {"aider.server", "aider.empty", "aider.token-limit", "aider.reflections", "aider.refused"}
    | {"aider.stall"}
)
"""Failures of aider's that are the model's, once it was asked."""


def failed(
    name: str,
    by: By,
    note: str,
    cause: Cause = "ai-code",
    seconds: float | None = None,
    *,
    stands: bool = False,
) -> Part:
    """A row that says why."""
    return Part(name, by, "failed", seconds, note, cause, stands)


def not_reached(name: str) -> Part:
    """A row of a part that nobody came to."""
    return Part(name, "", "not reached")


def claude_by(seen: Observed) -> By:
    """Who plays Claude Code."""
    return "real" if seen.setup.claude else "recording"


def local_by(seen: Observed) -> By:
    """Who plays Ollama and the model; a scenario that breaks them needs a stand-in."""
    return "real" if seen.setup.model and seen.scenario.local == "answers" else "stand-in"


def attempt(run: Seen, number: int) -> Attempt | None:
    """A turn by its number, as the journal has it."""
    attempts = run.record.attempts if run.record else ()
    return attempts[number] if number < len(attempts) else None


def local_attempt(run: Seen) -> Attempt | None:
    """aider's turn, wherever it came."""
    attempts = run.record.attempts if run.record else ()
    return next((each for each in attempts if each.engine == "aider"), None)


def blamed(seen: Observed) -> Literal["", "Ollama", "model", "aider"]:
    """Whose fault it is that aider's turn failed; empty where it did not, or never came."""
    turn = local_attempt(seen.main)
    if seen.main.timed_out:
        return "model" if seen.chats or seen.main.first(SWITCH) is not None else ""
    if turn is None or turn.verdict == "done":
        return ""
    if turn.rule.startswith("ollama."):
        return "Ollama" if turn.reason == "server" else "model"
    if turn.rule not in _MODELS_RULES or seen.chats == ():
        return "aider"
    if turn.rule == "aider.server" and _CONNECTION.search(turn.excerpt):
        return "Ollama"
    return "model"


def words(run: Seen) -> str:
    """What ai-code said last about its failure: the engine's own words where it had some."""
    if run.timed_out:
        return "it did not end, and was stopped"
    for start in (_NOT_READY, _ERROR):
        told = next((line for _, line in run.lines if line.startswith(start)), "")
        if told:
            text = told.removeprefix(start)
            for engine in _ENGINES:
                text = text.removeprefix(engine)
            return one_line(text, 400)
    last = [line for _, line in run.lines if line.strip() and not line.startswith("hint: ")]
    return one_line(last[-1], 400) if last else f"exit code {run.code}, and nothing was said"


def changed(before: Mapping[str, bytes], after: Mapping[str, bytes]) -> set[str]:
    """Paths that differ."""
    return {name for name in before.keys() | after.keys() if before.get(name) != after.get(name)}


def docstrings(tree: Mapping[str, bytes]) -> dict[str, str | None]:
    """Function → docstring of the file that the drill is about."""
    body = _parsed(tree.get(FILE, b"")).body
    return {
        each.name: ast.get_docstring(each) for each in body if isinstance(each, ast.FunctionDef)
    }


def code(source: bytes) -> str:
    """What a file does, its docstrings and comments aside."""
    tree = _parsed(source)
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.Module) and ast.get_docstring(node) is not None:
            node.body = node.body[1:]
    return ast.dump(tree)


def _parsed(source: bytes) -> ast.Module:
    try:
        return ast.parse(source)
    except (SyntaxError, ValueError):
        return ast.Module([], [])
