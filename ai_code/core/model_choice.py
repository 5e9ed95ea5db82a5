"""The order in which installed models are tried: what ``auto`` means, and what comes after a
model that does not fit. Pure decisions; whether one fits is measured elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from ai_code.core.model_settings import PASSES, WishedFormat, edit_format
from ai_code.core.models import (
    PREFERRED,
    can_chat,
    installed_name,
    is_variant_of,
    runs_elsewhere,
    same_model,
)

if TYPE_CHECKING:
    from ai_code.core.catalogue import Catalogue, Role
    from ai_code.core.model_notes import ExamResult
    from ai_code.core.ports import ServedModel

MOST_ASKED = 8
"""Models that a server is asked about: all of it has to be answered in a second."""
_LOADED_BONUS = 5
"""Ranks that differ by no more are as good as a tie: a model in memory answers at once."""


class Standing(NamedTuple):
    """What speaks for an installed model. ``share`` of the exam's tasks, None without an exam;
    ``rank`` is the catalogue's (0: not in it for this role); ``for_edits``: it is in it for edits
    only, which is better than nothing; ``place`` in the guide's list (``len(PREFERRED)``: not in
    it)."""

    name: str
    size: int
    share: float | None = None
    rank: int = 0
    place: int = len(PREFERRED)
    loaded: bool = False
    for_edits: bool = False

    @property
    def known(self) -> bool:
        """Whether anything says that it can do the work at all."""
        return self.rank > 0 or self.place < len(PREFERRED) or (self.share or 0) >= PASSES

    @property
    def words(self) -> str:
        """Why it stands where it does."""
        told = []
        if self.share is not None:
            told.append(f"exam {self.share:.0%}")
        if self.rank:
            told.append(f"rank {self.rank}" + (" for edits" if self.for_edits else ""))
        elif self.place < len(PREFERRED):
            told.append("in the guide's list")
        if self.loaded:
            told.append("loaded")
        return ", ".join(told) or "the only one"


def standing(
    model: ServedModel,
    *,
    catalogue: Catalogue,
    exams: Iterable[ExamResult] = (),
    wished: WishedFormat = "auto",
    engine: str = "aider",
    role: Role = "edit",
    loaded: bool = False,
) -> Standing:
    """A model's standing with this engine. Of several exams the newest in the edit format that
    it would get (``wished``: aider's setting) counts, else the newest. An entry of the catalogue
    that is neither for this role nor for edits says nothing for it."""
    of_model = [each for each in exams if model.digest and each.digest == model.digest]
    taken = [each for each in of_model if each.engine == engine]
    entry = catalogue.entry(model.name)
    form = edit_format(entry, taken, wished)
    fitting = [each for each in taken if each.edit_format == form] or taken
    exam = fitting[-1] if fitting and fitting[-1].tasks > 0 else None
    for_role = entry is not None and (not entry.roles or role in entry.roles)
    for_edits = entry is not None and not for_role and "edit" in entry.roles
    return Standing(
        model.name,
        model.size,
        share=exam.share if exam else None,
        rank=entry.rank if entry and (for_role or for_edits) else 0,
        place=_place(model.name) if entry is None else len(PREFERRED),
        loaded=loaded,
        for_edits=for_edits,
    )


def best_first(standings: Iterable[Standing]) -> list[Standing]:
    """Those that ``auto`` may take, the best first: exam, catalogue's rank, the guide's list;
    behind all of them what is for edits only.
    Where nothing is known of any, the only one that can chat; none where there are several."""
    chatting = [each for each in standings if _may_be_taken(each)]
    known = [each for each in chatting if each.known]
    if not known:
        return chatting if len(chatting) == 1 else []
    return sorted(known, key=_badness)


def best_able(standings: Sequence[Standing], able: Callable[[str], bool]) -> list[Standing]:
    """The same of those that are ``able``, which has to be asked of a server: the best are asked
    about first, and others only where none of them is."""
    best = best_first(standings)[:MOST_ASKED]
    found = [each for each in best if able(each.name)]
    if found:
        return found
    others = [each for each in standings if each not in best and _may_be_taken(each)]
    return best_first(each for each in others[:MOST_ASKED] if able(each.name))


def _may_be_taken(each: Standing) -> bool:
    return can_chat(each.name) and not runs_elsewhere(each.name)


def preferred(
    wanted: str,
    usable: Sequence[ServedModel],
    *,
    catalogue: Catalogue,
    exams: Iterable[ExamResult] = (),
    wished: WishedFormat = "auto",
    engine: str = "aider",
    loaded: Sequence[str] = (),
    able: Callable[[str], bool] | None = None,
) -> str | None:
    """Which of the ``usable`` models (installed and allowed) a run looks at first; whether it
    fits is measured elsewhere. ``able``: whether the engine can work on one, where not all will
    do. None where there is none to take."""
    if wanted != "auto":
        return installed_name(wanted, [model.name for model in usable])
    taken = list(exams)
    standings = [
        standing(
            model,
            catalogue=catalogue,
            exams=taken,
            wished=wished,
            engine=engine,
            loaded=any(
                same_model(model.name, name) or is_variant_of(name, model.name) for name in loaded
            ),
        )
        for model in usable
    ]
    best = best_first(standings) if able is None else best_able(standings, able)
    return best[0].name if best else None


def next_ones(
    first: Standing, standings: Sequence[Standing], chain: Sequence[str]
) -> list[Standing]:
    """What is tried after ``first``: the chain's models that are installed, else the known ones
    that are lighter, the heaviest of them first."""
    if chain:
        names = [each.name for each in standings]
        found = (installed_name(wanted, names) for wanted in chain)
        unique = [name for name in dict.fromkeys(found) if name and name != first.name]
        return [next(each for each in standings if each.name == name) for name in unique]
    lighter = [each for each in best_first(standings) if each.size < first.size]
    return sorted(lighter, key=lambda each: -each.size)


def _badness(each: Standing) -> tuple[object, ...]:
    tier = 1 if each.share is None else 0 if each.share >= PASSES else 2
    rank = each.rank + _LOADED_BONUS * each.loaded
    return (
        each.for_edits,
        tier,
        -round(each.share or 0, 2),
        -rank,
        each.place,
        not each.loaded,
        each.name,
    )


def _place(name: str) -> int:
    for place, preferred in enumerate(PREFERRED):
        if same_model(name, preferred) or (":" in preferred and name.startswith(preferred + "-")):
            return place
    return len(PREFERRED)
