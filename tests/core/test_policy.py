"""The policy: each rule alone, rules together, makers that nobody knows."""

from __future__ import annotations

import pytest

from ai_code.core.catalogue import UNKNOWN, Maker
from ai_code.core.policy import Policy

ALIBABA = Maker("Alibaba", "CN")
MISTRAL = Maker("Mistral", "FR")


@pytest.mark.parametrize(
    ("policy", "name", "maker", "rule"),
    [
        (Policy(), "qwen2.5-coder:7b", ALIBABA, ""),
        (Policy(), "thing", UNKNOWN, ""),
        (
            Policy(exclude_countries=("CN",)),
            "qwen2.5-coder:7b",
            ALIBABA,
            "exclude-countries has CN",
        ),
        (Policy(exclude_countries=("cn",)), "qwen2.5-coder:7b", ALIBABA, "exclude-countries"),
        (Policy(exclude_countries=("CN",)), "mistral:7b", MISTRAL, ""),
        (Policy(exclude_makers=("mistral",)), "mistral:7b", MISTRAL, "exclude-makers has Mistral"),
        (Policy(deny=("mistral*",)), "mistral:7b", MISTRAL, "models.deny has mistral*"),
        (Policy(deny=("mistral",)), "mistral:latest", MISTRAL, "models.deny"),
        (Policy(deny=("codestral:22b",)), "hf.co/x/Codestral:22B", MISTRAL, "models.deny"),
        (Policy(allow=("mistral:7b",)), "mistral:7b", MISTRAL, ""),
        (Policy(allow=("mistral:7b",)), "codestral:22b", MISTRAL, "models.allow does not name it"),
        # Every rule must let it pass: to be allowed by name lifts no other rule …
        (
            Policy(allow=("qwen*",), exclude_countries=("CN",)),
            "qwen2.5-coder:7b",
            ALIBABA,
            "exclude-countries",
        ),
        (Policy(allow=("qwen*",), deny=("qwen*",)), "qwen3:8b", ALIBABA, "models.deny"),
        # … but answers for a maker that nobody knows.
        (Policy(exclude_countries=("CN",)), "own-model", UNKNOWN, "its maker is not known"),
        (Policy(exclude_makers=("X",)), "own-model", UNKNOWN, "its maker is not known"),
        (Policy(exclude_countries=("CN",), allow=("own-*", "q*")), "own-model", UNKNOWN, ""),
    ],
)
def test_the_rule_is_named(policy: Policy, name: str, maker: Maker, rule: str) -> None:
    refusal = policy.refusal(name, maker)
    assert (rule in refusal) if rule else refusal == ""


def test_no_rule_is_no_policy() -> None:
    assert not Policy()
    assert Policy(deny=("x",))
