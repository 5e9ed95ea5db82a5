"""Whether a model may be loaded early: nothing that others have loaded may have to go."""

from __future__ import annotations

import pytest

from ai_code.core.machine import Gpu
from ai_code.core.ports import LoadedModel, Machine
from ai_code.core.preload import fits_beside

GIB = 1 << 30
NO_GPU = Machine(16 * GIB, 10 * GIB)
GPU = Machine(32 * GIB, 20 * GIB, (Gpu("card", "nvidia", 12 * GIB, 10 * GIB),))
APPLE = Machine(32 * GIB, 20 * GIB, (Gpu("M2", "apple", 21 * GIB, 15 * GIB, unified=True),))
ON_CPU = LoadedModel("a", 6 * GIB, 0, 4096)
ON_GPU = LoadedModel("b", 6 * GIB, 6 * GIB, 4096)


@pytest.mark.parametrize(
    ("machine", "loaded", "need", "fits"),
    [
        (NO_GPU, [], 9 * GIB, True),
        (NO_GPU, [], 10 * GIB, False),  # half a GiB is left for the system
        (NO_GPU, [ON_CPU], 9 * GIB, True),
        (NO_GPU, [ON_CPU], 10 * GIB, False),  # what the other holds is not counted
        (GPU, [], 28 * GIB, True),  # 19.5 + 9
        (GPU, [], 29 * GIB, False),
        (GPU, [ON_CPU], 28 * GIB, True),
        (GPU, [ON_GPU], 9 * GIB, True),  # into the GPU's free memory as a whole …
        (GPU, [ON_GPU], 10 * GIB, False),  # … or the other one would have to go
        (GPU, [ON_CPU, ON_GPU], 9 * GIB, True),
        (GPU, [ON_CPU, ON_CPU, ON_GPU], 1, False),  # Ollama keeps three at most
        (APPLE, [ON_GPU], 15 * GIB, True),  # of the GPU's 21 GiB the other holds 6
        (APPLE, [ON_GPU], 16 * GIB, False),
        (None, [], 99 * GIB, True),  # a server elsewhere
        (None, [ON_CPU], 1, False),
        (NO_GPU, None, 1, False),  # it does not tell
        (None, None, 1, False),
    ],
)
def test_fits_beside(
    machine: Machine | None, loaded: list[LoadedModel] | None, need: int, fits: bool
) -> None:
    assert fits_beside(need, machine, loaded) is fits
