"""What a run does with its local model, with the real aider: out of memory, https, a context
that the server cut, a dead host before a living one."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ai_code.drill.ollama import OllamaStandIn
from tests.e2e.fakes import DOCUMENTED, EDIT
from tests.e2e.world import SMALL, World
from tests.system.certificates import own_certificate

TASK = "add docstrings to hello.py"
LIGHTER = replace(SMALL, name="codellama:7b", size=SMALL.size - 1)


@pytest.mark.aider
def test_out_of_memory_is_followed_by_a_smaller_context_and_a_lighter_model(world: World) -> None:
    never = replace(SMALL, loads_up_to=0)
    server = world.aider(EDIT, models=[never, LIGHTER])
    run = world.run("--local", TASK)
    assert run.code == 0, run
    assert world.text() == DOCUMENTED
    assert "deepseek-coder:6.7b with 16384 tokens did not fit into memory: now with 8192" in (
        run.stderr
    )
    assert "8192 tokens did not fit into memory: codellama:7b is tried instead." in run.stderr
    models = [each["model"] for each in world.records()[0]["attempts"]]
    assert models == ["deepseek-coder:6.7b", "deepseek-coder:6.7b", "codellama:7b"]
    assert [request.json["model"] for request in server.chats] == ["codellama:7b"]


@pytest.mark.aider
def test_what_the_server_counted_is_recorded_though_aider_estimates(world: World) -> None:
    world.aider(EDIT, counts=2345)
    run = world.run("--local", TASK)
    assert run.code == 0, run
    (attempt,) = world.records()[0]["attempts"]
    assert (attempt["context"], attempt["prompt_tokens"]) == (16384, 2345)
    assert "cut at its front" not in run.stderr


@pytest.mark.aider
def test_a_prompt_that_was_cut_is_said(world: World) -> None:
    world.aider(EDIT, counts=300)
    run = world.run("--local", TASK)
    assert "deepseek-coder:6.7b took 300 of about" in run.stderr
    assert "hint: OLLAMA_CONTEXT_LENGTH=16384 ollama serve\n" in run.stderr


@pytest.mark.aider
def test_a_context_smaller_than_asked_is_said(world: World) -> None:
    world.aider(EDIT, most_context=2048)
    run = world.run("--local", "--num-ctx", "8192", TASK)
    assert "has 2048 tokens of context, 8192 were asked for;" in run.stderr
    assert "hint: OLLAMA_CONTEXT_LENGTH=8192 ollama serve\n" in run.stderr


@pytest.mark.aider
def test_https_with_an_authority_of_ones_own(world: World) -> None:
    own = own_certificate(world.base)
    server = world.aider(EDIT, certificate=own.server)
    run = world.run("--local", TASK)
    assert run.code == 1
    assert f"the certificate of {server.url} is not accepted" in run.stderr
    assert run.hint.startswith("ai-code config show --origin")
    world.settings(f"ollama:\n  ca-file: {own.authority}\n")
    run = world.run("--local", TASK)
    assert run.code == 0, run
    assert world.text() == DOCUMENTED


@pytest.mark.aider
def test_a_dead_host_is_followed_by_the_next_without_its_key(world: World) -> None:
    with OllamaStandIn() as gone:
        pass
    server = world.aider(EDIT)
    world.env["OLLAMA_HOST"] = gone.url
    world.settings(
        f"ollama:\n  hosts: ['{server.url}']\n  headers:\n    X-Key: the-first-hosts-key\n"
    )
    run = world.run("--local", TASK)
    assert run.code == 0, run
    assert f"using {server.url} instead (ollama.hosts)" in " ".join(run.stderr.split())
    assert all("x-key" not in request.headers for request in server.requests)


def test_a_model_that_a_rule_excludes_is_not_run(world: World) -> None:
    server = world.ollama(models=[SMALL, LIGHTER])
    world.settings("models:\n  exclude-countries: [CN]\n")
    world.script("aider", f"#!/bin/sh\ntouch {world.base}/started\n")
    run = world.run("--local", "--model", "deepseek-coder:6.7b", TASK)
    assert run.code == 1
    assert "deepseek-coder:6.7b may not be used: models.exclude-countries has CN" in run.stderr
    assert run.hint == "ai-code --model codellama:7b …"
    assert not (world.base / "started").exists()
    shown = world.run("--dry-run", "--local", TASK).stdout
    assert f"model codellama:7b at {server.url}" in shown
    refused = world.run("--dry-run", "--local", "--model", "deepseek-coder:6.7b", TASK).stdout
    assert "cannot run: deepseek-coder:6.7b may not be used" in refused


def test_why_auto_chose_is_told_to_who_asks(world: World) -> None:
    world.ollama(models=[SMALL, replace(SMALL, name="qwen2.5-coder:7b")])
    world.script("aider", "#!/bin/sh\n")
    shown = world.run("--dry-run", "--local", "-v", TASK).stdout
    assert "auto: qwen2.5-coder:7b (rank" in shown
    assert "behind it: deepseek-coder:6.7b (rank" in shown
