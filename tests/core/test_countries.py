"""Country codes: those of ISO 3166-1, and what people write in their place."""

from __future__ import annotations

from pathlib import Path

import pytest

from ai_code.core.countries import NAMES, OF_MAKERS, country_code, nearest_code
from ai_code.system.catalogue_files import load_catalogue


def test_the_table_is_whole() -> None:
    assert len(NAMES) == 249
    assert all(len(code) == 2 and code.isascii() and code.isupper() for code in NAMES)
    assert all(NAMES.values()) and len(set(NAMES.values())) == 249


def test_the_makers_countries_are_those_of_the_catalogue() -> None:
    makers = load_catalogue(Path("/nowhere")).makers
    assert tuple(sorted({maker.country for maker in makers})) == OF_MAKERS


def test_a_code_in_any_letters() -> None:
    assert [country_code(text) for text in ("CN", "cn", "Us", "XX", "China", "")] == [
        *("CN", "CN", "US"),
        *("", "", ""),
    ]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("China", "CN"),
        ("Chian", "CN"),
        ("united states", "US"),
        ("USA", "US"),
        ("UK", "GB"),
        ("中国", "CN"),
        ("フランス", "FR"),
        ("XX", ""),
        ("", ""),
        ("somewhere else", ""),
    ],
)
def test_what_was_probably_meant(text: str, code: str) -> None:
    assert nearest_code(text) == code
