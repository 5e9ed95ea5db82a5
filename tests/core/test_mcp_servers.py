"""MCP servers that want a key do not go to a local engine."""

from __future__ import annotations

import json

import pytest

from ai_code.core.mcp_servers import without_keys

ENV = {"GITHUB_TOKEN": "ghp_x", "HOME": "/h", "MY_API_KEY": "k"}
PLAIN = {"command": "npx", "args": ["x", "${HOME}/y"]}


@pytest.mark.parametrize(
    ("row", "keys"),
    [
        (PLAIN, ()),
        ({"command": "x", "env": {"T": "${GITHUB_TOKEN}"}}, ("GITHUB_TOKEN",)),
        ({"url": "http://x", "headers": {"A": "Bearer ${MY_API_KEY:-none}"}}, ("MY_API_KEY",)),
        ({"command": "x", "env": {"T": "${OTHER_TOKEN}"}}, ()),
        ({"command": "${HOME}/x", "args": ["$GITHUB_TOKEN"]}, ()),
    ],
)
def test_one_that_wants_a_key_is_left_out(row: dict[str, object], keys: tuple[str, ...]) -> None:
    servers = without_keys(json.dumps({"one": row, "plain": PLAIN}), ENV)
    assert servers.left_out == ({"one": keys} if keys else {})
    kept = {"plain": PLAIN} if keys else {"one": row, "plain": PLAIN}
    assert json.loads(servers.rows) == kept


@pytest.mark.parametrize("rows", ["", "{}", "[]"])
def test_without_servers(rows: str) -> None:
    assert without_keys(rows, ENV) == ("", {})
