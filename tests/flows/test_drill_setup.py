"""Which engine a drill plays with: the one that a run would go on with."""

from __future__ import annotations

import pytest

from ai_code.core.ports import ModelServerError
from ai_code.drill.models import FakeModel
from ai_code.flows.drill_setup import SetUp
from tests.flows.fake_world import FakeWorld
from tests.flows.test_model_of_an_engine import LLAMA, PLAIN, serving


def engine(world: FakeWorld) -> str:
    setup = SetUp(world, world.settings, "", "ai-code drill")
    return setup.look(real=False, yes=False, offer=False).engine


@pytest.mark.parametrize(
    ("models", "missing", "told"),
    [
        ([LLAMA], "", "opencode"),
        ([PLAIN], "", "aider"),
        ([PLAIN], "aider", "opencode"),
        ([LLAMA], "opencode", "aider"),
    ],
)
def test_by_program_and_model(
    world: FakeWorld, models: list[FakeModel], missing: str, told: str
) -> None:
    world.set(fallback_chain=("opencode", "aider"))
    serving(world, *models)
    world.processes.missing = {missing}
    assert engine(world) == told


def test_without_a_server_it_is_the_first_that_is_there(world: FakeWorld) -> None:
    world.set(fallback_chain=("pi", "opencode", "aider"))
    serving(world).error = ModelServerError("refused", "no")
    world.processes.missing = {"pi"}
    assert engine(world) == "opencode"
