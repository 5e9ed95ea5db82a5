"""The stand-in of Ollama's API, as an HTTP client sees it."""

from __future__ import annotations

import http.client
import json
import socket
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ai_code.drill.ollama import (
    CODELLAMA,
    DEEPSEEK_CODER,
    GPT_OSS,
    QWEN_CODER,
    CutStream,
    Dies,
    EndsWithoutDone,
    ErrorLine,
    FakeModel,
    Hang,
    HttpError,
    LengthStop,
    NotFound,
    OllamaStandIn,
    OutOfMemory,
    Reply,
    Slow,
    edit_block,
    whole_file,
)

NAME = DEEPSEEK_CODER.name
CHAT = {"model": NAME, "messages": [{"role": "user", "content": "hi"}]}
GENERATE = {"model": NAME, "prompt": "hi"}
NUM_CTX = {"options": {"num_ctx": 8192}}


def text_of(lines: list[dict[str, Any]]) -> str:
    return "".join(line["message"]["content"] for line in lines if "message" in line)


def test_lists_and_shows_models(ask: Any) -> None:
    with OllamaStandIn([DEEPSEEK_CODER, GPT_OSS, FakeModel("tiny", size=7)]) as server:
        tags = ask(server, "GET", "/api/tags").json["models"]
        shown = ask(server, "POST", "/api/show", {"name": "gpt-oss:20b"}).json
        by_short_name = ask(server, "POST", "/api/show", {"model": "tiny"})
        missing = ask(server, "POST", "/api/show", {"model": "nope"})
        assert ask(server, "GET", "/api/version").json["version"]
        assert ask(server, "GET", "/").body == b"Ollama is running"
        assert [row["id"] for row in ask(server, "GET", "/v1/models").json["data"]] == [
            "deepseek-coder:6.7b",
            "gpt-oss:20b",
            "tiny:latest",
        ]
    assert [(row["name"], row["size"]) for row in tags[-1:]] == [("tiny:latest", 7)]
    assert shown["model_info"]["gptoss.attention.key_length"] == 64
    assert shown["details"]["quantization_level"] == "MXFP4"
    assert "tools" in shown["capabilities"]
    assert by_short_name.status == 200
    assert (missing.status, missing.json) == (404, {"error": "model 'nope' not found"})


def test_the_presets_have_what_the_memory_formula_reads(ask: Any) -> None:
    with OllamaStandIn([QWEN_CODER, CODELLAMA]) as server:
        info = ask(server, "POST", "/api/show", {"model": "qwen2.5-coder:7b"}).json["model_info"]
        ask(server, "POST", "/api/generate", {"model": QWEN_CODER.name, **NUM_CTX})
        (loaded,) = ask(server, "GET", "/api/ps").json["models"]
    arch = info["general.architecture"]
    head = info[f"{arch}.embedding_length"] // info[f"{arch}.attention.head_count"]
    layers, heads = info[f"{arch}.block_count"], info[f"{arch}.attention.head_count_kv"]
    cache = layers * heads * 2 * head * 8192 * 2
    # The facts file: qwen2.5-coder-7b needs 0.44 GiB at 8k.
    assert cache / 2**30 == pytest.approx(0.44, abs=0.01)
    assert loaded["size"] > QWEN_CODER.size + cache


def test_loads_and_unloads(ask: Any) -> None:
    with OllamaStandIn() as server:
        load = ask(server, "POST", "/api/generate", {"model": NAME, **NUM_CTX})
        (row,) = ask(server, "GET", "/api/ps").json["models"]
        unload = ask(server, "POST", "/api/generate", {"model": NAME, "keep_alive": 0})
        assert ask(server, "GET", "/api/ps").json == {"models": []}
        assert server.chats == []
    assert load.json["done_reason"] == "load"
    assert (row["name"], row["context_length"], row["size_vram"]) == (NAME, 8192, 0)
    assert unload.json["done_reason"] == "unload"


def test_other_options_of_the_runner_load_the_model_anew(ask: Any) -> None:
    def asks(path: str, **options: Any) -> None:
        body = {"model": NAME, "messages": [{"role": "user", "content": "x"}], "options": options}
        assert ask(server, "POST", path, body).status == 200

    with OllamaStandIn() as server:
        asks("/api/generate", num_ctx=8192)
        asks("/api/chat", num_ctx=8192, temperature=0.5)
        assert server.loads == [(NAME, {"num_ctx": 8192})]
        asks("/api/chat", num_ctx=8192, num_thread=2)
        asks("/api/chat", num_ctx=4096)
        asks("/api/chat")
        assert len(server.loads) == 3
        ask(server, "POST", "/api/generate", {"model": NAME, "keep_alive": 0})
        asks("/api/chat")
        assert server.loads[3] == (NAME, {"num_ctx": 4096})


def test_a_model_that_does_not_fit(ask: Any) -> None:
    model = FakeModel("big:1b", loads_up_to=4096)
    with OllamaStandIn([model]) as server:
        assert ask(server, "POST", "/api/generate", {"model": "big:1b"}).status == 200
        refused = ask(server, "POST", "/api/generate", {"model": "big:1b", **NUM_CTX})
    assert refused.status == 500
    assert refused.json["error"].startswith("model requires more system memory")


