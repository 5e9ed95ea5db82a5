from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai_code.core.changes import (
    LINK,
    REGULAR,
    Change,
    is_binary,
    is_private,
    is_protected,
    link_leaves,
    reverse,
    unsafe_path,
    unshowable_path,
)

PROTECTED = """.git/hooks/pre-commit sub/.git/config .GIT/config .git .Git. git~1/x
    .g\u200cit/config .claude/settings.json a/.claude/commands/x.md .mcp.json sub/.MCP.json .envrc
    .env .env.local deep/.env .aider.conf.yml .ai-code.yaml .vscode/tasks.json .idea/x .npmrc
    .husky/pre-push .githooks/x .pre-commit-config.yaml .github/workflows/ci.yml .gitmodules
    .GitHub/Workflows/ci.yml .github/actions/a/b .gitlab-ci.yml .circleci/config.yml Jenkinsfile
    .ci/run .gitattributes .direnv/bin sub/.gitattributes"""
FREE = """README.md src/git.py .gitignore .github/ISSUE_TEMPLATE.md CLAUDE.md environment.py env/x
    src/.hidden jenkinsfile.md .github/workflows.md a.git/x claude/settings.json mcp.json"""


@pytest.mark.parametrize("path", PROTECTED.split())
def test_protected(path: str) -> None:
    assert is_protected(path)


@pytest.mark.parametrize("path", FREE.split())
def test_not_protected(path: str) -> None:
    assert not is_protected(path)


def test_private() -> None:
    for path in (".env", "a/.ENV.x", ".aider.x/y", ".claude/settings.local.json", "b/.mcp.json"):
        assert is_private(path)
    for path in (
        ".opencode/plugin/x.ts",
        "a/opencode.json",
        ".QWEN/settings.json",
        ".vibe/x",
        ".pi/x",
    ):
        assert is_private(path) and is_protected(path)
    for path in (".claude/commands/a.md", "env", "x.env", ".git/config", "settings.json"):
        assert not is_private(path)


def test_paths_that_lead_out() -> None:
    for path in ("/etc/passwd", "../x", "a/../../x", "a//b", "a/./b", "", "a\0b", "a/", ".."):
        assert unsafe_path(path)
    for path in ("a", "a/..b", "日本", "with space", "new\nline"):
        assert not unsafe_path(path)


def test_names_that_fool_a_terminal() -> None:
    for path in ("a\x1b[31m", "a\nb", "a\tb", "a\rb", "a\u202egnp.py", "a\x9b"):
        assert unshowable_path(path)
    for path in ("日本語", "with space", "é", "a-b_c.d"):
        assert not unshowable_path(path)


def test_links_out_of_the_tree() -> None:
    assert link_leaves("a", "/etc") and link_leaves("a/b", "../../x") and link_leaves("a", "..")
    assert link_leaves("a", ".git/hooks") and link_leaves("a/b", "../.env")
    assert not link_leaves("a/b", "../x") and not link_leaves("a", "b/../c")


def test_binary_and_reverse() -> None:
    assert is_binary(b"a\0b") and not is_binary(b"a" * 9000 + b"\0") and not is_binary(None)
    change = Change("a", "T", REGULAR, LINK, b"x", b"y")
    back = reverse(change, 0o600)
    assert (back.old_mode, back.new_mode, back.before, back.after) == (LINK, REGULAR, b"y", b"x")
    assert back.perms == 0o600 and reverse(Change("a", "A", 0, REGULAR, None, b"")).kind == "D"


@given(st.text())
def test_every_text_has_an_answer(text: str) -> None:
    is_protected(text)
    is_private(text)
    unsafe_path(text)
    unshowable_path(text)
    link_leaves(text, text)
