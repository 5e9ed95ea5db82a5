"""When a failing server has failed for good."""

from __future__ import annotations

import pytest

from ai_code.core.answer_end import CUT_OFF
from ai_code.core.server_trouble import Trouble

CHAT = "/v1/chat/completions"


def test_one_failure_may_pass() -> None:
    seen = Trouble()
    seen.note(500, "unexpected EOF", CHAT)
    assert (seen.told, seen.last) == ("", "unexpected EOF")
    seen.note(200, "", CHAT)
    assert (seen.told, seen.last) == ("", "")


def test_three_in_a_row_do_not() -> None:
    seen = Trouble()
    for _ in range(3):
        seen.note(500, "the runner broke", CHAT)
    assert seen.told == "the runner broke"
    seen.note(200, "", CHAT)
    assert (seen.told, seen.last) == ("the runner broke",) * 2, "its engine is being ended for it"


def test_answers_at_their_token_limit_may_go_on_for_a_while() -> None:
    """Engines have the model go on from there; but not without an end."""
    seen = Trouble()
    for _ in range(9):
        seen.note(200, CUT_OFF, CHAT)
        assert (seen.told, seen.last) == ("", CUT_OFF)
    seen.note(200, CUT_OFF, CHAT)
    assert seen.told == CUT_OFF


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (404, "model 'x' not found"),
        (500, "model requires more system memory (8 GiB) than is available (3 GiB)"),
        (400, "x does not support tools"),
        (502, "Ollama is not running any more at 127.0.0.1:11434"),
    ],
)
def test_what_no_retry_mends(status: int, words: str) -> None:
    seen = Trouble()
    seen.note(status, words, CHAT)
    assert seen.told == words


def test_a_failure_without_words_has_its_status() -> None:
    seen = Trouble()
    for _ in range(3):
        seen.note(503, "", "/api/chat")
    assert seen.told == "HTTP 503"


def test_what_else_is_missing_is_no_trouble() -> None:
    seen = Trouble()
    for path in ("/api/show", "/v1/models", "/v1/messages/count_tokens"):
        seen.note(404, "not found", path)
    assert not seen.told or path.startswith("/v1/messages")