def test_chat_streams_in_pieces_and_says_how_it_ended(ask: Any) -> None:
    text = "A text of some length, 日本語 too."
    with OllamaStandIn(replies=[text, LengthStop("cut")]) as server:
        lines = ask(server, "POST", "/api/chat", {**CHAT, **NUM_CTX}).lines
        second = ask(server, "POST", "/api/chat", {**CHAT, "stream": False}).json
        assert server.num_ctx == [8192, None]
        assert server.loaded == {NAME: 4096}
    assert text_of(lines) == text
    assert len(lines) > 2
    assert [line["done"] for line in lines] == [False] * (len(lines) - 1) + [True]
    assert lines[-1]["done_reason"] == "stop"
    assert lines[-1]["prompt_eval_count"] > 0
    assert (second["message"]["content"], second["done_reason"]) == ("cut", "length")


def test_generate_answers_in_its_own_form(ask: Any) -> None:
    with OllamaStandIn(replies=["one two three four"]) as server:
        lines = ask(server, "POST", "/api/generate", GENERATE).lines
    assert "".join(line["response"] for line in lines) == "one two three four"
    assert lines[-1]["done"] is True


def test_a_prompt_longer_than_the_context_is_cut_in_silence(ask: Any) -> None:
    body = {"model": NAME, "prompt": "x" * 100_000, "stream": False, "options": {"num_ctx": 512}}
    with OllamaStandIn() as server:
        assert ask(server, "POST", "/api/generate", body).json["prompt_eval_count"] == 512


@pytest.mark.parametrize(
    ("reply", "status", "words"),
    [
        (OutOfMemory(), 500, "requires more system memory (8.4 GiB) than is available (3.1 GiB)"),
        (OutOfMemory(newer=True), 500, "llama-server reported out-of-memory during startup"),
        (NotFound(), 404, "model 'deepseek-coder:6.7b' not found"),
        (HttpError(503, '{"error":"busy"}'), 503, "busy"),
    ],
)
def test_refusals(ask: Any, reply: Reply, status: int, words: str) -> None:
    with OllamaStandIn(replies=[reply]) as server:
        answer = ask(server, "POST", "/api/chat", CHAT)
        assert len(server.chats) == 1
    assert (answer.status, words in answer.json["error"]) == (status, True)


def test_an_error_line_and_an_end_without_done(ask: Any) -> None:
    with OllamaStandIn(replies=[ErrorLine("Half", "boom"), EndsWithoutDone("Half")]) as server:
        failed = ask(server, "POST", "/api/chat", CHAT).lines
        ended = ask(server, "POST", "/api/chat", CHAT).lines
    assert (text_of(failed), failed[-1]) == ("Half", {"error": "boom"})
    assert text_of(ended) == "Half"
    assert not any(line["done"] for line in ended)


def test_a_whole_answer_without_done(ask: Any) -> None:
    with OllamaStandIn(replies=[EndsWithoutDone("Half")]) as server:
        own = ask(server, "POST", "/api/chat", {**CHAT, "stream": False}).json
        openai = ask(server, "POST", "/v1/chat/completions", CHAT).json
        anthropic = ask(server, "POST", "/v1/messages", CHAT).json
    assert own["done"] is False and own["message"]["content"] == "Half"
    assert openai["choices"][0]["finish_reason"] is None
    assert anthropic["stop_reason"] == ""


@pytest.mark.parametrize("stream", [True, False])
@pytest.mark.parametrize("reply", [CutStream("Half"), Hang(0.001), Hang(0.001, "Half")])
def test_dropped_connections(ask: Any, reply: Reply, stream: bool) -> None:
    with (
        OllamaStandIn(replies=[reply]) as server,
        pytest.raises((http.client.IncompleteRead, http.client.RemoteDisconnected)),
    ):
        ask(server, "POST", "/api/chat", {**CHAT, "stream": stream})


def test_a_dying_server_cuts_everything_and_refuses(ask: Any) -> None:
    with OllamaStandIn(replies=[Dies("Half")]) as server:
        bystander = socket.create_connection(("127.0.0.1", server.port), timeout=20)
        ask(server, "GET", "/api/version")
        with pytest.raises((http.client.IncompleteRead, ConnectionError)):
            ask(server, "POST", "/api/chat", CHAT)
        assert bystander.recv(1) == b""
        bystander.close()
        with pytest.raises(ConnectionRefusedError):
            ask(server, "GET", "/api/version")


def test_slow_text_is_whole(ask: Any) -> None:
    with OllamaStandIn(replies=[Slow("one  two\nthree", 0.001)]) as server:
        assert text_of(ask(server, "POST", "/api/chat", CHAT).lines) == "one  two\nthree"


def test_hanging_paths_do_not_hold_up_others(ask: Any) -> None:
    with OllamaStandIn(hang_on={"/api/show"}) as server:
        hanging = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
        hanging.request("POST", "/api/show", json.dumps({"model": NAME}))
        assert ask(server, "GET", "/api/tags").status == 200
    # The end of the block ends what hangs.
    with pytest.raises((http.client.RemoteDisconnected, ConnectionError)):
        hanging.getresponse()
    hanging.close()


