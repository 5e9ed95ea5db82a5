"""What looks like a key in a text that a person wants to have remembered."""

from __future__ import annotations

import pytest

from ai_code.core.secret_values import looks_secret, secret_names, secret_values


@pytest.mark.parametrize(
    "text",
    [
        "the key is sk-ant-api03-abcdefghijklmnop",
        "ghp_0123456789abcdefghij0123456789",
        "use github_pat_11ABCDEFG0abcdefghijkl",
        "glpat-0123456789abcdefghij",
        "xoxb-1234567890-abcdef",
        "AKIAIOSFODNN7EXAMPLE is ours",
        "AIzaSyA0123456789abcdefghijklmnopqrstuv",
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.sig",
        "-----BEGIN OPENSSH PRIVATE KEY-----",
        'password = "hunter2hunter"',
        "DB_PASSWORD=abc12345678",
        "api_key: 0123456789abcdef",
        "postgres://me:pass1234@db/x",
    ],
)
def test_what_looks_like_one(text: str) -> None:
    assert looks_secret(text)


@pytest.mark.parametrize(
    "text",
    [
        "Use tabs in Makefiles.",
        "The password is asked for at the prompt.",
        "token: see the vault",
        "password=$DB_PASSWORD",
        "Set API_KEY=<your key> first",
        "the secret: always write tests first",
        "https://example.org:8080/path",
        "パスワードは環境変数から読みます。",
        "task-skeleton-for-the-new-module",
    ],
)
def test_what_does_not(text: str) -> None:
    assert not looks_secret(text)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *[(name, "12345678") for name in ("OPENAI_API_KEY", "OPENAI_APIKEY", "GITHUB_TOKEN")],
        *[(name, "12345678") for name in ("PGPASSWORD", "MYSQL_PWD", "SSHPASS", "DB_PASS")],
        *[(name, "12345678") for name in ("NPM_AUTHTOKEN", "GITHUB_PAT", "db_password", "PASSWD")],
        ("DATABASE_URL", "postgres://me:pass1234@db/x"),
        ("REDIS_URL", "redis://:pass1234@cache:6379"),
        ("https_proxy", "http://me:pass1234@proxy:3128"),
    ],
)
def test_variables_that_no_local_engine_gets(name: str, value: str) -> None:
    environ = {name: value, "HOME": "/home/me"}
    assert secret_names(environ) == [name]
    assert secret_values(environ, {}) == (value,)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *[("PWD", "/home/me"), ("OLDPWD", "/"), ("CLAUDE_CODE_MAX_OUTPUT_TOKENS", "32000")],
        *[("KEYMAP", "jp"), ("MONKEY", "x"), ("PATH", "/bin"), ("COMPASS", "north"), ("SPAT", "x")],
        ("http_proxy", "http://proxy:3128"),
        ("GIT_REMOTE", "ssh://git@host:22/x"),
        ("EDITOR", "vi"),
    ],
)
def test_variables_that_it_gets(name: str, value: str) -> None:
    assert secret_names({name: value}) == []
