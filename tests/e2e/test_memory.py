"""What is remembered reaches each engine, once: the real Claude Code, the real aider."""

from __future__ import annotations

import json
import re
import stat

import pytest

from ai_code.drill import scenarios
from ai_code.drill.steps import LimitHit, Say
from tests.e2e.fakes import DOCUMENTED, EDIT
from tests.e2e.world import World, ended

NOTE, WORD = "Always say bananas in 日本語.", "bananas"


def of_request(raw: bytes) -> tuple[int, int]:
    """How often the note stands in the system prompt and in the messages."""
    body = json.loads(raw)
    system, messages = (
        json.dumps(body[name], ensure_ascii=False) for name in ("system", "messages")
    )
    return system.count(WORD), messages.count(WORD)


@pytest.mark.claude
@pytest.mark.parametrize("version", ["2.1.329", "2.0.77"])
def test_claude_has_the_notes_once_in_each_request_and_on_resume(
    world: World, version: str
) -> None:
    api = world.claude([Say("one"), Say("two"), Say("three")], version)
    assert world.run("remember", NOTE).code == 0
    first = world.run("--json", "hello")
    assert first.code == 0, first
    assert world.run("-c", "go on").code == 0
    session = json.loads(first.stdout)["session_id"] if "session_id" in first.stdout else ""
    if session:
        assert world.run("--resume", session, "and on").code == 0
    assert [of_request(each.raw) for each in api.main_requests] == [(1, 0)] * len(api.main_requests)
    assert len(api.main_requests) >= 2
    assert world.git("status", "--porcelain") == ""


@pytest.mark.claude
@pytest.mark.aider
def test_both_engines_of_one_run(world: World) -> None:
    world.write("CLAUDE.md", "Write docstrings.\n@docs/style.md\n")
    world.write("docs/style.md", "Imperative mood, please.\n")
    world.write(".claude/rules/py.md", "---\npaths: '*.py'\n---\nTyped Python only.\n")
    world.write(".claude/rules/ts.md", "---\npaths: '*.ts'\n---\nStrict TypeScript.\n")
    (world.home / ".claude").mkdir()
    (world.home / ".claude" / "CLAUDE.md").write_text("Be brief.\n")
    world.git("add", "-A")
    world.git("commit", "-qm", "memory")
    api = world.claude([LimitHit("five_hour")])
    ollama = world.aider(EDIT)
    assert world.run("remember", NOTE).code == 0
    run = world.run("add a docstring to hello() in hello.py")
    assert (run.code, world.text()) == (0, DOCUMENTED), run
    assert of_request(api.main_requests[0].raw) == (1, 0)
    told = json.dumps(json.loads(ollama.chats[0].raw), ensure_ascii=False)
    for wanted in (WORD, "Imperative mood", "Typed Python", "Be brief.", "Write docstrings"):
        assert told.count(wanted) == 1, wanted
    assert "Strict TypeScript" not in told
    assert world.git("status", "--porcelain") == " M hello.py\n"


@pytest.mark.claude
def test_claude_s_own_screen_has_them(world: World) -> None:
    """By a file of its own, which nobody else may read."""
    world.script("claude", '#!/bin/sh\n[ "$1" = --version ] && echo 2.1.329 && exit\n'
                 'for a; do case $a in *.md) cat "$a"; stat -c %a "$a";; esac; done\n')  # fmt: skip
    assert world.run("remember", NOTE).code == 0
    run = world.on_terminal("chat")
    assert run.code == 0 and WORD in run.stdout and "600" in run.stdout


def test_a_note_edited_in_an_editor_on_the_terminal(world: World) -> None:
    world.run("remember", NOTE)
    world.script("ed itor", '#!/bin/sh\n[ "$1" = --wait ] && printf "Say apples.\\n" >"$2"\n')
    world.env["VISUAL"] = "'ed itor' --wait"
    (note,) = json.loads(world.run("memory", "show", "--json").stdout)["notes"]
    child = world.terminal("memory", "edit", note["id"])
    run = ended(child, child.read())
    assert run.code == 0 and "notes: 1 changed" in run.stdout
    (after,) = json.loads(world.run("memory", "show", "--json").stdout)["notes"]
    assert (after["id"], after["text"]) == (note["id"], "Say apples.")


def test_an_emptied_note_is_asked_about_and_taken_back(world: World) -> None:
    world.run("remember", NOTE)
    world.script("editor", '#!/bin/sh\n: >"$1"\n')
    world.env["VISUAL"] = "editor"
    (note,) = json.loads(world.run("memory", "show", "--json").stdout)["notes"]
    for answer, code, left in ((b"n", 1, 1), (b"y", 0, 0)):
        child = world.terminal("memory", "edit")
        child.expect_exact(b"It is empty. Forget this note?")
        child.sendline(answer)
        run = ended(child, child.read())
        assert run.code == code, run
        assert len(json.loads(world.run("memory", "show", "--json").stdout)["notes"]) == left
    undo = re.search(r"ai-code memory (forget --undo \w+)", run.stdout)
    assert undo is not None, run
    assert world.run("memory", *undo[1].split()).code == 0
    assert json.loads(world.run("memory", "show", "--json").stdout)["notes"] == [note]


def test_a_repository_chooses_no_editor(world: World) -> None:
    world.git("config", "core.editor", "touch pwned; true")
    world.script("sensible-editor", "#!/bin/sh\nexit 0\n")
    world.env.pop("VISUAL", None)
    world.env.pop("EDITOR", None)
    run = world.on_terminal("memory", "edit", "--global")
    assert run.code == 0 and "nothing was changed" in run.stdout, run
    assert not (world.project / "pwned").exists()


def test_asked_on_the_terminal_and_taken_back(world: World) -> None:
    made = world.run("remember", NOTE)
    name = re.search(r"project: (\w+)", made.stderr)
    assert name is not None
    child = world.terminal("memory", "forget", name[1])
    child.expect_exact(b"Forget this note?")
    child.sendline(b"y")
    run = ended(child, child.read())
    assert run.code == 0 and "forgotten" in run.stdout
    assert json.loads(world.run("memory", "show", "--json").stdout)["notes"] == []
    assert world.run("memory", "forget", "--undo", name[1]).code == 0
    (note,) = json.loads(world.run("memory", "show", "--json").stdout)["notes"]
    assert note["text"] == NOTE


def test_everything_in_the_folder_is_the_person_s_alone(world: World) -> None:
    world.run("remember", NOTE)
    world.run("memory", "search", WORD)
    for path in (world.state / "memory").rglob("*"):
        mode = stat.S_IMODE(path.stat().st_mode)
        assert mode == (0o700 if path.is_dir() else 0o600), path


@pytest.mark.claude
def test_the_system_prompt_of_the_stand_in_is_what_is_looked_at(world: World) -> None:
    """The other side: without notes there is none in any request."""
    api = world.claude(scenarios.talks_about_limits())
    assert world.run("hello").code == 0
    assert of_request(api.main_requests[0].raw) == (0, 0)
