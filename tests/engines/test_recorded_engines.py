"""What each engine printed in truth (``tools/record_engines.py``), judged: whole and in pieces."""

from __future__ import annotations

import json
from datetime import UTC
from pathlib import Path
from typing import Any

import pytest

from ai_code.core.answer_end import CUT, CUT_OFF
from ai_code.core.command import Request
from ai_code.core.engine_table import LOCAL
from ai_code.core.events import Answer, Event, Tool
from ai_code.core.exits import Exit
from ai_code.core.task import LocalModel, Program, Task
from ai_code.core.verdict import (
    Done,
    Failed,
    FailReason,
    Unavailable,
    UnavailableReason,
    Verdict,
    verdict_name,
)
from ai_code.engines.registry import LocalRun, local_engine

RECORDINGS = Path(__file__).parent.parent / "recordings"
ENGINES = [name for name in LOCAL if name not in ("aider", "custom")]
FILES = [path for name in ENGINES for path in sorted((RECORDINGS / name).glob("*/*.json"))]
EDITS = {"edit", "change", "new-file", "dash-prompt", "japanese", "two-edits-run"}
ANSWERS = {"prose", "ask", "ask-edit"}
FAILS = {
    *(
        "cut",
        "dead-server",
        "dies-at-once",
        "empty",
        "error-500",
        "error-line",
        "memory",
        "missing-model",
    ),
    *("no-tools-model", "stall", "stall-mid-answer"),
}


def name_of(path: Path) -> str:
    return f"{path.parent.parent.name}-{path.stem}"


def opened(told: dict[str, Any], folder: str = "/home/user/project") -> LocalRun:
    where = Path(folder)
    task = Task(
        Request(told["prompt"], where), Program(("x",)), where, Path("/run/own"),
        local=LocalModel("qwen2.5-coder:7b", "http://127.0.0.1:11434", 32768),
        mode="ask" if told["case"].startswith("ask") else "edit",
    )  # fmt: skip
    return local_engine(told["engine"]).open(task)


def fed(
    told: dict[str, Any], size: int, folder: str = "/home/user/project"
) -> tuple[LocalRun, list[Event]]:
    """The run after all that was printed, in pieces of that many bytes."""
    run, seen = opened(told, folder), list[Event]()
    data = told["stdout"].encode()
    for start in range(0, len(data), size):
        seen += run.feed("out", data[start : start + size])
    run.feed("err", told["stderr"].encode())
    return run, [*seen, *run.finish()]


def judged(told: dict[str, Any], run: LocalRun) -> Verdict:
    exit_ = Exit(
        told["exit_code"], signal=told["signal"], stdout_tail=told["stdout"][-4000:],
        stderr_tail=told["stderr"][-4000:],
    )  # fmt: skip
    return run.judge(exit_, now=0, tz=UTC, changed=bool(told["changed"]))


def cases(names: set[str]) -> list[Any]:
    return [pytest.param(path, id=name_of(path)) for path in FILES if path.stem in names]


@pytest.mark.parametrize("path", cases(EDITS))
def test_an_edit_is_done(path: Path) -> None:
    told = json.loads(path.read_text())
    run, _ = fed(told, 1 << 20)
    verdict = judged(told, run)
    assert isinstance(verdict, Done) and not verdict.changed_nothing
    assert run.answer and told["changed"]
    assert verdict.evidence.rule == f"{told['engine']}.edited"


@pytest.mark.parametrize("path", cases(ANSWERS))
def test_an_answer_is_done_and_has_changed_nothing(path: Path) -> None:
    told = json.loads(path.read_text())
    run, _ = fed(told, 1 << 20)
    verdict = judged(told, run)
    assert isinstance(verdict, Done) and verdict.changed_nothing, verdict
    assert run.answer


@pytest.mark.parametrize("path", cases(FAILS))
def test_a_failure_before_a_change_lets_the_next_one_try(path: Path) -> None:
    told = json.loads(path.read_text())
    run, _ = fed(told, 1 << 20)
    verdict = judged(told, run)
    assert isinstance(verdict, Unavailable), verdict
    assert verdict.message and verdict.evidence.rule.startswith(f"{told['engine']}.")


