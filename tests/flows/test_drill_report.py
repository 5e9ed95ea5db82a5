"""The drill's report on a screen of 80 columns: titled, no word broken, each passed row timed."""

from __future__ import annotations

import pytest

from ai_code.core.drill import SCENARIOS, Mend, Part, part_names
from ai_code.core.text import columns
from ai_code.flows.drill import Played, Report
from ai_code.flows.drill_report import lines_of

TITLE = "session: the 5-hour limit at once"
LONG = "docs/とても長い名前のフォルダ/" + "long" * 8 + "/hello.py"
LEFT_OUT = f"""\
left out of run 20261126-180344-0d74:
  {LONG}: it was cut to a fragment: 2 of 6 lines are left, and nobody asked for it
diff --git a/hello.py b/hello.py
-    print("a line of code that is longer than the screen, and stays as it is: it is a diff")
"""


def played(name: str = "session", note: str = "", diff: str = "", state: str = "passed") -> Played:
    parts = tuple(
        Part(each, "real", state if each == "model" else "passed", None, note)  # type: ignore[arg-type]
        for each in part_names("aider")
    )
    return Played(SCENARIOS[name], parts, diff)


def shown(*each: Played, mend: tuple[Mend, ...] = ()) -> list[str]:
    return list(lines_of(Report(each, mend, ())))


def test_what_is_sent_elsewhere_has_its_title() -> None:
    assert shown(played())[0] == TITLE
    several = shown(played("weekly"), played(state="failed"), played("model", state="failed"))
    assert several[0] == TITLE
    assert several[several.index("model: the limit of one model") - 1] == ""
    assert shown(played(), played("weekly"))[0].startswith("  session ")


def test_a_row_that_passed_shows_that_there_was_nothing_to_time() -> None:
    rows = [line for line in shown(played()) if " passed" in line and line.startswith("  ")]
    assert rows and all(row.split()[-1] == "-" for row in rows)


@pytest.mark.parametrize("state", ["passed", "failed"])
@pytest.mark.parametrize("note", [LONG, f"{LONG}, and 3 more", "ターミナル " * 12, "short"])
def test_no_word_is_broken(note: str, state: str) -> None:
    lines = shown(played(note=note, state=state))
    words = " ".join(lines).split()
    assert all(word in words for word in note.replace(",", " ").split() if word != LONG)
    assert any(LONG in line for line in lines) or LONG not in note
    assert all(columns(line) <= 80 for line in lines), lines


def test_words_about_a_diff_are_wrapped_and_the_diff_is_not() -> None:
    lines = shown(played(diff=LEFT_OUT, state="failed"))
    told = [line for line in lines if "print(" not in line]
    assert all(columns(line) <= 80 for line in told), told
    assert any(LONG in line for line in told)
    assert any(line.endswith('it is a diff")') for line in lines)


def test_a_long_mend_is_cut_where_a_shell_goes_on() -> None:
    mend = Mend(
        "ai-code models pull gpt-oss:20b && AI_CODE_MODEL=gpt-oss:20b ai-code drill", "other"
    )
    lines = shown(played(state="failed"), mend=(mend,))
    at = lines.index("to mend:")
    assert lines[at + 1 : at + 4] == [
        "  ai-code models pull gpt-oss:20b && AI_CODE_MODEL=gpt-oss:20b ai-code drill",
        "    other",
        "FAILED: session",
    ]


def test_who_played_what_is_told_of_several() -> None:
    by_stand_in = Played(SCENARIOS["weekly"], (Part("model", "stand-in", "passed"),))
    lines = shown(played(), by_stand_in)
    real = next(line for line in lines if line.startswith("  real "))
    assert real.startswith("  real       claude, limit seen, ") and " undo" in "\n".join(lines)
    assert "  stand-in   model" in lines
