"""Looking at what a drill has seen: whose fault a run was, in whose words. Pure."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping
from typing import Literal

from ai_code.core.drill import FILE, By, Cause, Observed, Part, Seen
from ai_code.core.engine_table import LOCAL
from ai_code.core.plan import banner
from ai_code.core.record import Attempt
from ai_code.core.text import one_line

FIRST = banner("Claude Code", "first")
_ERROR = "ai-code: "
_NOT_READY = "The local fallback is not ready: "
_ENGINE = re.compile(r"(?:Claude Code|[a-z-]+ could not finish): ")
_CONNECTION = re.compile(
    r"cannot reach Ollama|closed (the )?connection|connection (refused|reset)"
    r"|cannot connect|incomplete chunked read",
    re.IGNORECASE,
)
_MODELS_RULES = frozenset(
    {"server", "empty", "token-limit", "reflections", "refused", "stall"} | {"no-tools", "context"}
)
"""Failures of an engine's that are the model's, once it was asked."""
_MODELS_REASONS = ("memory", "no-model")


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


def switch(seen: Observed) -> str:
    """The banner of the engine that goes on."""
    return banner(seen.setup.title, "limit")


def attempt(run: Seen, number: int) -> Attempt | None:
    """A turn by its number, as the journal has it."""
    attempts = run.record.attempts if run.record else ()
    return attempts[number] if number < len(attempts) else None


def local_attempt(run: Seen) -> Attempt | None:
    """The local engine's turn that counts, wherever it came: the last one."""
    attempts = local_attempts(run)
    return attempts[-1] if attempts else None


def local_attempts(run: Seen) -> list[Attempt]:
    """All of its turns: where a model does not fit, the chain goes on with less context, then
    with a lighter one."""
    attempts = run.record.attempts if run.record else ()
    return [each for each in attempts if each.engine in LOCAL]


def tried(seen: Observed) -> dict[str, list[int]]:
    """The models that were tried in their order, each with the contexts; where no turn came, the
    one that was found ready, with none."""
    found: dict[str, list[int]] = {}
    for each in local_attempts(seen.main):
        if each.model:
            found.setdefault(each.model, []).append(each.context)
    ready = seen.setup.model
    return found or ({ready.name: []} if ready else {})


def rule_of(turn: Attempt) -> str:
    """By which rule a turn was judged, the engine's name aside."""
    return turn.rule.partition(".")[2]


def stalled(seen: Observed) -> bool:
    """Whether the local turn was ended because nothing came for so long."""
    turn = local_attempt(seen.main)
    return turn is not None and rule_of(turn) == "stall"


def blamed(seen: Observed) -> Literal["", "Ollama", "model", "engine"]:
    """Whose fault it is that the local turn failed; empty where it did not, or never came."""
    turn = local_attempt(seen.main)
    if seen.main.timed_out:
        return "model" if seen.chats or seen.main.first(switch(seen)) is not None else ""
    if turn is None or turn.verdict == "done":
        return ""
    if turn.rule.startswith("ollama."):
        return "Ollama" if turn.reason == "server" else "model"
    rule = rule_of(turn)
    if rule in ("server", "error") and seen.chats != () and _CONNECTION.search(turn.excerpt):
        return "Ollama"
    if rule == "error" and turn.reason in _MODELS_REASONS:
        return "model"
    return "model" if rule in _MODELS_RULES and seen.chats != () else "engine"


def words(run: Seen) -> str:
    """What ai-code said last about its failure: the engine's own words where it had some."""
    if run.timed_out:
        return "it did not end, and was stopped"
    for start in (_NOT_READY, _ERROR):
        told = next((line for _, line in run.lines if line.startswith(start)), "")
        if told:
            text = told.removeprefix(start)
            engine = _ENGINE.match(text)
            return one_line(text[engine.end() :] if engine else text, 400)
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
