"""``ai-code stats``: the screen over a real journal."""

from __future__ import annotations

import json

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
