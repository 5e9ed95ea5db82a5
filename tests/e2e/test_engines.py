"""Every engine, the real program, against a stand-in that plays a model with tools."""

from __future__ import annotations

import json
import signal
from dataclasses import replace
from typing import Any

import pytest

from ai_code.core.engine_table import LOCAL
from ai_code.drill.ollama import OllamaStandIn
from ai_code.drill.replies import (
    Agent,
    Call,
    Dies,
    Hang,
    HttpError,
    LengthStop,
    NotFound,
    OutOfMemory,
    Reply,
    ToolCalls,
)
from ai_code.engines.registry import local_engine
from tests.conftest import engine_program, real_program
from tests.e2e.world import SMALL, World, argv_of, wait_for

OTHERS = [name for name in LOCAL if name not in ("aider", "custom")]
MODEL = replace(SMALL, name="qwen3:8b", capabilities=("completion", "tools"), context=131072)
GREETING = 'def hello():\n    """Print a greeting."""\n    print("hello")\n'
EDITS = Agent(edits={"made.py": GREETING}, closing="It is made.")


@pytest.fixture(params=OTHERS)
def engine(request: pytest.FixtureRequest, world: World) -> str:
    name = str(request.param)
    install(world, name)
    world.settings(f"fallback.chain: [{name}]\nengine: {name}\n")
    return name


def install(world: World, name: str) -> None:
    world.link(local_engine(name).about.program, engine_program(name))


def serve(world: World, *replies: Reply, **options: Any) -> OllamaStandIn:
    return world.ollama(*replies, models=[MODEL], version="0.20.0", **options)


def test_it_edits_and_the_edit_lands(world: World, engine: str) -> None:
    server = serve(world, EDITS)
    # A run asks for a version only briefly; here it has all the time a busy machine needs.
    assert local_engine(engine).about.version in world.run("engines", "show", engine).stdout
    run = world.run("write made.py")
    assert run.code == 0, run
    assert world.text("made.py") == GREETING
    assert run.stdout.rstrip("\n").endswith("It is made."), run
    assert run.banners == [f"[AI: {local_engine(engine).title}]"]
    assert world.verdicts() == [f"{engine} done"]
    [attempt] = world.records()[0]["attempts"]
    assert attempt["version"] == local_engine(engine).about.version
    sent = json.dumps([each.json for each in server.chats])
    assert "Write docstrings in the imperative." in sent, "CLAUDE.md reaches it"
    assert "Prints a greeting." in sent, "README.md reaches it"
    assert server.loaded == {} or min(server.loaded.values()) >= 8192, "with room for its work"


def test_the_worktree_is_all_that_it_can_write(world: World, engine: str) -> None:
    outside = world.base / "other" / "made.py"
    outside.parent.mkdir()
    serve(world, Agent(edits={str(outside): GREETING}))
    before = world.tree()
    run = world.run("write it")
    assert run.code != 0 and not outside.exists(), run
    assert world.tree() == before
    assert "refused:" in run.stderr or "wanted to write" in run.stderr, run
    assert "Write(" not in run.stderr, "a path, and no call of a tool"
    assert run.hint.startswith("cd FOLDER && ai-code …"), run
    serve(world, EDITS)
    there = world.run("write made.py", cwd=outside.parent)
    assert there.code == 0 and outside.read_text() == GREETING, there


@pytest.mark.parametrize(
    ("reply", "told"),
    [
        (NotFound(), "not found"),
        (HttpError(500, '{"error":{"message":"the runner broke"}}'), "the runner broke"),
        (OutOfMemory(), "requires more system memory"),
    ],
    ids=["missing", "error-500", "memory"],
)
def test_a_failing_model_is_told_in_the_servers_words(
    world: World, engine: str, reply: Reply, told: str
) -> None:
    serve(world, reply)
    run = world.run("write made.py")
    assert run.code == 1 and told in run.stderr and run.hint, run
    assert not (world.project / "made.py").exists()


def test_a_server_that_dies_in_the_middle(world: World, engine: str) -> None:
    serve(world, Dies("Let me "))
    before = world.tree()
    run = world.run("write made.py")
    assert run.code == 1, run
    words = ("not running any more", "connection to Ollama", "closed the connection")
    assert any(each in run.stderr for each in words), run
    assert world.tree() == before


