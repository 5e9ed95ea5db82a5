"""Memory of models of many architectures, from answers of /api/show, against figures computed by
hand. See tests/recordings/ollama/show/README.md.

KV = Σ layers: kv_heads · (key + value) · tokens · 2 bytes (f16); KiB = 1024, MiB = 1024 KiB.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ai_code.core.catalogue import Catalogue
from ai_code.core.memory import need_bytes, shape_of
from ai_code.system.catalogue_files import load_catalogue

FOLDER = Path(__file__).parents[1] / "recordings" / "ollama" / "show"
MIB = 1 << 20
BUFFERS = 400 * MIB

FIGURES = [
    # name, MiB of KV at 8,192 tokens, at 32,768 (or at the model's own context where it is less)
    # Dense, every head has its own cache; no key_length: 4096 / 32 = 128.
    # 32 layers · 32 · 256 · 2 B = 512 KiB a token; · 8,192 = 4,096 MiB; · 16,384 = 8,192 MiB.
    ("deepseek-coder-6.7b", 4096, 8192),
    # Grouped heads; 3584 / 28 = 128. 28 · 4 · 256 · 2 B = 56 KiB; · 8,192 = 448 MiB.
    ("qwen2.5-coder-7b", 448, 1792),
    # 64 · 8 · 256 · 2 B = 256 KiB; · 8,192 = 2,048 MiB.
    ("qwen2.5-coder-32b", 2048, 8192),
    # 32 · 8 · 256 · 2 B = 128 KiB.
    ("llama3.1-8b", 1024, 4096),
    # 80 · 8 · 256 · 2 B = 320 KiB.
    ("llama3.3-70b", 2560, 10240),
    # Experts; key_length 128, where 2048 / 32 would say 64. 48 · 4 · 256 · 2 B = 96 KiB.
    ("qwen3-coder-30b", 768, 3072),
    # Experts share one attention: 32 · 8 · 256 · 2 B = 128 KiB.
    ("mixtral-8x7b", 1024, 4096),
    # Every other layer sees 128 tokens. A layer: 8 · 128 · 2 B = 2 KiB a token.
    # 12 · 2 KiB · 8,192 = 192 MiB, and 12 · 2 KiB · 128 = 3 MiB; at 32,768: 768 + 3.
    ("gpt-oss-20b", 195, 771),
    # 5 of 6 layers see 1,024 tokens: 40 of 48. A layer: 8 · 512 · 2 B = 8 KiB a token.
    # 8 · 8 KiB · 8,192 = 512 MiB, and 40 · 8 KiB · 1,024 = 320 MiB; at 32,768: 2,048 + 320.
    ("gemma3-12b", 832, 2368),
    # 62 layers: 10 whole groups of 6, and 2 that slide: 10 see all, 52 the window.
    # A layer: 16 · 256 · 2 B = 8 KiB. 10 · 8 KiB · 8,192 = 640 MiB; 52 · 8 KiB · 1,024 = 416 MiB.
    ("gemma3-27b", 1056, 2976),
    # key_length 128, where 5120 / 32 would say 160. 40 · 8 · 256 · 2 B = 160 KiB.
    ("devstral-small-2-24b", 1280, 5120),
    # Hybrid: one layer of 4 keeps a cache, 12 of 48. 12 · 2 · 512 · 2 B = 24 KiB.
    ("qwen3-next-80b", 192, 768),
    # Hybrid: 4 of 40 layers have heads, the list says which; 1536 / 12 = 128.
    # 4 · 4 · 256 · 2 B = 8 KiB.
    ("granite4-tiny-h", 64, 256),
    # A window of 0 is none. 40 · 10 · 256 · 2 B = 200 KiB; own context 16,384.
    ("phi4-14b", 1600, 3200),
]


def recorded(name: str) -> dict[str, Any]:
    row: dict[str, Any] = json.loads((FOLDER / f"{name}.json").read_text())
    return row


def test_every_recording_has_its_figures() -> None:
    assert sorted(name for name, *_ in FIGURES) == sorted(p.stem for p in FOLDER.glob("*.json"))


@pytest.mark.parametrize(("name", "at_8k", "at_32k"), FIGURES, ids=[row[0] for row in FIGURES])
def test_the_need_is_what_the_formula_says(name: str, at_8k: int, at_32k: int) -> None:
    row = recorded(name)
    shape, size = shape_of(row["show"]), row["size"]
    assert shape
    most = min(32768, shape.context)
    assert shape.kv_bytes(8192) == at_8k * MIB
    assert shape.kv_bytes(most) == at_32k * MIB
    assert need_bytes(size, shape, 8192) == size + at_8k * MIB + BUFFERS
    # Two requests at once hold two caches; q8_0 is 34 bytes for 32 elements of 2.
    assert need_bytes(size, shape, 8192, parallel=2) == size + 2 * at_8k * MIB + BUFFERS
    q8 = need_bytes(size, shape, 8192, "q8_0") - size - BUFFERS
    assert q8 == pytest.approx(at_8k * MIB * 34 / 64, rel=1e-6)


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return load_catalogue(Path("/nowhere/models.yaml"))


@pytest.mark.parametrize(
    ("name", "model"),
    [
        ("deepseek-coder-6.7b", "deepseek-coder:6.7b"),
        ("qwen2.5-coder-7b", "qwen2.5-coder:7b"),
        ("qwen2.5-coder-32b", "qwen2.5-coder:32b"),
        ("llama3.1-8b", "llama3.1:8b"),
        ("llama3.3-70b", "llama3.3:70b"),
        ("qwen3-coder-30b", "qwen3-coder:30b"),
        ("mixtral-8x7b", "mixtral:8x7b"),
        ("gpt-oss-20b", "gpt-oss:20b"),
        ("gemma3-12b", "gemma3:12b"),
        ("gemma3-27b", "gemma3:27b"),
        ("devstral-small-2-24b", "devstral-small-2:24b"),
        ("phi4-14b", "phi4:14b"),
    ],
)
def test_the_catalogue_says_the_same(name: str, model: str, catalogue: Catalogue) -> None:
    """Before a model is installed its need is told from the catalogue, afterwards from the
    server: the two must not differ."""
    row, entry = recorded(name), catalogue.entry(model)
    shape = shape_of(row["show"])
    assert entry
    assert shape
    assert entry.shape.layers == shape.layers
    # Sizes of the catalogue are rounded as the library shows them.
    assert entry.quantisations[0].size == pytest.approx(row["size"], rel=0.04)
