"""A download's line on a screen of 80 columns."""

from __future__ import annotations

import pytest

from ai_code.core.columns import width
from ai_code.core.ports import PullProgress
from ai_code.core.progress import Download

GB = 10**9


def at(total: int, done: int, speed: int = 0) -> Download:
    made = Download()
    made.feed(PullProgress("pulling x", "sha256:1", total, done - speed), 0.0)
    if speed:
        made.feed(PullProgress("pulling x", "sha256:1", total, done), 1.0)
    return made


def test_the_line() -> None:
    assert at(5 * GB, 2 * GB, GB // 10).line("qwen2.5-coder:7b") == (
        "qwen2.5-coder:7b  ####......   40 %  2.0 of 5.0 GB  100 MB/s  30 s left"
    )
    assert at(274_000_000, 27_400_000).line("nomic-embed-text") == (
        "nomic-embed-text  #.........   10 %  27 of 274 MB"
    )


@pytest.mark.parametrize(
    "name",
    [
        "hf.co/mmnga/Llama-3.1-Swallow-8B-Instruct-v0.5-gguf:Q4_K_M",
        "日本語のとても長い名前を持つモデルの量子化されたもの:7b",
        "x" * 300,
    ],
)
def test_the_figures_of_a_long_name_are_whole(name: str) -> None:
    line = at(400 * GB, 120 * GB, 20_000_000).line(name)
    assert line.endswith("  ###.......   30 %  120.0 of 400.0 GB  20 MB/s  3 h 53 min left")
    assert 70 <= width(line) <= 79


def test_what_is_left_when_all_has_come() -> None:
    assert at(GB, GB).line("hf.co/me/mine:1b") == "mine:1b: pulling x…"
    assert Download().line("a:1b") == "a:1b: …"
