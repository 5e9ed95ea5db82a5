"""Rules about models that rule out nobody: a slip of the pen in them would never be noticed."""

from __future__ import annotations

import difflib
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from ai_code.core.countries import NAMES
from ai_code.core.text import one_line
from ai_code.settings import Notice

if TYPE_CHECKING:
    from ai_code.core.catalogue import Catalogue
    from ai_code.settings import Loaded

_MAKERS, _COUNTRIES = "models.exclude-makers", "models.exclude-countries"
_LIST = "ai-code models list --all   (names each maker)"


def idle_rules(loaded: Loaded, catalogue: Catalogue) -> tuple[Notice, ...]:
    """A warning for each maker that the catalogue, with a person's own, does not know, and one
    where no maker is from any of the countries. A country more in the list is no slip: a team's
    list names those that it never wants, with models or without."""
    settings = loaded.settings
    known = {maker.name.casefold() for maker in catalogue.makers}
    found = [
        Notice(
            f"{_MAKERS} ({loaded.origins[_MAKERS]}): the catalogue knows no maker "
            f"'{one_line(name, 60)}', so this excludes nothing{_meant(name, catalogue)}",
            _LIST,
        )
        for name in settings.models_exclude_makers
        if name.casefold() not in known
    ]
    there = {maker.country for maker in catalogue.makers}
    countries = settings.models_exclude_countries
    if countries and not there.intersection(countries):
        named = ", ".join(f"{code} ({NAMES[code]})" for code in countries)
        found.append(
            Notice(
                f"{_COUNTRIES} ({loaded.origins[_COUNTRIES]}): the catalogue knows no maker from "
                f"{named}, so this excludes nothing; makers are from {', '.join(sorted(there))}",
                _LIST,
            )
        )
    return tuple(found)


def _meant(name: str, catalogue: Catalogue) -> str:
    """The maker with nearly that name, or the one whose models have it."""
    word = name.casefold().strip()
    by_name = {maker.name.casefold(): maker.name for maker in catalogue.makers}
    near = difflib.get_close_matches(word, by_name, n=1, cutoff=0.7)
    meant = by_name[near[0]] if near else ""
    for maker in catalogue.makers:
        if not meant and word and any(fnmatchcase(word, each) for each in maker.names):
            meant = maker.name
    return f"; did you mean {meant}?" if meant else ""
