"""Which model each engine gets: one that calls tools, with the context that it needs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import pytest

from ai_code.cli.engines_screen import detail, listing
from ai_code.core.memory import GIB
from ai_code.core.models import is_variant
from ai_code.core.ports import LoadedModel, Machine, ModelServerError, ServedModel
from ai_code.core.task import LocalModel
from ai_code.core.verdict import Unavailable, UnavailableReason
from ai_code.drill.models import FakeModel
from ai_code.engines.registry import local_engine
from ai_code.flows.engine_fit import why_not
from ai_code.flows.engines import engine_rows
from ai_code.flows.engines_here import engines_here, model_for
from ai_code.flows.models.recommending import advise
from ai_code.flows.readiness import Ready, ask_local
from tests.flows.fake_world import FakeServer, FakeWorld

TOOLS = ("completion", "tools")
PLAIN = FakeModel("deepseek-coder:6.7b")
LLAMA = FakeModel("llama3.2:3b", context=131072, capabilities=TOOLS, size=2 * GIB)
QWEN = FakeModel("qwen2.5-coder:7b", context=32768, capabilities=TOOLS)
SHORT = FakeModel("qwen2.5-coder:7b", context=8192, capabilities=TOOLS)


@dataclass
class Showing(FakeServer):
    """Tells of its models what Ollama tells, and counts whom it was asked about."""

    models_: tuple[FakeModel, ...] = ()
    number: str = "0.20.0"

    def __post_init__(self) -> None:
        self.served = [ServedModel(each.tag, each.size, each.digest) for each in self.models_]
        self.shown: list[str] = []

    def version(self) -> str:
        return self.number

    def show(self, name: str) -> Mapping[str, Any]:
        self.shown.append(name)
        if self.error is not None:
            raise self.error
        return next(each.show() for each in self.models_ if each.tag == name)

    def derive(self, name: str, of: str, num_ctx: int) -> None:
        self.served.append(ServedModel(name, 1))


def serving(world: FakeWorld, *models: FakeModel, number: str = "0.20.0") -> Showing:
    world.server = server = Showing(models_=models, number=number)
    return server


def chosen(world: FakeWorld, engine: str) -> tuple[str, int]:
    found = model_for(world, world.settings, local_engine(engine))
    assert isinstance(found, Ready), found
    return found.local.name, found.local.num_ctx


def left_out(world: FakeWorld, engine: str) -> Unavailable:
    found = model_for(world, world.settings, local_engine(engine))
    assert isinstance(found, Unavailable), found
    return found


# auto ------------------------------------------------------------------------------------------


def test_auto_takes_one_that_calls_tools_for_an_engine_that_needs_them(world: FakeWorld) -> None:
    server = serving(world, PLAIN, LLAMA)
    assert chosen(world, "opencode")[0] == LLAMA.name
    server.shown.clear()
    assert chosen(world, "aider")[0] == PLAIN.name and server.shown == [PLAIN.name]


def test_auto_takes_one_that_nobody_knows_where_it_alone_can(world: FakeWorld) -> None:
    serving(world, PLAIN, replace(LLAMA, name="mine:1b"), FakeModel("nomic-embed-text"))
    assert chosen(world, "opencode")[0] == "mine:1b"


def test_of_several_that_nobody_knows_the_person_names_one(world: FakeWorld) -> None:
    serving(world, PLAIN, replace(LLAMA, name="a:1b"), replace(LLAMA, name="b:1b"))
    why = left_out(world, "opencode")
    assert why.message == (
        "none of the installed models is chosen by itself (a:1b, b:1b): name one"
    )
    assert why.hint.startswith("ai-code --model a:1b …")


def test_auto_takes_one_with_the_context_that_the_engine_needs(world: FakeWorld) -> None:
    serving(world, SHORT, LLAMA)
    assert chosen(world, "qwen") == (LLAMA.name, 32768)


def test_where_only_a_lighter_one_has_room_for_it(world: FakeWorld) -> None:
    """The better one fits with 12,288 tokens, which are too few for the engine."""
    serving(world, replace(QWEN, size=8 * GIB), LLAMA)
    world.hardware.machine = Machine(32 * GIB, 16 * GIB)
    assert chosen(world, "qwen")[0] == LLAMA.name


@pytest.mark.parametrize(
    ("models", "engine", "told"),
    [
        ((PLAIN,), "opencode", "works by calling tools, and deepseek-coder:6.7b cannot"),
        ((PLAIN, FakeModel("codellama:7b")), "opencode",
         "and no installed model can (deepseek-coder:6.7b, codellama:7b)"),
        ((PLAIN, SHORT), "qwen",
         "need a context of 24576 tokens, and no installed model that calls tools was made for as "
         "many (deepseek-coder:6.7b, qwen2.5-coder:7b)"),
    ],
)  # fmt: skip
def test_only_where_none_can_it_is_left_out(
    world: FakeWorld, models: tuple[FakeModel, ...], engine: str, told: str
) -> None:
    serving(world, *models)
    why = left_out(world, engine)
    assert told in why.message and why.reason is UnavailableReason.NO_MODEL
    best = advise(world, world.settings._replace(engine=engine)).found[0]
    assert best.entry.tools != "no" and best.entry.context >= 24576
    assert why.hint.startswith("ai-code models pull ")
    assert not any(why.hint.startswith(f"ai-code models pull {each.name}") for each in models)


def test_an_old_server_is_told_before_its_models(world: FakeWorld) -> None:
    serving(world, PLAIN, number="0.12.0")
    assert left_out(world, "codex").message == (
        "codex needs Ollama 0.13.3 or later, and this one is 0.12.0"
    )


def test_a_server_that_fails_meanwhile_is_told(world: FakeWorld) -> None:
    server = serving(world, PLAIN, LLAMA)
    server.models()
    error = ModelServerError("timeout", "no answer")

    def fail(_: str) -> Mapping[str, Any]:
        raise error

    server.show = fail  # type: ignore[method-assign]
    assert left_out(world, "opencode").reason is UnavailableReason.SERVER


# One that is named -------------------------------------------------------------------------------


def test_a_named_one_that_cannot(world: FakeWorld) -> None:
    serving(world, PLAIN, LLAMA)
    world.set(model=PLAIN.name)
    assert left_out(world, "opencode").message == (
        "opencode works by calling tools, and deepseek-coder:6.7b cannot"
    )


def test_a_chain_of_models_leaves_out_what_cannot(world: FakeWorld) -> None:
    serving(world, replace(QWEN, size=90 * GIB), PLAIN, LLAMA)
    world.set(model=QWEN.name, models_chain=(PLAIN.name, LLAMA.name))
    assert chosen(world, "opencode")[0] == LLAMA.name


# The context ------------------------------------------------------------------------------------


@pytest.mark.parametrize("loaded", [False, True])
def test_the_listing_decides_as_a_run_does(world: FakeWorld, loaded: bool) -> None:
    server = serving(world, QWEN)
    if loaded:
        server.running = [LoadedModel(QWEN.name, GIB, 0, 16384)]
    (row,) = engine_rows(world, world.settings, ["qwen"])
    assert (row.model, row.unfit) == (QWEN.name, "")
    found = ask_local(world, world.settings, engine="qwen")
    assert isinstance(found, Ready) and found.local.num_ctx == 32768


def test_no_context_is_offered_for_which_the_model_was_not_made(world: FakeWorld) -> None:
    serving(world, SHORT)
    for settings in (world.settings, world.settings._replace(model=SHORT.name)):
        (row,) = engine_rows(world, settings, ["qwen"])
        assert "need a context of 24576 tokens" in row.unfit
        assert "--num-ctx" not in row.unfit_mend
        assert row.unfit in " ".join(" ".join(detail(row, 80, "ai-code")).split())
    assert "qwen2.5-coder:7b was made for 8192" in row.unfit


def test_more_than_it_was_made_for_is_not_asked_for_and_that_is_said(world: FakeWorld) -> None:
    serving(world, SHORT)
    world.set(model=SHORT.name, ollama_num_ctx=24576)
    ready = ask_local(world, world.settings)
    assert isinstance(ready, Ready) and ready.local.num_ctx == 8192
    assert ready.notes == ("qwen2.5-coder:7b was made for 8192 tokens of context, not 24576.",)
    assert "was made for 8192" in left_out(world, "qwen").message


def test_a_context_of_the_settings_that_is_too_small_names_the_larger_one(
    world: FakeWorld,
) -> None:
    serving(world, QWEN)
    world.set(ollama_num_ctx=8192)
    why = left_out(world, "qwen")
    assert why.message.endswith("and qwen2.5-coder:7b has 8192 here")
    assert why.hint.startswith("ai-code --num-ctx 24576 …")


def test_where_memory_is_what_is_missing_no_context_is_offered() -> None:
    local = LocalModel(QWEN.name, "http://127.0.0.1:11434", 8192)
    why = why_not(local_engine("qwen"), local, "0.20.0", QWEN.show())
    assert why is not None and "--num-ctx" not in why.hint and "smaller model" in why.hint


def test_a_server_elsewhere_is_asked_for_no_more_either(world: FakeWorld) -> None:
    world.servers["http://box:11434"] = Showing(models_=(SHORT,))
    world.set(ollama_api="http://box:11434")
    ready = ask_local(world, world.settings, engine="custom")
    assert isinstance(ready, Ready) and ready.local.num_ctx == 8192


# The listing -----------------------------------------------------------------------------------


def test_the_listing_names_the_model_of_each(world: FakeWorld) -> None:
    serving(world, PLAIN, LLAMA)
    lines = listing(engine_rows(world, world.settings), 80)
    assert lines[-3:] == [
        "the models that a run would take now:",
        "    deepseek-coder:6.7b: aider, custom",
        "    llama3.2:3b: claude-local, opencode, codex, goose, pi, qwen, vibe",
    ]
    serving(world, PLAIN)
    text = "\n".join(listing(engine_rows(world, world.settings), 80))
    assert "not here: opencode works by calling tools, and deepseek-coder:6.7b cannot" in text
    assert text.endswith("with deepseek-coder:6.7b, the model that a run would take now")


def test_the_chain_comes_first_in_its_order(world: FakeWorld) -> None:
    world.set(fallback_chain=("pi", "aider"))
    names = [row.name for row in engine_rows(world, world.settings)]
    assert names[:4] == ["pi", "aider", "claude-local", "opencode"]
    assert len(names) == len(set(names))


def test_what_only_documents_say_is_marked(world: FakeWorld) -> None:
    lines = listing(engine_rows(world, world.settings), 80)
    assert "    edits files · searches code (repo map)* · plan mode (ask mode) · git" in lines
    assert "* by its documents only; all else was tried" in lines


# A chain ----------------------------------------------------------------------------------------


def test_each_engine_of_a_chain_and_its_model(world: FakeWorld) -> None:
    serving(world, PLAIN, LLAMA)
    world.set(fallback_chain=("pi", "aider"), engines_for_ask="goose")
    world.processes.missing = {"goose"}
    told = [(each.name, each.model, bool(each.why)) for each in engines_here(world, world.settings)]
    assert told == [
        ("pi", LLAMA.name, False),
        ("aider", PLAIN.name, False),
        ("goose", "", True),
    ]


def test_the_banner_names_the_model_that_is_used(world: FakeWorld) -> None:
    """The first engine gets no model; the second one another than the first would have had."""
    serving(world, PLAIN, replace(LLAMA, context=8192))
    world.set(fallback_chain=("qwen", "aider"))
    world.expect_recording("limit-5h-oauth-stream-2.1.329")
    world.expect_aider()
    assert world.go().code == 0
    (switch,) = world.console.of("switch")
    assert switch.endswith(f"now {PLAIN.name}") and "Aider" in switch
    assert [each.model for each in world.record.attempts][-1] == PLAIN.name
    assert not any(is_variant(each.model) for each in world.record.attempts)
