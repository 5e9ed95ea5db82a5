"""Which installed model a run uses."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

PREFERRED = (
    "deepseek-coder:6.7b",
    "qwen2.5-coder:7b",
    "codellama:7b",
    "qwen2.5-coder:14b",
    "deepseek-coder:33b",
    "gpt-oss:20b",
    "devstral-small-2:24b",
    "codestral:22b",
    "starcoder2:15b",
    "gemma3:12b",
    "mistral:7b",
)
"""The guide's list, in its order: the first that is installed is what ``auto`` means."""


def same_model(one: str, other: str) -> bool:
    """Whether two names mean the same model: a missing tag is ``latest``."""
    return _full(one) == _full(other)


def installed_name(wanted: str, installed: Sequence[str]) -> str | None:
    """The installed name that ``wanted`` means: itself, with the tag latest, or with one of
    several suffixes of the same size (``qwen2.5-coder:7b-instruct-q4_K_M`` for
    ``qwen2.5-coder:7b``)."""
    for name in installed:
        if same_model(name, wanted):
            return name
    if ":" in wanted:
        close = sorted(name for name in installed if name.startswith(wanted + "-"))
        return close[0] if close else None
    return None


def can_chat(name: str) -> bool:
    """Whether a model answers in words: not one that only makes embeddings, by its name."""
    return "embed" not in name and "bge-" not in name


def calls_tools(show: Mapping[str, Any]) -> bool:
    """By /api/show. A server too old to tell is not doubted: the engine's own error will."""
    told = show.get("capabilities")
    return "tools" in told if isinstance(told, list) else True


def runs_elsewhere(name: str) -> bool:
    """Ollama's cloud models are listed like the others, and the prompt leaves the machine."""
    return name.endswith((":cloud", "-cloud"))


def is_model_name(text: str) -> bool:
    """Whether a model can be called so (Ollama's types/model/name.go; home-modules/rules.nix)."""
    import re

    return re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9._/:-]{0,349}", text) is not None


def _full(name: str) -> str:
    return name if ":" in name.rsplit("/", 1)[-1] else name + ":latest"


VARIANTS = "ai-code/"
"""Namespace of the models that we make of others, with a context of their own."""


def is_variant(name: str) -> bool:
    """Whether we made this model of another."""
    return name.startswith(VARIANTS)


def variant_name(name: str, num_ctx: int) -> str:
    """Of a model with that context: ``qwen3:8b`` → ``ai-code/qwen3:8b-ctx16384``."""
    return f"{_variants(name)}{num_ctx}"


def is_variant_of(name: str, of: str) -> bool:
    """Whether we made ``name`` of that model."""
    return name.startswith(_variants(of))


def _variants(name: str) -> str:
    base, _, tag = name.removeprefix("hf.co/").partition(":")
    plain = re.sub(r"[^A-Za-z0-9._-]+", "-", base).strip("-.")
    return f"{VARIANTS}{plain}:{tag or 'latest'}-ctx"
