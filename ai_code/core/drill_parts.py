"""What a drill proves: each part of the fallback, judged from what was seen. Pure."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Mapping

from ai_code.core.drill import (
    BEFORE,
    BY_CLAUDE,
    FILE,
    MEMORY,
    PARTS,
    TASK,
    By,
    Local,
    Observed,
    Part,
    Scenario,
    Seen,
)
from ai_code.core.plan import banner
from ai_code.core.record import Attempt

_LARGER = "AI_CODE_MODEL=NAME ai-code drill   (another model, perhaps a larger one)"
FIRST = banner("Claude Code", "first")
_SWITCH = banner("Ollama + Aider", "limit")


def parts_of(seen: Observed) -> tuple[Part, ...]:
    """The rows of the table, one for each of ``PARTS``."""
    judges = _judges(seen.scenario)
    if seen.setup.aider is None:
        # One cause, one failure: without it nothing that follows could be seen.
        judges = {name: judge for name, judge in judges.items() if name not in _BY_AIDER}
        if seen.scenario.outcome == "lands":
            judges["aider"] = _no_aider
    return tuple(
        judges[name](seen) if name in judges else Part(name, "", "not needed") for name in PARTS
    )


_BY_AIDER = frozenset({"brief", "Ollama", "model", "aider", "landing", "undo"})


def _no_aider(_seen: Observed) -> Part:
    return _failed("aider", "real", "it is not installed, so nothing can go on locally")


def passed(parts: Iterable[Part]) -> bool:
    """Whether nothing failed."""
    return all(part.state != "failed" for part in parts)


# Claude and its limit -----------------------------------------------------------------------


def _claude(seen: Observed) -> Part:
    attempt = _attempt(seen.main, 0)
    by = _claude_by(seen)
    if attempt is None or attempt.engine != "claude":
        return _failed("claude", by, "Claude was not asked first", "claude --version")
    version = attempt.version
    if attempt.verdict in ("failed", "unavailable") and seen.scenario.reason is None:
        note = f"it did not work: {attempt.excerpt}"
        return _failed("claude", by, note, "claude --version", attempt.wall_s)
    if by == "real" and not seen.asked and seen.scenario.reason is None:
        note = "it did not ask the stand-in of its API: settings of this machine lead elsewhere?"
        return _failed("claude", by, note, "claude --version", attempt.wall_s)
    if seen.scenario.mid_task and _docstrings(seen.main.tree).get("hello") != BY_CLAUDE:
        note = "its own edit, made before the limit, is not in the tree"
        return _failed("claude", by, note, seconds=attempt.wall_s)
    return Part("claude", by, "passed", attempt.wall_s, f"version {version}" if version else "")


def _limit(seen: Observed) -> Part:
    scenario, attempt = seen.scenario, _attempt(seen.main, 0)
    by: By = "stand-in" if seen.setup.claude else "recording"
    if attempt is None:
        return _failed("limit seen", by, "no run is in the journal")
    wanted = ("limit", scenario.kind.value) if scenario.kind else ("unavailable", scenario.reason)
    got = (attempt.verdict, attempt.kind if scenario.kind else attempt.reason)
    if got != wanted:
        note = f"seen as {' '.join(filter(None, map(str, got)))}: {attempt.excerpt}"
        return _failed("limit seen", by, note, "ai-code limits rules")
    goes_on = scenario.outcome == "lands" and seen.setup.aider is not None
    if goes_on and seen.main.first(_SWITCH) is None:
        return _failed("limit seen", by, f"no line says {_SWITCH}")
    told = seen.main.first(_SWITCH)
    asked = max((at for at in seen.asked if told and at <= told), default=None)
    seconds = told - asked if told and asked else None
    told_as = f"{scenario.kind} limit" if scenario.kind else f"none: {scenario.reason}"
    return Part("limit seen", by, "passed", seconds, told_as)


def _no_limit(seen: Observed) -> Part:
    by: By = "stand-in" if seen.setup.claude else "recording"
    record = seen.main.record
    verdicts = [each.verdict for each in record.attempts] if record else []
    if seen.main.code or verdicts != ["done"]:
        return _failed("limit seen", by, f"exit {seen.main.code}, {', '.join(verdicts)}")
    if seen.main.first("[AI: Ollama") is not None or seen.chats:
        return _failed("limit seen", by, "the local model was asked although no limit stood")
    return Part("limit seen", by, "passed", None, "none, and none was seen")


# The local side -----------------------------------------------------------------------------


def _brief(seen: Observed) -> Part:
    told = seen.main.first(_SWITCH)
    if seen.chats is None:
        return Part("brief", "real", "passed", None, "not read: Ollama is on another machine")
    if not seen.chats:
        return _failed("brief", "real", "the model was not told anything")
    first = seen.chats[0]
    wanted = {"the task": TASK, "CLAUDE.md": MEMORY, FILE: "def goodbye"}
    if seen.scenario.mid_task:
        wanted["what Claude had edited"] = f"It edited: {FILE}"
    missing = [name for name, text in wanted.items() if text not in first.text]
    seconds = first.at - told if told else None
    if missing:
        note = f"the model was not told: {', '.join(missing)}"
        return _failed("brief", "real", note, "ai-code config show --origin", seconds)
    return Part("brief", "real", "passed", seconds, "task, CLAUDE.md, file, git")


def _ollama(seen: Observed) -> Part:
    by = _local_by(seen)
    before = [row for row in seen.local_asked if not seen.chats or row[0] < seen.chats[0].at]
    if not before and seen.chats is not None:
        return _failed("Ollama", by, "nobody asked it", "ollama serve")
    seconds = sum(until - at for at, until in before[:3]) if before else None
    where = seen.setup.model.base_url if seen.setup.model else "plays Ollama on loopback"
    return Part("Ollama", by, "passed", seconds, where)


def _model(seen: Observed) -> Part:
    by = _local_by(seen)
    name = seen.setup.model.name if seen.setup.model else "plays a model"
    chats = seen.chats or ()
    seconds = chats[-1].until - chats[0].at if chats else None
    found = _docstrings(seen.main.tree)
    missing = [f"{each}()" for each in ("hello", "goodbye") if not found.get(each)]
    if missing:
        note = f"{name} did not do the task: no docstring in {', '.join(missing)}"
        return _failed("model", by, note, _LARGER, seconds)
    if _code(seen.main.tree.get(FILE, b"")) != _code(BEFORE.encode()):
        note = f"{name} changed code that was not its to change"
        return _failed("model", by, note, _LARGER, seconds)
    return Part("model", by, "passed", seconds, name)


def _aider(seen: Observed) -> Part:
    attempt = _attempt(seen.main, 1)
    if attempt is None or attempt.engine != "aider":
        return _failed("aider", "real", "it did not run", "aider --version")
    if attempt.verdict != "done":
        note = f"{attempt.verdict} {attempt.reason}: {attempt.excerpt}"
        return _failed("aider", "real", note, "aider --version", attempt.wall_s)
    return Part("aider", "real", "passed", attempt.wall_s, "in a private worktree")


# The tree -----------------------------------------------------------------------------------


def _landing(seen: Observed) -> Part:
    main, record = seen.main, seen.main.record
    landed = [file.path for file in record.landed] if record else []
    changed = _changed(seen.before, main.tree)
    if seen.sprung:
        return _failed("landing", "real", f"a trap went off: {', '.join(seen.sprung)}")
    if landed != [FILE] or changed != [FILE]:
        note = f"landed {', '.join(landed) or 'nothing'}, changed {', '.join(changed) or 'nothing'}"
        return _failed("landing", "real", note, "ai-code diff")
    if main.git != seen.git_before:
        return _failed("landing", "real", "HEAD, index or settings of git were touched")
    if main.code:
        return _failed("landing", "real", f"exit code {main.code}")
    chats = seen.chats or ()
    seconds = main.ended - chats[-1].until if chats else None
    return Part("landing", "real", "passed", seconds, f"{FILE}; git's index untouched")


def _nothing_landed(seen: Observed) -> Part:
    changed = _changed(seen.before, seen.main.tree)
    if changed or seen.main.git != seen.git_before:
        return _failed("landing", "real", f"the tree was touched: {', '.join(changed) or 'git'}")
    return Part("landing", "real", "passed", None, "nothing landed, the tree is as it was")


def _undo(seen: Observed) -> Part:
    undo = seen.undo
    if undo is None:
        return _failed("undo", "real", "there was nothing to undo")
    seconds = undo.ended - undo.began
    if undo.code:
        return _failed("undo", "real", f"exit code {undo.code}: {undo.text[:200]}", "", seconds)
    wanted = dict(seen.before)
    if seen.scenario.mid_task:
        # What Claude wrote before the limit is not the local model's to take back.
        wanted[FILE] = undo.tree.get(FILE, b"")
        found = _docstrings(undo.tree)
        if (found.get("hello"), found.get("goodbye")) != (BY_CLAUDE, None):
            return _failed("undo", "real", "not what Claude had left", "ai-code diff", seconds)
    if undo.tree != wanted:
        return _failed("undo", "real", "the tree is not as it was", "ai-code diff", seconds)
    return Part("undo", "real", "passed", seconds, "byte for byte")


def _return(seen: Observed) -> Part:
    again, by = seen.again, _claude_by(seen)
    if again is None:
        return _failed("return to Claude", by, "the next run was not made")
    seconds = again.ended - again.began
    first = next((line for _, line in again.lines if line.startswith("[AI:")), "no banner")
    engines = [each.engine for each in again.record.attempts] if again.record else []
    if again.code or first != FIRST or engines != ["claude"]:
        note = f"the next run: exit {again.code}, {first}, {' then '.join(engines)}"
        return _failed("return to Claude", by, note, "ai-code limits status", seconds)
    return Part("return to Claude", by, "passed", seconds, "first again in the next run")


# Where something is broken on purpose: the clear word that the person has to get --------------


def _told(name: str) -> Callable[[Observed], Part]:
    def judge(seen: Observed) -> Part:
        by: By = _claude_by(seen) if name == "claude" else "stand-in"
        says = seen.scenario.says
        missing = [text for text in says if text not in seen.main.text]
        if not seen.main.code or missing:
            told = f"exit {seen.main.code}"
            return _failed(name, by, f"{told}, nothing says: {' … '.join(missing) or says[0]}")
        line = next(line for _, line in seen.main.lines if says[0] in line)
        return Part(name, by, "passed", None, f"told: {line[line.index(says[0]) :]}")

    return judge


def _aider_ended(seen: Observed) -> Part:
    attempt = _attempt(seen.main, 1)
    if attempt is None or attempt.engine != "aider" or attempt.verdict == "done":
        verdict = attempt.verdict if attempt else "it did not run"
        return _failed("aider", "real", verdict, "aider --version")
    return Part("aider", "real", "passed", attempt.wall_s, "ended, not waited for")


_Judge = Callable[[Observed], Part]
_AROUND: Mapping[str, _Judge] = {
    "claude": _claude,
    "limit seen": _limit,
    "return to Claude": _return,
}
_STAYS: Mapping[str, _Judge] = {"claude": _claude, "limit seen": _no_limit}
_LANDS: Mapping[str, _Judge] = {
    **_AROUND,
    "brief": _brief,
    "Ollama": _ollama,
    "model": _model,
    "aider": _aider,
    "landing": _landing,
    "undo": _undo,
}
_REFUSED: Mapping[str, _Judge] = {**_AROUND, "landing": _nothing_landed}
_MODEL_FAILS: Mapping[str, _Judge] = {
    **_REFUSED,
    "brief": _brief,
    "Ollama": _ollama,
    "model": _told("model"),
    "aider": _aider_ended,
}
_BROKEN: Mapping[Local, Mapping[str, _Judge]] = {
    "answers": {**_REFUSED, "claude": _told("claude")},
    "down": {**_REFUSED, "Ollama": _told("Ollama")},
    "missing": {**_REFUSED, "Ollama": _ollama, "model": _told("model")},
    "memory": _MODEL_FAILS,
    "cut": _MODEL_FAILS,
}


def _judges(scenario: Scenario) -> Mapping[str, _Judge]:
    match scenario.outcome:
        case "lands":
            return _LANDS
        case "stays":
            return _STAYS
        case "refused":
            return _BROKEN[scenario.local]


# Looking at what was seen ---------------------------------------------------------------------


def _failed(name: str, by: By, note: str, mend: str = "", seconds: float | None = None) -> Part:
    return Part(name, by, "failed", seconds, note, mend)


def _claude_by(seen: Observed) -> By:
    return "real" if seen.setup.claude else "recording"


def _local_by(seen: Observed) -> By:
    return "real" if seen.setup.model else "stand-in"


def _attempt(run: Seen, number: int) -> Attempt | None:
    attempts = run.record.attempts if run.record else ()
    return attempts[number] if number < len(attempts) else None


def _changed(before: Mapping[str, bytes], after: Mapping[str, bytes]) -> list[str]:
    names = before.keys() | after.keys()
    return sorted(name for name in names if before.get(name) != after.get(name))


def _parsed(source: bytes) -> ast.Module:
    try:
        return ast.parse(source)
    except (SyntaxError, ValueError):
        return ast.Module([], [])


def _docstrings(tree: Mapping[str, bytes]) -> dict[str, str | None]:
    """Function → docstring of the file that the drill is about."""
    body = _parsed(tree.get(FILE, b"")).body
    return {
        each.name: ast.get_docstring(each) for each in body if isinstance(each, ast.FunctionDef)
    }


def _code(source: bytes) -> str:
    """What a file does, its docstrings and comments aside."""
    tree = _parsed(source)
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.Module) and ast.get_docstring(node) is not None:
            node.body = node.body[1:]
    return ast.dump(tree)
