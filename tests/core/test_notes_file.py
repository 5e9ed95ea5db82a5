"""The file of notes: what is written is read again, and people may edit it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai_code.core.notes_file import (
    Note,
    as_list,
    clean,
    found_notes,
    note_id,
    parse_notes,
    render_notes,
    same_note,
    title_of,
)

TODAY = "2026-11-26"
LINES = st.one_of(
    st.text(max_size=20),
    st.sampled_from(
        ["## a1b2 · 2026-11-26", "\\## a1b2 - 2026-01-01", "\\\\## a1b2 · 2026-11-26 ", "## Notes",
         "<!-- x -->", "-->", "", "  indented", "日本語のメモ"]
    ),
)  # fmt: skip
TEXTS = st.lists(LINES, min_size=1, max_size=6).map("\n".join).map(clean).filter(bool)
DATES = st.dates().map(lambda date: date.isoformat()).filter(lambda text: len(text) == 10)


def numbered(rows: list[tuple[str, str]]) -> tuple[Note, ...]:
    notes: list[Note] = []
    for date, text in rows:
        notes.append(Note(note_id(text, {each.id for each in notes}), date, text))
    return tuple(notes)


NOTES = st.lists(st.tuples(DATES, TEXTS), max_size=6).map(numbered)


@given(notes=NOTES, title=st.text(max_size=40))
def test_what_is_written_is_read_again(notes: tuple[Note, ...], title: str) -> None:
    text = render_notes(title, notes, TODAY)
    assert parse_notes(text) == notes
    assert render_notes(title, parse_notes(text), TODAY) == text
    assert parse_notes(text.replace("\n", "\r\n")) == notes


@given(st.text(max_size=400))
def test_any_text_is_a_file_of_notes(text: str) -> None:
    """Nothing that somebody wrote is lost: it is read, written and read the same."""
    notes = parse_notes(text)
    assert len({each.id for each in notes}) == len(notes)
    again = parse_notes(render_notes("x", notes, TODAY))
    assert [each.text for each in again] == [each.text for each in notes]


def test_what_people_write_by_hand() -> None:
    text = (
        "A line above everything.\n\n## a1b2 - 2026-01-02\nFirst.\n\n## a1b2 · 2026-01-03\n"
        "The same id again.\n\n## zzzz · 2026-01-03\nno id\n\n## c3d4 · 2026-01-04\n\n\n"
    )
    loose, first, second = parse_notes(text)
    assert (loose.text, loose.date) == ("A line above everything.", "")
    assert first == Note("a1b2", "2026-01-02", "First.")
    assert second.id != "a1b2"
    assert second.text == "The same id again.\n\n## zzzz · 2026-01-03\nno id"
    assert f"## {loose.id} · {TODAY}" in render_notes("x", [loose], TODAY)


def test_a_file_says_whose_it_is() -> None:
    assert title_of(render_notes("/home/me/a--b", [], TODAY)) == "/home/me/a--b"
    assert parse_notes(render_notes("x --> y", [], TODAY)) == ()
    assert title_of("# anything") == ""


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        (" a\r\nb\r", "a\nb"), ("\x1b[31mred\x07", "[31mred"), ("\ud800x", "?x"), ("\t\n", ""),
        ("日本語　", "日本語"),
    ],
)  # fmt: skip
def test_control_characters_are_no_memory(text: str, kept: str) -> None:
    assert clean(text) == kept


@pytest.mark.parametrize(
    "text", ["use tabs in makefiles", "Use  tabs\nin Makefiles.", "ＵＳＥ TABS in makefiles!"]
)
def test_the_same_in_other_clothes(text: str) -> None:
    note = Note("a1b2", TODAY, "Use tabs in Makefiles")
    assert same_note(text, [note]) == note
    assert same_note("Use tabs in Makefile", [note]) is None


def test_an_id_is_short_and_its_beginning_enough() -> None:
    first = note_id("text", ())
    assert len(first) == 4 and note_id("text", {first}).startswith(first)
    notes = [Note(name, TODAY, name) for name in ("ab12", "ab123", "cd34")]
    assert [each.id for each in found_notes("ab12", notes)] == ["ab12"]
    assert [each.id for each in found_notes("ab", notes)] == ["ab12", "ab123"]
    assert found_notes("", notes) == () == found_notes("zz", notes)


def test_an_engine_is_told_the_newest_first() -> None:
    notes = [Note("a1b2", TODAY, "old"), Note("c3d4", TODAY, "new\nsecond line")]
    assert as_list(notes) == "- new\n  second line\n- old\n"
    assert as_list([]) == ""
