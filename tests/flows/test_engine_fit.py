"""Whether a model and its server will do for an engine."""

from __future__ import annotations

from typing import Any

import pytest

from ai_code.core.models import is_variant, is_variant_of, variant_name
from ai_code.core.task import LocalModel
from ai_code.core.verdict import UnavailableReason
from ai_code.engines.registry import local_engine
from ai_code.flows.engine_fit import why_not
from ai_code.flows.readiness import Ready

TOOLS: dict[str, Any] = {"capabilities": ["completion", "tools"]}


def ready(context: int = 32768) -> Ready:
    return Ready(LocalModel("qwen3:8b", "http://127.0.0.1:11434", context))


@pytest.mark.parametrize(
    ("name", "version", "show", "context", "told"),
    [
        ("claude-local", "0.13.5", TOOLS, 32768, "needs Ollama 0.14.0 or later"),
        ("codex", "0.13.2", TOOLS, 32768, "needs Ollama 0.13.3 or later"),
        ("pi", "0.20.0", {"capabilities": ["completion"]}, 32768, "works by calling tools"),
        ("qwen", "0.20.0", TOOLS, 8192, "need a context of 24576 tokens"),
    ],
)
def test_why_it_cannot(
    name: str, version: str, show: dict[str, Any], context: int, told: str
) -> None:
    why = why_not(local_engine(name), ready(context).local, version, show)
    assert why is not None and told in why.message and why.hint
    assert why.reason is not UnavailableReason.MISSING


@pytest.mark.parametrize("name", ["claude-local", "codex", "goose", "opencode", "pi", "vibe"])
def test_it_can(name: str) -> None:
    assert why_not(local_engine(name), ready().local, "0.20.0", TOOLS) is None


def test_an_old_server_tells_of_no_tools_and_is_not_doubted() -> None:
    assert why_not(local_engine("pi"), ready().local, "0.20.0", {}) is None
    assert why_not(local_engine("pi"), ready().local, "", TOOLS) is None


def test_aider_is_told_the_context_itself() -> None:
    assert why_not(local_engine("aider"), ready(2048).local, "0.1.0", {}) is None


@pytest.mark.parametrize(
    "name", ["qwen3:8b", "qwen3", "hf.co/maker/Name-GGUF:Q4_K_M", "me/own.model:7b-q4"]
)
def test_names_of_variants(name: str) -> None:
    made = variant_name(name, 16384)
    assert is_variant(made) and is_variant_of(made, name) and not is_variant(name)
    assert made.count("/") == 1 and made.count(":") == 1 and made.endswith("-ctx16384")
    assert not is_variant_of(made, "other:8b")
