"""What a person typed where one of some letters was asked for. Pure."""

from __future__ import annotations

from collections.abc import Mapping

_WORDS = {"y": "yes", "n": "no"}


def chosen(typed: str, choices: Mapping[str, str]) -> str | None:
    """The letter that was meant: as it is, as its meaning or the first word of that (``choices``
    has letter → meaning), in capitals, or in the full width that a Japanese keyboard gives. None
    for all else: what only begins with a letter (``yesterday``) agrees to nothing."""
    import unicodedata

    said = unicodedata.normalize("NFKC", typed).strip().casefold()
    for letter, meaning in choices.items():
        words = meaning.casefold()
        if said and said in (letter, words, *words.split()[:1], _WORDS.get(letter)):
            return letter
    return None


def listed(choices: Mapping[str, str]) -> str:
    """``[1], [2], [n] no``: a letter whose meaning was shown before stands alone."""
    return ", ".join(f"[{letter}] {meaning}".rstrip() for letter, meaning in choices.items())