def test_nobody_serves(world: World, engine: str) -> None:
    world.env["OLLAMA_HOST"] = "http://127.0.0.1:9"
    run = world.run("write made.py")
    assert run.code == 1 and "Ollama is not running" in run.stderr, run
    assert not run.banners, "nothing was even started"


def test_an_answer_without_room_asks_for_more_of_it(world: World, engine: str) -> None:
    """Not for a look at the server, which is well."""
    serve(world, LengthStop("I was going to"))
    run = world.run("write made.py")
    assert run.code == 1, run
    _, option, tokens, _, *_ = run.hint.split()
    assert option == "--num-ctx" and int(tokens) == 2 * world.records()[0]["attempts"][0]["context"]
    server = serve(world, EDITS)
    assert world.run(option, tokens, "write made.py").code == 0
    assert world.text("made.py") == GREETING
    assert set(server.loaded.values()) == {int(tokens)}


@pytest.mark.parametrize("prompt", ["--help me with hello.py", "挨拶を made.py に書いて「テスト」"])
def test_the_prompt_arrives_whole(world: World, engine: str, prompt: str) -> None:
    server = serve(world, EDITS)
    run = world.run("-p", prompt)
    assert run.code == 0, run
    assert prompt in json.dumps([each.json for each in server.chats], ensure_ascii=False)
    assert [argv_of(each) for each in world.processes()] == []


def test_term_leaves_nothing_behind(world: World, engine: str) -> None:
    server = serve(world, Hang())
    running = world.start("write made.py")
    wait_for(lambda: server.chats)
    running.signal(signal.SIGTERM)
    run = running.wait()
    assert run.code == 128 + signal.SIGTERM, run
    wait_for(lambda: not world.processes(), 5.0)


RUNS = Agent(runs="echo it ran > ran.txt", closing="It ran.")
ALWAYS_RUN = {"codex", "goose"}
"""Behind their sandbox, or the kernel's fence."""


@pytest.mark.parametrize("allowed", [True, False], ids=["allowed", "denied"])
def test_commands(world: World, engine: str, allowed: bool) -> None:
    text = f"fallback.chain: [{engine}]\nengine: {engine}\n"
    world.settings(text + f"fallback.commands: {'allow' if allowed else 'deny'}\n")
    serve(world, RUNS)
    run = world.run("run the build")
    there = (world.project / "ran.txt").exists()
    assert there == (allowed or engine in ALWAYS_RUN), run


def test_a_command_that_is_refused_is_no_edit(world: World) -> None:
    """The model's answer counts, as with the other engines: it was not to run anything."""
    install(world, "qwen")
    world.settings("fallback.chain: [qwen]\nengine: qwen\n")
    call = Call("run_shell_command", {"command": "touch ran.txt", "description": "x"})
    serve(world, ToolCalls((call,)), ToolCalls((call,)), "Nothing is to be done.")
    run = world.run("run the build")
    assert run.code == 0 and "Nothing is to be done." in run.stdout, run
    assert run.stderr.count("refused: the model's command touch ran.txt") == 1, run
    assert "edit of" not in run.stderr and world.verdicts() == ["qwen done"]


@pytest.mark.parametrize("mode", ["ask", "plan"])
def test_an_answer_edits_nothing(world: World, engine: str, mode: str) -> None:
    serve(world, EDITS)
    before = world.tree()
    run = world.run(mode, "what would you write into made.py?")
    assert run.code == 0, run
    assert world.tree() == before
    assert run.stdout.strip()


def files(world: World) -> set[str]:
    """Of the person's home, but for what is ours."""
    paths = (path for path in world.home.rglob("*") if path.is_file())
    return {str(path) for path in paths if "ai-code" not in path.parts}


def test_what_is_the_persons_is_not_touched(world: World, engine: str) -> None:
    serve(world, EDITS)
    before = files(world)
    assert world.run("write made.py").code == 0
    assert files(world) == before
    left = [path.name for path in (world.state / "runs").glob("*/*") if path.is_dir()]
    assert engine not in left


def test_the_chain_goes_on(world: World) -> None:
    """Not installed, then one that the model fails before it changed anything, then one that
    works."""
    install(world, "pi")
    world.settings("fallback.chain: [opencode, pi, aider]\n")
    world.link("aider", real_program("aider"))
    serve(world, NotFound(), "Nothing is to be done.")
    run = world.run("--local", "explain hello.py")
    assert run.code == 0, run
    assert "\nopencode is not installed" in "\n" + run.stderr
    assert "; pi is tried." in run.stderr and "; aider is tried." in run.stderr
    assert world.verdicts() == [
        "opencode unavailable missing", "pi unavailable no-model", "aider done",
    ]  # fmt: skip


