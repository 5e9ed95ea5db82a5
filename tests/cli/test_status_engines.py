"""``ai-code status`` and the engines that would go on at a limit."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from typing import Any

import pytest

from ai_code.core.ports import ModelServerError
from ai_code.core.text import columns
from tests.cli.test_status import limited, screen, short
from tests.flows.fake_world import FakeWorld
from tests.flows.test_model_of_an_engine import LLAMA, PLAIN, QWEN, SHORT, FakeModel, serving


def engines(world: FakeWorld) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(screen(world, "--json"))["engines"]
    return found


def answering(world: FakeWorld) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(screen(world, "--json"))["answering"]
    return found


def test_an_engine_that_is_not_installed(world: FakeWorld) -> None:
    limited(world)
    world.set(fallback_chain=("pi",))
    world.processes.missing = {"pi"}
    text = screen(world)
    assert "session limit of Claude's, and pi is not installed\n" in text
    assert "pi        pi is not installed\n" in text and "\naider" not in text
    assert text.count("hint: ai-code engines install pi\n") == 1
    assert answering(world)["who"] == "limit" and short(world) == "limit until 22:47"


def test_the_next_of_the_chain_goes_on(world: FakeWorld) -> None:
    limited(world)
    serving(world, PLAIN, LLAMA)
    world.set(fallback_chain=("claude-local", "pi", "aider"))
    world.claude_home.is_managed, world.has_network_fence = True, False
    text = screen(world)
    assert "answers       the local model, pi first, until 22:47" in text
    assert "pi            /programs/pi\n              is tried first, with llama3.2:3b\n" in text
    assert "claude-local  an organisation's settings decide on this machine where Claude" in text
    assert "aider         /programs/aider\n" in text
    assert "model         llama3.2:3b (2 installed)" in text
    assert all(columns(line) <= 80 for line in text.splitlines())
    assert [(each["name"], each["model"]) for each in engines(world)] == [
        ("claude-local", ""),
        ("pi", LLAMA.name),
        ("aider", PLAIN.name),
    ]
    assert answering(world)["engine"] == "pi"
    world.processes.missing = {"pi"}
    assert "model         deepseek-coder:6.7b (2 installed)" in screen(world)
    assert answering(world)["engine"] == "aider"


@pytest.mark.parametrize(
    ("engine", "models", "version", "changes", "why", "mend"),
    [
        ("pi", (PLAIN,), "0.20.0", {}, "pi works by calling tools, and deepseek-coder:6.7b cannot",
         "ai-code models recommend"),
        ("pi", (PLAIN,), "0.20.0", {"model": PLAIN.name},
         "pi works by calling tools, and deepseek-coder:6.7b cannot", "ai-code models list"),
        ("qwen", (SHORT,), "0.20.0", {}, "no installed model that calls tools was made for as many",
         "ai-code models recommend"),
        ("qwen", (SHORT,), "0.20.0", {"model": SHORT.name}, "was made for 8192",
         "ai-code models list"),
        ("qwen", (QWEN,), "0.20.0", {"ollama_num_ctx": 8192}, "has 8192 here",
         "ai-code --num-ctx 24576"),
        ("codex", (QWEN,), "0.12.0", {}, "codex needs Ollama 0.13.3 or later, and this one is",
         "AI_CODE_ENGINE=codex ai-code doctor ollama"),
        ("pi", (QWEN,), "0.20.0", {"fallback_where": "tree"},
         "pi works in a private worktree only", "AI_CODE_FALLBACK_WHERE=worktree"),
    ],
)  # fmt: skip
def test_a_model_or_a_server_that_will_not_do(
    world: FakeWorld,
    engine: str,
    models: tuple[FakeModel, ...],
    version: str,
    changes: dict[str, Any],
    why: str,
    mend: str,
) -> None:
    limited(world)
    serving(world, *models, number=version)
    world.set(fallback_chain=(engine,), **changes)
    (row,) = engines(world)
    assert why in row["why"] and row["mend"].startswith(mend)
    text = screen(world)
    assert f"session limit of Claude's, and {engine} cannot work here\n" in text
    assert why in " ".join(text.split()) and f"hint: {mend}" in text
    assert all(columns(line) <= 80 for line in text.splitlines())
    assert answering(world)["who"] == "limit"


def test_a_server_that_does_not_tell_of_a_model_is_not_doubted(world: FakeWorld) -> None:
    server = serving(world, LLAMA)

    def fail(_: str) -> dict[str, Any]:
        raise ModelServerError("http", "no page", 404)

    server.show = fail  # type: ignore[method-assign]
    world.set(fallback_chain=("pi",))
    (row,) = engines(world)
    assert (row["model"], row["why"]) == (LLAMA.name, "")


def test_no_model_at_all_is_no_fault_of_the_engine(world: FakeWorld) -> None:
    limited(world)
    serving(world)
    world.set(fallback_chain=("pi",))
    assert "Ollama has no model to take" in answering(world)["why"]
    serving(world, replace(LLAMA, name="a:1b"), replace(LLAMA, name="b:1b"))
    assert engines(world)[0]["why"] == ""
    assert "none of the installed ones is chosen by itself" in screen(world)


def test_an_engine_for_which_no_model_is_chosen_is_left_out_for_one_that_has_one(
    world: FakeWorld,
) -> None:
    limited(world)
    serving(world, PLAIN, replace(LLAMA, name="a:1b"), replace(LLAMA, name="b:1b"))
    world.set(fallback_chain=("pi", "aider"))
    assert (answering(world)["who"], answering(world)["engine"]) == ("local", "aider")
    assert "is chosen by itself" in engines(world)[0]["why"]
    text = screen(world)
    assert f"is tried first, with {PLAIN.name}" in text and "hint: ai-code models list" in text


def test_an_engine_that_is_chosen(world: FakeWorld) -> None:
    serving(world, LLAMA)
    world.set(engine="pi")
    assert "answers   the local model, with pi\n          engine is pi\n" in screen(world)
    world.set(engine="auto", engines_for_edit="pi")
    assert short(world) == "local"
    world.processes.missing = {"pi"}
    text = screen(world)
    assert "engine is pi, and pi is not installed" in text and short(world) == "none"


def test_an_empty_chain(world: FakeWorld) -> None:
    limited(world)
    world.set(fallback_chain=())
    told = answering(world)
    assert (told["who"], told["why"]) == (
        "limit",
        "session limit of Claude's, and fallback.chain is empty",
    )
    assert told["mend"].startswith("ai-code config path")
    assert "hint: ai-code config path" in screen(world)


def test_no_program_is_started_for_it(world: FakeWorld) -> None:
    """codex brings a sandbox: whether that can be made, its program would have to be asked."""
    serving(world, LLAMA)
    world.set(fallback_chain=("codex", "pi", "claude-local", "custom"))
    world.processes.succeeds = None  # type: ignore[assignment,method-assign]
    assert engines(world)[0]["why"] == "" and short(world) == "claude"
    told = "a run asks first whether its own sandbox can be made here"
    assert engines(world)[0]["unseen"] == "" and told not in screen(world)
    world.set(fallback_fence="off")
    assert [each["unseen"] for each in engines(world)] == [told, "", "", ""]
    assert told in screen(world)


def test_aider_alone_costs_no_engine_an_import(
    world: FakeWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [name for name in sys.modules if name.startswith("ai_code.engines.")]:
        monkeypatch.delitem(sys.modules, name)
    limited(world)
    screen(world)
    assert not [name for name in sys.modules if name.startswith("ai_code.engines.")]


def test_a_shell_prompt_looks_at_no_engine_while_claude_answers(
    world: FakeWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [name for name in sys.modules if name.startswith("ai_code.engines.")]:
        monkeypatch.delitem(sys.modules, name)
    world.set(fallback_chain=("opencode", "pi"))
    assert short(world) == "claude"
    assert not [name for name in sys.modules if name.startswith("ai_code.engines.")]
    limited(world)
    world.processes.missing = {"opencode", "pi"}
    assert short(world) == "limit until 22:47"
