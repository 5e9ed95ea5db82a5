"""What people are used to of Claude Code, on a local model: search, subagents, MCP, git."""

from __future__ import annotations

import json
import sys

import pytest

from ai_code.drill.ollama import OllamaStandIn
from ai_code.drill.replies import Call, Reply, ToolCalls
from tests.e2e.test_engines import install, serve
from tests.e2e.world import World
from tests.system.programs_under_test import python_program

pytestmark = pytest.mark.claude
SERVER = """
    import json, sys
    for line in sys.stdin:
        asked = json.loads(line)
        told = {}
        if asked["method"] == "initialize":
            version = asked["params"]["protocolVersion"]
            about = {"name": "probe", "version": "1"}
            told = {"protocolVersion": version, "capabilities": {"tools": {}}, "serverInfo": about}
        elif asked["method"] == "tools/list":
            schema = {"type": "object", "properties": {}}
            told = {"tools": [{"name": "ping", "description": "Ping.", "inputSchema": schema}]}
        elif asked["method"] == "tools/call":
            told = {"content": [{"type": "text", "text": "pong of the probe"}]}
        if "id" in asked:
            print(json.dumps({"jsonrpc": "2.0", "id": asked["id"], "result": told}), flush=True)
"""


@pytest.fixture
def wide(world: World) -> World:
    """With room for the whole set of tools."""
    install(world, "claude-local")
    settings(world, "deny")
    return world


def settings(world: World, commands: str) -> None:
    text = "fallback.chain: [claude-local]\nollama.num-ctx: 65536\n"
    world.settings(f"{text}fallback.commands: {commands}\n")


def answered(world: World, *replies: Reply) -> OllamaStandIn:
    server = serve(world, *replies)
    run = world.run("--local", "look around")
    assert run.code == 0 and run.stdout == "Done.\n", run
    return server


def result(server: OllamaStandIn) -> str:
    """What the last tool answered."""
    blocks = server.chats[-1].json["messages"][-1]["content"]
    return json.dumps([each for each in blocks if each.get("type") == "tool_result"])


def offered(server: OllamaStandIn) -> set[str]:
    return {tool["name"] for tool in server.chats[0].json["tools"]}


def test_it_searches(wide: World) -> None:
    call = Call("Grep", {"pattern": "def hel+o", "output_mode": "content"})
    assert "def hello():" in result(answered(wide, ToolCalls((call,)), "Done."))


def test_a_subagent_works_on_the_same_model(wide: World) -> None:
    task = {"description": "look", "prompt": "Where is hello?", "subagent_type": "general-purpose"}
    server = answered(wide, ToolCalls((Call("Agent", task),)), "In hello.py, line 1.", "Done.")
    main, its_own, after = server.chats
    assert "Where is hello?" in json.dumps(its_own.json["messages"])
    assert its_own.json["model"] == main.json["model"] == after.json["model"]
    assert "In hello.py, line 1." in result(server)


@pytest.mark.parametrize("commands", ["allow", "deny"])
def test_the_persons_mcp_servers_where_commands_may_run(wide: World, commands: str) -> None:
    script = python_program(wide.base / "probe.py", SERVER)
    probe = {"type": "stdio", "command": sys.executable, "args": [str(script)]}
    (wide.home / ".claude.json").write_text(json.dumps({"mcpServers": {"my probe": probe}}))
    settings(wide, commands)
    server = answered(wide, ToolCalls((Call("mcp__my_probe__ping", {}),)), "Done.")
    assert ("mcp__my_probe__ping" in offered(server)) == (commands == "allow")
    assert ("pong of the probe" in result(server)) == (commands == "allow")


def test_git_where_commands_may_run(wide: World) -> None:
    settings(wide, "allow")
    call = Call("Bash", {"command": "git log --format=%s", "description": "log"})
    assert "First" in result(answered(wide, ToolCalls((call,)), "Done."))


def test_only_what_serves_is_offered(wide: World) -> None:
    server = answered(wide, "Done.")
    assert {"Agent", "Edit", "Glob", "Grep", "Read", "Skill", "Write"} <= offered(server)
    assert not offered(server) & {"Bash", "ToolSearch", "WebFetch", "WebSearch", "CronCreate"}


def test_a_server_that_wants_a_key_is_left_out_and_named(wide: World) -> None:
    script = python_program(wide.base / "probe.py", SERVER)
    probe = {"command": sys.executable, "args": [str(script)], "env": {"T": "${GITHUB_TOKEN}"}}
    (wide.home / ".claude.json").write_text(json.dumps({"mcpServers": {"hub": probe}}))
    wide.env["GITHUB_TOKEN"] = "ghp_dummy"
    settings(wide, "allow")
    server = serve(wide, "Done.")
    run = wide.run("--local", "look around")
    assert "MCP server hub is left out: it wants GITHUB_TOKEN" in run.stderr, run
    assert "mcp__hub__ping" not in offered(server)