def test_what_an_engine_is_given(world: World) -> None:
    """Its folder is the worktree, whatever the shell called the person's; and no key is there."""
    world.script("mine", "#!/bin/sh\n{ pwd; env; } > told.txt\n")
    secrets = {"GITHUB_TOKEN": "ghp_dummy", "AWS_SECRET_ACCESS_KEY": "dummy"}
    world.env |= {**secrets, "SSH_AUTH_SOCK": "/x", "OLDPWD": "/"}
    world.settings("fallback.chain: [custom]\nengine: custom\ncustom.command: mine\n")
    serve(world)
    assert world.run("write told.txt").code == 0
    folder, *lines = world.text("told.txt").splitlines()
    env = dict(line.split("=", 1) for line in lines if "=" in line)
    assert folder == env["PWD"] and folder != str(world.project)
    assert "OLDPWD" not in env and "SSH_AUTH_SOCK" not in env
    keys = {name: env[name] for name in env if name.endswith(("TOKEN", "KEY"))}
    assert keys == {"OPENAI_API_KEY": "ollama"}, "which is none"


PLUGIN = 'require("fs").writeFileSync("{mark}", "x"); module.exports = {{}};\n'


def test_a_projects_plugins_do_not_run(world: World) -> None:
    """With the person's folder as PWD opencode worked there, and loaded them."""
    install(world, "opencode")
    world.settings("fallback.chain: [opencode]\nengine: opencode\nfallback.fence: 'off'\n")
    marks = [world.base / "mark1", world.base / "mark2"]
    for mark, folder in zip(marks, ("plugin", "plugins"), strict=True):
        world.write(f".opencode/{folder}/evil.js", PLUGIN.format(mark=mark))
    world.git("add", "-A")
    world.git("commit", "-qm", "Plugins")
    serve(world, EDITS)
    run = world.run("write made.py")
    assert run.code == 0 and world.text("made.py") == GREETING, run
    assert not any(mark.exists() for mark in marks)
    assert not (world.home / ".npm").exists(), "nothing was fetched for them"
    assert world.run("undo", "--yes").code == 0 and not (world.project / "made.py").exists()


def test_the_variant_that_a_run_made_is_nobodys_model(world: World) -> None:
    """With one that is in no catalogue there were two to choose from, and none was taken."""
    install(world, "pi")
    world.settings("fallback.chain: [pi]\n")
    own = replace(MODEL, name="own-model:8b")
    world.ollama(EDITS, models=[own], version="0.20.0")
    before = world.run("status", "--json")
    assert world.run("--local", "write made.py").code == 0
    status, first = json.loads(world.run("status", "--json").stdout), json.loads(before.stdout)
    assert status["ollama"]["model"] == first["ollama"]["model"] == own.name
    assert status["ollama"]["installed"] == 1
    checks = json.loads(world.run("doctor", "--json").stdout)["checks"]
    found = {each["id"]: each for each in checks}
    assert found["models-installed"]["state"] == "ok", found["models-installed"]


def test_a_dry_run_makes_no_variant(world: World) -> None:
    install(world, "pi")
    world.settings("fallback.chain: [pi]\n")
    server = serve(world)
    run = world.run("--local", "--dry-run", "write made.py")
    assert f"model {MODEL.name} at " in run.stdout, run
    assert "/api/create" not in [each.path for each in server.requests]


@pytest.mark.parametrize("name", ["codex", "goose"])
def test_the_sum_of_all_turns_is_no_long_prompt(world: World, name: str) -> None:
    """Their last row tells what all requests together took."""
    install(world, name)
    world.settings(f"fallback.chain: [{name}]\nengine: {name}\nollama.num-ctx: 16384\n")
    change = {"hello.py": ('    print("hello")', '    print("Hello")')}
    work = Agent(edits={"made.py": GREETING}, changes=change, runs="true", closing="Done.")
    server = serve(world, work, counts=8000)
    run = world.run("write made.py")
    assert run.code == 0 and len(server.chats) >= 3, run
    assert "was cut" not in run.stderr, run
    [attempt] = world.records()[0]["attempts"]
    assert attempt["tokens_sent"] >= 3 * 8000
