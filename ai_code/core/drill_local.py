"""What a drill proves of the local side: brief, Ollama, model, engine, landing, undo. Pure."""

from __future__ import annotations

from ai_code.core.changes import is_protected
from ai_code.core.drill import BEFORE, BY_CLAUDE, FILE, MEMORY, TASK, Cause, Observed, Part
from ai_code.core.drill_looks import (
    blamed,
    changed,
    code,
    docstrings,
    failed,
    local_attempt,
    local_attempts,
    local_by,
    not_reached,
    rule_of,
    stalled,
    switch,
    tried,
    words,
)
from ai_code.core.text import one_line

_EDITED = ("applied", "edited")
"""Rules by which an edit was made."""
_SAID = 160
"""Characters of an answer in prose that are quoted."""


def brief(seen: Observed) -> Part:
    """Whether the model was told what it needs."""
    told = seen.main.first(switch(seen))
    if seen.chats is None:
        return Part("brief", "real", "passed", None, "not read: Ollama is elsewhere")
    if not seen.chats:
        if blamed(seen):
            return not_reached("brief")
        if seen.setup.engine == "custom":
            return Part("brief", "real", "passed", None, "not read: it asks a server of its own")
        return failed("brief", "real", "the model was not told anything")
    first = seen.chats[0]
    wanted = {"the task": TASK, "CLAUDE.md": MEMORY}
    # All others read files themselves.
    hands_files = seen.setup.engine == "aider"
    if hands_files:
        wanted[FILE] = "def goodbye"
    if seen.scenario.mid_task:
        wanted["what Claude had edited"] = f"It edited: {FILE}"
    missing = [name for name, text in wanted.items() if text not in first.text]
    seconds = first.at - told if told else None
    if missing:
        note = f"the model was not told: {', '.join(missing)}"
        return failed("brief", "real", note, seconds=seconds)
    told_of = "task, CLAUDE.md, file, git" if hands_files else "task, CLAUDE.md, git"
    return Part("brief", "real", "passed", seconds, told_of)


def ollama(seen: Observed) -> Part:
    """Whether the server was asked and answered."""
    by = local_by(seen)
    before = [row for row in seen.local_asked if not seen.chats or row[0] < seen.chats[0].at]
    if blamed(seen) == "Ollama" and seen.scenario.outcome == "lands":
        return failed("Ollama", by, words(seen.main), "Ollama")
    if not before and seen.chats is not None:
        if blamed(seen) == "engine":
            return not_reached("Ollama")
        return failed("Ollama", by, "nobody asked it")
    seconds = sum(until - at for at, until in before[:3]) if before else None
    real = seen.setup.model if by == "real" else None
    where = real.base_url if real else "plays Ollama on loopback"
    return Part("Ollama", by, "passed", seconds, where)


def model(seen: Observed) -> Part:
    """What it made is judged by what landed; where a fault is somebody else's, it is theirs."""
    by, blame, record = local_by(seen), blamed(seen), seen.main.record
    real = seen.setup.model if by == "real" else None
    name = _last(seen) if real else "the stand-in"
    chats = seen.chats or ()
    elsewhere = seen.chats == () and seen.setup.engine == "custom"
    if elsewhere:
        # Whom a command of the person's own asks nobody sees. What it made counts all the same.
        by, name = "real", "your command"
    # Between two of them the engine starts anew, or works: not the model's time.
    seconds = sum(each.until - each.at for each in chats) if chats else None
    cause: Cause = "engine" if elsewhere else "model" if real else "ai-code"
    unasked = seen.chats == () and not elsewhere
    if blame in ("engine", "Ollama") or (unasked and blame != "model"):
        return not_reached("model")
    if blame == "model":
        told = f"{_all_tried(seen) if real else name}: {words(seen.main)}"
        return failed("model", by, told, _why(seen) or cause, seconds)
    left = [each for each in record.left_out if each.path == FILE] if record else []
    if left:
        note = f"the edit of {name} was left out: {FILE}: {left[0].reason}"
        return failed("model", by, note, cause, seconds)
    if _lost(seen):
        return Part("model", by, "passed", seconds, "it answered")
    found = docstrings(seen.main.tree)
    missing = [f"{each}()" for each in ("hello", "goodbye") if not found.get(each)]
    if missing and not (record and record.landed):
        said = one_line(seen.main.answer, _SAID) or "nothing"
        return failed("model", by, f"{name} changed nothing; it said: {said}", cause, seconds)
    if missing:
        note = f"{name} did not do the task: no docstring in {', '.join(missing)}"
        return failed("model", by, note, cause, seconds)
    if code(seen.main.tree.get(FILE, b"")) != code(BEFORE.encode()):
        note = f"{name} changed code that was not its to change"
        return failed("model", by, note, cause, seconds)
    # What lands of it against the rules is the landing's failure.
    if beside := [path for path in sorted(_landed(seen) - {FILE}) if not is_protected(path)]:
        note = f"{name} edited what nobody asked for: {', '.join(beside)}"
        return failed("model", by, note, cause, seconds)
    before = list(tried(seen))[:-1]
    if elsewhere:
        return Part("model", by, "passed", None, "whom your command asks is not seen")
    note = f"{name}; {' and '.join(before)} did not fit" if real and before else name
    return Part("model", by, "passed", seconds, note if real else "plays a model")


