"""How one model is worked with: what the catalogue says of it, and what exams here told. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from ai_code.core.catalogue import Catalogue, EditFormat, Entry
    from ai_code.core.model_notes import ExamResult

WishedFormat = Literal["auto", "diff", "whole", "udiff"]
PASSES = 0.5
"""Share of the exam's tasks. A model that does less fails it."""


class ModelSettings(NamedTuple):
    """``edit_format`` is aider's; ``lean``: few tools and short instructions, where an engine has
    a choice; ``temperature`` is told to the model."""

    edit_format: EditFormat = "diff"
    lean: bool = False
    temperature: float = 0.0


def model_settings(
    name: str,
    digest: str,
    catalogue: Catalogue,
    exams: Iterable[ExamResult] = (),
    wished: WishedFormat = "auto",
) -> ModelSettings:
    """Of the model ``name``; ``wished`` is ``aider.edit-format``."""
    entry = catalogue.entry(name)
    taken = [each for each in exams if digest and each.digest == digest]
    form = edit_format(entry, taken, wished)
    if entry is None:
        return ModelSettings(form)
    return ModelSettings(form, entry.lean, entry.temperature)


def edit_format(
    entry: Entry | None, exams: Iterable[ExamResult], wished: WishedFormat = "auto"
) -> EditFormat:
    """The one that is wished for. For ``auto`` the one in which the model did best in its
    ``exams`` with aider, if it passed; else the catalogue's."""
    if wished != "auto":
        return wished
    known: EditFormat = entry.edit_format if entry else "diff"
    # The newest in each form.
    by_form = {each.edit_format: each for each in exams if each.engine == "aider" and each.tasks}
    shares = {form: each.passed / each.tasks for form, each in by_form.items()}
    best = max(shares.values(), default=0.0)
    if best < PASSES or shares.get(known) == best:
        return known
    forms: tuple[EditFormat, ...] = ("diff", "whole", "udiff")
    return next((form for form in forms if shares.get(form) == best), known)
