"""Stories out of transcripts: four recorded versions, and rows of every other kind."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai_code.core.story import FileEdit, Step
from ai_code.engines.claude import GO_ON
from ai_code.engines.claude.story import story_of

RECORDED = Path(__file__).resolve().parents[2] / "recordings" / "transcripts"
VERSIONS = ("2.1.329", "2.1.197", "2.0.77", "1.0.128")


def recorded(version: str) -> list[bytes]:
    return (RECORDED / f"{version}.jsonl").read_bytes().splitlines()


def assistant(*blocks: dict[str, Any], **row: Any) -> bytes:
    message = {"model": "claude-x", "content": list(blocks)}
    return json.dumps({"type": "assistant", "message": message, **row}).encode()


def use(name: str, tool_id: str = "t", **given: Any) -> dict[str, Any]:
    return {"type": "tool_use", "id": tool_id, "name": name, "input": given}


def text(words: str) -> dict[str, Any]:
    return {"type": "text", "text": words}


def result(content: str = "ok", tool_id: str = "t", **more: Any) -> bytes:
    block = {"type": "tool_result", "tool_use_id": tool_id, "content": content, **more}
    return json.dumps({"type": "user", "message": {"content": [block]}}).encode()


def prompt(words: str, **row: Any) -> bytes:
    return json.dumps({"type": "user", "message": {"content": words}, **row}).encode()


@pytest.mark.parametrize("version", VERSIONS)
def test_a_recorded_transcript(version: str) -> None:
    story = story_of(recorded(version))
    assert story.task.startswith("Add docstrings to a.py and b.py")
    assert [step.text for step in story.done] == ["Docstring in a.py", "Docstring in b.py"]
    assert [step.text for step in story.open] == ["Make c.py", "Name c.py in README.md"]
    assert story.open[0].state == "doing" and story.steps_from == "list"
    assert story.edited == ("/project/a.py", "/project/b.py")
    assert story.edits[0] == FileEdit("/project/a.py", "def a():\n", 'def a():\n    """A."""\n')
    assert story.read == ("/project/a.py", "/project/b.py")
    [command] = story.commands
    assert not command.ok and "AttributeError" in command.output
    assert story.error == "", "a step was done after it"
    assert story.said == ("I will take four steps, one file after the other.",)
    assert "limit" in story.limit.lower() and story.model.startswith("claude-")
    assert story.skipped == 0 and story.rows == len(recorded(version))


@pytest.mark.parametrize("version", VERSIONS)
def test_a_part_of_one_tells_a_part(version: str) -> None:
    """Only the end of a large transcript is read, and rows may be cut anywhere."""
    rows = recorded(version)
    for start in range(0, len(rows) - 4, 3):
        story = story_of(rows[start:])
        assert story.limit and story.rows == len(rows) - start
    for end in range(1, len(rows)):
        story_of([*rows[: end - 1], rows[end][: len(rows[end]) // 2]])


def test_what_is_no_row_is_counted() -> None:
    rows = [b"not json", b"[1]", b'{"type":"new-kind"}', b'{"no":"type"}', b'{"type":"system"}']
    story = story_of([*rows, prompt("x")])
    assert (story.rows, story.skipped, story.task) == (6, 4, "x")


@given(st.lists(st.one_of(
    st.binary(max_size=40),
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=8),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
            st.sampled_from(["type", "message", "content", "input", "id", "name", "tool_use_id",
                             "todos", "status", "is_error", "text", "isSidechain", "model"]),
            inner | st.sampled_from(["assistant", "user", "tool_use", "tool_result", "Edit", "Bash",
                                     "TodoWrite", "TaskUpdate", "text"]), max_size=5),
        max_leaves=20,
    ).map(lambda value: json.dumps(value).encode()),
), max_size=8))  # fmt: skip
def test_no_row_is_fatal(rows: list[bytes]) -> None:
    assert story_of(rows).rows == len(rows)


def test_a_new_prompt_begins_anew() -> None:
    todos = [{"content": "A", "status": "completed"}, {"content": "B", "status": "pending"}]
    rows = [
        prompt("first"),
        assistant(use("Edit", file_path="/a", old_string="x", new_string="y")),
        result(),
        assistant(use("TodoWrite", todos=todos)),
        result(),
        prompt("second"),
        assistant(text("I look.")),
    ]
    story = story_of(rows)
    assert (story.task, story.edits, story.said) == ("second", (), ("I look.",))
    assert story.steps == () and story.before is not None
    assert story.before.steps == (Step("A", "done"), Step("B", "open"))
    assert story.before.edited == ("/a",)


@pytest.mark.parametrize(
    "words",
    [
        GO_ON,
        "<command-name>/clear</command-name>",
        "<local-command-stdout>x",
        "Caveat: the messages",
        "[Request interrupted by user]",
    ],
)
def test_what_is_not_the_persons_prompt(words: str) -> None:
    assert story_of([prompt("mine"), prompt(words)]).task == "mine"
    assert story_of([prompt("mine"), prompt("meta", isMeta=True)]).task == "mine"
    assert story_of([prompt("mine"), prompt("side", isSidechain=True)]).task == "mine"


def test_our_own_note_is_no_part_of_the_prompt() -> None:
    noted = "<ai-code-note>\nwho worked\n</ai-code-note>\n\nfix it"
    assert story_of([prompt(noted)]).task == "fix it"


def test_edits_that_failed_or_never_came_back() -> None:
    rows = [
        prompt("x"),
        assistant(use("Edit", "1", file_path="/a", old_string="x", new_string="y")),
        result("String to replace not found", "1", is_error=True),
        assistant(use("Write", "2", file_path="/b", content="new\n")),
        result("made", "2"),
        assistant(use("MultiEdit", "3", file_path="/c", edits=[
            {"old_string": "1", "new_string": "2"}, {"old_string": "3", "new_string": "4"}])),
        result("made", "3"),
        assistant(use("Edit", "4", file_path="/d", old_string="x", new_string="y")),
    ]  # fmt: skip
    story = story_of(rows)
    assert [(e.path, e.old, e.new, e.whole) for e in story.edits] == [
        ("/b", "", "new\n", True), ("/c", "1", "2", False), ("/c", "3", "4", False)
    ]  # fmt: skip
    assert story.begun == ("/d",)


def test_a_failure_that_was_mended_is_none() -> None:
    fails = [prompt("x"), assistant(use("Bash", command="make")), result("boom", is_error=True)]
    assert story_of(fails).error == "$ make\nboom"
    other = [*fails, assistant(use("Bash", command="ls")), result("a")]
    assert story_of(other).error == "$ make\nboom"
    mended = [*fails, assistant(use("Bash", command="make")), result("built")]
    story = story_of(mended)
    assert story.error == "" and [run.ok for run in story.commands] == [False, True]


def test_an_answer_after_a_limit_ends_it() -> None:
    message = {"model": "<synthetic>", "content": [text("You've hit your limit")]}
    row = {"type": "assistant", "error": "rate_limit", "message": message}
    limit = json.dumps(row).encode()
    assert story_of([prompt("x"), limit]).limit == "You've hit your limit"
    assert story_of([prompt("x"), limit, assistant(text("on"))]).limit == ""


def test_what_a_sub_agent_says_is_not_said_and_what_it_edits_is_edited() -> None:
    rows = [
        prompt("x"),
        assistant(text("inner"), use("Write", file_path="/a", content="1"), isSidechain=True),
        result(),
    ]
    story = story_of(rows)
    assert story.said == () and story.edited == ("/a",)


def test_a_plan_in_words_and_one_in_the_prompt() -> None:
    plan = assistant(text("Plan:\n1. Edit a.py\n2. Edit b.py"))
    edit = [assistant(use("Write", file_path="/p/a.py", content="1")), result()]
    story = story_of([prompt("do it"), plan, *edit])
    assert story.steps_from == "plan"
    assert [step.state for step in story.steps] == ["done", "open"]
    story = story_of([prompt("1. Edit a.py\n2. Edit b.py"), *edit])
    assert (story.steps_from, [s.state for s in story.steps]) == ("prompt", ["done", "open"])


def task(number: int, subject: str) -> list[bytes]:
    made = assistant(use("TaskCreate", f"c{number}", subject=subject))
    return [made, result(f"Task #{number} created successfully", f"c{number}")]


def task_is(number: int, status: str) -> list[bytes]:
    update = use("TaskUpdate", f"u{number}", taskId=str(number), status=status)
    return [assistant(update), result("Updated", f"u{number}")]


LIST = [prompt("first"), *task(1, "Edit a.py"), *task(2, "Edit b.py"), *task_is(1, "completed")]


def test_a_list_is_about_the_prompt_that_it_was_made_for() -> None:
    """What was open then may have been done by a local model since."""
    wrote = [assistant(use("Write", file_path="/a.py", content="1")), result()]
    story = story_of([*LIST, *wrote, prompt("second")])
    assert (story.task, story.steps, story.empty) == ("second", (), True)
    assert story.before is not None and story.before.task == "first"
    assert story.before.edited == ("/a.py",) and len(story.before.steps) == 2
    # Two limits in a row: it is what was done last that counts.
    again = story_of([*LIST, *wrote, prompt("second"), prompt("third")])
    assert again.before == story.before._replace(rows=again.before.rows if again.before else 0)


def test_a_list_that_is_gone_on_with_is_about_the_new_prompt_too() -> None:
    story = story_of([*LIST, prompt("go on"), *task_is(2, "in_progress")])
    assert [(step.text, step.state) for step in story.steps] == [
        ("Edit a.py", "done"), ("Edit b.py", "doing")
    ]  # fmt: skip
    assert story.before is not None and story.before.task == "first"


def test_of_a_list_that_is_gone_on_with_by_new_tasks_only_these_count() -> None:
    rows = [*LIST, prompt("tests too"), *task(3, "Edit t.py"), *task(4, "Edit u.py")]
    assert [step.text for step in story_of(rows).steps] == ["Edit t.py", "Edit u.py"]
    begun = story_of([*rows, *task_is(3, "completed")])
    assert [step.state for step in begun.steps] == ["done", "open"]
