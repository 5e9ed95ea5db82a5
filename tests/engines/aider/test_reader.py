"""aider's output in the shapes that no recording has: hostile, odd, unfinished."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ai_code.core.events import Permanent, Retrying
from ai_code.engines.aider.lines import tokens
from ai_code.engines.aider.reader import AiderReader
from tests.engines.aider.recordings import cut, read, shown

START = (
    "Detected dumb terminal, disabling fancy input and pretty output.\n\nAider v0.86.2\n"
    "Model: ollama_chat/m:7b with diff edit format\nGit repo: .git with 2 files\n"
    "Repo-map: using 1024 tokens, auto refresh\nAdded hello.py to the chat.\n\n"
)
END = "\nTokens: 2.0k sent, 43 received.\n"
ERROR = "litellm.APIConnectionError: Ollama_chatException - {}\n"


def run(text: str) -> tuple[AiderReader, str]:
    reader, events = read([text.encode()])
    return reader, shown(events)


REPLIES = [
    "one",
    "Yes.\nBecause.",
    "two words",
    "- a list\n- of things",
    "Note: it is so.",
    "Skipping the tests is fine.",
    "Unable to find hello() in the files.",
    "Added a docstring.",
    "Model the data first.",
    "Tokens: are counted.",
    "Only 3 of them are left.",
    "Retrying in 5 seconds...",
    "Applied edit to nothing",
    "a\n\n\nb",
    "    indented\ntext",
    "hello.py",
    "hello.py\n```python\nx = 1\n```",
    "see `litellm.completion()` and litellm.APIError",
    "it raises litellm.APIError: what now?\nand goes on",
    "litellm.APIError: is the answer",
    "Traceback (most recent call last) in the middle\nTraceback (most recent call last):\n  x",
    "It says:\nTraceback (most recent call last):\n  File x\nThe LLM did not conform to it",
    "日本語だけの返事です。",
    "日本語の返事。\n\nhello.py\n```\nx\n```",
    "\x1b[31mcolours\x1b[0m",
]


@pytest.mark.parametrize("reply", REPLIES)
def test_a_reply_is_shown_and_answered_as_it_is(reply: str) -> None:
    reader, text = run(START + reply + END)
    assert text == reply + "\n"
    assert reader.answer == reply
    assert (reader.error, reader.applied, reader.crashed) == ("", [], False)


WORDS = st.sampled_from(
    [
        "litellm.",
        "litellm.APIError: x",
        "Tokens: ",
        "Model ",
        "```",
        "text",
        " ",
        "\n",
        "\n\n",
        "日",
    ]
)


@given(st.lists(WORDS, max_size=12).map("".join), st.lists(st.integers(0, 2000), max_size=12))
@example("Half\nlitellm.APIError: x", [2, 5, 9])
def test_whatever_the_model_says_pieces_change_nothing(said: str, places: list[int]) -> None:
    data = f"{START}{said}{END}Applied edit to hello.py\n".encode()
    whole, whole_events = read([data])
    reader, events = read(cut(data, places))
    assert shown(events) == shown(whole_events)
    assert (reader.answer, reader.error) == (whole.answer, whole.error)
    assert reader.applied == whole.applied == ["hello.py"]
    assert "Aider v" not in shown(events)


@given(st.binary(max_size=400), st.lists(st.integers(0, 400), max_size=6))
def test_garbage_is_read_without_a_word(data: bytes, places: list[int]) -> None:
    _, whole_events = read([data])
    _, events = read(cut(data, places))
    assert shown(events) == shown(whole_events)


def test_before_its_name_and_version_nothing_is_the_models() -> None:
    reader, text = run("usage: aider [-h]\naider: error: unrecognized arguments: --x\n")
    assert (text, reader.answer) == ("", "")


def test_a_carriage_return_at_a_lines_end() -> None:
    reader, text = run((START + "one two\nthree" + END).replace("\n", "\r\n"))
    assert text == "one two\nthree\n"
    assert reader.answer == "one two\nthree"


def test_stderr_is_not_the_answer() -> None:
    """Progress bars and warnings of libraries go there, in the middle of a line too."""
    reader = AiderReader()
    events = [*reader.feed("out", f"{START}one ".encode()), *reader.feed("err", b"Scanning: 3%\n")]
    events += [*reader.feed("out", f"two{END}".encode()), *reader.finish()]
    assert shown(events) == "one two\n"


def test_an_error_at_a_replys_end_is_found_in_pieces() -> None:
    reader = AiderReader()
    events = []
    for piece in (
        START,
        "Half an ans",
        "litel",
        "lm.APIConnection",
        "Error: cut\n",
        "Retrying in 0",
    ):
        events += reader.feed("out", piece.encode())
    assert shown(events) == "Half an ans"
    events += reader.feed("out", b".2 seconds...\n")
    assert events[-1] == Retrying(None, 1, 0.2, "litellm.APIConnectionError: cut")


@pytest.mark.parametrize(
    "body",
    [
        '{"error": "model \'m\' not found"}',
        '{"error":"model requires more system memory (8.4 GiB) than is available (3.1 GiB)"}',
        "llama-server reported out-of-memory during startup",
        '{"error":"unauthorized"}',
        "Client error '403 Forbidden' for url",
    ],
)
def test_what_no_retry_mends_is_known_at_once(body: str) -> None:
    _, events = read([(START + ERROR.format(body) + "Retrying in 0.2 seconds...\n").encode()])
    assert [type(event) for event in events] == [Permanent]


def test_a_server_that_is_back_after_a_while() -> None:
    waits = [0.2, 0.5, 1.0, 2.0, 4.0]
    failures = "".join(
        ERROR.format("[Errno 111] Connection refused") + f"Retrying in {wait} seconds...\n"
        for wait in waits
    )
    reader, events = read([(START + failures + "Fine." + END).encode()])
    assert [event.delay_s for event in events if isinstance(event, Retrying)] == waits
    assert (reader.error, reader.answer, reader.retries) == ("", "Fine.", 5)


def test_one_that_stays_away_is_given_up() -> None:
    failures = "".join(
        ERROR.format("refused") + f"Retrying in {wait} seconds...\n" for wait in (4.0, 8.0, 16.0)
    )
    _, events = read([(START + failures).encode()])
    assert [type(event) for event in events] == [Retrying, Permanent, Permanent]


def test_a_page_for_an_error() -> None:
    page = "<html>\n\n" + "<p>line</p>\n" * 60 + "</html>"
    reader, events = read([(START + ERROR.format(page) + "Retrying in 0.2 seconds...\n").encode()])
    assert shown(events) == ""
    assert len(reader.error) == 500


def test_an_error_that_is_not_retried() -> None:
    text = "litellm.BadRequestError: no\nThe API provider has refused the request.\n"
    reader, shown_text = run(START + "Half" + text)
    assert shown_text == "Half"
    assert reader.error.startswith("litellm.BadRequestError: no")


def test_a_crash_after_a_reply() -> None:
    reader, text = run(START + "Fine." + END + "# Uncaught KeyError in x.py line 3\n\n```\nmore\n")
    assert text == "Fine.\n"
    assert reader.crashed


def test_a_huge_answer_is_shown_whole_and_kept_in_bounds() -> None:
    reader, events = read([(START + ("x" * 999 + "\n") * 6000 + END).encode()])
    assert len(shown(events)) == 6_000_000
    assert len(reader.answer) <= (4 << 20) + 1000


def test_bytes_that_are_no_text() -> None:
    reader, events = read([START.encode() + b"caf\xe9 \xff and more\n" + END.encode()])
    assert shown(events) == "caf� � and more\n"
    assert reader.answer == "caf� � and more"


@pytest.mark.parametrize(
    ("line", "sent"),
    [
        ("Tokens: 800 sent, 12 received.", 800),
        ("Tokens: 2.4k sent, 25 received.", 2400),
        ("Tokens: 24k sent, 1.2k received. Cost: $0.01 message, $0.01 session.", 24000),
        ("Tokens: 1.5M sent, 25 received.", 1_500_000),
        ("Tokens: ... sent, 25 received.", 0),
        ("no such line", 0),
    ],
)
def test_what_was_sent(line: str, sent: int) -> None:
    assert tokens(line)[0] == sent


def test_of_several_prompts_the_longest_counts() -> None:
    reader = AiderReader()
    said = (
        "Aider v0.86.2\n\nA.\n\nTokens: 3k sent, 1 received.\nB.\n\nTokens: 2k sent, 1 received.\n"
    )
    reader.feed("out", said.encode())
    assert reader.longest_prompt == 3000


def test_tokens_of_all_whole_replies_are_counted() -> None:
    more = "\nAgain.\n\nTokens: 1.5M sent, 2k cache hit, 1,234 received. Cost: $0.01\n"
    reader, _ = run(START + "Yes, done.\n" + END + more)
    assert (reader.tokens_sent, reader.tokens_received) == (1_502_000, 1277)
