"""How a model's answer ended, in each of the forms in which the server may send it."""

from __future__ import annotations

import json

import pytest

from ai_code.core.answer_end import AnswerEnd, asks_for_few, error_words
from ai_code.drill.replies import Call
from ai_code.drill.wires import WIRES, Answered, Wire

SSE, LINES, WHOLE = "text/event-stream; charset=utf-8", "application/x-ndjson", "application/json"
CALLS = (("call_1", Call("write", {"path": "a"})),)


def told(kind: str, data: bytes, size: int = 1 << 20, encoding: str = "") -> AnswerEnd:
    end = AnswerEnd(kind, encoding)
    for start in range(0, len(data), size):
        end.feed(data[start : start + size])
    end.close()
    return end


@pytest.fixture(params=list(WIRES))
def wire(request: pytest.FixtureRequest) -> Wire:
    return WIRES[request.param]


def streamed(wire: Wire, reason: str = "stop", *, calls: bool = False) -> tuple[bytes, bytes]:
    """All but the end, and the end."""
    answer = Answered("m", "Half an ans", reason, 7, CALLS if calls else (), tells_usage=True)
    return wire.opening(answer) + wire.piece(answer, "Half an ans"), wire.closing(answer)


@pytest.mark.parametrize("size", [1, 7, 1 << 20])
@pytest.mark.parametrize("calls", [False, True])
def test_a_stream_that_comes_to_its_end(wire: Wire, size: int, calls: bool) -> None:
    end = told(wire.content_type, b"".join(streamed(wire, calls=calls)), size)
    assert (end.unfinished, end.at_limit, end.error) == (False, False, "")


@pytest.mark.parametrize("size", [1, 7, 1 << 20])
def test_a_stream_that_is_over_without_saying_so(wire: Wire, size: int) -> None:
    end = told(wire.content_type, streamed(wire)[0], size)
    assert (end.unfinished, end.at_limit, end.error) == (True, False, "")


def test_a_stream_at_its_token_limit(wire: Wire) -> None:
    end = told(wire.content_type, b"".join(streamed(wire, "length")))
    assert (end.unfinished, end.at_limit, end.error) == (False, True, "")


@pytest.mark.parametrize("size", [1, 7, 1 << 20])
def test_an_error_in_the_middle_has_the_servers_words(wire: Wire, size: int) -> None:
    end = told(wire.content_type, streamed(wire)[0] + wire.error_line("unexpected EOF"), size)
    assert (end.unfinished, end.at_limit, end.error) == (False, False, "unexpected EOF")


@pytest.mark.parametrize("reason", ["stop", "length"])
def test_a_whole_answer(wire: Wire, reason: str) -> None:
    body = json.dumps(wire.whole(Answered("m", "All", reason, 7)), indent=1).encode()
    end = told(WHOLE, body)
    assert (end.unfinished, end.at_limit, end.error) == (False, reason == "length", "")


@pytest.mark.parametrize("path", [path for path in WIRES if path != "/v1/responses"])
def test_a_whole_answer_without_a_reason(path: str) -> None:
    assert told(WHOLE, json.dumps(WIRES[path].whole(Answered("m", "I", "", 7))).encode()).unfinished


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        (SSE, b'data: {"choices": [{"delta": {}}]}\n\ndata: [DONE]\n\n'),
        (SSE, b'data: {"choices": [{"finish_reason": "stop"}]}'),
        (SSE, b'event: x\r\ndata:{"type":"message_stop"}\r\n\r\n'),
        (SSE, b'data: {"type": "response.failed", "response": {"status": "failed"}}\n\n'),
        (LINES, b'{"response": "x"}\n{"done": true}\n'),
        (WHOLE, b'{"input_tokens": 7}'),
        (WHOLE, b'{"embedding": [0.1]}'),
        (WHOLE, b"no JSON at all"),
        (WHOLE, b""),
        ("text/plain", b"Ollama is running"),
        ("", b""),
    ],
)
def test_what_is_no_trouble(kind: str, data: bytes) -> None:
    end = told(kind, data)
    assert (end.unfinished, end.at_limit) == (False, False)


def test_what_is_compressed_is_not_read() -> None:
    end = told(SSE, b"\x1f\x8b", encoding="gzip")
    assert (end.unfinished, end.error) == (False, "")


def test_a_row_without_an_end_is_not_kept() -> None:
    end = told(SSE, b"data: " + b"x" * (20 << 20), 1 << 16)
    assert not end.unfinished, "the end may have been in it"


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ({"error": "boom"}, "boom"),
        ({"error": {"message": "boom", "type": "api_error"}}, "boom"),
        ({"error": {"type": "overloaded"}}, "overloaded"),
        ({"type": "error", "message": "boom"}, "boom"),
        ({"type": "error", "error": {"message": "boom"}}, "boom"),
        ({"type": "response.failed", "response": {"error": {"message": "boom"}}}, "boom"),
        ({"error": None, "status": "completed"}, ""),
        ({"choices": []}, ""),
        ([], ""),
        (None, ""),
    ],
)
def test_the_words_of_an_error(row: object, words: str) -> None:
    assert error_words(row) == words


@pytest.mark.parametrize(
    ("body", "few"),
    [
        ({"max_tokens": 1}, True),
        ({"max_completion_tokens": 64}, True),
        ({"options": {"num_predict": 20}}, True),
        ({"max_tokens": 8192}, False),
        ({"options": {"num_predict": -1}}, False),
        ({"max_tokens": None}, False),
        ({}, False),
        (None, False),
    ],
)
def test_who_asks_for_a_few_tokens(body: object, few: bool) -> None:
    assert asks_for_few(body) is few
