"""The parts of a project's memory as engines are given them: each once, within a budget. Pure."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Literal, NamedTuple

from ai_code.core.brief import estimate_tokens, fit

if TYPE_CHECKING:
    from ai_code.core.brief import ContextFile

PartKind = Literal[
    "named", "notes", "project", "local", "rule", "import", "organisation", "user", "readme"
]
"""Where a part comes from: ``--read``, ``ai-code remember``, the repository's own files, the
person's in the repository (CLAUDE.local.md), its rules, a file that another one imports, the
machine's, the person's for all projects, README.md."""

SHARE = 0.25
"""Of the model's context in tokens: the rest is for the task, the files and the answer."""
_LEAST_TOKENS = 200
_NOTES_SHARE = 0.5
"""Of the budget: notes come first, and must not push the project's own files out."""
_MAY_IMPORT = ("project", "local", "rule")
IMPORTS = "@"
"""In what an engine loads by itself: it follows imports too."""
_PERSONS = "~/.claude/"
_CUT = "\n\n(cut here by ai-code: the rest does not fit)\n"


class Part(NamedTuple):
    """``shown`` is its name for people, ``origin`` says in words whose it is; ``also`` are other
    files with the same text."""

    shown: str
    origin: str
    kind: PartKind
    text: str
    also: tuple[str, ...] = ()

    @property
    def file_name(self) -> str:
        """For a copy of it: an engine tells it to the model."""
        return "notes.md" if self.kind == "notes" else posixpath.basename(self.shown)


class Fitted(NamedTuple):
    """What of a part fits: ``text`` may be its beginning only (``cut``)."""

    part: Part
    text: str
    tokens: int
    cut: bool


class Budgeted(NamedTuple):
    """``parts`` together take at most ``budget`` tokens, the most important first; ``left_out``
    found no room. ``notes`` say what was cut and left out, and what could not be read."""

    parts: tuple[Fitted, ...]
    left_out: tuple[Part, ...]
    notes: tuple[str, ...]
    budget: int

    @property
    def tokens(self) -> int:
        return sum(each.tokens for each in self.parts)


def budget_of(num_ctx: int, budget: int) -> int:
    """Tokens that memory may take: as set, else a part of the context."""
    return budget or int(num_ctx * SHARE)


def each_once(parts: Iterable[Part]) -> tuple[Part, ...]:
    """Of parts with the same text the first one, which names the others; none without text."""
    found: dict[str, Part] = {}
    for part in parts:
        text = part.text.strip()
        if not text:
            continue
        known = found.get(text)
        if known is None:
            found[text] = part
        elif part.shown not in (known.shown, *known.also):
            found[text] = known._replace(also=(*known.also, part.shown))
    return tuple(found.values())


def fitted(parts: Sequence[Part], num_ctx: int, budget: int) -> Budgeted:
    """The parts that fit, in their order; the first that does not fit whole is cut."""
    whole = left = budget_of(num_ctx, budget)
    within = f"{whole} tokens for memory (context.budget)"
    chosen: list[Fitted] = []
    left_out: list[Part] = []
    notes: list[str] = []
    for part in parts:
        share = _NOTES_SHARE if part.kind == "notes" else 1.0
        room = min(left, int(whole * share))
        if room < _LEAST_TOKENS * share and estimate_tokens(part.text) > room:
            left_out.append(part)
            notes.append(f"{part.shown} left out of the context: no room in the {within}")
            continue
        text = part.text
        cut = estimate_tokens(text) > room
        if cut:
            if part.kind == "notes":
                long = f"are long: only the newest fit their half of the {within}"
            else:
                long = f"is long: only its beginning fits the {within}"
            notes.append(f"{part.shown} {long}")
            # The line that tells of the cut is a part of what is sent.
            text = fit(text, room - estimate_tokens(_CUT)) + _CUT
        tokens = estimate_tokens(text)
        chosen.append(Fitted(part, text, tokens, cut))
        left -= tokens
    return Budgeted(tuple(chosen), tuple(left_out), tuple(notes), whole)


def beside(context: Sequence[ContextFile], loads: frozenset[str]) -> tuple[ContextFile, ...]:
    """What an engine has to be given beside the files that it ``loads`` by itself.

    ``loads`` has names of files at the repository's root, where every engine begins
    (``AGENTS.md``, ``.claude/CLAUDE.md``; what is nearer to the person it reads late or never),
    folders there with all that is in them (``.claude/rules/``), the person's own as they are
    shown (``~/.claude/CLAUDE.md``), and ``IMPORTS``: of files that it loads."""
    given = tuple(each for each in context if not _is_loaded(each, loads))
    # Which file an import belongs to is not known here: rather twice than never.
    imports = IMPORTS in loads and not any(each.kind in _MAY_IMPORT for each in given)
    return tuple(each for each in given if not (imports and each.kind == "import"))


def _is_loaded(file: ContextFile, loads: frozenset[str]) -> bool:
    if file.kind in ("named", "notes", "organisation", "import"):
        return False
    # The person's own folder may lie anywhere (CLAUDE_CONFIG_DIR): what counts is the end.
    of_person = {each for each in loads if each.startswith(_PERSONS)}
    names = (file.shown, *file.also)
    if file.kind == "user":
        ends = [each.removeprefix(_PERSONS) for each in of_person]
        return any(_is_below(end, name) for end in ends for name in names)
    wanted = loads - of_person - {IMPORTS}
    return any(
        name.startswith(load) if load.endswith("/") else name == load
        for load in wanted
        for name in names
    )


def _is_below(end: str, name: str) -> bool:
    return f"/{end}" in f"/{name}" if end.endswith("/") else f"/{name}".endswith(f"/{end}")
