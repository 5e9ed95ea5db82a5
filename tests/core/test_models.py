"""Which installed model a run uses."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai_code.core.models import PREFERRED, choose, installed_name, same_model


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("mistral", "mistral:latest", True),
        ("mistral:latest", "mistral", True),
        ("mistral:7b", "mistral", False),
        ("hf.co/maker/model", "hf.co/maker/model:latest", True),
        ("host:5000/model", "host:5000/model:latest", True),
        ("a", "b", False),
    ],
)
def test_a_missing_tag_is_latest(one: str, other: str, same: bool) -> None:
    assert same_model(one, other) is same


INSTALLED = (
    "mistral:latest",
    "qwen2.5-coder:7b-instruct-q8_0",
    "qwen2.5-coder:7b-instruct-q4_K_M",
    "qwen2.5-coder:1.5b",
)


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ("mistral", "mistral:latest"),
        ("mistral:latest", "mistral:latest"),
        ("mistral:7b", None),
        ("qwen2.5-coder:7b", "qwen2.5-coder:7b-instruct-q4_K_M"),
        ("qwen2.5-coder:7b-instruct-q8_0", "qwen2.5-coder:7b-instruct-q8_0"),
        ("qwen2.5-coder:1.5b", "qwen2.5-coder:1.5b"),
        ("qwen2.5-coder:1", None),
        ("qwen2.5-coder", None),
        ("qwen", None),
        ("", None),
    ],
)
def test_installed_name(wanted: str, found: str | None) -> None:
    assert installed_name(wanted, INSTALLED) == found


@pytest.mark.parametrize(
    ("installed", "chosen"),
    [
        (("mistral:7b", "codellama:7b", "deepseek-coder:6.7b"), "deepseek-coder:6.7b"),
        (("codellama:7b-code", "unknown:1b"), "codellama:7b-code"),
        (("only:1b",), "only:1b"),
        (("only:1b", "nomic-embed-text:latest", "bge-m3:latest"), "only:1b"),
        (("one:1b", "two:1b"), None),
        (("nomic-embed-text:latest",), None),
        ((), None),
    ],
)
def test_auto(installed: tuple[str, ...], chosen: str | None) -> None:
    assert choose("auto", installed) == chosen


NAMES = st.lists(st.sampled_from([*PREFERRED, "x:1b", "y", "nomic-embed-text"]), unique=True)


@given(st.sampled_from(["auto", *PREFERRED]), NAMES)
def test_only_what_is_installed_is_chosen(wanted: str, installed: list[str]) -> None:
    assert choose(wanted, installed) in (None, *installed)
