"""The parts of a project's memory as engines are given them: each once, within a budget. Pure."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Literal, NamedTuple

from ai_code.core.brief import estimate_tokens, fit

if TYPE_CHECKING:
    from ai_code.core.brief import Brief, ContextFile

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
_OF_OTHERS = ("notes", "organisation", "user")
"""Not of the repository: no engine reads them by itself, whose folders are the run's own."""
_GIVEN = ("named", *_OF_OTHERS)
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


def is_whole(brief: Brief, loads: frozenset[str]) -> bool:
    """Whether all that an engine ``loads`` by itself is given within the budget and unshortened:
    else it must not read any of it, and gets what fits with the prompt."""
    apart = [each for each in brief.context if each.cut or each.kind == "named"]
    short = [each for each in brief.left_out if _is_loaded(each, loads)]
    return not (short or any(_is_loaded(each, loads) for each in apart))


def beside(context: Sequence[ContextFile], loads: frozenset[str]) -> tuple[ContextFile, ...]:
    """What an engine has to be given beside the files that it ``loads`` by itself.

    ``loads`` has names of files at the repository's root, where every engine begins
    (``CLAUDE.md``, ``.claude/CLAUDE.md``; what is nearer to the person it reads late or never),
    and folders there with all that is in them (``.claude/rules/``); with ``IMPORTS`` it follows
    the imports of these."""
    given = tuple(each for each in context if each.kind in _GIVEN or not _is_loaded(each, loads))
    # Which file an import belongs to is not known here: rather twice than never.
    if not any(each.kind in _MAY_IMPORT for each in given):
        return given
    imported = tuple(each for each in context if each.kind == "import")
    return tuple(each for each in context if each in given or each in imported)


def _is_loaded(file: ContextFile | Part, loads: frozenset[str]) -> bool:
    if file.kind == "import":
        # Out of the project no engine of ours follows one.
        return IMPORTS in loads and not file.shown.startswith(("/", "~/"))
    if file.kind in _OF_OTHERS:
        return False
    return any(
        name.startswith(load) if load.endswith("/") else name == load
        for load in loads - {IMPORTS}
        for name in (file.shown, *file.also)
    )
