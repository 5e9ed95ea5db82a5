"""Keys and the headers of a reverse proxy: in no record, no line of ours and no error."""

from __future__ import annotations

import io
import os
from pathlib import Path

import pytest

from ai_code.core.errors import AiCodeError
from ai_code.core.secret_values import MASK, masked, secret_values
from ai_code.system.console import TerminalConsole
from tests.flows.fake_world import FakeWorld
from tests.flows.test_recorder import whole_state
from tests.recorded import stream_of

KEY = "sk-ant-api03-0123456789abcdef"
HEADER = "proxy-password-42"


@pytest.fixture
def guarded(world: FakeWorld) -> FakeWorld:
    """A key in the environment, a proxy's in the settings."""
    world.environ["ANTHROPIC_API_KEY"] = KEY
    world.set(
        ollama_headers={"Authorization": f"Bearer {HEADER}"}, ollama_api="https://ollama.example"
    )
    return world


def everything(world: FakeWorld) -> str:
    return masked(world.console.told, world.console.hidden) + whole_state(world)


def test_a_good_run(guarded: FakeWorld) -> None:
    guarded.set(journal_keep_answers=True)
    guarded.expect("claude", stream_of(f"Your key is {KEY}.").encode())
    assert guarded.go(f"is {KEY} my key?").code == 0
    assert KEY not in everything(guarded)
    assert MASK in guarded.record.prompt_line


def test_an_engine_that_quotes_a_key(guarded: FakeWorld) -> None:
    told = f"API Error: 403 {{forbidden for {KEY}}}"
    guarded.expect("claude", stream_of(told, is_error=True, api_error_status=403).encode(), exit=1)
    ended = guarded.go()
    assert ended.code == 1 and KEY not in ended.text and MASK in ended.text
    assert KEY not in everything(guarded)


def test_a_limit_that_quotes_a_key(guarded: FakeWorld) -> None:
    guarded.set(fallback_on=frozenset({"auth"}))
    told = f"Failed to authenticate. API Error: 401 {{invalid key {KEY}}}"
    guarded.expect("claude", stream_of(told, is_error=True, api_error_status=401).encode(), exit=1)
    guarded.expect_aider()
    guarded.go()
    assert KEY not in everything(guarded)


def test_a_local_engine_that_quotes_a_header(guarded: FakeWorld) -> None:
    error = f"litellm.APIConnectionError: Ollama_chatException - 'Bearer {HEADER}' was refused\n"
    guarded.expect("aider", error.encode())
    ended = guarded.go(local_only=True)
    assert ended.code == 1 and HEADER not in ended.text
    assert HEADER not in everything(guarded)
    assert not any(HEADER in word for word in guarded.command.argv)


def test_the_files_that_aider_is_given_are_gone(guarded: FakeWorld) -> None:
    guarded.expect_aider()
    assert guarded.go(local_only=True).code == 0
    assert HEADER not in whole_state(guarded)


def test_a_terminal_never_shows_them(tmp_path: Path) -> None:
    path = tmp_path / "err"
    with path.open("w") as stderr, Path(os.devnull).open("w") as stdout:
        console = TerminalConsole({}, stdin=io.StringIO(), stdout=stdout, stderr=stderr)
        console.verbose = True
        console.hide(secret_values({"X_API_KEY": KEY}, {"Authorization": f"Bearer {HEADER}"}))
        for show in (console.note, console.important, console.tool, console.detail):
            show(f"{KEY} and {HEADER}")
        console.banner(f"[AI: {KEY}]", HEADER)
        console.error(AiCodeError(f"no {KEY}", why=f"Bearer {HEADER}", hint=f"use {KEY}"))
        stderr.flush()
    text = path.read_text()
    assert KEY not in text and HEADER not in text
    assert text.count(MASK) >= 10


def test_which_values_are_secret() -> None:
    environ = {
        "ANTHROPIC_API_KEY": "key-of-anthropic",
        "CLAUDE_CODE_OAUTH_TOKEN": "token-of-claude",
        "DB_PASSWORD": "password-of-db",
        "MONKEY": "no secret at all",
        "SHORT_KEY": "1234567",
        "PATH": "/usr/bin:/bin",
        "EMPTY_TOKEN": "",
    }
    headers = {"Authorization": "Basic dXNlcjpwYXNz", "X-Id": "id"}
    assert set(secret_values(environ, headers)) == {
        *("key-of-anthropic", "token-of-claude", "password-of-db"),
        *("Basic dXNlcjpwYXNz", "dXNlcjpwYXNz"),
    }


def test_the_longest_first() -> None:
    assert masked("abcdefgh-longer abcdefgh", secret_values(
        {"A_KEY": "abcdefgh", "B_KEY": "abcdefgh-longer"}, {}
    )) == f"{MASK} {MASK}"  # fmt: skip
