"""Rules that rule out nobody are told of: a slip in a policy must not go unnoticed."""

from __future__ import annotations

from pathlib import Path

import pytest

from ai_code.core.catalogue import Maker
from ai_code.flows.models.idle_rules import idle_rules
from ai_code.settings import Layers, SourceFile, load
from ai_code.system.catalogue_files import load_catalogue

CATALOGUE = load_catalogue(Path("/nowhere"))
FILE = Path("/home/person/.config/ai-code/config.yaml")


def told(text: str, *own: Maker) -> list[str]:
    loaded = load(Layers(user=SourceFile(FILE, text.encode())))
    return [notice.text for notice in idle_rules(loaded, CATALOGUE.with_more(own, ()))]


@pytest.mark.parametrize(
    ("name", "meant"), [("Alibba", "Alibaba"), ("qwen", "Alibaba"), ("deep seek", "DeepSeek")]
)
def test_a_maker_that_nobody_knows(name: str, meant: str) -> None:
    (text,) = told(f"models.exclude-makers: [{name}, mistral]")
    assert text == (
        f"models.exclude-makers (user {FILE}:1): the catalogue knows no maker '{name}', "
        f"so this excludes nothing; did you mean {meant}?"
    )


def test_a_maker_of_ones_own_is_known() -> None:
    assert told("models.exclude-makers: [Ours Inc]")[0].endswith("so this excludes nothing")
    assert told("models.exclude-makers: [ours inc]", Maker("Ours Inc", "DE")) == []


def test_countries_without_makers() -> None:
    (text,) = told("models.exclude-countries: [CH]")
    assert "no maker from CH (Switzerland), so this excludes nothing" in text
    assert "makers are from AE, CA, CN" in text
    assert told("models.exclude-countries: [CH]", Maker("Ours", "CH")) == []
    # Whoever lists several means them, models or not.
    assert told("models.exclude-countries: [CN, KP]") == []


def test_nothing_is_said_where_nothing_is_excluded() -> None:
    assert told("models.deny: [qwen*]") == []
