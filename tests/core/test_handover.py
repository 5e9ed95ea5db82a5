"""A story in words: the most important first, within its budget, the same words each time."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ai_code.core.brief import Brief, estimate_tokens, render, render_facts
from ai_code.core.handover import edit_text, story_text
from ai_code.core.note import Absence, note_text, without_note
from ai_code.core.story import CommandRun, FileEdit, Step, Story

STORY = Story(
    task="the task",
    steps=(Step("A", "done"), Step("B", "doing"), Step("C")),
    steps_from="list",
    edits=(FileEdit("a.py", "x = 1\n", "x = 2\n"), FileEdit("new.py", "", "y = 1\n", True)),
    read=("a.py", "other.py"),
    commands=(CommandRun("make", False, "1\n2\nboom"), CommandRun("ls", True)),
    said=("First I look.", "Now I build."),
    error="$ make\nboom",
    begun=("b.py",),
)


def test_all_of_it() -> None:
    text = story_text(STORY, 2000)
    parts = [
        "Its steps (its own list):\n- [x] A\n- [ ] (begun) B\n- [ ] C\n",
        "The last failure, which nothing has mended since:\n$ make\nboom\n",
        "The last thing it said:\nNow I build.\n",
        "It was about to edit:\n- b.py\n",
        "Its edits, the newest first:\nnew.py was written anew, 1 line:\ny = 1\n",
        "a.py:\n-x = 1\n+x = 2\n",
        "Commands it ran, the newest first:\n$ ls\n(went well)\n$ make\n(failed)\n1\n2\nboom\n",
        "Other files it read:\nother.py\n",
        "What it said before, the newest first:\nFirst I look.\n",
    ]
    places = [text.index(part) for part in parts]
    assert places == sorted(places)
    assert story_text(STORY, 2000) == text


def test_what_counts_most_stays() -> None:
    long = STORY._replace(said=("x" * 4000,), commands=(CommandRun("c", True, "y\n" * 900),) * 9)
    text = story_text(long, 200)
    assert "- [ ] C" in text and "boom" in text and "other.py" not in text


words = st.text("ab \n日本.", max_size=200)


@given(
    st.builds(
        Story,
        task=words,
        steps=st.lists(st.builds(Step, words, st.sampled_from(["done", "open"]))).map(tuple),
        edits=st.lists(st.builds(FileEdit, words, words, words, st.booleans())).map(tuple),
        read=st.lists(words).map(tuple),
        commands=st.lists(st.builds(CommandRun, words, st.booleans(), words)).map(tuple),
        said=st.lists(words).map(tuple),
        error=words,
    ),
    st.integers(0, 600),
)
def test_it_keeps_to_its_budget(story: Story, tokens: int) -> None:
    text = story_text(story, tokens)
    # Joining the parts takes a sign each.
    assert not text or estimate_tokens(text) <= tokens + 8


def test_nothing_of_nothing() -> None:
    assert story_text(Story(), 1000) == "" and Story().empty
    assert not Story(said=("x",)).empty and Story(steps=(Step("A"),)).empty


def test_an_edit_of_many_lines_shows_what_changed() -> None:
    old = "".join(f"{n}\n" for n in range(30))
    told = edit_text(FileEdit("a", old, old.replace("15\n", "x\n")))
    assert "-15\n+x\n" in told and "29" not in told


def test_the_message_says_what_is_done_and_what_is_open() -> None:
    brief = Brief("T", done=STORY.done, open=STORY.open, story="notes")
    message = render(brief)
    assert "do not do it again:\n- A\n" in message and "1. B\n2. C\n" in message
    one = render(Brief("T", done=STORY.done, open=STORY.open, step=STORY.open[1]))
    assert "Do only this one step now: C" in one and "1. B" not in one
    assert render(Brief("T", open=STORY.open)) == render(Brief("T"))
    assert render_facts(brief) == "What the other assistant did:\n\nnotes"


def absence(**more: object) -> Absence:
    return Absence("20261126-1", 0, "aider", "m:7b", "fix it", **more)  # type: ignore[arg-type]


def test_the_note() -> None:
    text = note_text(
        [absence(files=("a.py",), left_out=("b.py",), why="your weekly limit was reached")]
    )
    for part in ("run 20261126-1: aider with m:7b, because your weekly limit was reached",
                 "It was asked: fix it", "changed a.py (not committed by ai-code)", "b.py",
                 "checked by nobody", "ai-code diff"):  # fmt: skip
        assert part in text, part
    assert without_note(f"{text}\n\nthe prompt") == "the prompt"
    assert without_note("the prompt") == "the prompt"
    checked = note_text([absence(files=("a.py",), commit="abc", checked="make test")])
    assert "committed as abc" in checked and "checked by: make test" in checked
    assert note_text([]) == ""
    many = note_text([absence(files=tuple(f"f{n}" for n in range(40)))])
    assert "and 28 more" in many


def test_a_prompt_before_which_nothing_was_done_has_what_was_done_for_the_one_before() -> None:
    story = Story(task="go on", before=STORY._replace(task="Make a module."))
    assert story.empty and story.tells
    text = story_text(story, 2000)
    assert text.startswith("Nothing yet for this prompt.") and "asked then: Make a module." in text
    assert "- [x] " in text and "Its edits" in text
    assert estimate_tokens(story_text(story, 300)) <= 300
    both = story_text(STORY._replace(before=STORY._replace(task="Before.")), 4000)
    assert both.index("Its steps") < both.index("asked then: Before.")


def test_after_the_last_step_nothing_is_asked_for_that_is_not_missing() -> None:
    told = render(Brief("T", done=STORY.done))
    assert "Still open" not in told and "say so and edit nothing" in told
