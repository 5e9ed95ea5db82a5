"""A command of the person's own as the engine: small shell scripts, judged as a whole."""

from __future__ import annotations

import pytest

from ai_code.drill import scenarios
from tests.e2e.world import Result, World

ONLY = "fallback.chain: [custom]\nengine: custom\n"


def given(world: World, script: str, settings: str = ONLY, command: str = "") -> None:
    path = world.script("agent", f"#!/bin/sh\n{script}\n")
    world.settings(settings + f"custom.command: {command or f'[{path}]'}\n")
    world.ollama()


def edit(world: World, *args: str) -> Result:
    return world.run(*args, "write made.py")


def test_it_edits(world: World) -> None:
    given(world, 'echo "$*" >made.py; echo warned >&2', command='[agent, "{model}", "{{x}}"]')
    run = edit(world)
    assert run.code == 0 and world.text("made.py").endswith("-ctx16384 {x}\n"), run
    assert "warned" not in run.stderr


def test_an_answer_is_one_and_its_complaint_is_shown(world: World) -> None:
    given(world, "echo 'There is nothing to do.'; echo 'no key: read only' >&2")
    run = edit(world)
    assert run.code == 0 and run.stdout.strip() == "There is nothing to do.", run
    assert "custom said: no key: read only" in run.stderr
    assert "Nothing was changed." in run.stderr


@pytest.mark.parametrize(
    ("script", "told"),
    [
        ("exit 0", "it changed nothing and printed nothing"),
        ("echo; echo >&2", "it changed nothing and printed nothing"),
        (
            "echo one >&2; echo 'fatal: no model' >&2",
            "it changed nothing and printed nothing: one · fatal: no model",
        ),
        ('echo \'{"error": "no key"}\' >&2; exit 3', 'exit code 3: {"error": "no key"}'),
        ("echo 'waiting for a login' >&2; sleep 60", "no output for too long: waiting for a login"),
    ],
    ids=["silent", "blank", "complains", "fails", "hangs"],
)
def test_nothing_done_is_no_success(world: World, script: str, told: str) -> None:
    given(world, script, ONLY + "stall-timeout: 2s\n")
    run = edit(world)
    assert run.code == 1 and told in run.stderr and run.hint, run
    assert world.verdicts() == ["custom unavailable no-change"]


def test_a_failure_after_an_edit_keeps_it_aside(world: World) -> None:
    given(world, "echo x >made.py; exit 4")
    run = edit(world)
    assert run.code == 1 and "custom ended with exit code 4" in run.stderr, run
    assert "made.py: the engine did not come to its end" in run.stderr
    assert not (world.project / "made.py").exists() and world.verdicts() == ["custom failed crash"]


@pytest.mark.aider
def test_the_chain_goes_on(world: World) -> None:
    server = world.aider("Nothing is to be done.")
    path = world.script("agent", "#!/bin/sh\necho 'cannot reach it' >&2\n")
    world.settings(f"fallback.chain: [custom, aider]\ncustom.command: [{path}]\n")
    run = edit(world, "--local")
    assert run.code == 0 and server.chats, run
    assert "printed nothing: cannot reach it; aider is tried." in run.stderr
    assert world.verdicts() == ["custom unavailable no-change", "aider done"]


def test_one_text_with_blanks(world: World) -> None:
    given(world, "echo x >made.py", command="\"agent --x 'a b'\"")
    run = edit(world)
    assert run.code == 127 and "'agent --x 'a b''" in run.stderr, run
    assert 'it is a list: ["agent", "--x", "a b"]' in run.stderr
    (world.bin / "agent --x 'a b'").symlink_to(world.bin / "agent")
    assert edit(world).code == 0, "a program of that name is one"


@pytest.mark.parametrize("wrong", ["{bogus}", "--files={files}"])
def test_a_slip_is_refused_where_it_is_read(world: World, wrong: str) -> None:
    given(world, "echo x >made.py", command=f'[agent, "{wrong}"]')
    for run in (edit(world), world.run("config", "check")):
        assert run.code == 78 and "config.yaml:3:" in run.stdout + run.stderr, run
        assert "{prompt_file}, {model}, {ollama_url}, {context}, {files}" in run.stdout + run.stderr


def test_a_slip_in_engines_command_too(world: World) -> None:
    world.settings('engines.command: {custom: [agent, "{bogus}"]}\n')
    assert world.run("config", "check").code == 78
    world.settings('engines.command: {pi: [agent, "{bogus}"]}\n')
    assert world.run("config", "check").code == 0, "nobody replaces anything in it"


@pytest.mark.parametrize("mode", ["ask", "plan"])
def test_it_is_no_engine_for_questions(world: World, mode: str) -> None:
    given(world, "echo x >made.py; echo y")
    run = world.run(mode, "--local", "where?")
    assert run.code == 1 and not run.banners and not run.stdout, run
    assert "the engine custom can only edit" in run.stderr and run.hint
    world.settings("fallback.chain: [custom, aider]\ncustom.command: [agent]\n")
    run = world.run(mode, "--local", "--dry-run", "where?")
    assert "-  custom is left out: the engine custom can only edit" in run.stdout, run
    assert run.stdout.startswith("1. aider\n") and "second engine" not in run.stdout


def test_how_it_is_set_is_told_everywhere(world: World) -> None:
    world.settings("fallback.chain: [custom]\n")
    world.ollama()
    how = 'custom.command: [my-agent, "{prompt_file}"]'
    shown = world.run("engines", "show", "custom").stdout
    told = " ".join(shown.split())
    assert how in told and "docs/en/engines.md#custom" in told and "engines show" not in told
    assert "set it ai-code config path" in told, "a line of the settings is no command"
    assert "models test" not in told, "nothing takes an exam that is not there"
    listed = world.run("engines", "list").stdout
    assert f"not set: {how}" in listed and "docs/en/engines.md#custom" in listed
    for run in (
        world.run("engines", "install", "custom"),
        edit(world, "--local"),
        world.run("models", "test", "--engine", "custom"),
    ):
        assert run.hint == "ai-code config path" and how in run.stderr, run
    assert str(world.home) in world.run("config", "path").stdout


def test_one_that_is_set_and_not_there_is_not_told_as_unset(world: World) -> None:
    world.settings("custom.command: [no-such-agent]\n")
    world.ollama()
    told = world.run("engines", "list").stdout
    assert "not there: ai-code config show --origin" in told and "not set:" not in told


def test_a_question_that_nothing_of_the_chain_can_take_is_no_task_for_it(world: World) -> None:
    given(world, "echo ran", settings="fallback.chain: [custom]\n")
    world.claude(scenarios.credit())
    run = world.run("ask", "--no-fallback", "why?")
    assert (run.code, run.hint) == (75, "ai-code ask --engine aider …"), run
    run = world.run("--no-fallback", "write made.py")
    assert (run.code, run.hint) == (75, "ai-code --local …"), run
