"""Replies with tool calls: what each wire sends, and an agent that plays a task on any of them."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from ai_code.drill.models import DEEPSEEK_CODER, QWEN_CODER
from ai_code.drill.ollama import Agent, Call, OllamaStandIn, ToolCalls
from tests.drill.conftest import Ask

MODEL = QWEN_CODER.name
CALLS = ToolCalls((Call("write", {"path": "a.py", "content": "x\n"}),), "I write.")
SCHEMA = {
    "type": "object",
    "properties": {"path": {"type": "string"}, "content": {"type": "string"}},
    "required": ["path", "content"],
}


def chat(*messages: dict[str, Any], names: tuple[str, ...] = ("read", "write")) -> dict[str, Any]:
    tools = [{"type": "function", "function": {"name": n, "parameters": SCHEMA}} for n in names]
    system = {"role": "system", "content": "Working directory: /repo\n"}
    user = {"role": "user", "content": "go"}
    return {"model": MODEL, "messages": [system, user, *messages], "tools": tools, "stream": True}


def test_openai_chat_streams_a_call_in_one_piece_and_the_tokens_last(ask: Ask) -> None:
    with OllamaStandIn([QWEN_CODER], [CALLS]) as server:
        body = {**chat(), "stream_options": {"include_usage": True}}
        rows = ask(server, "POST", "/v1/chat/completions", body).events
        whole = ask(server, "POST", "/v1/chat/completions", {**body, "stream": False}).json
    (call,) = next(
        row["choices"][0]["delta"]["tool_calls"]
        for row in rows
        if row["choices"] and "tool_calls" in row["choices"][0]["delta"]
    )
    assert json.loads(call["function"]["arguments"]) == {"path": "a.py", "content": "x\n"}
    assert rows[-2]["choices"][0]["finish_reason"] == "tool_calls"
    assert rows[-1]["choices"] == []
    assert rows[-1]["usage"]["total_tokens"] > 0
    assert whole["choices"][0]["message"]["tool_calls"][0]["function"]["name"] == "write"


def test_without_being_asked_a_stream_tells_no_tokens(ask: Ask) -> None:
    with OllamaStandIn([QWEN_CODER], ["Fine."]) as server:
        rows = ask(server, "POST", "/v1/chat/completions", chat()).events
    assert all(row["choices"] for row in rows)


def test_responses_stream_the_message_and_then_the_call(ask: Ask) -> None:
    with OllamaStandIn([QWEN_CODER], [CALLS]) as server:
        body = {"model": MODEL, "input": "go", "stream": True}
        rows = ask(server, "POST", "/v1/responses", body).events
    done = [row["item"] for row in rows if row["type"] == "response.output_item.done"]
    assert [item["type"] for item in done] == ["message", "function_call"]
    assert rows[-1]["type"] == "response.completed"
    assert rows[-1]["response"]["output"] == done


def test_a_tool_that_takes_a_text_is_called_with_it(ask: Ask) -> None:
    call = Call("apply_patch", "*** Begin Patch\n", free=True)
    with OllamaStandIn([QWEN_CODER], [ToolCalls((call,))]) as server:
        body = {"model": MODEL, "input": "go", "stream": True}
        rows = ask(server, "POST", "/v1/responses", body).events
    (item,) = [row["item"] for row in rows if row["type"] == "response.output_item.done"]
    assert (item["type"], item["input"]) == ("custom_tool_call", "*** Begin Patch\n")


@pytest.mark.parametrize("text", ["", "I write."])
def test_anthropics_messages_stream_the_text_once_and_the_call(ask: Ask, text: str) -> None:
    with OllamaStandIn([QWEN_CODER], [ToolCalls(CALLS.calls, text)]) as server:
        rows = ask(server, "POST", "/v1/messages", chat()).events
    deltas = [row["delta"] for row in rows if row["type"] == "content_block_delta"]
    assert "".join(row.get("text", "") for row in deltas) == text
    given = "".join(row.get("partial_json", "") for row in deltas)
    assert json.loads(given) == {"path": "a.py", "content": "x\n"}
    started = [row["index"] for row in rows if row["type"] == "content_block_start"]
    stopped = [row["index"] for row in rows if row["type"] == "content_block_stop"]
    assert started == stopped == list(range(2 if text else 1))
    (ended,) = [row for row in rows if row["type"] == "message_delta"]
    assert ended["delta"]["stop_reason"] == "tool_use"


def test_ollamas_own_chat_tells_arguments_as_an_object(ask: Ask) -> None:
    with OllamaStandIn([QWEN_CODER], [CALLS]) as server:
        rows = ask(server, "POST", "/api/chat", chat()).lines
    (called,) = [row["message"] for row in rows if "tool_calls" in row["message"]]
    arguments = called["tool_calls"][0]["function"]["arguments"]
    assert arguments == {"path": "a.py", "content": "x\n"}
    assert rows[-1]["done"] is True


def test_a_model_that_knows_no_tools_is_told_as_ollama_tells_it(ask: Ask) -> None:
    with OllamaStandIn([DEEPSEEK_CODER]) as server:
        body = {**chat(), "model": DEEPSEEK_CODER.name}
        answer = ask(server, "POST", "/v1/chat/completions", body)
    assert answer.status == 400
    assert "does not support tools" in answer.json["error"]["message"]


# The agent --------------------------------------------------------------------------------------


def said(agent: Agent, body: dict[str, Any], ask: Ask) -> tuple[str, Any]:
    """What it says in a turn, and the call it makes: (name, arguments)."""
    with OllamaStandIn([QWEN_CODER], [agent]) as server:
        answer = ask(server, "POST", "/v1/chat/completions", {**body, "stream": False}).json
    message = answer["choices"][0]["message"]
    calls = [row["function"] for row in message.get("tool_calls", [])]
    return message["content"], calls and (calls[0]["name"], calls[0]["arguments"])


def result(text: Any) -> dict[str, Any]:
    return {"role": "tool", "tool_call_id": "call_0", "content": text}


def test_an_agent_reads_writes_and_ends(ask: Ask) -> None:
    agent = Agent({"a.py": "x\n"}, "Written.")
    _, (name, arguments) = said(agent, chat(), ask)
    assert (name, json.loads(arguments)["path"]) == ("read", "/repo/a.py")
    _, (name, arguments) = said(agent, chat(result("Error: no such file")), ask)
    assert (name, json.loads(arguments)) == ("write", {"path": "/repo/a.py", "content": "x\n"})
    text, calls = said(agent, chat(result("Error: no such file"), result("Wrote it")), ask)
    assert (text, calls) == ("Written.", [])


def test_an_agent_says_what_was_refused(ask: Ask) -> None:
    refused = chat(result("x = 1"), result("Error: permission denied"))
    text, calls = said(Agent({"a.py": "x\n"}), refused, ask)
    assert calls == []
    assert text == "That was refused: Error: permission denied"


def test_a_result_may_come_in_blocks(ask: Ask) -> None:
    blocks = [{"type": "text", "text": "Error: permission denied"}]
    text, _ = said(Agent({"a.py": "x\n"}), chat(result("x = 1"), result(blocks)), ask)
    assert text == "That was refused: Error: permission denied"


def test_a_new_word_of_the_person_begins_anew(ask: Ask) -> None:
    more = {"role": "user", "content": "again"}
    _, (name, _) = said(Agent({"a.py": "x"}), chat(result("a"), result("b"), more), ask)
    assert name == "read"


def test_a_request_without_tools_uses_up_nothing(ask: Ask) -> None:
    with OllamaStandIn([QWEN_CODER], [Agent({"a.py": "x\n"}), "second"]) as server:
        title = {"model": MODEL, "messages": [{"role": "user", "content": "a title?"}]}
        ask(server, "POST", "/v1/chat/completions", title)
        assert server.chats == []
        ask(server, "POST", "/v1/chat/completions", chat())
        assert len(server.chats) == 1


def test_one_reply_serves_who_brings_tools_and_who_does_not(ask: Ask) -> None:
    agent = Agent({"a.py": "x\n"}, text="a.py\n```\nx\n```\n")
    body = {"model": MODEL, "messages": [{"role": "user", "content": "go"}]}
    assert said(agent, body, ask) == ("a.py\n```\nx\n```\n", [])


def test_garbled_arguments_are_no_json(ask: Ask) -> None:
    agent = Agent({"a.py": "x\n"}, garbled=True)
    _, (_, arguments) = said(agent, chat(names=("write",)), ask)
    with pytest.raises(ValueError, match=r"."):
        json.loads(arguments)


EDITOR = {"command": "string", "path": "string", "file_text": "string"}


@pytest.mark.parametrize(
    ("name", "properties", "more", "written"),
    [
        ("Write", ("file_path", "content"), "", lambda a: (a["file_path"], a["content"])),
        ("write", ("filePath", "content"), "", lambda a: (a["filePath"], a["content"])),
        ("text_editor", tuple(EDITOR), "", lambda a: (a["path"], a["file_text"])),
        ("shell", ("command",), "", lambda a: ("/repo/a.py", a["command"].split("\n")[1] + "\n")),
        (
            "exec_command",
            ("cmd",),
            "use apply_patch",
            lambda a: (a["cmd"].split("Add File: ")[1].split("\n")[0], "x\n"),
        ),
    ],
)
def test_it_writes_with_what_there_is(
    ask: Ask,
    name: str,
    properties: tuple[str, ...],
    more: str,
    written: Callable[[dict[str, str]], tuple[str, str]],
) -> None:
    schema = {"properties": {key: {"type": "string"} for key in properties}}
    body = {**chat(), "tools": [{"function": {"name": name, "parameters": schema}}]}
    body["messages"][0]["content"] += more
    _, (called, arguments) = said(Agent({"a.py": "x\n"}), body, ask)
    assert called == name
    assert written(json.loads(arguments)) == ("/repo/a.py", "x\n")


@pytest.mark.parametrize(
    ("name", "properties", "made"),
    [
        ("Edit", ("file_path", "old_string", "new_string"), ["old_string", "new_string"]),
        ("edit", ("path", "before", "after"), ["before", "after"]),
        ("edit", ("path", "edits"), ["edits"]),
        ("exec_command", ("cmd",), ["cmd"]),
    ],
)
def test_it_changes_with_what_there_is(
    ask: Ask, name: str, properties: tuple[str, ...], made: list[str]
) -> None:
    schema = {"properties": {key: {"type": "string"} for key in properties}}
    body = {**chat(), "tools": [{"function": {"name": name, "parameters": schema}}]}
    _, (called, arguments) = said(Agent(changes={"a.py": ("was", "is now")}), body, ask)
    told = json.loads(arguments)
    assert called == name
    assert "/repo/a.py" in str(told)
    said_by = str([told[key] for key in made])
    assert "was" in said_by
    assert "is now" in said_by


# Derived models ---------------------------------------------------------------------------------


def test_a_derived_model_has_its_own_context(ask: Ask) -> None:
    with OllamaStandIn([QWEN_CODER]) as server:
        body = {"model": "mine", "from": MODEL, "parameters": {"num_ctx": 32768}}
        assert ask(server, "POST", "/api/create", body).lines[-1] == {"status": "success"}
        tags = ask(server, "GET", "/api/tags").json["models"]
        shown = ask(server, "POST", "/api/show", {"model": "mine"}).json
        ask(server, "POST", "/v1/chat/completions", {**chat(), "model": "mine"})
        assert server.loaded == {"mine:latest": 32768}
        assert ask(server, "DELETE", "/api/delete", {"model": "mine"}).status == 200
    assert "mine:latest" in [row["name"] for row in tags]
    assert shown["parameters"].split() == ["num_ctx", "32768"]
    assert shown["details"]["parent_model"] == MODEL


def test_a_model_cannot_be_derived_from_one_that_is_not_there(ask: Ask) -> None:
    with OllamaStandIn([QWEN_CODER]) as server:
        body = {"model": "mine", "from": "nothing", "stream": False}
        answer = ask(server, "POST", "/api/create", body)
    assert (answer.status, "error" in answer.json) == (500, True)
