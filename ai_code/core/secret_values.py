"""Values that must never be shown or recorded, and their masking."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from ai_code.core.verdict import Done, Interrupted, Verdict

MASK = "‹secret›"
_LAST_WORDS = frozenset({"KEY", "TOKEN", "SECRET", "PASSWORD", "PASSPHRASE"})
_NAMES = frozenset({"ANTHROPIC_CUSTOM_HEADERS"})
_LEAST = 8
"""Shorter values are words of everyday texts, and no keys."""


def secret_values(environ: Mapping[str, str], headers: Mapping[str, str]) -> tuple[str, ...]:
    """Keys and tokens of the environment (by the names of its variables) and of ``headers``,
    whole and without a scheme such as ``Bearer``. The longest first, so that a part of one
    does not keep the rest of it from being found."""
    found = dict.fromkeys(_candidates(environ, headers))
    return tuple(sorted((each for each in found if len(each) >= _LEAST), key=len, reverse=True))


def masked(text: str, secrets: Iterable[str]) -> str:
    """``text`` without these values."""
    for secret in secrets:
        text = text.replace(secret, MASK)
    return text


def masked_verdict(verdict: Verdict, secrets: tuple[str, ...]) -> Verdict:
    """A verdict that may be shown and recorded: an engine's words can quote a key."""
    excerpt = masked(verdict.evidence.excerpt, secrets)
    evidence = verdict.evidence._replace(excerpt=excerpt)
    if isinstance(verdict, Done | Interrupted):
        return verdict._replace(evidence=evidence)
    return verdict._replace(evidence=evidence, message=masked(verdict.message, secrets))


def _candidates(environ: Mapping[str, str], headers: Mapping[str, str]) -> Iterator[str]:
    values = [value for name, value in environ.items() if _is_secret(name.upper())]
    for value in (*values, *headers.values()):
        yield value.strip()
        yield value.strip().rpartition(" ")[2]


def _is_secret(name: str) -> bool:
    return name.rpartition("_")[2] in _LAST_WORDS or name in _NAMES
