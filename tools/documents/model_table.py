"""The table of models: what ``ai-code models recommend`` says on the machines that are recorded."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from ai_code.core.catalogue import Entry
from ai_code.core.countries import NAMES
from ai_code.core.machine import Machine
from ai_code.core.memory import gb
from ai_code.core.policy import Policy
from ai_code.core.recommend import GOOD_CONTEXT, Fit, Wishes, recommend
from ai_code.system.catalogue_files import load_catalogue
from tests.machines import machine
from tools.documents import japanese
from tools.documents.tables import Language, table

_MACHINES = (
    "ram-8", "ram-16", "ram-32", "vram-6", "vram-8", "vram-12", "vram-16", "vram-24", "vram-48",
    "mac-16", "mac-32",
)  # fmt: skip
"""Recorded machines, by their kind of memory and its GB."""
_MOST = 3
_KINDS = {"ram": "RAM", "vram": "VRAM", "mac": "Apple"}
_HEAD = {
    "en": ("Memory", "Model", "Download", "Context", "Maker", "Languages"),
    "ja": ("メモリ", "モデル", "サイズ", "コンテキスト", "開発元", "言語"),
}
_LANGUAGES = {
    "de": "German", "en": "English", "es": "Spanish", "fr": "French",
    "hi": "Hindi", "it": "Italian", "ja": "Japanese", "pt": "Portuguese",
    "th": "Thai", "zh": "Chinese",
}  # fmt: skip


def models(language: Language) -> str:
    """For each machine the best model of each of the makers that come first, and below them the
    one that is made for Japanese, with the least memory that it suits."""
    rows = [row for name in _MACHINES for row in _rows(name, language)]
    return "\n".join(table(_HEAD[language], [*rows, _for_japanese(language)]))


def _rows(name: str, language: Language) -> Iterator[tuple[str, ...]]:
    makers: set[str] = set()
    for entry, fit in _found(machine(name)):
        if entry.maker.name not in makers and len(makers) < _MOST:
            yield _row(_memory(name), entry, fit, language)
            makers.add(entry.maker.name)


def _for_japanese(language: Language) -> tuple[str, ...]:
    name, entry, fit = next(
        (name, entry, fit)
        for name in _MACHINES
        for entry, fit in _found(machine(name))
        if entry.maker.country == "JP" and fit.placement != "split" and fit.context >= GOOD_CONTEXT
    )
    return _row(_memory(name), entry, fit, language)


def _found(on: Machine) -> Iterator[tuple[Entry, Fit]]:
    good, _ = recommend(load_catalogue(Path("/nowhere/models.yaml")), on, Wishes(Policy()))
    return ((each.entry, each.fit) for each in good)


def _memory(name: str) -> str:
    kind, _, size = name.partition("-")
    return f"{_KINDS[kind]} {size} GB"


def _row(memory: str, entry: Entry, fit: Fit, language: Language) -> tuple[str, ...]:
    code = entry.maker.country
    countries, names, comma = {
        "en": (NAMES, _LANGUAGES, ", "),
        "ja": (japanese.COUNTRIES, japanese.LANGUAGES, "、"),
    }[language]
    maker = f"{entry.maker.name}{comma}{countries[code]}"
    spoken = comma.join(names[each] for each in entry.languages)
    size, context = gb(fit.quantisation.size), f"{fit.context // 1024}k"
    return memory, f"`{fit.quantisation.tag}`", size, context, maker, spoken
