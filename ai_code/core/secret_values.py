"""Values that must never be shown or recorded, and their masking."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from ai_code.core.verdict import Done, Interrupted, Verdict

MASK = "‹secret›"
_LAST_WORDS = frozenset({"KEY", "PASS", "PAT"})
_ENDINGS = ("APIKEY", "TOKEN", "SECRET", "PASSWORD", "PASSPHRASE", "PASSWD")
"""With a word before them too: PGPASSWORD, NPM_AUTHTOKEN."""
_NAMES = frozenset({"ANTHROPIC_CUSTOM_HEADERS", "MYSQL_PWD", "SSHPASS"})
_IN_ADDRESS = r"://[^\s/:@]*:[^\s/@]{4,}@"
_LEAST = 8
"""Shorter values are words of everyday texts, and no keys."""


_LOOKS = (
    ("a private key", r"-----BEGIN [A-Z ]*PRIVATE KEY-----"),
    ("a key of Anthropic or OpenAI", r"\bsk-[A-Za-z0-9_-]{20,}"),
    ("a token of GitHub", r"\b(?:gh[oprsu]_[A-Za-z0-9]{20,}|github_pat_[A-Za-z0-9_]{20,})"),
    ("a token of GitLab", r"\bglpat-[A-Za-z0-9_-]{16,}"),
    ("a token of Slack", r"\bxox[abeoprs]-[A-Za-z0-9-]{10,}"),
    ("a key of AWS", r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b"),
    ("a key of Google", r"\bAIza[A-Za-z0-9_-]{30,}"),
    ("a signed token (JWT)", r"\beyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}\."),
    (
        "a password or key",
        r"(?i)(?<![a-z])(?:pass(?:word|wd|phrase)|secret|token|api[_-]?key)[\"']?\s*[:=]\s*[\"']?"
        r"(?=\S*\d)[^\s\"'<>${}]{8,}",
    ),
    ("a password in an address", _IN_ADDRESS),
)
"""Of what people paste; a note goes to every engine, and to whoever serves its model."""


def secret_values(environ: Mapping[str, str], headers: Mapping[str, str]) -> tuple[str, ...]:
    """Keys and tokens of the environment (by the names of its variables, or a password in an
    address) and of ``headers``, whole and without a scheme such as ``Bearer``. The longest first,
    so that a part of one does not keep the rest of it from being found."""
    found = dict.fromkeys(_candidates(environ, headers))
    return tuple(sorted((each for each in found if len(each) >= _LEAST), key=len, reverse=True))


def masked(text: str, secrets: Iterable[str]) -> str:
    """``text`` without these values."""
    for secret in secrets:
        text = text.replace(secret, MASK)
    return text


def looks_secret(text: str) -> str:
    """What in ``text`` looks like a key or a password, in words; empty where nothing does."""
    for words, pattern in _LOOKS:
        if re.search(pattern, text):
            return words
    return ""


def masked_verdict(verdict: Verdict, secrets: tuple[str, ...]) -> Verdict:
    """A verdict that may be shown and recorded: an engine's words can quote a key."""
    excerpt = masked(verdict.evidence.excerpt, secrets)
    evidence = verdict.evidence._replace(excerpt=excerpt)
    if isinstance(verdict, Done | Interrupted):
        return verdict._replace(evidence=evidence)
    return verdict._replace(evidence=evidence, message=masked(verdict.message, secrets))


def _candidates(environ: Mapping[str, str], headers: Mapping[str, str]) -> Iterator[str]:
    values = [value for name, value in environ.items() if _is_secret(name, value)]
    for value in (*values, *headers.values()):
        yield value.strip()
        yield value.strip().rpartition(" ")[2]


def secret_names(environ: Mapping[str, str]) -> list[str]:
    """Variables that no local engine gets: keys and tokens, which a model could have printed, and
    the way to the agent that signs with the person's keys."""
    return [
        name
        for name, value in environ.items()
        if _is_secret(name, value) or name == "SSH_AUTH_SOCK"
    ]


def _is_secret(name: str, value: str) -> bool:
    upper = name.upper()
    last = upper.rpartition("_")[2]
    if last in _LAST_WORDS or last.endswith(_ENDINGS) or upper in _NAMES:
        return True
    # The first look spares every start of ai-code the expression.
    return "@" in value and "://" in value and re.search(_IN_ADDRESS, value) is not None
