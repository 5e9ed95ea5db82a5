"""The order in which installed models are tried."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai_code.core.model_choice import Standing, best_first, next_ones, standing
from ai_code.core.model_notes import ExamResult
from ai_code.core.models import PREFERRED
from ai_code.core.ports import ServedModel
from ai_code.system.catalogue_files import load_catalogue

CATALOGUE = load_catalogue(Path("/nowhere/models.yaml"))


def of(name: str, exams: tuple[ExamResult, ...] = (), *, loaded: bool = False) -> Standing:
    model = ServedModel(name, 4 << 30, f"digest of {name}")
    return standing(model, catalogue=CATALOGUE, exams=exams, loaded=loaded)


def exam(name: str, passed: int, edit_format: str = "diff") -> ExamResult:
    return ExamResult(f"digest of {name}", name, edit_format, 4, passed, passed, 9.0, 20.0, 1)


def names(*standings: Standing) -> list[str]:
    return [each.name for each in best_first(standings)]


def test_the_catalogues_rank_decides_between_the_guides_first_two() -> None:
    assert names(of("deepseek-coder:6.7b"), of("qwen2.5-coder:7b")) == [
        "qwen2.5-coder:7b",
        "deepseek-coder:6.7b",
    ]


def test_an_exam_that_was_passed_comes_before_all_else() -> None:
    taken = (exam("deepseek-coder:6.7b", 3),)
    assert names(of("qwen2.5-coder:7b"), of("deepseek-coder:6.7b", taken))[0] == (
        "deepseek-coder:6.7b"
    )


def test_an_exam_that_was_failed_puts_a_model_behind_all_others() -> None:
    taken = (exam("qwen2.5-coder:7b", 1),)
    assert names(of("qwen2.5-coder:7b", taken), of("codellama:7b")) == [
        "codellama:7b",
        "qwen2.5-coder:7b",
    ]


def test_the_exam_in_the_edit_format_that_is_used_counts() -> None:
    taken = (exam("a:1b", 4), exam("a:1b", 0, "whole"))
    assert of("a:1b", taken).share == 1.0
    assert of("a:1b", taken[1:]).share == 0.0
    assert of("b:1b", taken).share is None


def test_the_exam_with_the_engine_that_is_used_counts() -> None:
    model = ServedModel("a:1b", 1, "digest of a:1b")
    taken = (exam("a:1b", 4), exam("a:1b", 1)._replace(engine="pi", edit_format="tools"))
    shares = [
        standing(model, catalogue=CATALOGUE, exams=taken, engine=engine).share
        for engine in ("aider", "pi", "codex")
    ]
    assert shares == [1.0, 0.25, None]


def test_a_model_that_passed_is_known_though_nobody_else_knows_it() -> None:
    assert names(of("mine:1b", (exam("mine:1b", 4),)), of("other:1b")) == ["mine:1b"]


def for_questions(*models: str) -> list[str]:
    served = [ServedModel(name, 4 << 30, f"digest of {name}") for name in models]
    return [
        each.name
        for each in best_first(standing(m, catalogue=CATALOGUE, role="ask") for m in served)
    ]


@pytest.mark.parametrize("other", ["deepseek-coder:1.3b", "qwen3:8b"])
def test_a_model_for_edits_answers_questions_where_none_is_for_them(other: str) -> None:
    assert for_questions("deepseek-coder:6.7b", other)[0] == "deepseek-coder:6.7b"
    assert for_questions("deepseek-coder:6.7b", "qwen2.5-coder:7b", other)[:2] == [
        "qwen2.5-coder:7b",
        "deepseek-coder:6.7b",
    ]


def test_it_says_that_its_rank_is_for_edits() -> None:
    model = ServedModel("deepseek-coder:6.7b", 1)
    assert standing(model, catalogue=CATALOGUE, role="ask").words.endswith("for edits")
    assert "for edits" not in standing(model, catalogue=CATALOGUE).words


def test_a_loaded_model_wins_a_tie_and_no_more() -> None:
    close = [
        Standing("a", 1, rank=60),
        Standing("b", 1, rank=57, loaded=True),
        Standing("c", 1, rank=30, loaded=True),
    ]
    assert [each.name for each in best_first(close)] == ["b", "a", "c"]


@pytest.mark.parametrize(
    ("installed", "first"),
    [
        (("mistral:7b", "gemma3:12b"), "gemma3:12b"),
        (("unknown:1b", "codellama:7b-code"), "codellama:7b-code"),
        (("only:1b",), "only:1b"),
        (("only:1b", "nomic-embed-text:latest", "gpt-oss:120b-cloud"), "only:1b"),
        (("one:1b", "two:1b"), None),
        (("nomic-embed-text:latest",), None),
        ((), None),
    ],
)
def test_what_the_catalogue_does_not_know(installed: tuple[str, ...], first: str | None) -> None:
    found = names(*map(of, installed))
    assert (found[0] if found else None) == first


def test_after_one_that_does_not_fit_come_lighter_ones_the_heaviest_first() -> None:
    models = [Standing(f"m{size}", size, rank=size) for size in (1, 8, 4, 2)]
    first = models[2]
    assert [each.name for each in next_ones(first, models, ())] == ["m2", "m1"]


def test_a_chain_is_its_own_order_and_names_what_is_installed() -> None:
    models = [Standing(f"m:{size}", size) for size in (1, 2, 4)]
    found = next_ones(models[1], models, ("m:4", "gone:1", "m:4", "m:2", "m:1"))
    assert [each.name for each in found] == ["m:4", "m:1"]


POOL = ["deepseek-coder:6.7b", "qwen2.5-coder:7b", *PREFERRED[-3:], "x:1b", "y", "nomic-embed-text"]


@given(st.lists(st.sampled_from(POOL), unique=True))
def test_nothing_is_there_twice_and_nothing_that_is_not_installed(installed: list[str]) -> None:
    found = names(*map(of, installed))
    assert len(set(found)) == len(found) and set(found) <= set(installed)
