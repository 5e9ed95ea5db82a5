"""How a model is worked with: the catalogue, exams, and what the person set."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from ai_code.core.catalogue import Catalogue
from ai_code.core.model_notes import ExamResult
from ai_code.core.model_settings import ModelSettings, WishedFormat, model_settings
from ai_code.system.catalogue_files import load_catalogue

NAME = "llama3.1:8b"


def exam(form: str, passed: int, engine: str = "aider", digest: str = "d") -> ExamResult:
    return ExamResult(digest, NAME, form, 6, passed, passed, 60.0, 20.0, 1, engine)


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return load_catalogue(Path("/nowhere"))


@pytest.mark.parametrize(
    ("exams", "form"),
    [
        ([], "whole"),
        ([exam("diff", 5)], "diff"),
        ([exam("diff", 2)], "whole"),
        ([exam("whole", 2), exam("diff", 4)], "diff"),
        ([exam("whole", 4), exam("diff", 4)], "whole"),
        ([exam("diff", 6), exam("diff", 1)], "whole"),
        ([exam("diff", 6, digest="another")], "whole"),
        ([exam("tools", 6, "codex")], "whole"),
        ([exam("udiff", 6), exam("diff", 5)], "udiff"),
    ],
)
def test_auto_is_what_did_best_here_else_the_catalogues(
    catalogue: Catalogue, exams: list[ExamResult], form: str
) -> None:
    assert model_settings(NAME, "d", catalogue, exams).edit_format == form


@pytest.mark.parametrize("wished", ["diff", "whole", "udiff"])
def test_what_the_person_set_counts(catalogue: Catalogue, wished: WishedFormat) -> None:
    found = model_settings(NAME, "d", catalogue, [exam("whole", 6)], wished)
    assert found.edit_format == wished


def test_of_a_model_that_nobody_knows(catalogue: Catalogue) -> None:
    assert model_settings("mine:1b", "", catalogue, [exam("whole", 6, digest="")]) == (
        ModelSettings("diff", lean=False, temperature=0.0)
    )


def test_who_is_weak_at_tools_gets_few(catalogue: Catalogue) -> None:
    for entry in catalogue.entries:
        assert entry.lean == (entry.tools == "weak"), entry.name
    entry = replace(catalogue.entries[0], lean=True, temperature=0.7)
    own = catalogue.with_more((), (entry,))
    assert model_settings(entry.name, "", own)[1:] == (True, 0.7)
