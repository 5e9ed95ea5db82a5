"""The screens of ``ai-code engines``. Pure."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from ai_code.core.about import ABILITIES
from ai_code.core.columns import aligned
from ai_code.core.context_parts import IMPORTS
from ai_code.core.text import visible, wrapped
from ai_code.flows.engine_program import HOW_CUSTOM, WHERE_CUSTOM

if TYPE_CHECKING:
    from ai_code.core.about import About
    from ai_code.flows.engines import EngineRow

_FENCES = {
    "python": "it writes in its worktree only (a hook in its Python)",
    "kernel": "it writes in its worktree only, and reaches the model's server only (the kernel)",
    "own": "its own sandbox",
}
_FILES_ONLY = (
    "it writes in its worktree only (the kernel). Whom it reaches is not held here: that takes "
    "Linux 6.7 on x86_64 or aarch64"
)
_BY_DOCUMENTS = "*"
_NO_FENCE = "nothing but its own approvals: this system has no fence, or it is switched off"


def listing(rows: Sequence[EngineRow], width: int) -> list[str]:
    """One line for each with what it can below; the model that would serve them once, or which
    serves which."""
    heads = aligned([_head(row) for row in rows])
    served = any(row.model for row in rows)
    lines: list[str] = []
    for row, head in zip(rows, heads, strict=True):
        lines.append(head)
        lines += _indented(_abilities(row.engine.about), width)
        if row.path and row.unfit and served:
            lines += _indented(f"not here: {row.unfit}", width)
        elif row.path and row.exam:
            lines += _indented(_examined(row), width)
        lines.append("")
    if any(_BY_DOCUMENTS in each for each in lines):
        lines += [f"{_BY_DOCUMENTS} by its documents only; all else was tried", ""]
    return [*lines, *_served(rows, width)]


def _head(row: EngineRow) -> list[str]:
    place = f"{row.place}." if row.place else ""
    if row.path:
        version = row.version or "(no version)"
        return [place, row.name, f"installed {version}".strip()]
    if row.engine.about.install.how == "yours":
        how = f"not set: {HOW_CUSTOM}" if row.mend == WHERE_CUSTOM else f"not there: {row.mend}"
        return [place, row.name, how]
    return [place, row.name, f"not installed: {row.mend}"]


def _abilities(about: About) -> str:
    if about.install.how == "yours":
        return "whatever your command can (docs/en/engines.md#custom)"
    told = []
    for name, title in ABILITIES.items():
        can = about.can[name]
        if can.answer != "no":
            mark = "" if can.tested else _BY_DOCUMENTS
            told.append((f"{title} ({can.how})" if can.how else title) + mark)
    return " · ".join(told)


def _held_by(row: EngineRow) -> str:
    kind = row.fence
    if kind != "own" and not row.fenced:
        return _NO_FENCE
    return _FILES_ONLY if kind == "kernel" and not row.network_fenced else _FENCES[kind]


def _examined(row: EngineRow) -> str:
    exam = row.exam
    return f"{exam.name} passed {exam.passed} of {exam.tasks} tasks with it" if exam else ""


def _loads(about: About) -> str:
    told = ", ".join(sorted(about.loads - {IMPORTS})) or "nothing"
    return f"{told}, and what these import (@path)" if IMPORTS in about.loads else told


def _take(row: EngineRow) -> str:
    return f"ai-code models test --engine {row.name}"


def _served(rows: Sequence[EngineRow], width: int) -> list[str]:
    models: dict[str, list[str]] = {}
    for row in rows:
        if row.model:
            models.setdefault(row.model, []).append(row.name)
    if len(models) == 1:
        return list(
            wrapped(f"with {next(iter(models))}, the model that a run would take now", width)
        )
    if models:
        told = ["the models that a run would take now:"]
        lines = (f"{model}: {', '.join(names)}" for model, names in models.items())
        return [*told, *(line for each in lines for line in _indented(each, width))]
    why = next((row for row in rows if row.unfit), None)
    if why is None:
        return []
    return [*wrapped(f"no model would serve them: {why.unfit}", width), f"hint: {why.unfit_mend}"]


def _indented(text: str, width: int) -> list[str]:
    return [f"    {line}" for line in wrapped(visible(text), width - 4)]


def detail(row: EngineRow, width: int, program: str) -> list[str]:
    """All about one; ``program`` is how the person calls this one."""
    return [line for name, text in _facts(row, program) for line in _fact(name, text, width)]


def _fact(name: str, text: str, width: int) -> list[str]:
    """A name, and its text beside it in lines of their own column."""
    first, *rest = wrapped(visible(text), width - 16) or [""]
    return [f"{name:<16}{first}", *(textwrap.indent(line, " " * 16) for line in rest)]


def _facts(row: EngineRow, program: str) -> Iterator[tuple[str, str]]:
    engine, about = row.engine, row.engine.about
    yield "engine", f"{row.name} ({engine.title})"
    if row.path:
        yield "program", f"{row.path} {row.version}".rstrip()
    else:
        yield "program", row.problem
        yield "set it" if about.install.how == "yours" else "get it", row.mend
    if about.version:
        yield "tested with", about.version
    if about.homepage:
        yield "whose it is", f"{about.homepage}, {about.licence}"
    if about.install.needs:
        yield "needs", about.install.needs
    yield "in the chain", f"number {row.place}" if row.place else "no (fallback.chain)"
    abilities = {} if about.install.how == "yours" else ABILITIES
    for name, title in abilities.items():
        can = about.can[name]
        seen = "" if can.tested or can.answer == "no" else ", by its documents"
        yield title, f"{can.words}{seen}"
    yield "reads itself", _loads(about)
    yield "held by", _held_by(row)
    yield "its own screen", f"yes ({program} chat --local)" if about.chats else "not lent to"
    if row.model and not row.unfit:
        yield "model here", f"{row.model} serves it"
        if row.exam or row.path:
            # One that is not there takes none.
            yield "exam", _examined(row) if row.exam else f"not taken: {_take(row)}"
    elif row.unfit:
        yield "model here", row.unfit
        yield "mend", row.unfit_mend