def test_a_reverse_proxy_with_a_prefix_and_a_key(ask: Any) -> None:
    with OllamaStandIn(base_path="/ollama/", required_headers={"X-Key": "secret"}) as server:
        assert server.url.endswith("/ollama")
        assert ask(server, "GET", "/ollama/api/tags").status == 401
        key = {"x-key": "secret"}
        assert ask(server, "GET", "/ollama/api/tags", headers=key).status == 200
        assert ask(server, "GET", "/api/tags", headers=key).status == 404


def test_pull_tells_its_progress_and_installs(ask: Any) -> None:
    with OllamaStandIn([]) as server:
        lines = ask(server, "POST", "/api/pull", {"model": NAME}).lines
        assert [row["name"] for row in ask(server, "GET", "/api/tags").json["models"]] == [NAME]
        unknown = ask(server, "POST", "/api/pull", {"model": "nope"}).lines
        assert ask(server, "POST", "/api/pull", {"model": "x", "stream": False}).status == 500
    done = [line["completed"] for line in lines if "completed" in line]
    assert done == sorted(done)
    assert done[-1] == lines[1]["total"] == DEEPSEEK_CODER.size
    assert lines[-1] == {"status": "success"}
    assert unknown[-1] == {"error": "pull model manifest: file does not exist"}


def test_a_pull_that_fails_installs_nothing(ask: Any) -> None:
    with OllamaStandIn([], pull_error="no space left on device") as server:
        lines = ask(server, "POST", "/api/pull", {"model": NAME}).lines
        assert ask(server, "GET", "/api/tags").json == {"models": []}
    assert lines[-1] == {"error": "no space left on device"}


def test_delete(ask: Any) -> None:
    with OllamaStandIn() as server:
        assert ask(server, "DELETE", "/api/delete", {"model": NAME}).status == 200
        assert ask(server, "DELETE", "/api/delete", {"model": NAME}).status == 404
        answer = ask(server, "POST", "/api/chat", CHAT)
    assert (answer.status, answer.json) == (404, {"error": f"model '{NAME}' not found"})


def test_openai_chat(ask: Any) -> None:
    with OllamaStandIn(replies=["one two three four"]) as server:
        whole = ask(server, "POST", "/v1/chat/completions", CHAT).json
        rows = ask(server, "POST", "/v1/chat/completions", {**CHAT, "stream": True})
        missing = ask(server, "POST", "/v1/chat/completions", {**CHAT, "model": "nope"})
    assert whole["choices"][0]["message"]["content"] == "one two three four"
    deltas = [row["choices"][0]["delta"].get("content", "") for row in rows.events]
    assert "".join(deltas) == "one two three four"
    assert rows.body.endswith(b"data: [DONE]\n\n")
    assert missing.json["error"]["message"] == "model 'nope' not found"


def test_openai_responses(ask: Any) -> None:
    body = {"model": NAME, "input": "hi"}
    with OllamaStandIn(replies=["one two three four", LengthStop("x")]) as server:
        rows = ask(server, "POST", "/v1/responses", {**body, "stream": True}).events
        cut = ask(server, "POST", "/v1/responses", body).json
    deltas = [row["delta"] for row in rows if row["type"] == "response.output_text.delta"]
    assert "".join(deltas) == "one two three four"
    assert rows[-1]["type"] == "response.completed"
    assert cut["status"] == "incomplete"


def test_anthropic_messages(ask: Any) -> None:
    with OllamaStandIn(replies=["one two three four"]) as server:
        whole = ask(server, "POST", "/v1/messages", CHAT).json
        rows = ask(server, "POST", "/v1/messages", {**CHAT, "stream": True}).events
        assert ask(server, "POST", "/v1/messages/count_tokens", CHAT).status == 404
    assert whole["content"][0]["text"] == "one two three four"
    kinds = [row["type"] for row in rows]
    assert kinds[:3] == ["message_start", "ping", "content_block_start"]
    assert kinds[-3:] == ["content_block_stop", "message_delta", "message_stop"]
    deltas = [row["delta"]["text"] for row in rows if row["type"] == "content_block_delta"]
    assert "".join(deltas) == "one two three four"


def test_edit_formats() -> None:
    assert edit_block("a.py", "old\n", "new\nnewer\n") == (
        "a.py\n```python\n<<<<<<< SEARCH\nold\n=======\nnew\nnewer\n>>>>>>> REPLACE\n```\n"
    )
    assert whole_file("a.py", "x = 1") == "a.py\n```\nx = 1\n```\n"


@settings(max_examples=20)
@given(st.text())
def test_any_text_arrives_as_it_was(text: str) -> None:
    body = json.dumps(CHAT)
    with OllamaStandIn(replies=[text]) as server:
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
        connection.request("POST", "/api/chat", body)
        lines = [json.loads(line) for line in connection.getresponse().read().splitlines()]
        connection.close()
    assert text_of(lines) == text
