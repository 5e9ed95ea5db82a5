"""``ai-code status`` in the fake world: who would answer, and what the screen says."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

import pytest
from click.testing import CliRunner

from ai_code.cli.main import main
from ai_code.cli.status import status
from ai_code.core.errors import UsageError
from ai_code.core.machine import Gpu, Machine
from ai_code.core.ports import LoadedModel, ModelServerError, ServedModel
from ai_code.core.text import columns
from ai_code.core.verdict import Evidence, LimitKind, LimitReached
from ai_code.flows.answering import without_login
from ai_code.flows.engines_set import EngineHere
from tests.cli.test_history import AIDER, LIMIT, add
from tests.flows.fake_world import GIB, NOW, FakeWorld

SCOPE = "/home/person/.claude|subscription"


def limited(world: FakeWorld, kind: LimitKind = LimitKind.SESSION, after_s: int = 7200) -> None:
    reached = LimitReached(kind, NOW + after_s, Evidence("claude.session", "text", "x"))
    world.limits.record(SCOPE, reached, NOW)


def with_config(world: FakeWorld) -> FakeWorld:
    loaded = SimpleNamespace(settings=world.settings, warnings=())
    world.config = SimpleNamespace(load=lambda _: loaded)  # type: ignore[attr-defined]
    return world


def screen(world: FakeWorld, *arguments: str) -> str:
    done = CliRunner().invoke(status, arguments, obj=with_config(world), catch_exceptions=False)
    assert done.exit_code == 0
    return done.stdout


def short(world: FakeWorld) -> str:
    world.console.stdout = b""
    assert main(["status", "--short"], with_config(world)) == 0
    return world.console.stdout.decode().rstrip("\n")


def test_claude_where_no_limit_is_known(world: FakeWorld) -> None:
    text = screen(world)
    assert "answers   Claude Code\n" in text and "no limit is known" in text
    assert "0.13.0 at http://127.0.0.1:11434" in text and "qwen2.5-coder:7b (1 installed)" in text
    assert short(world) == "claude"


@pytest.mark.parametrize(
    ("changes", "missing", "told"),
    [
        ({}, (), "local until 22:47"),
        ({"claude_when_limited": "skip"}, (), "local until 22:47"),
        ({"fallback_enabled": False}, (), "limit until 22:47"),
        ({"fallback_on_limit": "wait"}, (), "limit until 22:47"),
        ({"fallback_on_limit": "ask"}, (), "limit until 22:47"),
        ({"engine": "claude"}, (), "limit until 22:47"),
        ({"engine": "aider"}, (), "local"),
        ({"engine": "aider"}, ("aider",), "none"),
        ({}, ("aider",), "limit until 22:47"),
        ({}, ("claude",), "none"),
        ({"fallback_on": frozenset({"missing"})}, ("claude",), "local"),
        ({"fallback_on": frozenset({"rate"})}, (), "claude"),
    ],
)
def test_who_answers_at_a_limit(
    world: FakeWorld, changes: dict[str, Any], missing: tuple[str, ...], told: str
) -> None:
    limited(world)
    world.set(**changes)
    world.processes.missing = set(missing)
    assert short(world) == told
    answering = json.loads(screen(world, "--json"))["answering"]
    assert answering["who"] == told.split()[0]


@pytest.mark.parametrize("how", ["local", "wait", "ask", "stop"])
def test_without_claude_it_says_what_a_run_does(world: FakeWorld, how: str) -> None:
    world.set(fallback_on=frozenset({"missing", "auth"}), fallback_on_limit=how)
    world.processes.missing = {"claude"}
    told = json.loads(screen(world, "--json"))["answering"]
    if how in ("local", "wait"):
        world.expect_aider()
    elif how == "ask":
        world.console.answers.append(None)
        assert told["then"] == "you are asked then (fallback.on-limit: ask)"
    else:
        assert told["then"] == "runs stop (fallback.on-limit: stop)"
    assert short(world) == told["who"] == ("local" if world.go().code == 0 else "none")
    logged_out = without_login(world.settings, [EngineHere("aider", "/bin/aider")], "claude login")
    assert (logged_out.who, logged_out.then) == (told["who"], told["then"])


def test_the_limit_of_one_model_leaves_claude_first(world: FakeWorld) -> None:
    limited(world, LimitKind.MODEL)
    assert short(world) == "claude"
    assert "model limit, resets 22:47" in screen(world)


def test_a_reset_on_another_day(world: FakeWorld) -> None:
    limited(world, LimitKind.WEEKLY, 3 * 86_400)
    assert short(world) == "local until Mon 20:47"


def test_short_names_the_model_that_is_set_or_worked_last(world: FakeWorld) -> None:
    world.expect_recording("limit-5h-oauth-stream-2.1.329")
    world.expect_aider()
    world.go()
    assert short(world) == "local qwen2.5-coder:7b until 23:10"
    world.set(model="x:1b")
    assert short(world) == "local x:1b until 23:10"
    world.set(fallback_enabled=False)
    assert short(world) == "limit until 23:10"


def test_short_asks_nobody(world: FakeWorld) -> None:
    def never(*_: object) -> Any:
        pytest.fail("the network was asked")

    world.model_server = never  # type: ignore[method-assign]
    world.background = never  # type: ignore[method-assign]
    assert short(world) == "claude"


def test_a_limit_that_is_over_is_told_until_claude_has_worked(world: FakeWorld) -> None:
    limited(world, after_s=600)
    world.clock.advance(700)
    assert "the session limit: it was reset 20 Nov 20:57" in screen(world)
    assert json.loads(screen(world, "--json"))["limits_over"][0]["kind"] == "session"
    world.limits.clear(SCOPE)
    assert "it was reset" not in screen(world)


def test_what_is_loaded_and_until_when(world: FakeWorld) -> None:
    world.server.running = [
        LoadedModel("a:7b", 5 * GIB, 5 * GIB, 8192, NOW + 300.0),
        LoadedModel("b", 5 * GIB, 1 * GIB, 0, NOW + 300 * 366 * 86_400.0),
        LoadedModel("日本語" * 20, GIB, 0, 0),
        LoadedModel("deepseek-coder:6.7b", GIB, 0, 16384, NOW + 40 * 86_400.0),
    ]
    world.hardware.machine = Machine(32 * GIB, 24 * GIB, (Gpu("RTX", "nvidia", 8 * GIB, 2 * GIB),))
    text = screen(world)
    assert "a:7b, 5.0 GiB, 100 % GPU, 8192 tokens, until 20:52 (in 5 min)" in text
    assert "b, 5.0 GiB, 20 % GPU, stays" in text
    # Where not all of it fits, the moment is whole.
    assert "deepseek-coder:6.7b, 1.0 GiB, 16384 tokens, until Wed 30 Dec 20:47\n" in text
    assert "RAM 24.0 of 32.0 GiB free" in text and "RTX 2.0 of 8.0 GiB free" in text
    assert all(columns(line) <= 80 for line in text.splitlines())


def test_without_ollama_and_without_a_model(world: FakeWorld) -> None:
    world.server.served = [ServedModel("bge-m3", GIB)]
    assert "none of the installed ones is chosen by itself" in screen(world)
    world.server.error = ModelServerError("refused", "Connection refused")
    text = screen(world)
    assert "does not answer at http://127.0.0.1:11434" in text and "Connection refused" in text
    assert json.loads(screen(world, "--json"))["ollama"]["reachable"] is False


def test_a_local_model_that_is_not_there_does_not_answer(world: FakeWorld) -> None:
    limited(world)
    world.server.served = []
    answering = json.loads(screen(world, "--json"))["answering"]
    assert (answering["who"], answering["until"]) == ("limit", NOW + 7200)
    assert "Ollama has no model to take" in answering["why"]
    world.set(engine="aider")
    world.server.error = ModelServerError("timeout", "no answer within 0.8 s")
    assert "answers   nobody\n          engine is aider, and Ollama does not answer" in screen(
        world
    )


def test_the_last_three_runs(world: FakeWorld) -> None:
    for number in range(4):
        add(world, LIMIT, AIDER, prompt_line=f"task \x1b {number} " + "長" * 50)
    text = screen(world)
    assert "task ^[ 3" in text and "task ^[ 1" in text and "task ^[ 0" not in text
    assert all(columns(line) <= 80 for line in text.splitlines())
    assert [row["outcome"] for row in json.loads(screen(world, "--json"))["runs"]] == ["done"] * 3


def test_short_and_json_exclude_each_other(world: FakeWorld) -> None:
    with pytest.raises(UsageError):
        CliRunner().invoke(status, ["--short", "--json"], obj=world, catch_exceptions=False)


@pytest.mark.parametrize("name", ["status", "log", "history", "stats"])
def test_a_prompt_that_begins_with_the_word_shows_both_readings(
    world: FakeWorld, name: str
) -> None:
    with pytest.raises(UsageError) as caught:
        main([name, "of", "the", "parser"], world)
    assert caught.value.hint == f"ai-code run '{name} of the parser'"
