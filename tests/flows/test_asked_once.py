"""Several engines are looked at with one look at the server: by the doctor, and by the listings."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pytest

from ai_code.core.policy import Policy
from ai_code.core.ports import ModelServerError, ServedModel
from ai_code.drill.models import FakeModel
from ai_code.flows.asked_once import AskedOnce
from ai_code.flows.engines import engine_rows
from ai_code.flows.engines_here import engines_here
from ai_code.flows.status import status
from tests.flows.fake_world import FakeWorld
from tests.flows.test_model_of_an_engine import LLAMA, PLAIN, Showing

CHAIN = ("opencode", "pi", "goose", "qwen", "aider")
TIMEOUT = ModelServerError("timeout", "no answer")


class Counting(Showing):
    """Counts what it is asked; ``silent`` are questions that it lets hang."""

    def __init__(self, *models: FakeModel, silent: Sequence[str] = ()) -> None:
        self.counts: Counter[str] = Counter()
        self.silent = silent
        super().__init__(models_=models)

    def _count(self, question: str) -> None:
        self.counts[question] += 1
        if question in self.silent:
            raise TIMEOUT

    def version(self) -> str:
        self._count("version")
        return super().version()

    def models(self) -> Sequence[ServedModel]:
        self._count("models")
        return super().models()

    def show(self, name: str) -> Mapping[str, Any]:
        self._count("show")
        return super().show(name)


LOOKS: list[Callable[[FakeWorld], object]] = [
    lambda world: engines_here(world, world.settings),
    lambda world: engine_rows(world, world.settings),
    lambda world: status(world, world.settings),
]


@pytest.mark.parametrize("look", LOOKS)
def test_each_question_is_asked_once(world: FakeWorld, look: Callable[[FakeWorld], object]) -> None:
    world.set(fallback_chain=CHAIN)
    world.server = server = Counting(PLAIN, LLAMA)
    look(world)
    assert server.counts == {"version": 1, "models": 1, "show": 2}


@pytest.mark.parametrize("silent", ["models", "show"])
@pytest.mark.parametrize("look", LOOKS)
def test_a_server_that_hangs_is_waited_for_once(
    world: FakeWorld, look: Callable[[FakeWorld], object], silent: str
) -> None:
    world.set(fallback_chain=CHAIN)
    world.server = server = Counting(PLAIN, LLAMA, silent=[silent])
    look(world)
    assert server.counts[silent] == 1


def test_the_memory_is_read_once_and_servers_are_told_apart(world: FakeWorld) -> None:
    once = AskedOnce(world)
    assert once.memory() is once.memory()
    assert once.server("http://h:1", {"a": "b"}) is once.server("http://h:1/", {"a": "b"})
    assert once.server("http://h:1", {}) is not once.server("http://h:1", {"a": "b"})


def test_status_asks_a_models_own_file_for_its_maker_as_a_run_does(world: FakeWorld) -> None:
    """Its name tells nobody's; the architecture in its file does."""
    world.server = Counting(FakeModel("mystery:7b", architecture="gemma3"))
    world.set(models_exclude_countries=("CN",))
    assert world.settings.policy == Policy(exclude_countries=("CN",))
    (here,) = engines_here(world, world.settings)
    assert here.model == "mystery:7b"
    told = status(world, world.settings)
    assert told.ollama.model == "mystery:7b" and told.engines[0].model == "mystery:7b"
