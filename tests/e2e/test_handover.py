"""Nothing is lost at the switch: the local model does what Claude left open and only that, and
Claude is told, once, what happened. Real Claude Code, real aider; the APIs are stand-ins."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ai_code.drill.anthropic import LimitHit, Say, Step, UseTool
from ai_code.drill.ollama import edit_block
from tests.e2e.world import World

pytestmark = [pytest.mark.claude, pytest.mark.aider]
TASK = "Document a.py and b.py, then make the rest of the module."
STEPS = ("Docstring in a.py", "Docstring in b.py", "Make c.py", "Name c.py in list.txt")
A, B = "def a():\n    return 1\n", "def b():\n    return 2\n"
C, LIST = "X = 1\n", "a.py\nb.py\n"
DONE = {
    "a.py": 'def a():\n    """A."""\n    return 1\n',
    "b.py": 'def b():\n    """B."""\n    return 2\n',
    "c.py": C,
    "list.txt": LIST + "c.py\n",
}
"""What a run without a limit leaves."""
LOCAL = (edit_block("c.py", "", C), edit_block("list.txt", "b.py\n", "b.py\nc.py\n"))


def edit(path: str, old: str, new: str) -> UseTool:
    return UseTool("Edit", {"file_path": f"{{cwd}}/{path}", "old_string": old, "new_string": new})


def documented(name: str) -> list[Step]:
    path = f"{name}.py"
    docstring = f'def {name}():\n    """{name.upper()}."""\n'
    return [
        UseTool("Read", {"file_path": f"{{cwd}}/{path}"}),
        edit(path, f"def {name}():\n", docstring),
    ]


def todo(done: int) -> UseTool:
    states = ["completed"] * done + ["in_progress"] + ["pending"] * (3 - done)
    rows = zip(STEPS, states, strict=True)
    return UseTool(
        "TodoWrite", {"todos": [{"content": t, "status": s, "activeForm": t} for t, s in rows]}
    )


def tasks(*numbers: int, state: str) -> list[Step]:
    return [UseTool("TaskUpdate", {"taskId": str(n), "status": state}) for n in numbers]


def two_of_four(version: str) -> list[Step]:
    """Claude, until its limit comes after the second of four steps."""
    if version == "2.0.77":
        return [todo(0), *documented("a"), todo(1), *documented("b"), todo(2), LimitHit()]
    made = [
        UseTool("TaskCreate", {"subject": text, "description": text, "activeForm": text})
        for text in STEPS
    ]
    return [*made, *documented("a"), *tasks(1, state="completed"), *documented("b"),
            *tasks(2, state="completed"), *tasks(3, state="in_progress"), LimitHit()]  # fmt: skip


@pytest.fixture
def four(world: World) -> World:
    """A project that Claude begins with; newer models have their list of tasks by a variable."""
    world.env["CLAUDE_CODE_ENABLE_TODO_TOOLS"] = "1"
    for name, text in (("a.py", A), ("b.py", B), ("list.txt", LIST)):
        world.write(name, text)
    world.git("add", "--all")
    world.git("commit", "--quiet", "--message=Four")
    return world


def left(world: World) -> dict[str, str]:
    return {name: world.text(name) for name in DONE}


def told(chat: Any) -> str:
    return "\n".join(str(message["content"]) for message in chat.json["messages"])


def asked(request: Any) -> str:
    """What Claude sent, as one text."""
    return json.dumps(request.json["messages"], ensure_ascii=False)


@pytest.mark.parametrize("version", ["2.1.329", "2.0.77"])
def test_only_what_is_open_is_done(four: World, version: str) -> None:
    four.claude(two_of_four(version), version)
    ollama = four.aider(*LOCAL)
    run = four.run(TASK)
    assert run.code == 0, run
    assert left(four) == DONE
    assert "step 1 of 2: Make c.py" in run.stderr and "step 2 of 2: Name c.py" in run.stderr
    assert "new: c.py" in run.stderr and "changed: a.py" not in run.stderr
    first, second = map(told, (ollama.chats[0], ollama.chats[-1]))
    for text in (first, second):
        assert "do not do it again:\n- Docstring in a.py\n- Docstring in b.py\n" in text
        assert '+    \\"\\"\\"A.\\"\\"\\"' in text or '+    """A."""' in text
    assert "Do only this one step now: Make c.py" in first
    assert "Do only this one step now: Name c.py in list.txt" in second


def test_all_steps_in_one_message(four: World) -> None:
    four.claude(two_of_four("2.1.329"))
    both = LOCAL[0] + "\n" + LOCAL[1]
    ollama = four.aider(both)
    four.settings("brief.steps: all\n")
    run = four.run(TASK)
    assert run.code == 0 and left(four) == DONE, run
    assert "1. Make c.py\n2. Name c.py in list.txt" in told(ollama.chats[0])
    assert len(ollama.chats) == 1


def test_a_plan_in_words_is_a_list_too(four: World) -> None:
    """Newer models have no list of tasks unless somebody asks for it."""
    del four.env["CLAUDE_CODE_ENABLE_TODO_TOOLS"]
    plan = "My plan:\n" + "\n".join(f"{n}. {text}" for n, text in enumerate(STEPS, 1))
    reading = UseTool("Read", {"file_path": "{cwd}/a.py"}, plan)
    four.claude([reading, *documented("a"), *documented("b"), LimitHit()])
    ollama = four.aider(*LOCAL)
    run = four.run(TASK)
    assert run.code == 0 and left(four) == DONE, run
    assert "- Docstring in b.py" in told(ollama.chats[0])


def test_a_limit_before_anything_hands_over_the_prompt_alone(four: World) -> None:
    four.claude([LimitHit()])
    ollama = four.aider("Nothing to do.")
    four.run(TASK)
    text = told(ollama.chats[0])
    assert TASK in text and "other assistant" not in text and "Another assistant" not in text


def test_claude_is_told_once(four: World) -> None:
    api = four.claude([*two_of_four("2.1.329"), Say("I see."), Say("Again.")])
    four.aider(*LOCAL)
    assert four.run(TASK).code == 0
    run_id = four.records()[0]["id"]
    # What it meets first is the next limit: nothing was told.
    four.claude([LimitHit()])
    four.ollama("Prose.")
    limited = four.run("and now?")
    assert "told what the local model did" not in limited.stderr, limited
    api = four.claude([Say("I see."), Say("Again.")])
    run = four.run("-v", "and now?")
    assert run.code == 0
    line = "Claude was told what the local model did meanwhile (1 run).\n"
    assert run.stderr.count(line) == 1 and f"ai-code history show {run_id}\n" in run.stderr, run
    note = asked(api.main_requests[-1])
    for text in ("<ai-code-note>", run_id, "c.py", "list.txt", "checked by nobody", TASK,
                 "your session limit was reached", "and now?"):  # fmt: skip
        assert text in note, text
    again = four.run("and then?")
    assert again.code == 0 and "was told" not in again.stderr
    assert "ai-code-note" not in asked(api.main_requests[-1])


def test_a_second_limit_is_not_given_the_steps_of_the_prompt_before(four: World) -> None:
    """The local model has done them: what is asked now is the task, the rest is background."""
    four.claude(two_of_four("2.1.329"))
    ollama = four.aider(*LOCAL, edit_block("t.py", "", "assert True\n"))
    assert four.run(TASK).code == 0
    four.claude([LimitHit()])
    run = four.run("-c", "now tests in t.py")
    assert run.code == 0 and "step 1" not in run.stderr and four.text("t.py"), run
    message = told(ollama.chats[-1])
    assert "now tests in t.py" in message and "Do only this one step" not in message
    for text in (f"It was asked then: {TASK}", "- [x] Docstring in a.py", "Nothing yet for this"):
        assert text in message, text
    assert left(four) == DONE


def test_what_was_undone_is_not_told(four: World) -> None:
    four.claude([LimitHit()])
    four.aider(LOCAL[0])
    assert four.run("make c.py").code == 0
    assert four.run("undo", "--yes").code == 0
    api = four.claude([Say("Fine.")])
    run = four.run("hello")
    assert "was told" not in run.stderr and "ai-code-note" not in asked(api.main_requests[-1])


def test_nobody_is_told_where_it_is_switched_off(four: World) -> None:
    four.settings("handover.to-claude: none\n")
    four.claude([LimitHit()])
    four.aider(LOCAL[0])
    four.run("make c.py")
    api = four.claude([Say("Fine.")])
    four.run("hello")
    assert "ai-code-note" not in asked(api.main_requests[-1])


@pytest.mark.parametrize("version", ["2.1.329", "2.0.77"])
def test_continue_goes_on_with_the_session_that_was_cut_off(four: World, version: str) -> None:
    first = four.claude(two_of_four(version), version)
    four.aider(*LOCAL)
    four.run(TASK)
    before = four.records()[0]["attempts"][0]
    api = four.claude([Say("All is done.")], version)
    run = four.run("-c", "go on")
    assert run.code == 0, run
    after = four.records()[0]["attempts"][0]
    assert after["session_id"] == before["session_id"]
    request = api.main_requests[-1]
    assert request.json["model"] == first.main_requests[0].json["model"]
    for text in (TASK, "Docstring in a.py", "ai-code-note", "go on"):
        assert text in asked(request), text


def test_what_would_be_handed_over_is_shown(four: World) -> None:
    """By the very steps of a run: what it shows is what the model gets."""
    four.write("日本語.md", "# 読む\n")
    four.settings("context.files: [日本語.md]\n")
    colours = UseTool("Bash", {"command": "printf '\\033[31mred'"})
    api = four.claude([*two_of_four("2.1.329")[:-1], colours, LimitHit()])
    ollama = four.aider(*LOCAL)
    four.run("--no-fallback", TASK, "--", "--allowedTools", "Bash")
    asked = len(api.main_requests)
    shown = four.run("handover", "show", "--for", "aider")
    assert shown.code == 0, shown
    for text in (TASK, "do not do it again:\n- Docstring in a.py", "== Message 2 of 2 ==", "- [x]",
                 "Do only this one step now: Name c.py in list.txt", '+    """A."""',
                 "== Files to edit ===", "\nlist.txt\na.py\nb.py\n", "\n日本語.md\n"):  # fmt: skip
        assert text in shown.stdout, text
    assert "\x1b" not in shown.stdout
    for text in ("Claude's session ", "5-hour limit", "For aider with deepseek-coder:6.7b, 16384"):
        assert text in shown.stderr, text
    value = json.loads(four.run("handover", "show", "--json").stdout)
    states = [step["state"] for step in value["steps"]]
    assert states == ["done", "done", "doing", "open"] and value["edited"] == ["a.py", "b.py"]
    assert value["files_to_edit"] == ["list.txt", "a.py", "b.py"]
    assert value["files_to_read"] == ["日本語.md"] and value["message"] == value["messages"][0]
    assert len(api.main_requests) == asked and not ollama.chats
    four.claude([LimitHit()])
    assert four.run("-c", "go on").code == 0
    given = told(ollama.chats[-1])
    assert "- [ ] (begun) Make c.py" in given and '+    """A."""' in given


def test_without_a_model_it_is_shown_all_the_same(four: World) -> None:
    four.claude(two_of_four("2.1.329"))
    four.run("--no-fallback", TASK)
    shown = four.run("handover", "show")
    assert shown.code == 0 and "1. Make c.py\n2. Name c.py in list.txt" in shown.stdout, shown
    assert "tokens assumed: " in shown.stderr


def test_nothing_to_hand_over_is_said(four: World) -> None:
    told = four.run("handover", "show")
    assert told.code == 2 and "there is nothing to hand over" in told.stderr


def test_claude_reviews_what_the_local_model_did(four: World) -> None:
    four.claude([LimitHit()])
    four.aider(edit_block("a.py", A, A.replace("1", "7")))
    assert four.run("fix a.py").code == 0
    run_id = four.records()[0]["id"]
    mend = edit("a.py", "return 7", "return 1")
    read = UseTool("Read", {"file_path": "{cwd}/a.py"})
    api = four.claude([read, mend, Say("a.py: mended")])
    told = four.run("review")
    assert told.code == 0 and "a.py: mended" in told.stdout, told
    assert f"Claude reviews {run_id}." in told.stderr and four.text("a.py") == A
    prompt = asked(api.main_requests[0])
    for text in (
        "Review what a local model did",
        run_id,
        "fix a.py",
        "-    return 1",
        "+    return 7",
    ):
        assert text in prompt, text
    # It was told, and is the last one all the same.
    assert four.run("review").code == 0
    four.claude([LimitHit()])
    limited = four.run("review", run_id)
    assert limited.code == 75 and four.verdicts() == ["claude limit session"]
    undone = four.run("undo", run_id, "--yes")
    assert undone.code == 0 and four.text("a.py") == A, undone


def test_nothing_to_review_is_said(four: World) -> None:
    told = four.run("review")
    assert told.code == 2 and "nothing to review" in told.stderr
    assert "no run" in four.run("review", "20200101-000000-0000").stderr


def test_a_command_of_claudes_own_goes_without_the_note_and_does_not_use_it_up(four: World) -> None:
    four.claude([LimitHit()])
    four.aider(LOCAL[0])
    assert four.run("make c.py").code == 0
    api = four.claude([Say("Fine.")])
    command = four.run("/init")
    assert command.code == 0 and "was told" not in command.stderr, command
    assert "ai-code-note" not in asked(api.main_requests[-1])
    dry = four.run("--dry-run", "and now?")
    assert "was told" not in dry.stderr
    told = four.run("and now?")
    assert "was told" in told.stderr and "ai-code-note" in asked(api.main_requests[-1])
