"""``ai-code stats``: the screen over a real journal."""

from __future__ import annotations

import json
from itertools import pairwise

from click.testing import CliRunner

from ai_code.cli.stats import stats
from ai_code.core.record import Attempt
from ai_code.core.text import columns
from tests.cli.test_history import AIDER, LIMIT, add, run
from tests.flows.fake_world import FakeWorld


def test_the_screen(world: FakeWorld) -> None:
    assert run(world, command=stats).stdout == "no run is recorded\n"
    add(world, LIMIT, AIDER)
    add(world, Attempt("claude", verdict="failed", reason="stall"), exit_code=1)
    text = run(world, command=stats).stdout
    for told in (
        "2: 1 failed, 1 done", "claude", "0 of 2 finished", "1 of 1 finished, median 20 s",
        "1 session", "1 stalled", "1200 sent, 300 received, at least 15.0 tokens/s", "█",
        "59 min", "of waiting",
    ):  # fmt: skip
        assert told in text
    assert all(columns(line) <= 80 for line in text.splitlines())
    rows = json.loads(run(world, "--json", command=stats).stdout)
    assert rows["version"] == 1 and rows["fallbacks"] == {"session": 1}


def test_nothing_is_torn_from_its_number(world: FakeWorld) -> None:
    """Bars are padded, so that figures stand below each other; lines end at commas."""
    long = AIDER._replace(model="hf.co/unsloth/Qwen3-Coder-30B-A3B:Q4", replying_s=12.0)
    for _ in range(3):
        add(world, Attempt("claude", verdict="done", wall_s=9.0))
    add(world, LIMIT, long)
    for code, verdict in ((1, "failed"), (75, "unavailable"), (130, "interrupted"), (1, "limit")):
        add(world, Attempt("claude", verdict=verdict), exit_code=code)
    lines = run(world, command=stats).stdout.splitlines()
    assert all(columns(line) <= 80 for line in lines)
    [claude] = [line for line in lines if line.startswith("claude")]
    [aider] = [line for line in lines if line.startswith("aider")]
    assert claude.index("3 of 8") == aider.index("1 of 1") == 33
    broken = [(one, two) for one, two in pairwise(lines) if two.startswith(" " * 12)]
    assert broken and all(one.endswith(",") for one, _ in broken), lines
    assert any(line.endswith("  20 Nov to 20 Nov, at most 8 runs") for line in lines)


def test_one_run_is_no_runs(world: FakeWorld) -> None:
    add(world, LIMIT, AIDER)
    assert "at most 1 run\n" in run(world, command=stats).stdout


def test_since_leaves_out_what_was_before(world: FakeWorld) -> None:
    add(world, LIMIT, AIDER)
    world.clock.advance(2 * 86_400)
    assert "no run is recorded since" in run(world, "--since", "1d", command=stats).stdout
    text = run(world, "--since", "3d", command=stats).stdout
    assert text.startswith("runs        1 since 19 Nov")


def test_without_utf8_the_chart_is_ascii(world: FakeWorld) -> None:
    add(world, LIMIT, AIDER)
    told = CliRunner(charset="ascii").invoke(stats, [], obj=world)
    assert told.stdout.isascii() and "####" in told.stdout and "\\u" not in told.stdout