def _last(seen: Observed) -> str:
    return [*tried(seen)][-1]


def _all_tried(seen: Observed) -> str:
    """Each model, and that it was tried with less context too."""
    found = tried(seen)
    again = any(len(contexts) > 1 for contexts in found.values())
    less = f", {'each' if len(found) > 1 else 'it'} with less context too" if again else ""
    return ", then ".join(found) + less


def engine(seen: Observed) -> Part:
    """Whether the engine did its own part, be the answer what it may."""
    turns, name = local_attempts(seen.main), seen.setup.engine
    if not turns or turns[-1].rule.startswith("ollama."):
        return not_reached(name)
    seconds, times = sum(each.wall_s for each in turns), len(turns)
    if blamed(seen) != "engine":
        note = "in a private worktree" + (f", {times} times" if times > 1 else "")
        return Part(name, "real", "passed", seconds, note)
    note = words(seen.main)
    if rule_of(turns[-1]) == "empty":
        note = "it ended without an error, and never asked the model"
    if stalled(seen):
        note += ", and it never asked the model"
    return failed(name, "real", note, "engine", seconds)


def engine_ended(seen: Observed) -> Part:
    """The same where the answer is broken on purpose."""
    turn, name = local_attempt(seen.main), seen.setup.engine
    if turn is None:
        return failed(name, "real", f"it did not run: {words(seen.main)}", "engine")
    if turn.verdict == "done":
        # That it took a broken answer for a good one, the part "model" says.
        return not_reached(name)
    return Part(name, "real", "passed", turn.wall_s, "ended, not waited for")


def landing(seen: Observed) -> Part:
    """Whether all that was to land is in the tree, and nothing else."""
    main, record = seen.main, seen.main.record
    landed = _landed(seen)
    differs = changed(seen.before, main.tree)
    # What Claude wrote before its limit is in the tree too.
    unasked = differs - landed - ({FILE} if seen.scenario.mid_task else set())
    if seen.sprung:
        return _damaged(f"a trap went off: {', '.join(seen.sprung)}")
    if protected := sorted(filter(is_protected, landed)):
        return _damaged(f"protected paths landed: {', '.join(protected)}")
    if unasked:
        return _damaged(f"more is in the tree than was to land: {', '.join(sorted(unasked))}")
    if main.git != seen.git_before:
        return _damaged("HEAD, index or settings of git were touched")
    if absent := sorted(landed - differs):
        return failed("landing", "real", f"not in the tree: {', '.join(absent)}")
    if _lost(seen):
        note = f"{seen.setup.engine} edited, and nothing of it reached the project"
        return failed("landing", "real", note)
    chats = seen.chats or ()
    seconds = main.ended - chats[-1].until if chats else None
    if not landed:
        if record and record.left_out:
            return Part("landing", "real", "passed", seconds, "kept that edit out")
        return not_reached("landing")
    if main.code:
        return failed("landing", "real", f"exit code {main.code}: {words(main)}")
    names = ", ".join(sorted(landed))
    return Part("landing", "real", "passed", seconds, f"{names}; git's index untouched")


def nothing_landed(seen: Observed) -> Part:
    """The same where nothing is to land."""
    touched = sorted(changed(seen.before, seen.main.tree))
    if touched or seen.main.git != seen.git_before:
        return _damaged(f"the tree was touched: {', '.join(touched) or 'git'}")
    return Part("landing", "real", "passed", None, "nothing; the tree is as it was")


def undo(seen: Observed) -> Part:
    """Whether the tree is as it was before the model worked."""
    run = seen.undo
    if run is None:
        return not_reached("undo")
    seconds = run.ended - run.began
    if run.code:
        note = f"exit code {run.code}: {words(run)}"
        return failed("undo", "real", note, seconds=seconds)
    wanted = dict(seen.before)
    if seen.scenario.mid_task:
        # What Claude wrote before the limit is not the local model's to take back.
        wanted[FILE] = run.tree.get(FILE, b"")
        found = docstrings(run.tree)
        if (found.get("hello"), found.get("goodbye")) != (BY_CLAUDE, None):
            note = "what is left is not what Claude had left"
            return failed("undo", "real", note, seconds=seconds)
    if run.tree != wanted:
        return failed("undo", "real", "the tree is not as it was", seconds=seconds)
    return Part("undo", "real", "passed", seconds, "byte for byte")


def _why(seen: Observed) -> Cause:
    """What is wrong with a real model that gave no good answer, where another one, with no
    other change, is not what mends it."""
    turn = local_attempt(seen.main)
    if not seen.setup.model or turn is None:
        return ""
    if turn.reason == "memory" or "system memory" in turn.excerpt:
        return "memory"
    return "slow" if stalled(seen) else ""


def _landed(seen: Observed) -> set[str]:
    record = seen.main.record
    return {file.path for file in record.landed} if record else set()


def _lost(seen: Observed) -> bool:
    """The engine's edit was made, and neither landed nor was left out."""
    turn, record = local_attempt(seen.main), seen.main.record
    if turn is None or record is None or rule_of(turn) not in _EDITED:
        return False
    return not record.landed and not record.left_out


def _damaged(note: str) -> Part:
    return failed("landing", "real", note, stands=True)
