"""Memory of a model: the figures of the facts file (ollama-models.md) come out again."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai_code.core.memory import (
    CONTEXTS,
    GIB,
    Layer,
    Shape,
    gib,
    largest_context,
    need_bytes,
    shape_of,
    uniform_shape,
)
from ai_code.drill.models import DEEPSEEK_CODER, GPT_OSS, QWEN_CODER


def show(arch: str, **numbers: Any) -> dict[str, Any]:
    """An answer of /api/show with that model_info."""
    info = {f"{arch}.{key.replace('__', '.')}": value for key, value in numbers.items()}
    return {"model_info": {"general.architecture": arch, **info}}


LLAMA = show(
    "llama",
    block_count=32,
    embedding_length=4096,
    attention__head_count=32,
    attention__head_count_kv=8,
    context_length=131072,
)
QWEN_14B = show(
    "qwen2",
    block_count=48,
    embedding_length=5120,
    attention__head_count=40,
    attention__head_count_kv=8,
    context_length=32768,
)
QWEN3_MOE = show(
    "qwen3moe",
    block_count=48,
    embedding_length=2048,
    attention__head_count=32,
    attention__head_count_kv=4,
    attention__key_length=128,
    attention__value_length=128,
    context_length=40960,
)


@pytest.mark.parametrize(
    ("told", "figures"),
    [
        (LLAMA, (0.50, 1.0, 4.0)),
        (QWEN_CODER.show(), (0.22, 0.44, 1.75)),
        (QWEN_14B, (0.75, 1.5, 6.0)),
        (QWEN3_MOE, (0.38, 0.75, 3.0)),
    ],
    ids=["llama3.1-8b", "qwen2.5-coder-7b", "qwen2.5-coder-14b", "qwen3-30b-a3b"],
)
def test_kv_cache_in_gib(told: dict[str, Any], figures: tuple[float, ...]) -> None:
    shape = shape_of(told)
    assert shape
    found = [shape.kv_bytes(context) / GIB for context in (4096, 8192, 32768)]
    assert found == pytest.approx(figures, abs=0.006)


def test_key_length_is_not_what_the_embedding_says() -> None:
    shape = shape_of(GPT_OSS.show())
    # Layers 0, 2, 4 … see a window of 128 tokens (Ollama's gptoss), the others all.
    assert shape == uniform_shape(24, 8, 64, 131072, window=128, period=2)


def test_heads_that_differ_by_layer() -> None:
    """A hybrid: a recurrent layer holds no cache that grows with the context."""
    told = show("x", block_count=2, embedding_length=64, attention__head_count=4)
    told["model_info"]["x.attention.head_count_kv"] = [0, 2]
    shape = shape_of(told)
    assert shape
    # 2 heads · (16 + 16) · 100 tokens · 2 bytes
    assert shape.kv_bytes(100) == 12_800


@pytest.mark.parametrize(
    "told",
    [
        {},
        {"model_info": None},
        {"model_info": []},
        {"model_info": {}},
        show("x", block_count="many"),
        show("x", block_count=32),
        show("x", block_count=0, embedding_length=8, attention__head_count=2),
        show("x", block_count=-1, embedding_length=8, attention__head_count=2),
    ],
)
def test_a_shape_that_is_not_told(told: dict[str, Any]) -> None:
    assert shape_of(told) is None
    assert need_bytes(4 * GIB, None, 8192) > 4 * GIB


def test_the_largest_context_that_fits() -> None:
    shape = shape_of(QWEN_CODER.show())
    size = QWEN_CODER.size
    for context in CONTEXTS:
        need = need_bytes(size, shape, context)
        assert largest_context(size, shape, need) == context
    assert largest_context(size, shape, need_bytes(size, shape, CONTEXTS[-1]) - 1) == 0


def test_never_more_than_the_model_was_trained_for() -> None:
    assert largest_context(DEEPSEEK_CODER.size, shape_of(DEEPSEEK_CODER.show()), 1 << 50) == 16384
    small = uniform_shape(2, 2, 2, context=2048)
    assert largest_context(GIB, small, 1 << 50) == 2048
    assert largest_context(GIB, small, GIB) == 0


LAYERS = st.builds(
    Layer,
    kv_heads=st.integers(0, 128),
    key_length=st.integers(1, 512),
    value_length=st.integers(0, 512),
    window=st.sampled_from([0, 0, 128, 4096]),
)
SHAPES = st.none() | st.builds(
    Shape,
    layers=st.lists(LAYERS, min_size=1, max_size=6).map(tuple),
    context=st.integers(0, 1 << 20),
)


@given(st.integers(0, 1 << 40), SHAPES, st.integers(0, 1 << 45))
def test_what_is_chosen_always_fits(weights: int, shape: Shape | None, available: int) -> None:
    context = largest_context(weights, shape, available)
    assert context == 0 or need_bytes(weights, shape, context) <= available
    more = largest_context(weights, shape, available * 2)
    assert more >= context


def test_words() -> None:
    assert gib(8.4 * GIB) == "8.4 GiB"
