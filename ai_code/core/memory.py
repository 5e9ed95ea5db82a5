"""How much memory a model needs, and the largest context that fits.

    need = weights + KV cache + compute buffers
    KV   = Σ over layers: kv_heads · (key_length + value_length) · context · bytes · parallel

A layer with a sliding window holds at most its window; a recurrent one (kv_heads 0) holds
nothing that grows. ``bytes`` is that of one element: 2 for f16, llama.cpp's default. A first
guess only; what a loaded model really takes, /api/ps tells.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeGuard

GIB = 1 << 30
_BUFFERS = 400 << 20
"""Compute buffers and the runner itself: some 0.3 to 0.5 GiB with a 7B model."""

KvType = Literal["f16", "q8_0", "q4_0"]
"""What OLLAMA_KV_CACHE_TYPE may be."""

ELEMENT_BYTES: Mapping[KvType, float] = {"f16": 2.0, "q8_0": 34 / 32, "q4_0": 18 / 32}
"""Bytes of one element of the cache: llama.cpp's blocks of 32 with a 2-byte scale."""

CONTEXTS = (32768, 24576, 16384, 12288, 8192, 6144, 4096)
"""Contexts we ask for, in tokens, largest first. Below 4,096 no edit fits beside its file."""

DEFAULT_CONTEXT = 16384
"""Asked for where nothing is known of the machine (a server elsewhere)."""

_PERIODS: Mapping[str, int] = {
    "gemma2": 2,
    "gemma3": 6,
    "gemma3n": 5,
    "gptoss": 2,
    "gpt-oss": 2,
    "cohere2": 4,
    "exaone4": 4,
}
"""Of so many layers all but the last see only a window, where model_info does not say which
(llama.cpp's patterns by architecture). An architecture that is not here is taken to see all:
the estimate errs on the safe side."""


@dataclass(frozen=True, slots=True)
class Layer:
    """One layer's cache: heads, elements of a key and a value, tokens it sees at most (0: all)."""

    kv_heads: int
    key_length: int
    value_length: int
    window: int = 0


@dataclass(frozen=True, slots=True)
class Shape:
    """What the KV formula needs of a model; ``context`` is what it was trained for, in tokens
    (0: not told)."""

    layers: tuple[Layer, ...]
    context: int

    def kv_bytes(self, context: int, kv_type: KvType = "f16", parallel: int = 1) -> int:
        """Bytes of the cache with ``context`` tokens for each of ``parallel`` requests."""
        elements = sum(
            layer.kv_heads
            * (layer.key_length + layer.value_length)
            * (min(context, layer.window) if layer.window else context)
            for layer in self.layers
        )
        return int(elements * ELEMENT_BYTES[kv_type]) * parallel


def uniform_shape(
    layers: int, kv_heads: int, key_length: int, context: int, *, window: int = 0, period: int = 0
) -> Shape:
    """A model whose layers are alike; with ``window``, all but the last of each ``period``
    layers see only so many tokens."""
    full = Layer(kv_heads, key_length, key_length)
    slid = Layer(kv_heads, key_length, key_length, window)
    slides = [bool(window and period > 1 and i % period < period - 1) for i in range(layers)]
    return Shape(tuple(slid if each else full for each in slides), context)


def shape_of(show: Mapping[str, Any]) -> Shape | None:
    """The shape in an answer of /api/show, or None where its model_info does not tell."""
    info = show.get("model_info")
    if not isinstance(info, Mapping):
        return None
    told = _Info(info)
    count, heads = told.number("block_count"), told.number("attention.head_count")
    head_size = told.number("embedding_length") // heads if heads else 0
    key = told.number("attention.key_length") or head_size
    value = told.number("attention.value_length") or key
    kv_heads = told.each("attention.head_count_kv", count) or [heads] * count
    if not count or count > _MOST_LAYERS or not key or not any(kv_heads):
        return None
    window = told.number("attention.sliding_window")
    slides = told.slides(count) if window else [False] * count
    full_of = told.number("full_attention_interval")
    layers = tuple(
        Layer(
            0 if full_of > 1 and (i + 1) % full_of else kv_heads[i],
            (told.number("attention.key_length_swa") or key) if slides[i] else key,
            (told.number("attention.value_length_swa") or value) if slides[i] else value,
            window if slides[i] else 0,
        )
        for i in range(count)
    )
    return Shape(layers, told.number("context_length"))


_MOST_LAYERS = 1024


class _Info:
    """Numbers of a model_info, whose keys begin with the architecture's name."""

    def __init__(self, info: Mapping[str, Any]) -> None:
        self._info = info
        self.arch = str(info.get("general.architecture", ""))

    def number(self, key: str) -> int:
        """A whole number above 0, the largest of a list, or 0."""
        value = self._info.get(f"{self.arch}.{key}")
        if isinstance(value, list):
            value = max((item for item in value if _is_number(item)), default=0)
        return value if _is_number(value) and value > 0 else 0

    def each(self, key: str, count: int) -> list[int]:
        """One number for each layer; none where nothing fit is told."""
        value = self._info.get(f"{self.arch}.{key}")
        if isinstance(value, list) and len(value) == count:
            return [item if _is_number(item) and item > 0 else 0 for item in value]
        number = self.number(key)
        return [number] * count if number else []

    def slides(self, count: int) -> list[bool]:
        """Which layers see only the window: a list of yes and no, or every how-many-th does not."""
        pattern = self._info.get(f"{self.arch}.attention.sliding_window_pattern")
        if isinstance(pattern, list) and len(pattern) == count:
            return [bool(item) for item in pattern]
        period = pattern if _is_number(pattern) else _PERIODS.get(self.arch, 0)
        return [period > 1 and i % period < period - 1 for i in range(count)]


def _is_number(value: object) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool)


def need_bytes(
    weights: int, shape: Shape | None, context: int, kv_type: KvType = "f16", parallel: int = 1
) -> int:
    """Bytes that the model with this context takes. Without a shape, an eighth of the weights
    for every 8,192 tokens stands in for the KV cache."""
    if shape:
        return weights + shape.kv_bytes(context, kv_type, parallel) + _BUFFERS
    return weights + weights * context * parallel // (8 * 8192) + _BUFFERS


def largest_context(
    weights: int,
    shape: Shape | None,
    available: int,
    kv_type: KvType = "f16",
    parallel: int = 1,
) -> int:
    """The largest of ``CONTEXTS`` within the model's own and the memory; 0 when none fits."""
    own = shape.context if shape and shape.context else CONTEXTS[0]
    contexts = (own,) if own < CONTEXTS[-1] else tuple(c for c in CONTEXTS if c <= own)
    for context in contexts:
        if need_bytes(weights, shape, context, kv_type, parallel) <= available:
            return context
    return 0


# Sizes in words, the same everywhere: what lies on a disk in units of 1000, as `ollama list`, disks
# and downloads are told; memory in units of 1024, as Ollama's log and its errors tell it.


def gib(size: float) -> str:
    """Memory: ``4.2 GiB`` of so many bytes."""
    return f"{size / GIB:.1f} GiB"


def gb(size: float) -> str:
    """Files, downloads and disks: ``4.7 GB`` of so many bytes, ``274 MB`` below one."""
    return f"{size / 1e9:.1f} GB" if size >= 1e9 or not size else f"{size / 1e6:.0f} MB"
