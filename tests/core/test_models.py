"""Which installed model a run uses."""

from __future__ import annotations

import pytest

from ai_code.core.models import installed_name, same_model


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
