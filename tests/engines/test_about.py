"""What engines say of themselves is what ai-code does with them."""

from __future__ import annotations

from pathlib import Path

import pytest

from ai_code.core.command import Request
from ai_code.core.engine_table import LOCAL
from ai_code.core.task import LocalModel, Program, Task
from ai_code.engines.registry import local_engine

ROOT = Path(__file__).parents[2]
_SWITCHES = {
    "codex": "features.multi_agent=false",
    "goose": "--no-profile",
    "qwen": "agent,",
}
"""What keeps an engine from its subagents."""


@pytest.mark.parametrize("name", LOCAL)
def test_a_plan_can_be_made_by_those_that_are_asked_for_one(name: str) -> None:
    about = local_engine(name).about
    assert (about.can["plan"].answer != "no") == ("plan" in about.modes)


@pytest.mark.parametrize(("name", "switch"), _SWITCHES.items())
def test_what_is_switched_off_is_left_out(name: str, switch: str) -> None:
    engine, where = local_engine(name), Path("/home/user/project")
    task = Task(
        Request("task", where), Program(("x",)), where, Path("/run/own"),
        local=LocalModel("m", "http://127.0.0.1:11434", 32768),
    )  # fmt: skip
    assert any(switch in each for each in engine.command(task).argv)
    can = engine.about.can["subagents"]
    assert (can.answer, can.how) == ("no", "left out")


def test_the_documents_say_how_much_context_each_needs() -> None:
    needs: dict[int, list[str]] = {}
    for name in sorted(LOCAL):
        about = local_engine(name).about
        if about.needs_tools:
            needs.setdefault(about.least_context // 1024, []).append(name)
    assert sorted(needs) == [8, 16, 24]
    assert (needs[8], needs[24]) == (["goose", "pi"], ["qwen"])
    wanted = {
        "docs/en/engines.md": "16k tokens, 8k for goose and pi, 24k for qwen.",
        "docs/ja/engines.md": "16k トークン以上。goose と pi は 8k 以上、qwen は 24k 以上)",
        "AI_FALLBACK.md": "16k トークン以上(goose と pi は 8k 以上、qwen は 24k 以上)",
    }
    for page, words in wanted.items():
        text = "".join((ROOT / page).read_text("utf-8").split())
        assert "".join(words.split()) in text, page