@pytest.mark.parametrize("path", cases({"dies"}))
def test_a_failure_after_a_change_is_one(path: Path) -> None:
    told = json.loads(path.read_text())
    run, _ = fed(told, 1 << 20)
    # Whether the edit before it was on disk by then is the engine's own race.
    expected = "failed" if told["changed"] else "unavailable"
    assert verdict_name(judged(told, run)) == expected


@pytest.mark.parametrize("path", cases({"missing-model", "memory", "error-500"}))
def test_what_the_server_said_counts_more_than_the_engines_words(path: Path) -> None:
    told = json.loads(path.read_text())
    run, _ = fed(told, 1 << 20)
    words, reason = {
        "missing-model": ("model 'nothing:1b' not found", UnavailableReason.NO_MODEL),
        "memory": ("model requires more system memory (8.4 GiB)", UnavailableReason.MEMORY),
        "error-500": ("something went wrong", UnavailableReason.SERVER),
    }[told["case"]]
    run.server_failed(words)
    verdict = judged(told, run)
    assert isinstance(verdict, Unavailable)
    assert (verdict.message, verdict.reason) == (words, reason)


@pytest.mark.parametrize("path", cases({"length"}))
def test_an_answer_at_its_token_limit_is_none_whatever_the_engine_says(path: Path) -> None:
    """qwen says that it succeeded. What the server ended it with the relay has seen."""
    told = json.loads(path.read_text())
    run, _ = fed(told, 1 << 20)
    run.server_failed(CUT_OFF)
    verdict = judged(told, run)
    assert isinstance(verdict, Unavailable)
    assert (verdict.message, verdict.reason) == (CUT_OFF, UnavailableReason.NO_CHANGE)


@pytest.mark.parametrize("path", cases({"edit"}))
@pytest.mark.parametrize("words", [CUT_OFF, f"{CUT}: Ollama at x did not finish it"])
def test_an_edit_before_half_a_last_answer_is_looked_at(path: Path, words: str) -> None:
    told = json.loads(path.read_text())
    run, _ = fed(told, 1 << 20)
    run.server_failed(words)
    verdict = judged(told, run)
    assert isinstance(verdict, Failed) and verdict.reason is FailReason.CUT


@pytest.mark.parametrize("path", cases({"edit", "new-file", "japanese", "refused-git"}))
def test_files_are_called_as_the_person_calls_them(path: Path) -> None:
    """In a worktree with a long path the name itself was cut off."""
    deep = "/home/user/" + "x" * 150
    told = json.loads(path.read_text().replace("/home/user/project", deep))
    run, seen = fed(told, 1 << 20, deep)
    files = [each.detail for each in seen if isinstance(each, Tool)]
    assert not any(deep in each or each.endswith("…") for each in files), files
    assert not any(deep in each for each in run.refused), run.refused
    assert deep not in getattr(judged(told, run), "message", "")


@pytest.mark.parametrize("path", cases({"two-edits-run"}))
def test_the_sum_of_a_turn_is_no_prompt(path: Path) -> None:
    """Four requests at least: the longest of them is no more than half of what all took."""
    told = json.loads(path.read_text())
    run, _ = fed(told, 1 << 20)
    assert 2 * run.longest_prompt <= run.tokens[0]


@pytest.mark.parametrize("path", FILES, ids=name_of)
@pytest.mark.parametrize("size", [7, 4096])
def test_pieces_of_any_size_tell_the_same(path: Path, size: int) -> None:
    told = json.loads(path.read_text())
    whole, first = fed(told, 1 << 20)
    pieces, second = fed(told, size)
    assert judged(told, pieces) == judged(told, whole)
    assert (pieces.answer, pieces.tokens, pieces.refused) == (
        whole.answer, whole.tokens, whole.refused,
    )  # fmt: skip
    answers = [[each for each in seen if isinstance(each, Answer)] for seen in (first, second)]
    assert answers[0] == answers[1]


def test_every_engine_has_them() -> None:
    assert {path.parent.parent.name for path in FILES} == set(ENGINES)
