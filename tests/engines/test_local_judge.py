"""The words of an engine that failed before it told why in its events."""

from __future__ import annotations

import pytest

from ai_code.core.exits import Exit
from ai_code.core.verdict import Unavailable
from ai_code.engines.local import plain_words
from ai_code.engines.local_judge import Told, judge

_CLAP = "error: unexpected argument '--x' found\n\nUsage: goose run [OPTIONS]\n\nTry '--help'."
_YARGS = (
    "Options:\n  -h, --help  show help  [boolean]\n      --auto  yes  [boolean] [default: false]"
)


@pytest.mark.parametrize(
    ("stderr", "told"),
    [
        ("warning: x\nError: Unknown option: --x\n", "Error: Unknown option: --x"),
        (_CLAP, "error: unexpected argument '--x' found"),
        (f"Unknown argument: x\nUsage: qwen\n{_YARGS}", "Unknown argument: x"),
        (_YARGS, "it printed its help, as for an argument it does not know (engines.args?)"),
        ('error: old\n{"type": "result"}', ""),
        ("", ""),
    ],
)
def test_the_last_words_of_a_program(stderr: str, told: str) -> None:
    verdict = judge("x", Told(), Exit(2, stderr_tail=stderr), changed=False)
    assert isinstance(verdict, Unavailable) and verdict.evidence.rule == "x.crash"
    assert verdict.message == "x ended with exit code 2" + (f": {told}" if told else "")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("boom", "boom"),
        ('{"message":"boom","type":"api_error","param":null}', "boom"),
        ('{"error":{"message":"boom"}}', "boom"),
        ('{"error":"boom"}', "boom"),
        ('{"code":7}', '{"code":7}'),
        ("[1]", "[1]"),
    ],
)
def test_the_words_in_an_error(text: str, words: str) -> None:
    assert plain_words(text) == words
