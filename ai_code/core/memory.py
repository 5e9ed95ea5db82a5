"""How much memory a model needs, and the largest context that fits.

    need = weights + KV cache + compute buffers
    KV   = layers · kv_heads · (key_length + value_length) · context · bytes an element

The formula is llama.cpp's f16 KV cache (2 bytes an element). Sliding-window layers hold at
most their window, which this leaves out: the estimate errs on the safe side. A first guess only;
what a loaded model really takes, /api/ps tells.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

GIB = 1 << 30
_F16_BYTES = 2
_BUFFERS = 400 << 20
"""Compute buffers and the runner itself: some 0.3 to 0.5 GiB with a 7B model."""

CONTEXTS = (32768, 24576, 16384, 12288, 8192, 6144, 4096)
"""Contexts we ask for, in tokens, largest first. Below 4,096 no edit fits beside its file."""

DEFAULT_CONTEXT = 16384
"""Asked for where nothing is known of the machine (a server elsewhere)."""


@dataclass(frozen=True, slots=True)
class Shape:
    """What the KV formula needs of a model; ``context`` is what it was trained for, in tokens."""

    layers: int
    kv_heads: int
    key_length: int
    value_length: int
    context: int

    def kv_bytes(self, context: int) -> int:
        per_token = self.layers * self.kv_heads * (self.key_length + self.value_length)
        return per_token * context * _F16_BYTES


def shape_of(show: Mapping[str, Any]) -> Shape | None:
    """The shape in an answer of /api/show, or None where its model_info does not tell."""
    info = show.get("model_info")
    if not isinstance(info, Mapping):
        return None
    arch = str(info.get("general.architecture", ""))

    def number(key: str) -> int:
        value = info.get(f"{arch}.{key}")
        if isinstance(value, list):
            value = max((item for item in value if isinstance(item, int)), default=0)
        return value if isinstance(value, int) and value > 0 else 0

    heads = number("attention.head_count")
    head_size = number("embedding_length") // heads if heads else 0
    shape = Shape(
        layers=number("block_count"),
        kv_heads=number("attention.head_count_kv") or heads,
        key_length=number("attention.key_length") or head_size,
        value_length=number("attention.value_length") or head_size,
        context=number("context_length"),
    )
    return shape if shape.layers and shape.kv_heads and shape.key_length else None


def need_bytes(weights: int, shape: Shape | None, context: int) -> int:
    """Bytes that the model with this context takes. Without a shape, an eighth of the weights
    for every 8,192 tokens stands in for the KV cache."""
    kv = shape.kv_bytes(context) if shape else weights * context // (8 * 8192)
    return weights + kv + _BUFFERS


def largest_context(weights: int, shape: Shape | None, available: int) -> int:
    """The largest of ``CONTEXTS`` within the model's own and the memory; 0 when none fits."""
    own = shape.context if shape and shape.context else CONTEXTS[0]
    if own < CONTEXTS[-1]:
        return own if need_bytes(weights, shape, own) <= available else 0
    for context in CONTEXTS:
        if context <= own and need_bytes(weights, shape, context) <= available:
            return context
    return 0


def gib(size: float) -> str:
    """``size`` in bytes, in words: ``4.2 GiB``."""
    return f"{size / GIB:.1f} GiB"
