"""Placeholders of custom.command: which are refused, and what the others become."""

from __future__ import annotations

import pytest

from ai_code.core.placeholders import LISTED, filled, misused

VALUES = {"model": "m {context}", "context": "8192", "prompt_file": "/p", "ollama_url": "http://x"}


@pytest.mark.parametrize(
    ("argument", "becomes"),
    [
        ("{model}", "m {context}"),
        ("--ctx={context},{context}", "--ctx=8192,8192"),
        ("{{bogus}}", "{bogus}"),
        ("{{model}}", "{model}"),
        ('{"a":{"b":1}}', '{"a":{"b":1}}'),
        ('{"model":"{model}"}', '{"model":"m {context}"}'),
        ("echo ${HOME} {} {1..3}", "echo ${HOME} {} {1..3}"),
    ],
)
def test_what_is_replaced_and_what_stays(argument: str, becomes: str) -> None:
    assert misused([argument]) == ""
    assert filled([argument], VALUES, ["a.py"]) == (becomes,)


def test_files_are_an_argument_each() -> None:
    assert filled(["-x", "{files}", "-y"], VALUES, ["a {b}", "c"]) == ("-x", "a {b}", "c", "-y")
    assert filled(["{files}"], VALUES, []) == ()


@pytest.mark.parametrize("argument", ["{bogus}", "--x={Model}", "--files={files}", "{files},"])
def test_a_slip_is_told_with_the_list(argument: str) -> None:
    assert LISTED in misused(["{model}", argument])
