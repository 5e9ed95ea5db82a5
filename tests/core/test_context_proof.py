"""What was sent to a model against what its server took."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai_code.core.context_proof import Counts, Proof, counts_of, largest_prompt


@pytest.mark.parametrize(
    ("proof", "words"),
    [
        (Proof(16384, 16384, 2400, 2739), ""),
        (Proof(16384, 0, 2400, 0), ""),
        # Japanese: the model's tokenizer needs a third less than the estimate.
        (Proof(16384, 16384, 6000, 4000), ""),
        (Proof(16384, 4096, 2400, 2400), "m has 4096 tokens of context, 16384 were asked for.\n"),
        (Proof(16384, 4096, 9000, 4096), "the prompt (about 9000) was cut at its front.\n"),
        (Proof(16384, 16384, 9000, 900), "m took 900 of about 9000 tokens;\n"),
        (Proof(16384, 16384, 500, 70), ""),
        (Proof(4096, 4096, 9000, 0), "the prompt is about 9000 tokens long, the context 4096:\n"),
    ],
)
def test_what_is_told(proof: Proof, words: str) -> None:
    told = proof.told("m")
    assert words in told
    assert bool(told) is bool(words)
    assert all(len(line) <= 80 for line in told.splitlines())
    if told:
        assert told.splitlines()[-1].startswith("hint: ")


def test_the_command_names_the_context_that_was_asked_for() -> None:
    told = Proof(16384, 4096).told("m")
    assert told.endswith("hint: OLLAMA_CONTEXT_LENGTH=16384 ollama serve")


def test_counts() -> None:
    log = '[2739, 26, 500000000]\nnonsense\n[null, 3, 4]\n{"a": 1}\n[7, null, "x"]\n[1, 2'
    assert counts_of(log) == [Counts(2739, 26, 0.5), Counts(7, 0, 0.0)]
    assert largest_prompt(counts_of(log)) == 2739
    assert largest_prompt([]) == 0


@given(st.text() | st.lists(st.integers() | st.none() | st.booleans()).map(json.dumps))
def test_no_log_breaks_it(log: str) -> None:
    assert all(each.prompt >= 0 for each in counts_of(log))
