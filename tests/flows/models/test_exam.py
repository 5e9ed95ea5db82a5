"""The exam: its judgement of answers, and how an engine takes it. The real aider takes it in
tests/e2e/test_models.py."""

from __future__ import annotations

import pytest

from ai_code.core.columns import width
from ai_code.core.errors import AiCodeError, ConfigError, Stopped
from ai_code.core.exam import TASKS, ExamTask
from ai_code.core.exits import EndedBy, Exit
from ai_code.drill.ollama import QWEN_CODER
from ai_code.flows.models.exam import Exam
from tests.flows.fake_world import aider_output
from tests.flows.models.conftest import ModelsWorld

BY_ID = {task.id: task for task in TASKS}

RIGHT = {
    "docstring": {"hello.py": 'def hello():\n    """Greet."""\n    print("hello")\n'},
    "off-by-one": {"prices.py": "def total(prices):\n    # all\n    return sum(prices)\n"},
    "guard": {
        "numbers_.py": BY_ID["guard"].files["numbers_.py"].replace(
            "    return sum", "    if not numbers:\n        return 0\n    return sum"
        )
    },
    "parameter": {
        "greet.py": 'def greet(name, greeting="Hello"):\n    """Greet."""\n'
        '    return f"{greeting}, {name}"\n\ndef greet_all(names):\n'
        "    return [greet(name) for name in names]\n"
    },
    "two-files": {
        name: text.replace("area", "rectangle_area")
        for name, text in BY_ID["two-files"].files.items()
    },
    "long-file": {
        "steps.py": BY_ID["long-file"].files["steps.py"].replace("* 28\n", "* 100\n")
    },
}  # fmt: skip


@pytest.mark.parametrize("task", TASKS, ids=lambda task: task.id)
def test_each_task_has_an_answer_that_is_right(task: ExamTask) -> None:
    assert task.right(RIGHT[task.id])
    assert not task.right(task.files)
    assert not task.right({})
    assert not task.right(dict.fromkeys(task.files, "def (:\n"))


def test_a_file_cut_short_is_wrong() -> None:
    text = RIGHT["long-file"]["steps.py"]
    assert not BY_ID["long-file"].right({"steps.py": text[: len(text) // 2]})


def test_a_docstring_in_the_place_of_the_code_is_wrong() -> None:
    assert not BY_ID["docstring"].right({"hello.py": 'def hello():\n    """Greet."""\n'})


def take(here: ModelsWorld, *ids: str) -> Exam:
    tasks = [BY_ID[each] for each in ids]
    return Exam(here.world, here.world.settings, tasks=tasks)


def test_an_exam(here: ModelsWorld) -> None:
    here.world.console.terminal()
    for id_ in ("docstring", "guard"):
        files = RIGHT[id_]
        here.world.expect("aider", aider_output("done", tuple(files)), edits=files)
    here.world.expect("aider", aider_output("I would rather not."))
    wrong = {"steps.py": "x = 1\n"}
    here.world.expect("aider", aider_output("done", ("steps.py",)), edits=wrong)
    before = sorted(here.world.cwd.rglob("*"))
    done = take(here, "docstring", "guard", "parameter", "long-file").go(QWEN_CODER.name)
    result = done.result
    assert (result.tasks, result.passed, result.followed) == (4, 2, 3)
    assert [each.why for each in done.answers] == [
        "", "", "it changed nothing", "the edit is not right",
    ]  # fmt: skip
    assert here.world.model_notes.exam(QWEN_CODER.digest) == result
    # The person's tree is as it was, and the engine never stood in it.
    assert sorted(here.world.cwd.rglob("*")) == before
    for command in here.world.processes.commands:
        assert not command.cwd.is_relative_to(here.world.cwd)
        assert not command.cwd.exists()
        assert "AI_CODE_FENCE" in command.env
        assert "--no-git" in command.argv


def test_a_file_that_is_not_of_the_task_is_named(here: ModelsWorld) -> None:
    here.world.expect("aider", aider_output("done", ("new.py",)), edits={"new.py": "x = 1\n"})
    done = take(here, "guard").go(QWEN_CODER.name)
    assert [each.why for each in done.answers] == ["it wrote new.py, and none of the task's files"]
    assert not done.result.followed


def test_a_long_reason_stays_beside_its_task(here: ModelsWorld) -> None:
    last = "RuntimeError: " + "it said no, and that at length; " * 5
    crashed = Exit(1, stderr_tail=last)
    here.world.expect("aider", b"Aider v0.86.2\n", exit=crashed)
    take(here, "off-by-one").go(QWEN_CODER.name)
    lines = [line for line in here.told.splitlines() if line.startswith("  ")]
    assert len(lines) > 1, here.told
    assert lines[0].startswith("  off-by-one  FAILED, ")
    assert all(line.startswith(" " * 14) for line in lines[1:])
    assert max(map(width, lines)) <= 80


def test_ctrl_c_keeps_nothing(here: ModelsWorld) -> None:
    stopped = Exit(None, 2, ended_by=EndedBy.PERSON, person_signal=2)
    here.world.expect("aider", b"Aider v0.86.2\n", exit=stopped)
    with pytest.raises(Stopped):
        take(here, "docstring", "guard").go(QWEN_CODER.name)
    assert here.world.console.of("important") == ["stopped: this exam does not count"]
    assert here.world.model_notes.exams() == []


def test_a_server_that_fails_is_no_failure_of_the_models(here: ModelsWorld) -> None:
    error = (
        b"Aider v0.86.2\n\n\nlitellm.APIConnectionError: Ollama_chatException - [Errno 111] "
        b"Connection refused\nRetrying in 0.2 seconds...\n"
    )
    here.world.expect("aider", error)
    with pytest.raises(AiCodeError, match="the exam could not be taken"):
        take(here, "docstring").go(QWEN_CODER.name)
    assert here.world.model_notes.exams() == []


def test_the_policy_and_the_engine_come_first(here: ModelsWorld) -> None:
    here.world.set(models_exclude_makers=("Alibaba",))
    with pytest.raises(ConfigError) as caught:
        take(here, "docstring").go(QWEN_CODER.name)
    assert caught.value.why == "models.exclude-makers has Alibaba"
    here.world.set(models_exclude_makers=())
    here.world.processes.missing.add("aider")
    with pytest.raises(AiCodeError, match="the exam needs aider"):
        take(here, "docstring").go(QWEN_CODER.name)
