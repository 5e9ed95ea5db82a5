"""The flows' world with the real client of an Ollama, talking to the stand-in."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from ai_code.drill.ollama import DEEPSEEK_CODER, GPT_OSS, QWEN_CODER, OllamaStandIn
from ai_code.system.ollama import OllamaServer
from tests.flows.fake_world import FakeWorld


class ModelsWorld:
    """A world and the stand-in that it asks. ``serve`` starts another one in its place."""

    def __init__(self, world: FakeWorld) -> None:
        self.world = world
        self.stand_in: OllamaStandIn | None = None
        self.serve()

    def serve(self, models: Any = (DEEPSEEK_CODER, QWEN_CODER, GPT_OSS), **options: Any) -> None:
        self.close()
        self.stand_in = OllamaStandIn(list(models), **options).__enter__()
        self.world.server = OllamaServer(self.stand_in.url, timeout_s=5)  # type: ignore[assignment]
        self.world.set(ollama_api=self.stand_in.url)

    def close(self) -> None:
        if self.stand_in is not None:
            self.stand_in.__exit__(None, None, None)

    @property
    def ollama(self) -> OllamaStandIn:
        assert self.stand_in is not None
        return self.stand_in

    @property
    def told(self) -> str:
        return self.world.console.told


@pytest.fixture
def here(world: FakeWorld) -> Iterator[ModelsWorld]:
    made = ModelsWorld(world)
    yield made
    made.close()
