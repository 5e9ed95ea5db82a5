"""What a weak or broken local model does, measured with the real aider: none of it reaches the
tree unseen, each is named, and the exit code says so."""

from __future__ import annotations

from pathlib import Path

import pytest

from ai_code.drill.models import FakeModel
from ai_code.drill.ollama import EndsWithoutDone
from ai_code.drill.replies import (
    CutStream,
    Dies,
    ErrorLine,
    HttpError,
    LengthStop,
    NotFound,
    OutOfMemory,
    Reply,
    edit_block,
    whole_file,
)
from tests.conftest import HELLO
from tests.e2e.fakes import DOCUMENTED, EDIT
from tests.e2e.world import SMALL, World

TASK = "add docstrings to hello.py"
LONG = "".join(f"def f{n}():\n    return {n}\n\n\n" for n in range(20))
HALF = LONG[: len(LONG) // 2]
REST_UNCHANGED = 'def f0():\n    """Zero."""\n    return 0\n\n\n# ... rest of the code unchanged\n'


@pytest.fixture
def whole(world: World) -> World:
    """A project with a longer file, and aider in the whole format."""
    world.write("hello.py", LONG)
    world.git("commit", "-qam", "longer")
    world.settings("aider:\n  edit-format: whole\n")
    return world


def kept_patch(world: World) -> str:
    """The text of what did not land, and that git can apply it."""
    (patch,) = (world.state / "runs").glob("*/*.patch")
    world.git("apply", "--check", str(patch))
    return patch.read_text()


@pytest.mark.aider
@pytest.mark.parametrize(
    ("reply", "said"),
    [
        (EndsWithoutDone(f"hello.py\n```\n{HALF}"), "cut"),
        (LengthStop(f"hello.py\n```\n{HALF}"), "cut"),
        (whole_file("hello.py", REST_UNCHANGED), "a placeholder stands where code was"),
        (whole_file("hello.py", HALF), "cut to a fragment"),
        (whole_file("hello.py", ""), "emptied"),
    ],
    ids=["cut", "length", "placeholder", "fragment", "empty"],
)
def test_a_file_is_not_cut_to_what_the_model_repeated(
    whole: World, reply: Reply, said: str
) -> None:
    whole.aider(reply)
    run = whole.run("--local", TASK)
    assert whole.text() == LONG
    assert whole.git("status", "--short") == ""
    assert run.code == 1, run
    assert said in run.stderr


@pytest.mark.aider
def test_what_did_not_land_is_kept_as_a_patch(whole: World) -> None:
    whole.aider(whole_file("hello.py", REST_UNCHANGED))
    run = whole.run("--local", TASK)
    assert "what did not land is kept: git apply" in run.stderr
    assert "rest of the code unchanged" in kept_patch(whole)


@pytest.mark.aider
@pytest.mark.parametrize(
    "reply",
    [
        CutStream(EDIT + EDIT[:40]),
        ErrorLine(EDIT),
        Dies(EDIT),
    ],
    ids=["cut", "error-line", "server-dies"],
)
def test_an_answer_that_breaks_off_changes_nothing(world: World, reply: Reply) -> None:
    world.aider(reply)
    run = world.run("--local", TASK)
    assert world.text() == HELLO
    assert run.code == 1, run
    assert "aider could not finish" in run.stderr
    assert run.hint


@pytest.mark.aider
def test_a_length_stop_between_two_blocks_is_named(world: World) -> None:
    """In the diff format aider applies the first block in silence."""
    world.aider(LengthStop(EDIT + EDIT[:60]))
    run = world.run("--local", TASK)
    assert run.code == 1, run
    assert world.text() == HELLO
    assert "cut" in run.stderr


@pytest.mark.aider
def test_protected_paths_are_left_out_and_named(world: World) -> None:
    paths = (
        *(".git/hooks/pre-commit", ".git/config", ".claude/settings.json", ".mcp.json"),
        *(".github/workflows/x.yml", ".vscode/tasks.json", ".envrc", "../x.txt"),
    )
    before = world.tree(world.base)
    blocks = [edit_block(path, "", "#!/bin/sh\ntouch pwned\n", "sh") for path in paths]
    world.aider("\n".join((EDIT, *blocks)))
    run = world.run("--local", TASK)
    assert [path for path in paths if path not in run.stderr] == [], run
    assert world.text() == DOCUMENTED
    changed = {
        name
        for name, seen in world.tree(world.base).items()
        if before.get(name) != seen and name.startswith(("project", "x"))
    }
    assert changed == {"project/hello.py"}
    assert run.code == 0


@pytest.mark.aider
def test_nothing_but_a_protected_path_is_a_failure_unless_allowed(world: World) -> None:
    flow = "on: push\n"
    world.aider(edit_block(".github/workflows/x.yml", "", flow, "yaml"))
    run = world.run("--local", TASK)
    assert run.code == 1
    assert "--allow-protected" in run.stderr
    assert not (world.project / ".github").exists()
    assert "on: push" in kept_patch(world)
    assert world.run("--local", "--allow-protected", TASK).code == 0
    assert world.text(".github/workflows/x.yml") == flow


@pytest.mark.aider
def test_an_absolute_path_elsewhere_is_not_written(world: World, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere.txt"
    world.aider(edit_block(str(elsewhere), "", "owned\n", "text"))
    run = world.run("--local", TASK)
    assert not elsewhere.exists()
    assert str(elsewhere) in run.stderr, run
    assert run.code == 1


@pytest.mark.aider
def test_prose_is_an_answer(world: World) -> None:
    world.aider("It prints a greeting.")
    run = world.run("--local", "what does hello() do?")
    assert (run.code, run.stdout) == (0, "It prints a greeting.\n")
    assert run.stderr.count("Nothing was changed.") == 1
    assert world.run("--local", "--expect-changes", "what does it do?").code == 1


@pytest.mark.aider
@pytest.mark.parametrize(
    ("reply", "said"),
    [
        (OutOfMemory(), "requires more system memory"),
        (NotFound(), "not found"),
        (HttpError(401, '{"error":"unauthorized"}'), "unauthorized"),
    ],
    ids=["memory", "removed", "unauthorized"],
)
def test_a_server_that_refuses_ends_aiders_retries(world: World, reply: Reply, said: str) -> None:
    ollama = world.aider(reply)
    run = world.run("--local", TASK)
    assert run.code == 1, run
    assert said in run.stderr
    assert run.hint
    assert len(ollama.chats) <= 2


@pytest.mark.aider
def test_an_answer_after_a_reflection_is_the_answer_alone(world: World) -> None:
    world.aider(EDIT.replace('print("hello")', "print(2)"), f"I try again.\n\n{EDIT}")
    run = world.run("--local", TASK)
    assert run.code == 0, run
    assert run.stdout.startswith("I try again.\n\nhello.py\n")


@pytest.mark.aider
def test_a_new_file_that_the_prompt_names_is_there_to_be_edited(world: World) -> None:
    """Not in the index yet; aider's own line about it is no part of the answer."""
    world.write("new one.py", "x = 1\n")
    ollama = world.aider("It sets x.")
    run = world.run("--local", 'explain "new one.py"')
    assert (run.code, run.stdout) == (0, "It sets x.\n"), run
    assert "x = 1" in ollama.chats[0].raw.decode()


@pytest.mark.aider
def test_edits_that_do_not_apply_are_named(world: World) -> None:
    world.aider(edit_block("hello.py", "no such line\nnor this\n", "x\n"))
    run = world.run("--local", TASK)
    assert run.code == 1
    assert "edit format" in run.stderr
    assert world.text() == HELLO


# What is asked before aider starts; a fake stands in for it, for it must not be started at all.


def never_started(world: World) -> None:
    world.script("aider", f"#!/bin/sh\ntouch {world.base}/started\n")


@pytest.mark.parametrize(
    ("models", "said", "hint"),
    [
        ([], "Ollama has no model installed", "ai-code models pull "),
        (
            [FakeModel("a:1b"), FakeModel("b:1b")],
            "none of the installed models is chosen by itself",
            "ai-code --model a:1b",
        ),
        (
            [FakeModel("deepseek-coder:6.7b", size=1 << 50)],
            "deepseek-coder:6.7b needs about",
            "ai-code models pull ",
        ),
    ],
    ids=["none", "several", "memory"],
)
def test_models_that_will_not_do(
    world: World, models: list[FakeModel], said: str, hint: str
) -> None:
    never_started(world)
    world.ollama(models=models)
    run = world.run("--local", TASK)
    assert run.code == 1
    assert said in run.stderr
    assert run.hint.startswith(hint)
    assert not (world.base / "started").exists()


def test_a_model_that_is_not_installed(world: World) -> None:
    never_started(world)
    world.ollama()
    run = world.run("--local", "--model", "codellama:7b", TASK)
    assert run.code == 1
    assert "codellama:7b is not installed" in run.stderr
    assert run.hint == "ai-code models pull codellama:7b"


@pytest.mark.parametrize("way", ["refused", "silent", "garbage"])
def test_a_server_that_does_not_answer(world: World, way: str) -> None:
    never_started(world)
    server = world.ollama(hang_on=["/api/tags"] if way == "silent" else [])
    if way == "refused":
        world.stop_servers()
    if way == "garbage":
        world.env["OLLAMA_HOST"] = server.url + "/some/where"
    run = world.run("--local", TASK)
    assert run.code == 1
    assert server.url in run.stderr
    assert run.hint
    assert not (world.base / "started").exists()


def test_aider_is_missing(world: World) -> None:
    world.ollama()
    run = world.run("--local", TASK)
    assert run.code == 127
    assert "aider is not installed" in run.stderr
    assert run.hint == "ai-code setup aider"


def test_a_proxy_in_front_of_ollama(world: World) -> None:
    """Headers go with every request, also with aider's own."""
    world.settings("ollama:\n  headers:\n    X-Key: secret-value\n")
    world.script("aider", "#!/bin/sh\necho\n")
    server = world.ollama(
        models=[SMALL], base_path="/ollama", required_headers={"X-Key": "secret-value"}
    )
    run = world.run("--local", "--api", server.url + "/api/chat", TASK)
    assert "[AI: Ollama + Aider]" in run.stderr
    assert "secret-value" not in run.stderr + str(world.records())


@pytest.mark.aider
def test_aider_behind_that_proxy(world: World) -> None:
    world.settings("ollama:\n  headers:\n    X-Key: secret-value\n")
    server = world.aider(EDIT, base_path="/ollama", required_headers={"X-Key": "secret-value"})
    run = world.run("--local", TASK)
    assert run.code == 0, run
    assert world.text() == DOCUMENTED
    bare = {each.path for each in server.requests if "x-key" not in each.headers}
    # litellm asks for prices without any headers, and lives with the 401.
    assert bare <= {"/ollama/api/show"}
