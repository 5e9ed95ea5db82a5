"""What aider says between the model's words is no part of the answer (texts of 0.86.2)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai_code.core.events import Text
from ai_code.engines.aider.reader import AiderReader

HEAD = (
    "Analytics have been permanently disabled.\n\nAider v0.86.2\n"
    "Model: ollama_chat/deepseek-coder:6.7b with diff edit format\n\n"
)
TOKENS = "\nTokens: 2.1k sent, 19 received.\n"
REPORT = (
    "The LLM did not conform to the edit format.\n"
    "https://aider.chat/docs/troubleshooting/edit-errors.html\n\n"
    "# 1 SEARCH/REPLACE block failed to match!\n\n"
    "## SearchReplaceNoExactMatch: This SEARCH block failed to exactly match lines in hello.py\n"
    "<<<<<<< SEARCH\nold\n=======\nnew\n>>>>>>> REPLACE\n\n"
    "The SEARCH section must exactly match an existing block of lines including all white space\n\n"
)
OTHERS = (
    "# The other 1 SEARCH/REPLACE block were applied successfully.\nDon't re-send them.\n"
    "Just reply with fixed versions of the block above that failed to match.\n"
)
UNABLE = ".git/hooks/pre-commit\nUnable to create .git/hooks/pre-commit, skipping edits.\n"
ELSEWHERE = "'/etc/x' is not in the subpath of '/w' OR one path is relative and the other is not.\n"
ANSWERS = {
    "one word": ("Yes." + TOKENS, "Yes."),
    "paragraphs": ("Yes.\n\nBecause it is.\n" + TOKENS, "Yes.\n\nBecause it is."),
    "a file that is asked about": (
        "hello.py\nAdded hello.py to the chat.\n\nIt prints.\n" + TOKENS,
        "It prints.",
    ),
    "an edit block": ("hello.py\n```\nx\n```\n" + TOKENS, "hello.py\n```\nx\n```"),
    "a file not written": (
        f"a.py\n```\nx\n```\n{TOKENS}\n{UNABLE}Applied edit to a.py\n",
        "a.py\n```\nx\n```",
    ),
    "a report": (f"bad\nblock\n{TOKENS}{REPORT}Again.\n\nGood.\n{TOKENS}", "Again.\n\nGood."),
    "a short reply": (f"bad\nblock\n{TOKENS}{REPORT}Ok.\n{TOKENS}", "Ok."),
    "some applied": (f"bad\nblock\n{TOKENS}{REPORT}{OTHERS}Ok.\nDone.\n{TOKENS}", "Ok.\nDone."),
    "a report without a known end": (
        f"bad\nblock\n{TOKENS}The LLM did not conform to the edit format.\nOk.\nDone.\n{TOKENS}",
        "Ok.\nDone.",
    ),
    "the model's own words": (
        f"I see:\nThe LLM did not conform to the edit format.\nIndeed.\n{TOKENS}",
        "I see:\nThe LLM did not conform to the edit format.\nIndeed.",
    ),
}


def read(raw: str, cuts: list[int]) -> tuple[AiderReader, str]:
    reader, shown, start = AiderReader(), "", 0
    data = raw.encode()
    for cut in [*sorted(cut % len(data) for cut in cuts), len(data)]:
        events = reader.feed("out", data[start:cut])
        shown += "".join(event.text for event in events if isinstance(event, Text))
        start = cut
    shown += "".join(event.text for event in reader.finish() if isinstance(event, Text))
    return reader, shown


@pytest.mark.parametrize("name", ANSWERS)
@given(cuts=st.lists(st.integers(0, 5000), max_size=6))
def test_the_answer_is_the_models_words_alone(name: str, cuts: list[int]) -> None:
    raw, answer = ANSWERS[name]
    reader, shown = read(HEAD + raw, cuts)
    assert reader.answer == answer
    assert shown.endswith(answer + "\n")
    assert "Unable" not in shown and "SEARCH" not in shown


def test_files_that_aider_would_not_write_are_known() -> None:
    ignored = "Skipping edits to .git/config that matches gitignore spec.\n"
    reader, _ = read(f"{HEAD}a\nb\n{TOKENS}\n{UNABLE}{ignored}", [])
    assert reader.refused == [".git/hooks/pre-commit", ".git/config"]
    report = f"The LLM did not conform to the edit format.\nhttps://aider.chat/x\n\n{ELSEWHERE}"
    reader, _ = read(f"{HEAD}a\nb\n{TOKENS}{report}a\nb\n{TOKENS}{report}", [])
    assert reader.refused == ["/etc/x"]
