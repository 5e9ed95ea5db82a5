"""What the catalogue says of a model reaches the engine that works on it, and its requests."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from tests.e2e.test_engines import EDITS, MODEL, OTHERS, install, serve
from tests.e2e.world import World

OWN = """\
models:
  - name: "qwen3:8b"
    maker: Alibaba
    licence: Apache-2.0
    parameters: 8B
    context: 131072
    rank: 60
    layers: 4
    kv-heads: 4
    key-length: 64
    quantisations: {q4_K_M: 5.2G}
    roles: [edit]
"""


def catalogue(world: World, text: str) -> None:
    path = world.home / ".config/ai-code/models.yaml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


@pytest.fixture(params=OTHERS)
def engine(request: pytest.FixtureRequest, world: World) -> str:
    name = str(request.param)
    install(world, name)
    world.settings(f"fallback.chain: [{name}]\nengine: {name}\n")
    return name


def first_request(world: World, knobs: str) -> tuple[Mapping[str, Any], int]:
    """The first that came with tools, and the context that the model was loaded with."""
    catalogue(world, OWN + knobs)
    server = serve(world, EDITS)
    run = world.run("write made.py")
    assert run.code == 0, run
    (world.project / "made.py").unlink()
    asked = next(each.json for each in server.chats if each.json.get("tools"))
    return asked, server.loaded[asked["model"]]


def tools_of(asked: Mapping[str, Any]) -> set[str]:
    return {str(each.get("name") or each["function"]["name"]) for each in asked["tools"]}


LEAN = {"claude-local", "opencode"}
"""Engines that have tools to leave away."""


def test_an_engine_works_with_a_model_as_the_catalogue_says(world: World, engine: str) -> None:
    many, context = first_request(world, "    tools: yes\n    num-ctx: 65536\n")
    assert context == 65536
    assert many["temperature"] == 0
    few, context = first_request(
        world, "    tools: yes\n    temperature: 0.4\n    lean-tools: yes\n"
    )
    assert context <= 49152
    assert round(few["temperature"], 3) == 0.4
    fewer, _ = first_request(world, "    tools: weak\n    num-ctx: 65536\n")
    if engine in LEAN:
        assert tools_of(few) == tools_of(fewer) < tools_of(many)
    else:
        assert tools_of(few) == tools_of(fewer) == tools_of(many)


@pytest.mark.aider
def test_aider_writes_edits_as_the_catalogue_says(world: World) -> None:
    whole = 'hello.py\n```python\ndef hello():\n    """Greet."""\n    print("hello")\n```\n'
    catalogue(world, OWN + "    edit-format: whole\n    temperature: 0.4\n    num-ctx: 20480\n")
    server = world.aider(whole, models=[MODEL], version="0.20.0")
    run = world.run("--local", "add a docstring to hello() in hello.py")
    assert run.code == 0 and '"""Greet."""' in world.text("hello.py"), run
    options = server.chats[0].json["options"]
    assert (options["temperature"], options["num_ctx"]) == (0.4, 20480)
    # What the person set counts more.
    world.settings("aider.edit-format: diff\n")
    server = serve(world, "nothing to do")
    world.run("--local", "look at hello.py")
    assert "SEARCH/REPLACE" in json.dumps(server.chats[0].json["messages"])
