"""What is too long for the budget of memory does not reach a model whole, whichever engine would
read it by itself; and what another file imports comes once."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from ai_code.drill.ollama import OllamaStandIn
from tests.e2e.test_engines import EDITS, MODEL, OTHERS, install
from tests.e2e.world import World

_LINE = "Every line of this file is a rule that nobody ever reads to its end.\n"
_LONG = f"Say apricot.\n{_LINE * 4000}Say zucchini.\n"
_CONTEXT = 32768


@pytest.fixture(params=OTHERS)
def engine(request: pytest.FixtureRequest, world: World) -> str:
    name = str(request.param)
    install(world, name)
    world.settings(f"fallback.chain: [{name}]\nengine: {name}\nollama.num-ctx: {_CONTEXT}\n")
    return name


def serve(world: World) -> OllamaStandIn:
    model = replace(MODEL, context=_CONTEXT)
    return world.ollama(EDITS, models=[model], version="0.20.0")


def sent(server: OllamaStandIn) -> str:
    return json.dumps(server.chats[0].json)


def commit(world: World, **files: str) -> None:
    for name, text in files.items():
        world.write(name.replace("__", "/") + ".md", text)
    world.git("add", "-A")
    world.git("commit", "-qm", "memory")


def test_a_long_file_is_cut_for_every_engine(world: World, engine: str) -> None:
    commit(world, CLAUDE=_LONG, AGENTS=_LONG)
    server = serve(world)
    run = world.run("write made.py")
    assert run.code == 0, run
    assert "is long: only its beginning fits the 8192 tokens" in run.stderr
    request = sent(server)
    assert (request.count("apricot"), request.count("zucchini")) == (1, 0)
    assert request.count(_LINE.strip()) <= 8192 * 4 // len(_LINE)


def test_what_found_no_room_is_not_read_either(world: World, engine: str) -> None:
    commit(world, CLAUDE="Say apricot.\n" * 400, AGENTS="Say damson.\n" * 400)
    world.write("long.txt", _LINE * 4000)
    server = serve(world)
    run = world.run("--read", "long.txt", "write made.py")
    assert run.code == 0, run
    assert "CLAUDE.md left out of the context: no room" in run.stderr, run
    assert "apricot" not in sent(server) and "damson" not in sent(server)


@pytest.mark.parametrize("long", [False, True], ids=["short", "long"])
def test_what_a_file_imports_comes_once(world: World, engine: str, long: bool) -> None:
    text = "See @docs/in.md for more, which is no `@docs/in.md` of code.\nAll of @docs/ counts.\n"
    commit(world, CLAUDE=text, AGENTS=text, docs__in=_LONG if long else "Say apricot.\n")
    server = serve(world)
    run = world.run("write made.py")
    assert run.code == 0, run
    request = sent(server)
    assert (request.count("apricot"), request.count("zucchini")) == (1, 0)
    assert request.count("for more, which is no") == 1
